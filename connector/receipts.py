"""Say what became of one package: look for it in the whole lists of all three nodes.

Source: docs/protocol.md §14.3. A receipt's reader believes signatures only: the relay's promise
and the nodes' confirmations in the receipt, the nodes' lists and statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connector.errors import ConnectorError, Misbehaved
from connector.http import Receiver
from connector.lists import Published, published_read
from mpcengine.protocol.batch import (
    CANNOT_UNSEAL,
    CONSTRAINT,
    INCONSISTENT,
    NOT_BITS,
    SUPERSEDED,
)
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.padding import early_publisher
from mpcengine.protocol.receipt import Receipt
from mpcengine.protocol.statement import WITHHELD

WHY: Mapping[str, str] = {
    CANNOT_UNSEAL: "a node could not open its part, a fault of that node or of what sent it",
    INCONSISTENT: "its three parts do not fit, a fault of a node or of what sent it",
    NOT_BITS: "what was sent is no valid answer",
    CONSTRAINT: "what was sent breaks a rule of the questions",
    SUPERSEDED: "a later answer of yours took its place",
}


class Outcome(StrEnum):
    """What became of a package."""

    COUNTED = "counted"
    REJECTED = "not counted"
    WITHHELD = "withheld"
    SEEN = "seen"
    ON_ITS_WAY = "on its way"
    MISSING = "missing"
    UNKNOWN = "unknown"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Say what one node shows: its lists, or in one sentence why there are none to read."""

    node: str
    published: Published | None
    fault: str = ""
    is_liar: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Say what became of a package, in one sentence, and what each node shows of it."""

    outcome: Outcome
    sentence: str
    nodes: Mapping[str, str]

    @property
    def is_well(self) -> bool:
        """Tell whether the package was counted, or is on its way."""
        return self.outcome in {Outcome.COUNTED, Outcome.SEEN, Outcome.ON_ITS_WAY}


def receipt_check(
    receipt: Receipt, nodes: Mapping[str, Receiver], *, name: str = "This receipt"
) -> Fate:
    """Read every node's lists and say what became of the receipt's package.

    ``name``: of the receipt's file, for a sentence that says what it proves.
    """
    found = [
        _look(nodes[one.node], one.node, one.identity_key, receipt) for one in receipt.nodes
    ]
    outcome, sentence = _fate(receipt, found, name)
    return Fate(
        outcome=outcome,
        sentence=sentence,
        nodes={one.node: _line(receipt, one) for one in found},
    )


def _look(receiver: Receiver, node: str, identity_key: bytes, receipt: Receipt) -> Found:
    try:
        published = published_read(
            receiver, node=node, identity_key=identity_key, manifest=receipt.manifest
        )
    except ConnectorError as error:
        is_liar = isinstance(error, Misbehaved)
        return Found(node=node, published=None, fault=error.sentence, is_liar=is_liar)
    return Found(node=node, published=published)


def _fate(receipt: Receipt, found: Sequence[Found], name: str) -> tuple[Outcome, str]:
    package = receipt.package
    lists = [one.published for one in found if one.published is not None]
    released = [one for one in lists if one.is_released]
    if len(_ends(lists)) > 1:
        return Outcome.CONTRADICTED, _contradiction(package, lists)
    if counted := [one.node for one in released if package in one.accepted]:
        return (
            Outcome.COUNTED,
            f"Counted: your answer is in the signed list of {said(counted)}.{_only(counted)}",
        )
    if rejecting := [one for one in released if package in one.rejected]:
        reason = rejecting[0].rejected[package]
        return Outcome.REJECTED, f"Not counted: {WHY.get(reason, reason)}."
    if released:
        return Outcome.MISSING, _missing(receipt, [one.node for one in released], name)
    having = [one.node for one in lists if one.seen is not None and package in one.seen]
    if withheld := [one for one in lists if one.is_withheld]:
        return Outcome.WITHHELD, _withheld(receipt, withheld, having, name)
    if having:
        return Outcome.SEEN, f"On its way: seen by {said(having)}; the survey has not ended."
    if not lists:
        return Outcome.UNKNOWN, "Unknown: no node answers as it should; try again later."
    return Outcome.ON_ITS_WAY, (
        f"On its way: {_promised(receipt)}; no node's list has it yet. Before closing only "
        f"node {early_publisher(receipt.manifest)} shows what has arrived, in whole groups of "
        "answers; look again when the survey has closed."
    )


def _ends(lists: Sequence[Published]) -> set[object]:
    """Return the different ends that nodes have signed: one result, or that there is none."""
    statements = [one.statement for one in lists if one.statement is not None]
    return {None if one.state == WITHHELD else one.agreement for one in statements}


def _contradiction(package: str, lists: Sequence[Published]) -> str:
    ended = [one for one in lists if one.statement is not None]
    groups = {
        "lists your answer": [one.node for one in ended if package in one.accepted],
        "says that there is no result": [one.node for one in ended if one.is_withheld],
        "does not list it": [
            one.node for one in ended if one.is_released and package not in one.accepted
        ],
    }
    told = "; ".join(f"{said(names)}: {what}" for what, names in groups.items() if names)
    return (
        f"The nodes contradict each other, and so one of them lies ({told}). Tell the "
        "coordinator and the operators."
    )


def _only(nodes: Sequence[str]) -> str:
    return (
        "" if len(nodes) == len(NODE_NAMES) else f" Only {len(nodes)} of three nodes said so."
    )


def _missing(receipt: Receipt, nodes: Sequence[str], name: str) -> str:
    """Name who signed for a package that no list has, and what proves it."""
    lists = f"no list of {said(nodes)}"
    if confirmed := confirming(receipt):
        who = f"{said(confirmed)} signed for your answer"
    else:
        who = "the relay promised to deliver your answer"
    return f"Missing: {who}, and {lists} has it. {name} shows that to you, not to others."


def _withheld(
    receipt: Receipt, withheld: Sequence[Published], having: Sequence[str], name: str
) -> str:
    reasons = {one.statement.reason for one in withheld if one.statement is not None}
    why = "; ".join(sorted(reason for reason in reasons if reason))
    head = f"Not counted: the survey ended without a result ({why}), and nobody was counted."
    if having:
        return f"{head} Your answer had arrived: {said(having)} had it."
    if any(one.seen is not None for one in withheld):
        return (
            f"{head} No list has this answer: you corrected it, or it was not delivered, "
            f"although {_promised(receipt)}; {name} holds the signature."
        )
    return f"{head} No list was published."


def _line(receipt: Receipt, found: Found) -> str:
    one, package = found.published, receipt.package
    if one is None:
        return found.fault
    if one.is_released:
        if package in one.accepted:
            return "counted"
        return (
            f"not counted: {one.rejected[package]}" if package in one.rejected else "not there"
        )
    end = ""
    if one.is_withheld and one.statement is not None:
        end = f"; ended without a result: {one.statement.reason}"
    if one.seen is None:
        return f"no list yet{end}" if not end else f"no list{end}"
    return f"{'seen' if package in one.seen else 'not in its list'}{end}"


def _promised(receipt: Receipt) -> str:
    if confirmed := confirming(receipt):
        return f"{said(confirmed)} confirmed that it is there"
    return "the relay promised to deliver it"


def confirming(receipt: Receipt) -> list[str]:
    """Return the nodes whose confirmation a receipt holds."""
    return [one.node for one in receipt.nodes if one.confirmation]


def said(nodes: Sequence[str]) -> str:
    """Return names of nodes as a sentence has them: node a; nodes a and b; nodes a, b and c."""
    *first, last = sorted(nodes)
    return f"nodes {', '.join(first)} and {last}" if first else f"node {last}"
