"""What one node signs at the end of a request (``drempel-request-statement/1``).

Source: docs/protocol.md §19.11. A released one carries this node's two components of all values
of the kind, shown or not; a withheld one carries no number and no list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON, Digest, canonical, parse_canonical
from mpcengine.protocol.errors import DisclosureRefused, InconsistentShares
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.schemas_request import MOST_OWNERS, REQUEST_STATEMENT_FORMAT
from mpcengine.protocol.strict import Fields
from mpcengine.protocol.words import node_components

RELEASED, WITHHELD = "released", "withheld"
VALUE_NAMES: Mapping[str, tuple[str, ...]] = {
    "match": ("organisations", "indicators"),
    "compare": ("intersection", "union"),
}
_KEYS = (
    "format",
    "node",
    "index",
    "manifest",
    "state",
    "reason",
    "root",
    "lists",
    "excluded",
    "values",
)
_WORD_LIMIT = 1 << 64

Words = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedValue:
    """Hold a node's two components of whether a value is shown, and of the value (0 if not)."""

    shown: Words
    value: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStatement:
    """Hold a node's statement.

    Released: ``reason`` is None; ``lists`` are the owners whose list was used, ``excluded``
    those whose contribution was not usable, both ascending; ``values`` by name. Withheld:
    ``reason`` says why and everything else is empty.
    """

    node: str
    manifest: Digest
    state: str
    reason: str | None
    root: Digest | None
    lists: tuple[int, ...]
    excluded: tuple[int, ...]
    values: Mapping[str, SharedValue]

    @property
    def agreement(self) -> tuple[object, ...]:
        """Return all that three statements of one released result must have in common."""
        return (
            self.manifest,
            self.state,
            self.reason,
            self.root,
            self.lists,
            self.excluded,
            tuple(sorted(self.values)),
        )


def withheld_request(*, node: str, manifest: Digest, reason: str) -> RequestStatement:
    """Return the statement of a node whose request ended without a result."""
    return RequestStatement(
        node=node,
        manifest=manifest,
        state=WITHHELD,
        reason=reason,
        root=None,
        lists=(),
        excluded=(),
        values={},
    )


def build_request_statement(statement: RequestStatement) -> bytes:
    """Return the canonical bytes that the node signs under LABEL_REQUEST_STATEMENT.

    Raises MalformedMessage if the statement breaks a rule of its state.
    """
    data = canonical(
        {
            "format": REQUEST_STATEMENT_FORMAT,
            "node": statement.node,
            "index": NODE_NAMES.index(statement.node) + 1,
            "manifest": statement.manifest,
            "state": statement.state,
            "reason": statement.reason,
            "root": statement.root,
            "lists": list(statement.lists),
            "excluded": list(statement.excluded),
            "values": values_to_json(statement.values),
        }
    )
    parse_request_statement(data)
    return data


def parse_request_statement(data: bytes) -> RequestStatement:
    """Read a statement; raise MalformedMessage if it is not exactly one."""
    top = Fields(parse_canonical(data), required=_KEYS)
    top.choice("format", (REQUEST_STATEMENT_FORMAT,))
    node = top.choice("node", NODE_NAMES)
    index = NODE_NAMES.index(node) + 1
    top.integer("index", index, index)
    if top.choice("state", (RELEASED, WITHHELD)) == WITHHELD:
        for key, empty in (("root", None), ("lists", []), ("excluded", []), ("values", {})):
            if top.raw(key) != empty:
                raise top.refuse(key, "must be empty where the state is withheld")
        return withheld_request(
            node=node, manifest=top.digest("manifest"), reason=top.text("reason")
        )
    if top.raw("reason") is not None:
        raise top.refuse("reason", "must be null where the state is released")
    lists, excluded = _owners(top, "lists"), _owners(top, "excluded")
    if not set(lists).isdisjoint(excluded):
        raise top.refuse("excluded", "must name no owner whose list was used")
    return RequestStatement(
        node=node,
        manifest=top.digest("manifest"),
        state=RELEASED,
        reason=None,
        root=top.digest("root"),
        lists=lists,
        excluded=excluded,
        values=values_from_json(top),
    )


def values_to_json(values: Mapping[str, SharedValue]) -> dict[str, JSON]:
    """Return a node's components by name, as decimal strings."""
    return {
        name: {
            "shown": [str(word) for word in shared.shown],
            "value": [str(word) for word in shared.value],
        }
        for name, shared in values.items()
    }


def open_request_values(
    kind: str, values: Sequence[Mapping[str, SharedValue]]
) -> dict[str, int | None]:
    """Return the values behind three nodes' components by name; None where it is not shown.

    Raises InconsistentShares ``statement.components`` if names differ, or copies of a
    component, and DisclosureRefused ``statement.value`` if a verdict is no bit or a value that
    is not shown is not 0.
    """
    opened: dict[str, int | None] = {}
    if any(set(part) != set(VALUE_NAMES[kind]) for part in values):
        raise InconsistentShares("statement.components", "The nodes opened other values.")
    for name in VALUE_NAMES[kind]:
        shown = join_words([part[name].shown for part in values])
        value = join_words([part[name].value for part in values])
        if shown not in {0, 1} or (value and not shown):
            raise DisclosureRefused(
                "statement.value", "A value that is not to be shown is in the statements."
            )
        opened[name] = value if shown else None
    return opened


def join_words(pairs: Sequence[Words]) -> int:
    """Return the word behind three nodes' components, by index.

    Raises InconsistentShares ``statement.components`` where two copies of one differ.
    """
    components: dict[int, int] = {}
    for index, pair in enumerate(pairs, start=1):
        for component, word in zip(node_components(index), pair, strict=True):
            if components.setdefault(component, word) != word:
                raise InconsistentShares(
                    "statement.components", "Two nodes gave different copies of one component."
                )
    first, second, third = components.values()
    return first ^ second ^ third


def _owners(top: Fields, key: str) -> tuple[int, ...]:
    owners = top.items(key, 0, MOST_OWNERS)
    valid = all(type(owner) is int and 0 <= owner < MOST_OWNERS for owner in owners)
    if not valid or owners != sorted(set(owners)):
        raise top.refuse(key, "must be different owners, ascending")
    return tuple(owners)


def values_from_json(top: Fields) -> dict[str, SharedValue]:
    """Read ``values``: components by name; raise MalformedMessage for another name or form."""
    names = tuple(name for kind in VALUE_NAMES.values() for name in kind)
    section = top.fields("values", required=(), optional=names)
    return {
        name: SharedValue(
            shown=words_from_json(row, "shown"), value=words_from_json(row, "value")
        )
        for name in names
        if section.has(name)
        for row in (section.fields(name, required=("shown", "value")),)
    }


def words_from_json(row: Fields, key: str) -> Words:
    """Read two components, decimal strings below 2^64; raise MalformedMessage."""
    first, second = (_word(row, key, value) for value in row.items(key, 2, 2))
    return first, second


def _word(row: Fields, key: str, value: JSON) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        word = int(value)
        if str(word) == value and word < _WORD_LIMIT:
            return word
    raise row.refuse(key, "must be two decimal numbers below 2^64, as text")
