"""Rows for a shuffle, its plain oracle, and three parties of which one may bend its rows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from mpcengine.circuits import shuffle as circuit
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.kernels import field61
from mpcengine.protocol.errors import InconsistentShares
from tests.circuits.simulated import PAIRS, SimulatedRuntime, run_parties, split_all

Rows = Sequence[Sequence[int]]
Bend = Callable[[Vector], Vector]
# Three texts, of which the second was not answered: answered, then two words.
ROWS = ((1, 11, 12), (0, 0, 0), (1, 31, 32), (1, 41, 42))


def shared_rows(rows: Rows, seed: int = 7) -> dict[int, Vector]:
    """Return each party's shares of the rows, as a matrix."""
    flat = split_all([value for row in rows for value in row], seed)
    return {index: shares.reshape(len(rows), -1) for index, shares in flat.items()}


def opened_rows(shares: Sequence[Vector]) -> list[list[int]]:
    """Open three matrices of degree-1 shares, refusing any off the line."""
    first, second, third = (np.ascontiguousarray(part).ravel() for part in shares)
    assert not field61.combine(first, second, third, (1, -2, 1)).any()
    values = field61.combine(first, second, third, (2, -1, 0)).reshape(shares[0].shape)
    return [[int(value) for value in row] for row in values]


def plain_orders(count: int, columns: int, seed: int) -> list[list[int]]:
    """Return the order each pair draws, from the streams and docs/protocol.md §11.7 alone.

    A stream gives, in each step: factors, masks of the tags' products, then the pair's keys
    or the piece of the party outside, then the coin.
    """
    streams = {pair: np.random.default_rng([seed, *pair]) for pair in PAIRS}

    def take(pair: tuple[int, int], number: int) -> list[int]:
        drawn = streams[pair].integers(field61.MODULUS, size=number, dtype=np.uint64)
        return [int(word) for word in drawn]

    orders = []
    for moving in PAIRS:
        for pair in PAIRS:
            take(pair, columns + count)
            if pair == moving:
                keys = take(pair, 2 * count)
                places = [(keys[r], keys[count + r], r) for r in range(count)]
                orders.append([r for _, _, r in sorted(places)])
            else:
                take(pair, count * (columns + 1))
            take(pair, 1)
    return orders


def plain_shuffle(rows: Rows, seed: int) -> list[list[int]]:
    """Return the rows in the order that three pairs give them one after another."""
    mixed = [list(row) for row in rows]
    for order in plain_orders(len(rows), len(rows[0]), seed):
        mixed = [mixed[r] for r in order]
    return mixed


# What a party that has ended leaves on its lines.
GONE = np.zeros(0, dtype=np.uint64)


class PeerGone(Exception):
    """A peer has ended; stands for the party process's named endings."""


class Mixing(SimulatedRuntime):
    """A party that ends when a peer ends, instead of waiting for ever."""

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        self.rounds += 1
        self.deliver(outgoing)
        received = await self.collect()
        for peer, vector in received.items():
            assert len(vector) == len(outgoing[peer])
        self.received += received.values()
        return received

    def deliver(self, outgoing: Mapping[int, Vector]) -> None:
        for peer, vector in outgoing.items():
            self.sent += vector.nbytes
            self._queues[self.index, peer].put_nowait(vector.copy())

    async def collect(self) -> dict[int, Vector]:
        """Take one vector from each peer."""
        return {peer: await self.take(peer) for peer in (1, 2, 3) if peer != self.index}

    async def take(self, peer: int) -> Vector:
        """Take the next vector of one peer."""
        vector = await self._queues[peer, self.index].get()
        if vector is GONE:
            self._queues[peer, self.index].put_nowait(vector)
            raise PeerGone
        return vector

    def leave(self) -> None:
        for (sender, _), queue in self._queues.items():
            if sender == self.index:
                queue.put_nowait(GONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How one party ended: ``done`` with its rows, or an error's code."""

    code: str
    rows: Vector | None
    runtime: SimulatedRuntime


Work = Callable[[VectorRuntime, Vector], Awaitable[Vector]]


def mix(
    rows: Rows = ROWS,
    *,
    seed: int = 1,
    kind: type[Mixing] = Mixing,
    work: Work = circuit.shuffle,
    inputs: Mapping[int, Vector] | None = None,
) -> dict[int, End]:
    """Run a shuffle (or ``work``) at three parties and say how each ended."""
    given = inputs or shared_rows(rows)

    async def program(runtime: SimulatedRuntime) -> End:
        code, result = "done", None
        try:
            result = await work(runtime, given[runtime.index])
        except InconsistentShares as error:
            code = error.code
        except PeerGone:
            code = "peer gone"
        assert isinstance(runtime, Mixing)
        if code != "done":
            runtime.leave()
        return End(code=code, rows=result, runtime=runtime)

    ends, _ = run_parties(program, seed, kind)
    return dict(zip((1, 2, 3), ends, strict=True))


def codes(ends: Mapping[int, End], but: int) -> set[str]:
    """Return how the two honest parties ended."""
    return {end.code for index, end in ends.items() if index != but}


def matrices(ends: Mapping[int, End]) -> list[Vector]:
    """Return the rows of three parties that are done."""
    found = [end.rows for end in ends.values() if end.rows is not None]
    assert len(found) == 3
    return found


def bend_moves(
    monkeypatch: pytest.MonkeyPatch, party: int, bends: Mapping[tuple[int, int], Bend]
) -> None:
    """Let one party bring other rows than its own into the moves of some pairs."""
    honest = circuit._move

    async def move(runtime: VectorRuntime, rows: Vector, pair: tuple[int, int]) -> Vector:
        if runtime.index == party and pair in bends:
            rows = bends[pair](rows)
        return await honest(runtime, rows, pair)

    monkeypatch.setattr(circuit, "_move", move)


def bend_steps(
    monkeypatch: pytest.MonkeyPatch, party: int, bends: Mapping[tuple[int, int], Bend]
) -> None:
    """Let one party tag and move other rows than its own."""
    honest = circuit._step

    async def step(runtime: VectorRuntime, rows: Vector, pair: tuple[int, int]) -> Vector:
        if runtime.index == party and pair in bends:
            rows = bends[pair](rows)
        return await honest(runtime, rows, pair)

    monkeypatch.setattr(circuit, "_step", step)


def check_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the check of a step off; it goes through its rounds."""

    async def unchecked(
        runtime: VectorRuntime, rows: Vector, tags: Vector, factors: Vector
    ) -> None:
        del rows, tags, factors, runtime

    monkeypatch.setattr(circuit, "_check_unchanged", unchecked)


def added(places: Mapping[tuple[int, int], int]) -> Bend:
    """Add numbers to single places of the rows."""

    def bend(rows: Vector) -> Vector:
        changed = rows.copy()
        for (row, column), number in places.items():
            changed[row, column] = (int(rows[row, column]) + number) % field61.MODULUS
        return changed

    return bend
