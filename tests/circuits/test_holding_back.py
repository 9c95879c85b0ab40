"""One node that holds back its message to one peer until the other, a round ahead, says more.

Party 3 deviates. With `settle` nobody is a round ahead where that would tell a coin or a key.
"""

from collections.abc import Mapping

import pytest

from mpcengine.circuits import shares
from mpcengine.circuits.products import WEIGHTS
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.circuits.shares import check_bits, random_elements
from mpcengine.kernels import field61
from mpcengine.protocol.errors import InconsistentShares
from tests.circuits.simulated import Queues, SimulatedRuntime, run_parties, split_all

P = field61.MODULUS
NO_BIT = 2


class HoldsBack(SimulatedRuntime):
    """Hold back a piece of the sum T that tells a value from a bit, until α is known.

    T = α·ρ·b·(b - 1) for the one value b, which party 3 knows; party 2's piece then takes T to
    zero. ``moment`` is the round in which T is reshared.
    """

    moment = 4
    always_fits = False

    def __init__(self, index: int, seed: int, queues: Queues) -> None:
        super().__init__(index, seed, queues)
        twin = SimulatedRuntime(index, seed, {})
        self._factor = int(random_elements(twin, 1)[0])
        self._coin = 0
        self._early: Vector | None = None
        self._has_shifted = False

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        if self.index != 3 or self.rounds + 1 < self.moment - 1:
            return await super().exchange(outgoing)
        if self.rounds + 1 == self.moment - 1:
            received = await super().exchange(outgoing)
            self._coin = int(2 * int(received[1][0]) - int(received[2][0])) % P
            return received
        if self.rounds + 1 == self.moment:
            return await self._hold_back(outgoing)
        return await self._fit(outgoing)

    async def _hold_back(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        self.rounds += 1
        self._queues[3, 1].put_nowait(outgoing[1])
        pieces = {peer: await self._queues[peer, 3].get() for peer in (1, 2)}
        self._early = await self._queues[1, 3].get()
        self._queues[3, 2].put_nowait(self._shifted(outgoing[2], self._early))
        return pieces

    def _shifted(self, piece: Vector, early: Vector | None) -> Vector:
        """Return the piece held back, fitted to what party 1 said early if it said anything."""
        if early is None or not len(early):
            return piece
        self._has_shifted = True
        one = int(early[0])
        alpha = (one - (self._factor - one) * pow(2, -1, P)) % P
        return field61.add_constant(piece, alpha * self._coin * NO_BIT * (NO_BIT - 1))

    async def _fit(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        """Send what fits the line; what party 1 sent early arrives now."""
        self.rounds += 1
        early, self._early = self._early, None
        first = early if early is not None else await self._queues[1, 3].get()
        received = {1: first, 2: await self._queues[2, 3].get()}
        fitting = field61.combine(received[2], received[1], received[1], (2, -1, 0))
        for peer in (1, 2):
            fits = len(fitting) and (self._has_shifted or self.always_fits)
            self._queues[3, peer].put_nowait(fitting if fits else outgoing[peer])
        return received


class HoldsBackTags(HoldsBack):
    """Hold back the tags' pieces until the coin is known: errors then cancel in V.

    In T they cancel if the two bits are equal: the check would tell that.
    """

    moment = 1
    always_fits = True

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        if self.index != 3:
            return await SimulatedRuntime.exchange(self, outgoing)
        if self.rounds == 0:
            return await self._hold_back(outgoing)
        if self._early is not None or (outgoing[1] is outgoing[2] and len(outgoing[1])):
            return await self._fit(outgoing)
        return await SimulatedRuntime.exchange(self, outgoing)

    async def _hold_back(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        pieces = dict(await super()._hold_back(outgoing))
        # Its own shares on the shifted lines: party 2's shift twice, by way of party 1's piece.
        shift = field61.subtract(self._shifted(outgoing[2], self._early), outgoing[2])
        pieces[1] = field61.add(pieces[1], field61.scale(shift, 2 * pow(WEIGHTS[0], -1, P)))
        return pieces

    def _shifted(self, piece: Vector, early: Vector | None) -> Vector:
        if early is None or not len(early):
            return field61.add(piece, field61.vector([5, -1]))
        self._has_shifted = True
        twin = SimulatedRuntime(3, 1, {})
        third, one = int(random_elements(twin, 4)[3]), int(early[0])
        coin = (one - (third - one) * pow(2, -1, P)) % P
        return field61.add(piece, field61.vector([coin, -1]))


def ends(kind: type[SimulatedRuntime], values: tuple[int, ...] = (NO_BIT,)) -> list[str]:
    """Return what the check of some values says at parties 1 and 2."""
    dealt = split_all(values, 3)

    async def program(runtime: SimulatedRuntime) -> str:
        try:
            await check_bits(runtime, dealt[runtime.index], field61.vector([]))
        except InconsistentShares as error:
            return error.code
        return "passed"

    return run_parties(program, kind=kind)[0][:2]


def test_it_lets_nobody_choose_a_sum_knowing_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails (the value passes) without the second ``settle`` of `check_bits`."""
    assert ends(HoldsBack) == ["shares.bits"] * 2

    async def go_on(runtime: VectorRuntime) -> None:
        del runtime

    monkeypatch.setattr(shares, "settle", go_on)
    monkeypatch.setattr(HoldsBack, "moment", 3)
    assert ends(HoldsBack) == ["passed"] * 2


def test_it_lets_nobody_choose_tags_knowing_the_coin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails (wrong tags pass, as the bits are equal) without the first ``settle``."""
    assert ends(HoldsBackTags, (1, 1)) == ["shares.bits"] * 2

    async def go_on(runtime: VectorRuntime) -> None:
        del runtime

    monkeypatch.setattr(shares, "settle", go_on)
    assert ends(HoldsBackTags, (1, 1)) == ["passed"] * 2
    assert ends(HoldsBackTags, (1, 0)) == ["shares.bits"] * 2
