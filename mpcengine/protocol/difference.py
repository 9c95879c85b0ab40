"""Say which earlier questions of a requester count, and open whether a new one is near them.

A question that differs from an earlier one by a few indicators tells, by the difference of
two outcomes, what those few would never tell alone.
Source: docs/protocol.md §19.15, corrections B8.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.errors import InconsistentShares, MalformedMessage
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request_statement import Words, join_words, words_from_json
from mpcengine.protocol.stages import build_stage, open_stage
from mpcengine.protocol.strict import Fields

# How many of a requester's questions a new one is compared with, and how many a node keeps:
# nodes that released two at once may count different ones among the last.
LAST_SETS, MOST_SETS = 16, 32
KEPT_DAYS = 365
# Nodes release at slightly different times: what one no longer counts, another may.
GRACE_DAYS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Give the requester's sets that a node holds, by request: the last, and the others."""

    manifest: Digest
    node: str
    last: tuple[Digest, ...]
    others: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Give a node's two components of the bit: is the question near an earlier one."""

    manifest: Digest
    node: str
    bit: Words


class SetsMissing(Exception):
    """A node does not hold a set that another one counts; ``node`` lacks it."""

    def __init__(self, node: str) -> None:
        super().__init__(node)
        self.node = node


def build_earlier(message: Earlier) -> bytes:
    """Return the bytes of an ``earlier`` message; digests ascending."""
    fields: dict[str, JSON] = {
        "last": [{"request": one} for one in sorted(message.last)],
        "others": [{"request": one} for one in sorted(message.others)],
    }
    return build_stage("earlier", message.manifest, message.node, **fields)


def parse_earlier(data: bytes) -> Earlier:
    """Read an ``earlier`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "earlier", "last", "others")
    last, others = _digests(top, "last", LAST_SETS), _digests(top, "others", MOST_SETS)
    if set(last) & set(others):
        raise top.refuse("others", "must not name what is among the last")
    return Earlier(**common, last=last, others=others)


def build_near(message: Near) -> bytes:
    """Return the bytes of a ``near`` message."""
    bit: list[JSON] = [str(word) for word in message.bit]
    return build_stage("near", message.manifest, message.node, bit=bit)


def parse_near(data: bytes) -> Near:
    """Read a ``near`` message; raise MalformedMessage if it is not exactly one."""
    top, common = open_stage(data, "near", "bit")
    return Near(**common, bit=words_from_json(top, "bit"))


def sets_that_count(messages: Sequence[Earlier]) -> tuple[Digest, ...]:
    """Return the requests that three nodes compare with, ascending: the last of any of them.

    Raises SetsMissing where a node does not hold one that another counts.
    """
    if [message.node for message in messages] != list(NODE_NAMES):
        raise MalformedMessage("earlier.nodes", "Earlier questions are settled by three nodes.")
    counting = sorted({one for message in messages for one in message.last})
    for message in messages:
        if not set(counting) <= {*message.last, *message.others}:
            raise SetsMissing(message.node)
    return tuple(counting)


def open_near(messages: Sequence[Near]) -> bool:
    """Return whether the question is near an earlier one, from three nodes by index.

    Raises InconsistentShares ``near.components`` where copies differ or it is no bit.
    """
    opened = join_words([message.bit for message in messages])
    if opened > 1:
        raise InconsistentShares("near.components", "What is opened of a question is no bit.")
    return opened == 1


def is_near(own: Collection[object], earlier: Collection[object], least: int) -> bool:
    """Tell whether two sets differ in 1 … least - 1 members: the reference for the circuit."""
    return 1 <= len(set(own) ^ set(earlier)) < least


def first_speaker(requester: bytes) -> str:
    """Return the node that puts the questions of a requester's key in an order."""
    return NODE_NAMES[sha256(requester).digest()[0] % len(NODE_NAMES)]


def _digests(top: Fields, key: str, most: int) -> tuple[Digest, ...]:
    found = tuple(
        row.digest("request") for row in top.rows(key, 0, most, required=("request",))
    )
    if list(found) != sorted(set(found)):
        raise top.refuse(key, "must name different requests, ascending")
    return found
