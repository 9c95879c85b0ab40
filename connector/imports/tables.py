"""Read a table whose columns hold values of several types: which column holds what is said.

The type ``address`` stands for IPv4, IPv6 or a network, as each value looks. An empty cell is
no value. The row in a report is the line of the file on which the record ends.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from connector.imports.documents import address_type
from connector.list_files import Report, Take, value_take
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers import TYPES

ADDRESS = "address"
COLUMN_TYPES = (*TYPES, ADDRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """A list in a table with a header: ``columns`` says the type of each column that counts."""

    path: Path
    identifiers: tuple[str, ...]
    columns: Mapping[str, str]

    def read(self, take: Take) -> Report:
        """Give every value that canonicalises to ``take``, with its row; report the others.

        Raises MalformedInput with ``where`` if a column is missing or the table is none,
        OSError if the file cannot be read.
        """
        report = Report()
        with self.path.open("rb") as file:
            stream = io.TextIOWrapper(
                file, encoding="utf-8-sig", errors="surrogateescape", newline=""
            )
            for row, kind, text in self._cells(stream):
                value_take(row, kind, text, self.identifiers, take, report)
        return report

    def _cells(self, stream: io.TextIOWrapper) -> Iterator[tuple[int, str, str]]:
        first = stream.readline()
        separator = ";" if first.count(";") > first.count(",") else ","
        stream.seek(0)
        reader = csv.reader(stream, delimiter=separator)
        try:
            places = self._places(next(reader, []))
            for cells in reader:
                for place, kind in places:
                    text = cells[place] if place < len(cells) else ""
                    if text.strip():
                        ours = address_type(text) if kind == ADDRESS else kind
                        yield reader.line_num, ours, text
        except csv.Error:
            row = f"row {reader.line_num + 1}"
            raise MalformedInput(
                "list.table",
                f"{row} has quotes or characters that CSV cannot hold.",
                where=row,
            ) from None

    def _places(self, header: list[str]) -> list[tuple[int, str]]:
        names = [cell.strip().casefold() for cell in header]
        places = []
        for name, kind in self.columns.items():
            if kind not in COLUMN_TYPES:
                raise MalformedInput("list.columns", f"{kind!r} is no type of identifier.")
            if names.count(name.strip().casefold()) != 1:
                raise MalformedInput(
                    "list.table", f"row 1 has no column {name!r}, or more.", where="row 1"
                )
            places.append((names.index(name.strip().casefold()), kind))
        return places
