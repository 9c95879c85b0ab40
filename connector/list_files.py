"""Read a file of values, one a line or a column of a table, and undo what defused them.

Source: docs/protocol.md §19.2. What does not canonicalise is reported with its row (from 1) and
a reason, and left out; no report quotes a value. Files are read as they stream by: a list of
millions is never held as text.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers import Identifier, canonicalise

TYPE_COLUMN, VALUE_COLUMN = "type", "value"
MOST_REPORTED = 10_000
_DEFUSED_TYPES = frozenset({"ipv4", "ipv6", "cidr", "domain", "url", "email"})
_SCHEME = re.compile(r"^h[tx*]{2}p(s?)(?:://|\[:\]//|\[://\]|\[:/\]/)", re.IGNORECASE)
_DOT = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)", re.IGNORECASE)
_AT = re.compile(r"\[@\]|\(@\)|\[at\]|\(at\)", re.IGNORECASE)
_PORT = re.compile(r"^([0-9.]+):[0-9]{1,5}$")
_BRACKETS = re.compile(r"^\[([0-9A-Fa-f:.%a-z]+)\](?::[0-9]{1,5})?$")

Rows = Iterator[tuple[int, str, str]]
Take = Callable[[int, Identifier], None]
_EXAMPLE_ROWS = 3


@dataclass(frozen=True, slots=True)
class Dropped:
    """Say which row was left out, and why; ``reason`` completes "the value …"."""

    row: int
    reason: str


@dataclass(slots=True)
class Report:
    """Count what was read; the first rows that were left out stand in ``dropped``."""

    taken: int = 0
    left_out: int = 0
    dropped: list[Dropped] = field(default_factory=list)

    def drop(self, row: int, reason: str) -> None:
        """Note a row that is left out."""
        self.left_out += 1
        if len(self.dropped) < MOST_REPORTED:
            self.dropped.append(Dropped(row, reason))

    def grouped(self) -> list[tuple[str, int, list[int]]]:
        """Return for each reason, the most frequent first, how often, and its first rows.

        Of the first 10,000 rows that were left out.
        """
        rows: dict[str, list[int]] = {}
        for one in self.dropped:
            rows.setdefault(one.reason, []).append(one.row)
        found = [(reason, len(at), at[:_EXAMPLE_ROWS]) for reason, at in rows.items()]
        return sorted(found, key=lambda group: -group[1])


class Source(Protocol):
    """A list somewhere: the types of value that are looked for in it, and how it is read."""

    @property
    def path(self) -> Path:
        """Return the file that a refusal names."""

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Return the types of the question."""

    def read(self, take: "Take") -> Report:
        """Give every value that canonicalises to ``take``, with its row; report the others.

        Raises MalformedInput with ``where``, OSError if the file cannot be read.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """Say where a list is: its file, the types it may hold, a column if it is a table.

    With several types a file has two columns, ``type`` and ``value``; its header may be left
    out unless ``column`` names the value's.
    """

    path: Path
    identifiers: tuple[str, ...]
    column: str | None = None

    def read(self, take: Take) -> Report:
        """Give every value that canonicalises to ``take``, with its row; report the others.

        Raises MalformedInput with ``where`` if the table is none, OSError if the file cannot
        be read.
        """
        report = Report()
        with self.path.open("rb") as file:
            stream = io.TextIOWrapper(
                file, encoding="utf-8-sig", errors="surrogateescape", newline=""
            )
            for row, kind, text in self._rows(stream):
                value_take(row, kind, text, self.identifiers, take, report)
        return report

    def _rows(self, stream: io.TextIOWrapper) -> Rows:
        if self.column is None and len(self.identifiers) == 1:
            return self._lines(stream)
        return self._table(stream)

    def _lines(self, stream: io.TextIOWrapper) -> Rows:
        for row, line in enumerate(stream, start=1):
            if text := line.strip():
                yield row, self.identifiers[0], text

    def _table(self, stream: io.TextIOWrapper) -> Rows:
        first = stream.readline()
        separator = ";" if first.count(";") > first.count(",") else ","
        lines = _chained(first, stream)
        reader = csv.reader(lines, delimiter=separator)
        places: _Places | None = None
        row = 0
        try:
            for cells in reader:
                row = reader.line_num
                if places is None:
                    places, is_header = self._places(cells)
                    if is_header:
                        continue
                if any(cell.strip() for cell in cells):
                    name = self.identifiers[0] if places.kind is None else ""
                    yield row, name or _kind(cells, places), _value(cells, places, separator)
        except csv.Error:
            raise _refused(
                f"row {row + 1}", "has quotes or characters that CSV cannot hold"
            ) from None

    def _places(self, cells: list[str]) -> tuple["_Places", bool]:
        """Return where type and value stand, and whether this first row is a header."""
        names = [cell.strip().casefold() for cell in cells]
        several = len(self.identifiers) > 1
        wanted = VALUE_COLUMN if self.column is None else self.column.strip().casefold()
        if wanted not in names:
            if self.column is None:
                return _Places(kind=0, value=1, is_last=True), False
            raise _refused("row 1", f"has no column {self.column!r}")
        if several and TYPE_COLUMN not in names:
            raise _refused("row 1", "has no column 'type', which a list of types needs")
        kind = names.index(TYPE_COLUMN) if several else None
        value = names.index(wanted)
        return _Places(kind=kind, value=value, is_last=value == len(names) - 1), True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Say in which columns type (None: there is one type) and value stand."""

    kind: int | None
    value: int
    is_last: bool


def _kind(cells: list[str], places: _Places) -> str:
    return _at(cells, places.kind or 0).strip().casefold()


def _value(cells: list[str], places: _Places, separator: str) -> str:
    if places.is_last:
        # A value such as an address may hold the separator and need no quotes.
        return separator.join(cells[places.value :])
    return _at(cells, places.value)


def value_take(
    row: int, kind: str, text: str, identifiers: Collection[str], take: Take, report: Report
) -> None:
    """Give one row's value to ``take`` if it canonicalises to an asked type, else report it."""
    if kind not in identifiers:
        report.drop(row, "has a type that this question does not ask for")
        return
    try:
        found = canonicalise(kind, undefang(kind, text))
    except MalformedInput as error:
        report.drop(row, error.sentence)
        return
    if found.type not in identifiers:
        report.drop(row, f"is of type {found.type}, which this question does not ask for")
        return
    report.taken += 1
    take(row, found)


def undefang(kind: str, text: str) -> str:
    """Return a value as it was before somebody defused it (``hxxp``, ``[.]``), without port.

    Only addresses and names are touched: a file's name may well hold ``[.]``.
    """
    if kind not in _DEFUSED_TYPES:
        return text
    value = _SCHEME.sub(r"http\1://", text.strip()) if kind == "url" else text.strip()
    value = _AT.sub("@", _DOT.sub(".", value)).replace("[:]", ":").replace("[/]", "/")
    if kind == "ipv4":
        return _PORT.sub(r"\1", value)
    if kind == "ipv6":
        return _BRACKETS.sub(r"\1", value)
    return value


def _chained(first: str, stream: io.TextIOWrapper) -> Iterator[str]:
    if first:
        yield first
    yield from stream


def _at(cells: list[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _refused(where: str, sentence_end: str) -> MalformedInput:
    return MalformedInput("list.table", f"{where} {sentence_end}.", where=where)
