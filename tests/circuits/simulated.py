"""Three parties in one event loop, with real Shamir shares and real pairwise streams."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61

T = TypeVar("T")
PARTIES = (1, 2, 3)
PAIRS = ((1, 2), (1, 3), (2, 3))


class SimulatedRuntime:
    """One party: queues to its peers, a seeded stream for each of its pairs."""

    def __init__(self, index: int, seed: int, queues: "Queues") -> None:
        self.index = index
        self.rounds = 0
        self.sent = 0
        self.received: list[Vector] = []
        self._queues = queues
        self._own = np.random.default_rng([seed, index])
        self._streams = {
            pair: np.random.default_rng([seed, *pair]) for pair in PAIRS if index in pair
        }

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        self.rounds += 1
        for peer, vector in outgoing.items():
            assert peer != self.index
            assert vector.dtype == np.uint64
            self.sent += vector.nbytes
            self._queues[self.index, peer].put_nowait(vector.copy())
        incoming = {}
        for peer, vector in outgoing.items():
            incoming[peer] = await self._queues[peer, self.index].get()
            assert len(incoming[peer]) == len(vector)
            self.received.append(incoming[peer])
        return incoming

    def stream(self, subset: tuple[int, int], count: int) -> Vector:
        return self._streams[subset].integers(field61.MODULUS, size=count, dtype=np.uint64)

    def fresh(self, count: int) -> Vector:
        return self._own.integers(field61.MODULUS, size=count, dtype=np.uint64)


Queues = dict[tuple[int, int], "asyncio.Queue[Vector]"]
Program = Callable[[SimulatedRuntime], Awaitable[T]]


def run_parties(
    program: Program[T], seed: int = 1, kind: type[SimulatedRuntime] = SimulatedRuntime
) -> tuple[list[T], list[SimulatedRuntime]]:
    """Run one program at three parties; return their results and runtimes in order."""

    async def together() -> tuple[list[T], list[SimulatedRuntime]]:
        queues: Queues = {(a, b): asyncio.Queue() for a in PARTIES for b in PARTIES if a != b}
        runtimes = [kind(index, seed, queues) for index in PARTIES]
        return list(await asyncio.gather(*(program(r) for r in runtimes))), runtimes

    return asyncio.run(together())


def split_all(values: Sequence[int], seed: int = 1) -> dict[int, Vector]:
    """Share integers (negative ones modulo p); party index to its shares."""
    vector = field61.vector([int(value) for value in values])
    slopes = np.random.default_rng(seed).integers(
        field61.MODULUS, size=len(vector), dtype=np.uint64
    )
    return {index: field61.share_at(vector, slopes, index) for index in PARTIES}


def opened(shares: Sequence[Vector]) -> list[int]:
    """Open three degree-1 shares, refusing any off the line."""
    first, second, third = shares
    assert not field61.combine(first, second, third, (1, -2, 1)).any()
    return [int(value) for value in field61.combine(first, second, third, (2, -1, 0))]
