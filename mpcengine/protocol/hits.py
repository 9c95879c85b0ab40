"""What a holder alone learns of a match (``drempel-hits/1``).

Source: docs/protocol.md §19.10.
"""

from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.schemas_request import HITS_FORMAT, LARGEST_LIST
from mpcengine.protocol.strict import Fields

_LONGEST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Hold a holder's hits: whether any, which values, which rows of her file (from 1).

    None where the question's feedback does not tell.
    """

    hit: bool | None
    items: tuple[str, ...] | None
    lines: tuple[int, ...] | None

    def to_json(self) -> dict[str, JSON]:
        """Return the file's contents."""
        return {
            "format": HITS_FORMAT,
            "hit": self.hit,
            "items": None if self.items is None else list(self.items),
            "lines": None if self.lines is None else list(self.lines),
        }


def parse_hits(obj: JSON) -> Hits:
    """Read a hits file; raise MalformedInput with the path of what is wrong."""
    keys = ("format", "hit", "items", "lines")
    top = Fields(obj, required=keys, file=True)
    top.choice("format", (HITS_FORMAT,))
    return Hits(
        hit=None if top.raw("hit") is None else top.boolean("hit"),
        items=None if top.raw("items") is None else _texts(top),
        lines=None if top.raw("lines") is None else _rows(top),
    )


def _texts(top: Fields) -> tuple[str, ...]:
    values = top.items("items", 0, LARGEST_LIST)
    if not all(isinstance(value, str) and 1 <= len(value) <= _LONGEST for value in values):
        raise top.refuse("items", "must be texts")
    return tuple(values)


def _rows(top: Fields) -> tuple[int, ...]:
    values = top.items("lines", 0, LARGEST_LIST)
    if not all(type(value) is int and value >= 1 for value in values):
        raise top.refuse("lines", "must be rows, from 1")
    return tuple(values)
