"""What results of every kind have in common: statements that agree, and comparing documents.

Source: docs/protocol.md §14.2.
"""

from collections.abc import Sequence
from typing import Protocol

from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.nodesfile import NODE_NAMES

RESULT_FORMAT = "drempel-result/1"
WITHHELD = "withheld"
# When a node is lost for good the two others end the job; they can open nothing.
ENOUGH_TO_WITHHOLD = 2


class Stated(Protocol):
    """What statements of every kind say; ``statement.Statement`` satisfies it."""

    @property
    def node(self) -> str:
        """Name of the node."""

    @property
    def state(self) -> str:
        """``released`` or ``withheld``."""

    @property
    def reason(self) -> str | None:
        """Why it is withheld."""

    @property
    def root(self) -> Digest | None:
        """What was computed with."""

    @property
    def agreement(self) -> tuple[object, ...]:
        """All that three statements of one released result must have in common."""


def check_agreement(parsed: Sequence[Stated]) -> None:
    """Raise MalformedMessage unless these statements make one result.

    Each node states once, in order; two or three withheld, or three released that agree.
    """
    names = [statement.node for statement in parsed]
    if names != sorted(set(names)):
        raise MalformedMessage("result.statements", "Each node states once, in order.")
    withheld = [statement.state == WITHHELD for statement in parsed]
    if all(withheld) and len(parsed) >= ENOUGH_TO_WITHHOLD:
        return
    if any(withheld) or len(parsed) != len(NODE_NAMES):
        raise MalformedMessage("result.statements", "A release needs three nodes' statements.")
    if any(statement.agreement != parsed[0].agreement for statement in parsed):
        raise MalformedMessage("result.agreement", "The nodes' statements differ.")


def one_reason(parsed: Sequence[Stated]) -> str | None:
    """Return the one reason of all statements, or what each node says where they differ.

    Nodes end with the reason of the first that ended, but two may end at the same moment, and
    none may choose which of the reasons is read.
    """
    if len({statement.reason for statement in parsed}) == 1:
        return parsed[0].reason
    return "; ".join(f"{statement.node}: {statement.reason}" for statement in parsed)


def one_root(parsed: Sequence[Stated]) -> Digest | None:
    """Return the one root of all statements that name one, or None.

    A node may end before it has a root. Roots that differ are why nodes end (``nodes
    disagree``): then none of them is the result's.
    """
    roots = {statement.root for statement in parsed} - {None}
    return roots.pop() if len(roots) == 1 else None


def first_difference(expected: JSON, found: JSON, path: str = "") -> str | None:
    """Return the path of the first place where ``found`` is not ``expected``, or None."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = list(expected) + [key for key in found if key not in expected]
        pairs = [
            (
                expected.get(key, _ABSENT),
                found.get(key, _ABSENT),
                f"{path}.{key}" if path else key,
            )
            for key in keys
        ]
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return path
        pairs = [
            (e, f, f"{path}[{i}]") for i, (e, f) in enumerate(zip(expected, found, strict=True))
        ]
    else:
        return None if _same(expected, found) else path
    found_paths = (first_difference(e, f, where) for e, f, where in pairs)
    return next((where for where in found_paths if where is not None), None)


_ABSENT = object()


def _same(expected: object, found: object) -> bool:
    # Python takes True for 1 and 32.0 for 32; who reads the file elsewhere may not.
    return type(expected) is type(found) and expected == found
