"""What one node signs at the end (``drempel-statement/1``), and opening three of them.

Source: docs/protocol.md §13. A statement names the batch and the verdict, and carries this
node's share of every released value; three statements together are the result. A withheld one
carries no number and no list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mpcengine.protocol.canonical import JSON, Digest, canonical, parse_canonical
from mpcengine.protocol.errors import InconsistentShares, MalformedMessage
from mpcengine.protocol.field import interpolate_at_zero, on_line
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.pattern import Pattern, released_values
from mpcengine.protocol.stages import shares_from_json, shares_to_json
from mpcengine.protocol.strict import Fields
from mpcengine.protocol.tables import MultipleTable, RankingTable, TablePlan
from mpcengine.protocol.text_shares import Texts, texts_from_json, texts_to_json

STATEMENT_FORMAT = "drempel-statement/1"
RELEASED = "released"
WITHHELD = "withheld"
_KEYS = (
    "format",
    "node",
    "index",
    "manifest",
    "state",
    "reason",
    "root",
    "verdict",
    "coin",
    "lines",
    "accepted",
    "rejected",
    "released",
    "shares",
    "texts",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Hold a node's statement.

    Released: ``reason`` is None; ``rejected`` gives (reason, number of packages), reasons
    ascending; ``released`` lists the names of the opened values in plan order; ``shares`` has
    exactly these names; ``texts`` holds shares of opened texts by question. Withheld:
    ``reason`` says why, the digests are None where the job ended before them, and everything
    else is empty. ``coin``: digest of the transcript; ``lines``: of the values that the verdict
    rests on.
    """

    node: str
    manifest: Digest
    state: str
    reason: str | None
    root: Digest | None
    verdict: Digest | None
    coin: Digest | None
    lines: Digest | None
    accepted: int | None
    rejected: tuple[tuple[str, int], ...]
    released: tuple[str, ...]
    shares: Mapping[str, int]
    texts: Texts = field(default_factory=dict)

    @property
    def index(self) -> int:
        """Return the node's index, 1 to 3."""
        return NODE_NAMES.index(self.node) + 1

    @property
    def agreement(self) -> tuple[object, ...]:
        """Return all that three statements of one released result must have in common."""
        return (
            self.manifest,
            self.state,
            self.reason,
            self.root,
            self.verdict,
            self.coin,
            self.lines,
            self.accepted,
            self.rejected,
            self.released,
            tuple(sorted((question, len(words)) for question, words in self.texts.items())),
        )


def withheld_statement(
    *,
    node: str,
    manifest: Digest,
    reason: str,
    root: Digest | None = None,
    verdict: Digest | None = None,
    coin: Digest | None = None,
    lines: Digest | None = None,
) -> Statement:
    """Return the statement of a node whose job ended without a result."""
    return Statement(
        node=node,
        manifest=manifest,
        state=WITHHELD,
        reason=reason,
        root=root,
        verdict=verdict,
        coin=coin,
        lines=lines,
        accepted=None,
        rejected=(),
        released=(),
        shares={},
    )


def build_statement(statement: Statement) -> bytes:
    """Return the canonical bytes that the node signs under LABEL_STATEMENT.

    Raises MalformedMessage if the statement breaks a rule of its state.
    """
    rejected = [{"reason": reason, "count": count} for reason, count in statement.rejected]
    data = canonical(
        {
            "format": STATEMENT_FORMAT,
            "node": statement.node,
            "index": statement.index,
            "manifest": statement.manifest,
            "state": statement.state,
            "reason": statement.reason,
            "root": statement.root,
            "verdict": statement.verdict,
            "coin": statement.coin,
            "lines": statement.lines,
            "accepted": statement.accepted,
            "rejected": rejected,
            "released": list(statement.released),
            "shares": shares_to_json(statement.shares),
            "texts": texts_to_json(statement.texts),
        }
    )
    parse_statement(data)
    return data


def parse_statement(data: bytes) -> Statement:
    """Read a statement; raise MalformedMessage if it is not exactly one."""
    top = Fields(parse_canonical(data), required=_KEYS)
    top.choice("format", (STATEMENT_FORMAT,))
    node = top.choice("node", NODE_NAMES)
    index = NODE_NAMES.index(node) + 1
    top.integer("index", index, index)
    if top.choice("state", (RELEASED, WITHHELD)) == WITHHELD:
        return _withheld(top, node)
    return _released(top, node)


def open_values(shares: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Return the values behind three nodes' shares by name, in order of index.

    Raises InconsistentShares if names differ or a triple is not on a line.
    """
    if len(shares) != 3 or not shares[0].keys() == shares[1].keys() == shares[2].keys():
        raise InconsistentShares("opening.names", "The nodes opened different values.")
    values = {}
    for name in shares[0]:
        triple = [part[name] for part in shares]
        if not on_line(triple):
            raise InconsistentShares(
                "opening.line", f"The three shares of {name} do not lie on one line."
            )
        values[name] = interpolate_at_zero(triple)
    return values


def pattern_from_names(plan: TablePlan, names: Sequence[str]) -> Pattern:
    """Return the pattern under which exactly ``names`` are released, in plan order.

    Raises MalformedMessage for an unknown name or another order.
    """
    shown = set(names)
    sizes = {table.id: len(table.slots) for table in plan.one_way}
    sizes |= {table.id: len(table.slots) for table in plan.two_way}
    nulls: dict[str, bool] = {}
    optional: tuple[MultipleTable | RankingTable, ...] = (*plan.multiple, *plan.ranking)
    for table in optional:
        sizes[table.id] = len(table.slots)
        if table.null_slot is not None:
            nulls[table.id] = f"null/{table.id}" in shown
    pattern = Pattern(
        tables={
            table_id: tuple(f"cell/{table_id}/{place}" in shown for place in range(size))
            for table_id, size in sizes.items()
        },
        nulls=nulls,
        statistics={
            item.question: (
                f"sum/{item.question}" in shown,
                f"squares/{item.question}" in shown,
            )
            for item in plan.statistics
        },
    )
    if [value.name for value in released_values(plan, pattern)] != list(names):
        raise MalformedMessage(
            "statement.released", "The names released are not values of this survey in order."
        )
    return pattern


def _withheld(top: Fields, node: str) -> Statement:
    statement = withheld_statement(
        node=node,
        manifest=top.digest("manifest"),
        reason=top.text("reason"),
        root=_digest_or_none(top, "root"),
        verdict=_digest_or_none(top, "verdict"),
        coin=_digest_or_none(top, "coin"),
        lines=_digest_or_none(top, "lines"),
    )
    if top.raw("accepted") is not None:
        raise top.refuse("accepted", "must be null where the state is withheld")
    for key, empty in (("rejected", []), ("released", []), ("shares", {}), ("texts", {})):
        if top.raw(key) != empty:
            raise top.refuse(key, "must be empty where the state is withheld")
    return statement


def _released(top: Fields, node: str) -> Statement:
    if top.raw("reason") is not None:
        raise top.refuse("reason", "must be null where the state is released")
    names = top.items("released", 0, 10**6)
    shares = shares_from_json(top.raw("shares"))
    if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise top.refuse("released", "must be distinct names")
    if set(names) != shares.keys():
        raise top.refuse("shares", "must have exactly the released names")
    return Statement(
        node=node,
        manifest=top.digest("manifest"),
        state=RELEASED,
        reason=None,
        root=top.digest("root"),
        verdict=top.digest("verdict"),
        coin=top.digest("coin"),
        lines=top.digest("lines"),
        accepted=top.integer("accepted", 1),
        rejected=_rejected(top),
        released=tuple(names),
        shares=shares,
        texts=texts_from_json(top.raw("texts")),
    )


def _rejected(top: Fields) -> tuple[tuple[str, int], ...]:
    rows = top.rows("rejected", 0, 20, required=("reason", "count"))
    pairs = tuple((row.text("reason", longest=60), row.integer("count", 1)) for row in rows)
    reasons = [reason for reason, _ in pairs]
    if reasons != sorted(set(reasons)):
        raise top.refuse("rejected", "must have each reason once, ascending")
    return pairs


def _digest_or_none(top: Fields, key: str) -> Digest | None:
    value: JSON = top.raw(key)
    return None if value is None else top.digest(key)
