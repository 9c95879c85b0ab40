"""Hold one row of an XLSForm's survey sheet, with the names pyxform gives its columns."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyxform import aliases

from mpcengine.protocol.canonical import JSON
from surveys.formats.report import Place

OWN = "drempel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold one row with its texts by language, its conditions, and our own columns."""

    number: int
    type: str
    name: str
    label: dict[str, object]
    hint: dict[str, object]
    bind: dict[str, JSON]
    own: dict[str, str]
    cells: Mapping[str, JSON]

    @property
    def place(self) -> Place:
        """Return where the row stands."""
        return Place(sheet="survey", row=self.number)

    @property
    def select(self) -> tuple[str, str, str]:
        """Return the kind of choice (or ""), its list, and what follows the list's name."""
        words = self.type.split()
        for count in range(min(6, len(words)), 0, -1):
            kind = aliases.select.get(" ".join(words[:count]))
            if kind and words[0] not in {"select_one_from_file", "select_multiple_from_file"}:
                rest = words[count:]
                return kind, rest[0] if rest else "", " ".join(rest[1:])
        return "", "", ""

    @property
    def looks(self) -> set[str]:
        """Return the words of the appearance column."""
        control = self.cells.get("control")
        found = control.get("appearance", "") if isinstance(control, Mapping) else ""
        return set(str(found).split())

    def bound(self, name: str) -> str:
        """Return a cell such as ``relevant``, or an empty text."""
        found = self.bind.get(name, "")
        return "" if isinstance(found, Mapping) else str(found).strip()
