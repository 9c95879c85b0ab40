"""Mask and draw bits are bits, or nobody uses them: attacks that work without the check.

Party 3 deviates, and it is rushing: it reads what the others send before it sends. Each attack
is run twice, with the check taken out and with it.
"""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.circuits import draws, shares
from mpcengine.circuits.products import WEIGHTS
from mpcengine.circuits.release import gate_round_one
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.circuits.shares import check_bits, deal, random_bits, random_elements
from mpcengine.kernels import field61
from mpcengine.protocol.disclosure_recheck import recheck_released
from mpcengine.protocol.errors import (
    DisclosureRefused,
    InconsistentShares,
    MalformedMessage,
)
from tests.attackers.plans import Case, PlanBuilder, one_way_case
from tests.attackers.release import values_of
from tests.attackers.surveys import case_of
from tests.circuits.gate import gate_pattern
from tests.circuits.simulated import (
    Queues,
    SimulatedRuntime,
    opened,
    run_parties,
    split_all,
)

P = field61.MODULUS
K = 10
SCALE = 1 << 42
HIDDEN = (1, 3, 7, 50, 39)
NOTHING = field61.vector([])


def checked(bits: list[int], kind: type[SimulatedRuntime] = SimulatedRuntime) -> list[str]:
    """Return what the check says at each party: ``passed`` or the error's code."""
    dealt = split_all(bits, 3)

    async def program(runtime: SimulatedRuntime) -> str:
        try:
            await check_bits(runtime, dealt[runtime.index], NOTHING)
        except InconsistentShares as error:
            return error.code
        return "passed"

    results, runtimes = run_parties(program, kind=kind)
    assert runtimes[0].rounds == 7
    return results


async def unchecked(runtime: VectorRuntime, bits: Vector, seen: Vector) -> None:
    """Take the place of the check and check nothing."""


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=1, max_size=70))
def test_it_passes_bits(bits: list[int]) -> None:
    assert checked(bits) == ["passed"] * 3


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 1), min_size=1, max_size=70),
    st.integers(2, P - 1),
    st.integers(0, 69),
)
def test_it_refuses_one_value_that_is_no_bit(bits: list[int], other: int, place: int) -> None:
    bits[place % len(bits)] = other
    assert checked(bits) == ["shares.bits"] * 3


def test_it_refuses_values_that_would_cancel_without_a_coin() -> None:
    # x·(x - 1) and y·(y - 1) sum to zero for y = (1 + √(1 - 4x(x - 1)))/2.
    for x in range(2, 60):
        root = pow(1 - 4 * x * (x - 1), (P + 1) // 4, P)
        other = (1 + root) * pow(2, -1, P) % P
        if (x * (x - 1) + other * (other - 1)) % P == 0:
            break
    else:
        raise AssertionError("no such pair")
    assert checked([x, other]) == ["shares.bits"] * 3


def test_it_makes_checked_bits_in_eight_rounds() -> None:
    async def program(runtime: SimulatedRuntime) -> Vector:
        return await random_bits(runtime, 610)

    bits, runtimes = run_parties(program)
    assert set(opened(bits)) == {0, 1}
    assert runtimes[0].rounds == 8


def test_it_refuses_a_wrong_tag_whatever_the_bit() -> None:
    """A tag's error must not pass where the bit is one: it would tell the bit."""

    class WrongTag(SimulatedRuntime):
        async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
            if self.index != 3 or self.rounds > 0:
                return await super().exchange(outgoing)
            sent = {p: field61.add_constant(vector, 77) for p, vector in outgoing.items()}
            received = dict(await super().exchange(sent))
            received[1] = field61.add_constant(received[1], 77 * pow(WEIGHTS[0], -1, P))
            return received

    for bit in (0, 1):
        assert checked([bit], WrongTag) == ["shares.bits"] * 3


class Rushing(SimulatedRuntime):
    """Party 3 makes everybody see squares that turn masks into SCALE·m/2, m odd, |m| <= 61."""

    def __init__(self, index: int, seed: int, queues: Queues) -> None:
        super().__init__(index, seed, queues)
        self.compared = 0
        self.masked: list[int] = []

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        if self.index != 3 or outgoing[1] is not outgoing[2]:
            return await super().exchange(outgoing)
        own = outgoing[1]
        if not self.compared and len(own) % field61.ELEMENT_BITS == 0:
            self.compared = len(own) // field61.ELEMENT_BITS
            return await self._change(own)
        received = await super().exchange(outgoing)
        if not self.masked and len(own) == self.compared:
            self.masked = opened([received[1], received[2], own])
        return received

    async def _change(self, own: Vector) -> Mapping[int, Vector]:
        received = {peer: await self._queues[peer, 3].get() for peer in (1, 2)}
        squares = field61.combine(received[1], received[2], own, WEIGHTS)
        factors = [
            pow((1 << place) * pow(SCALE, -1, P), 2, P)
            for place in range(field61.ELEMENT_BITS)
            for _ in range(self.compared)
        ]
        changed = field61.multiply(squares, field61.vector(factors))
        shift = field61.subtract(changed, squares)
        for peer in (1, 2):
            self._queues[3, peer].put_nowait(field61.add(own, shift))
        weight = pow(WEIGHTS[0], -1, P)
        return {**received, 1: field61.add(received[1], field61.scale(shift, weight))}


def hidden_case() -> Case:
    builder = PlanBuilder()
    builder.add_one_way("disease", len(HIDDEN))
    return case_of(builder.plan(), HIDDEN, (), sum(HIDDEN), K, 5)


def rushed_gate() -> tuple[list[str], list[int]]:
    """Run the gate beside a rushing party 3; return each party's end and what party 3 saw."""
    case = hidden_case()
    counts = split_all(case.counts, 99)

    async def program(runtime: SimulatedRuntime) -> str:
        mine = case.contributions[0][runtime.index - 1]
        try:
            await gate_round_one(
                runtime, case.plan, counts[runtime.index], NOTHING, case.accepted, K, mine
            )
        except InconsistentShares as error:
            return error.code
        return "went on"

    ends, runtimes = run_parties(program, 5, Rushing)
    third = runtimes[2]
    assert isinstance(third, Rushing)
    assert third.compared
    return ends, third.masked


def read(masked: int) -> int:
    """Return the z of the opened 2z + SCALE·m/2, trying all 62 masks."""
    for sign in range(-61, 62, 2):
        double = (masked - SCALE * sign * pow(2, -1, P)) % P
        double = double - P if double > P // 2 else double
        if abs(double) < 1 << 40:
            return double // 2
    raise AssertionError("no mask of the 62 fits")


def test_it_would_tell_hidden_counts_if_bits_went_unchecked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shares, "check_bits", unchecked)
    ends, masked = rushed_gate()
    assert ends == ["went on"] * 3
    assert tuple(read(value) + K for value in masked[: len(HIDDEN)]) == HIDDEN


def test_it_stops_a_rushing_party_before_a_mask_is_used() -> None:
    ends, masked = rushed_gate()
    assert ends == ["shares.bits"] * 3
    assert masked == []


class TwoFaced(SimulatedRuntime):
    """Party 3 shows parties 1 and 2 different squares, so that the bit between them is 1.

    It knows r up to its sign. Both candidates give the bit 1; its own share of the bit fits
    one of them only. Every later opening it answers with the share that fits the line.
    """

    def __init__(self, index: int, seed: int, queues: Queues) -> None:
        super().__init__(index, seed, queues)
        twin = SimulatedRuntime(index, seed, {})
        self._third = int(random_elements(twin, 1)[0])
        self._is_later = False

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        if self.index != 3 or outgoing[1] is not outgoing[2]:
            return await super().exchange(outgoing)
        received = {peer: await self._queues[peer, 3].get() for peer in (1, 2)}
        if self._is_later:
            fitting = field61.combine(received[2], received[1], received[1], (2, -1, 0))
            for peer in (1, 2):
                self._queues[3, peer].put_nowait(fitting)
            return received
        self._is_later = True
        square = int(field61.combine(received[1], received[2], outgoing[1], WEIGHTS)[0])
        first, second, third = self._faces(square)
        for peer, face in ((1, first), (2, second)):
            shown = field61.add_constant(outgoing[1], face - square)
            self._queues[3, peer].put_nowait(shown)
        weight = pow(WEIGHTS[0], -1, P)
        return {**received, 1: field61.add_constant(received[1], (third - square) * weight)}

    def _faces(self, square: int) -> tuple[int, int, int]:
        """Return the squares to show party 1, party 2 and ourselves."""
        root = pow(square, (P + 1) // 4, P)
        rows = []
        for value in (root, P - root):
            slope = (self._third - value) * pow(3, -1, P)
            rows.append((value + slope, value + 2 * slope))
        (a, b), (c, d) = rows
        # 2·a·x - b·y = 1 and 2·c·x - d·y = 1: both candidates of r give a share line of bit 1.
        inverse = pow(2 * (b * c - a * d), -1, P)
        x, y = (b - d) * inverse % P, 2 * (a - c) * inverse % P
        own = (2 * b * y - a * x) * pow(self._third, -1, P)
        return shown_for(x), shown_for(y), shown_for(own)


def shown_for(root_inverse: int) -> int:
    """Return the value whose `square_root_inverse` is this: the exponent has an inverse."""
    return pow(root_inverse, pow((P - 3) // 4, -1, P - 1), P)


def chosen_bits() -> list[int]:
    """Return, of 12 attempts, the bits that parties 1 and 2 went on with."""

    async def program(runtime: SimulatedRuntime) -> int | None:
        try:
            return int((await random_bits(runtime, 1))[0])
        except InconsistentShares:
            return None

    bits = []
    for seed in range(12):
        first, second, _ = run_parties(program, seed, TwoFaced)[0]
        assert (first is None) == (second is None)
        if first is not None and second is not None:
            bits.append((2 * first - second) % P)
    return bits


def test_it_stops_a_party_with_two_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_bits() == []

    async def blind(runtime: VectorRuntime, bits: Vector, seen: Vector) -> None:
        await check_bits(runtime, bits, seen[:0])

    # Without the fingerprint of what was seen it passes whenever it guesses the sign.
    monkeypatch.setattr(shares, "check_bits", blind)
    bits = chosen_bits()
    assert set(bits) == {1}
    assert 1 < len(bits) < 12


async def deal_large(runtime: VectorRuntime, values: Vector) -> list[Vector]:
    """Deal, as party 3, numbers in place of bits: the draw leaves its range."""
    scaled = field61.scale(values, 1 << 22) if runtime.index == 3 else values
    return await deal(runtime, scaled)


def lone_hidden_count(seed: int) -> int | None:
    """Return the count that shown ones and the total give away, None if no pattern does.

    Of many deviating draws the pattern is no pattern; a party needs one that is.
    """
    plain = one_way_case([3, 40, 30, 20], K)
    case = case_of(plain.plan, plain.counts, (), plain.accepted, K, seed)
    try:
        pattern = gate_pattern(case, seed)
    except MalformedMessage:
        return None
    values = values_of(case, pattern)
    if pattern.tables["q"].count(False) != 1:
        return None
    with pytest.raises(DisclosureRefused):
        recheck_released(case.plan, pattern, values, case.accepted, K)
    return case.accepted - sum(values.values())


def test_it_would_leave_a_hidden_count_alone_if_draws_went_unchecked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(draws, "deal", deal_large)
    monkeypatch.setattr(draws, "check_bits", unchecked)
    assert {lone_hidden_count(seed) for seed in range(1, 6)} == {None, 3}


def test_it_stops_a_party_that_deals_what_is_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {lone_hidden_count(seed) for seed in range(1, 6)} == {None}
    monkeypatch.setattr(draws, "deal", deal_large)
    for seed in range(1, 6):
        with pytest.raises(InconsistentShares) as refused:
            lone_hidden_count(seed)
        assert refused.value.code == "shares.bits"
