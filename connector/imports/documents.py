"""Read a JSON file of another system, within limits, and offer what was found in it row by row.

The row of a value is the number (from 1) of its attribute or object in the file; both parts of
a composite attribute have the same one. What is left out is reported as for other lists
(``connector.list_files``), and no report quotes a value.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from connector.list_files import Report, Take, value_take
from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.errors import MalformedInput, ProtocolError

LARGEST_BYTES = 512 * 1024 * 1024
_UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Found:
    """Hold one value of a file, with its row and type."""

    row: int
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Say that a row has no value that can be compared; ``reason`` completes "the value …"."""

    row: int
    reason: str


Offers = Iterator[Found | Skipped]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFile:
    """A list in a JSON document, read by ``offers``: MISP's or STIX's."""

    path: Path
    identifiers: tuple[str, ...]
    offers: Callable[[JSON], Offers]

    def read(self, take: Take) -> Report:
        """Give every value that canonicalises to ``take``, with its row; report the others.

        Raises MalformedInput if the file is not of this kind, OSError if it cannot be read.
        """
        report = Report()
        for one in self.offers(document_read(self.path)):
            if isinstance(one, Skipped):
                report.drop(one.row, one.reason)
            else:
                value_take(one.row, one.type, one.text, self.identifiers, take, report)
        return report


def document_read(path: Path) -> JSON:
    """Return what a JSON file holds; raise MalformedInput or OSError."""
    with path.open("rb") as file:
        data = file.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise MalformedInput("list.document", "The file is larger than 512 MiB; split it.")
    try:
        return parse_json(data.removeprefix(_UTF8_MARK), file=True)
    except ProtocolError as error:
        raise MalformedInput("list.document", error.sentence) from None


def address_type(text: str) -> str:
    """Return which type an address on the network has by its looks, defused or not."""
    if "/" in text:
        return "cidr"
    colons = text.count(":") - text.count("[:]")
    return "ipv6" if colons > 1 or (text.startswith("[") and ":" in text) else "ipv4"


def objects_of(value: JSON) -> list[dict[str, JSON]]:
    """Return the objects of a list; what is none is left out."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
