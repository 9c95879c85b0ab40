"""Every kill point of a survey that ends with a result, and the services that pass it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

PHASES = ("before_write", "after_write", "after_commit")
PORTAL_MOVES = ("proposed", "agreed", "open", "closing", "running", "released")
RELAY_MOVES = ("stored", "forwarded", "open-answering", "close")
NODE_MOVES = (
    *("prepared", "open", "token", "package", "closing", "frozen", "coin_kept"),
    *("checked", "computing", "fixed", "released", "erased"),
)
NODE_STAGES = (
    *("pad", "commit", "list", "held", "root", "verdict", "toss", "coin", "lines", "checked"),
    *("ready", "done", "pattern", "opening"),
)
REQUEST_MOVES = (
    *("prepared", "open", "consent", "contribution", "chunk", "closing", "frozen"),
    *("checked", "computing", "fixed", "released", "erased"),
)
# Without ``near``, which needs two questions of one requester (tests/nodes), and ``again``,
# which needs a list that overflows.
REQUEST_STAGES = (
    *("agreed", "draw", "reveal", "complete", "unusable", "ordered", "earlier", "outcome"),
    *("ready", "done"),
)
PARTY_POINTS = (
    *("check.rows_read", "check.before_outcome"),
    *("party.connected", "party.rows_read", "party.computed", "party.before_outcome"),
)
Item = TypeVar("Item")
NODES = ("node-a", "node-b", "node-c")


@dataclass(frozen=True, slots=True, order=True)
class Kill:
    """A named point, and the service in whose folder it is armed."""

    service: str
    point: str

    def __str__(self) -> str:
        return f"{self.service}:{self.point}"


def portal_kills() -> list[Kill]:
    """Return the points of the portal's web and worker."""
    return [Kill("portal", f"mpcengine.{m}.{phase}") for m in PORTAL_MOVES for phase in PHASES]


def relay_kills() -> list[Kill]:
    """Return the points of the relay's web and worker."""
    return [Kill("relay", f"relay.{m}.{phase}") for m in RELAY_MOVES for phase in PHASES]


def node_points() -> list[str]:
    """Return the points of a node's web, worker and party."""
    names = (*NODE_MOVES, *(f"say_{stage}" for stage in NODE_STAGES))
    return [f"nodes.{name}.{phase}" for name in names for phase in PHASES] + [*PARTY_POINTS]


def request_points() -> list[str]:
    """Return the points of a node's web, worker and party in a match that is released."""
    names = (*REQUEST_MOVES, *(f"say_{stage}" for stage in REQUEST_STAGES))
    party = [point for point in PARTY_POINTS if point.startswith("party.")]
    return [f"nodes.{name}.{phase}" for name in names for phase in PHASES] + party


def request_kills() -> list[Kill]:
    """Return every point of a request once; the nodes take turns."""
    return [Kill(NODES[i % 3], point) for i, point in enumerate(request_points())]


def drawn_of_requests(seed: str, rounds: int) -> list[tuple[Kill, ...]]:
    """Draw ``rounds`` groups of six different kills, two a node."""
    groups: list[tuple[Kill, ...]] = []
    for number in range(rounds):
        left = request_points()
        for place in range(2 * len(NODES)):
            left.remove(_pick(f"{seed}/{number}/{place}", left))
        points = [point for point in request_points() if point not in left]
        groups.append(tuple(Kill(NODES[i % 3], point) for i, point in enumerate(points)))
    return groups


def all_kills() -> list[Kill]:
    """Return every point once; the nodes take turns."""
    nodes = [Kill(NODES[i % 3], point) for i, point in enumerate(node_points())]
    return [*portal_kills(), *relay_kills(), *nodes]


def drawn(seed: str, rounds: int) -> list[tuple[Kill, ...]]:
    """Draw ``rounds`` groups of four kills: portal, relay, and two different nodes."""
    groups: list[tuple[Kill, ...]] = []
    for number in range(rounds):
        first = _place(f"{seed}/{number}/node", 3)
        groups.append(
            (
                _pick(f"{seed}/{number}/portal", portal_kills()),
                _pick(f"{seed}/{number}/relay", relay_kills()),
                Kill(NODES[first], _pick(f"{seed}/{number}/first", node_points())),
                Kill(NODES[(first + 1) % 3], _pick(f"{seed}/{number}/second", node_points())),
            )
        )
    return groups


def _pick(seed: str, choices: Sequence[Item]) -> Item:
    return choices[_place(seed, len(choices))]


def _place(seed: str, bound: int) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big") % bound
