"""One party that deviates while rows are mixed: every change is caught, and none tells a row.

The corrupt party has number ``party``; the two others must both end. Each attack is run with
the defence switched off, too, and then gets through: that is said in each docstring.
"""

from collections.abc import Mapping

import numpy as np
import pytest

from mpcengine.circuits import shuffle as circuit
from mpcengine.circuits.openings import reveal_on_line
from mpcengine.circuits.products import WEIGHTS, mask_sums, peers, reshare
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.circuits.shares import random_elements
from mpcengine.kernels import field61
from tests.circuits.mixing import (
    ROWS,
    Bend,
    Mixing,
    added,
    bend_moves,
    bend_steps,
    check_nothing,
    codes,
    matrices,
    mix,
    opened_rows,
    plain_orders,
    plain_shuffle,
)
from tests.circuits.simulated import Queues, SimulatedRuntime

P = field61.MODULUS
STEP_ROUNDS = 5
MEMBERSHIPS = [(party, pair) for pair in circuit.PAIRS for party in pair]


def doubled(rows: Vector) -> Vector:
    """Bring row 0 a second time in the place of row 1."""
    return rows[[0, 0, *range(2, len(rows))]]


def dropped(rows: Vector) -> Vector:
    """Bring nothing in the place of row 2."""
    return added({(2, column): -int(rows[2, column]) for column in range(rows.shape[1])})(rows)


def rotated(rows: Vector) -> Vector:
    """Bring the rows in an order that is not the pair's."""
    return np.roll(rows, 1, axis=0)


BENDS: dict[str, Bend] = {
    "adds to a word": added({(1, 2): 5}),
    "marks a row as answered": added({(1, 0): 1}),
    "adds to a tag": added({(3, 3): -1}),
    "adds two errors that cancel": added({(0, 1): 9, (1, 1): -9}),
    "doubles a row": doubled,
    "drops a row": dropped,
    "permutes otherwise": rotated,
}


@pytest.mark.parametrize(("party", "pair"), MEMBERSHIPS)
@pytest.mark.parametrize("name", BENDS)
def test_it_catches_what_a_member_of_a_pair_does_to_rows(
    monkeypatch: pytest.MonkeyPatch, party: int, pair: tuple[int, int], name: str
) -> None:
    """Fails (rows change) without `_check_unchanged`: in either of a party's two steps."""
    bend_moves(monkeypatch, party, {pair: BENDS[name]})
    assert codes(mix(), party) == {"texts.changed"}
    check_nothing(monkeypatch)
    changed = opened_rows(matrices(mix()))
    if name != "adds to a tag":
        assert changed != plain_shuffle(ROWS, 1)


@pytest.mark.parametrize("party", [1, 2, 3])
@pytest.mark.parametrize("pair", circuit.PAIRS)
def test_it_catches_other_rows_in_tags_and_moves_alike(
    monkeypatch: pytest.MonkeyPatch, party: int, pair: tuple[int, int]
) -> None:
    """A share of a known row is changed before a step, consistently (corrections B6).

    Fails (one text is off by a known number) without `_check_unchanged`.
    """
    bend_steps(monkeypatch, party, {pair: added({(0, 1): 1000})})
    assert codes(mix(), party) == {"texts.changed"}


class Rushing(Mixing):
    """Party 3 reads every message of the others before it sends, and changes its own."""

    def __init__(self, index: int, seed: int, queues: Queues) -> None:
        super().__init__(index, seed, queues)
        self.seen: list[dict[int, Vector]] = []

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        if self.index != 3:
            return await super().exchange(outgoing)
        self.rounds += 1
        received = await self.collect()
        self.seen.append(received)
        self.deliver(self.bent(dict(outgoing), received))
        return received

    def bent(
        self, outgoing: dict[int, Vector], received: dict[int, Vector]
    ) -> dict[int, Vector]:
        """Return what is sent in place of ``outgoing``."""
        del received
        return outgoing


class OffTheLine(Rushing):
    """Re-share with degree 2: party 1's piece in the step of pair (1, 3) is moved."""

    def bent(
        self, outgoing: dict[int, Vector], received: dict[int, Vector]
    ) -> dict[int, Vector]:
        del received
        if self.rounds == STEP_ROUNDS + 2:
            outgoing[1] = field61.add_constant(outgoing[1], 3)
        return outgoing


class Fits(OffTheLine):
    """The same, and every later opening is answered with the share that fits the line."""

    def bent(
        self, outgoing: dict[int, Vector], received: dict[int, Vector]
    ) -> dict[int, Vector]:
        outgoing = super().bent(outgoing, received)
        if self.rounds > STEP_ROUNDS + 2 and self.rounds % STEP_ROUNDS in (4, 0):
            fitting = field61.combine(received[2], received[1], received[1], (2, -1, 0))
            outgoing = {1: fitting, 2: fitting}
        return outgoing


class SaysZero(Fits):
    """The same, but the last share is made to open a zero: of degree 2 it would."""

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        received = dict(await super().exchange(outgoing))
        if self.index == 3 and self.rounds == 2 * STEP_ROUNDS:
            # Its own program is to see a zero, too, and go on.
            received[1] = field61.combine(
                received[2], outgoing[1], outgoing[1], (1, -pow(3, -1, P), 0)
            )
        return received

    def bent(
        self, outgoing: dict[int, Vector], received: dict[int, Vector]
    ) -> dict[int, Vector]:
        outgoing = super().bent(outgoing, received)
        if self.rounds == 2 * STEP_ROUNDS:
            zero = field61.combine(received[1], received[2], received[1], (-3, 3, 0))
            outgoing = {1: zero, 2: zero}
        return outgoing


@pytest.mark.parametrize(
    ("kind", "code"),
    [(OffTheLine, "shares.line"), (Fits, "texts.changed"), (SaysZero, "shares.line")],
)
def test_it_catches_pieces_of_degree_two_whatever_is_said_last(
    monkeypatch: pytest.MonkeyPatch, kind: type[Mixing], code: str
) -> None:
    """Fails (rows change) without `_check_unchanged`."""
    assert codes(mix(kind=kind), 3) == {code}
    check_nothing(monkeypatch)
    assert codes(mix(kind=kind), 3) == {"done"}


async def revealed_with_degree_two(runtime: VectorRuntime, own: Vector) -> Vector:
    """Open as a product is opened: whoever sends last chooses the value."""
    shares = dict(await runtime.exchange(dict.fromkeys(peers(runtime), own)))
    shares[runtime.index] = own
    return field61.combine(shares[1], shares[2], shares[3], WEIGHTS)


def test_nobody_chooses_the_sum_by_sending_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails (``done``) if the sum is opened with degree 2 and no commitments."""
    monkeypatch.setattr(circuit, "reveal_on_line", revealed_with_degree_two)
    assert codes(mix(kind=SaysZero, work=two_steps), 3) == {"done"}


async def two_steps(runtime: VectorRuntime, rows: Vector) -> Vector:
    """Run the steps of the first two pairs only."""
    rows = await circuit._step(runtime, rows, (1, 2))
    return await circuit._step(runtime, rows, (1, 3))


class TwoFaced(Rushing):
    """Show the two others different shares of the factors, or of the sum."""

    moment = 4

    def bent(
        self, outgoing: dict[int, Vector], received: dict[int, Vector]
    ) -> dict[int, Vector]:
        del received
        if self.rounds == self.moment:
            outgoing[2] = field61.add_constant(outgoing[2], 1)
        return outgoing


@pytest.mark.parametrize("moment", [4, 5])
def test_it_shows_both_others_the_same_or_ends(
    monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """Fails (party 2 goes on with other factors) without the line check of `reveal_on_line`."""
    monkeypatch.setattr(TwoFaced, "moment", moment)
    ends = mix(kind=TwoFaced)
    assert ends[2].code == "shares.line"
    assert ends[1].code == "peer gone"


class HoldsBack(Mixing):
    """Party 2 holds back its piece to party 1 until party 3, a round ahead, shows its factors.

    With two factors known it changes two words of a row so that the tag still fits.
    """

    def __init__(self, index: int, seed: int, queues: Queues) -> None:
        super().__init__(index, seed, queues)
        twin = SimulatedRuntime(index, seed, {})
        self._factors = random_elements(twin, len(ROWS[0])) if index == 2 else None
        self._early: Vector | None = None

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        if self._factors is None or self.rounds + 1 not in (2, 3):
            return await super().exchange(outgoing)
        self.rounds += 1
        if self.rounds == 3:
            # The message of party 3 that came early; party 1's comes now.
            self.deliver(outgoing)
            early = self._early
            assert early is not None
            return {1: await self.take(1), 3: early}
        self.deliver({3: outgoing[3]})
        received = await self.collect()
        self._early = await self.take(3)
        self.deliver({1: self._fitted(outgoing[1], self._early)})
        return received

    def _fitted(self, piece: Vector, shown: Vector) -> Vector:
        changed = piece.copy()
        first, second = 1, -1
        if len(shown):
            assert self._factors is not None
            factors = field61.combine(
                self._factors, shown[: len(self._factors)], self._factors, (3, -2, 0)
            )
            first, second = int(factors[1]), -int(factors[0])
        changed[0] = (int(piece[0]) + first) % P
        changed[1] = (int(piece[1]) + second) % P
        return changed


def test_it_shows_factors_only_when_all_have_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails (a row is changed and its tag fits) without the ``settle`` of a step."""
    assert codes(mix(kind=HoldsBack), 2) == {"shares.line"}

    async def go_on(runtime: VectorRuntime) -> None:
        del runtime

    monkeypatch.setattr(circuit, "settle", go_on)
    # The outside party keeps step by `settle` within a move: give it that one back.
    monkeypatch.setattr(circuit, "_received_outside", received_outside)
    passed = mix(kind=HoldsBack, work=one_step)
    assert codes(passed, 2) == {"done"}
    assert rows_of(passed) != plain_rows()


async def received_outside(runtime: VectorRuntime, pair: tuple[int, int], count: int) -> Vector:
    """Do as `_received_outside`, whose own settle stays."""
    nothing = np.zeros(0, dtype=np.uint64)
    pieces = [
        runtime.stream((min(member, runtime.index), max(member, runtime.index)), count)
        for member in pair
    ]
    await runtime.exchange(dict.fromkeys(pair, nothing))
    return field61.add(pieces[0], pieces[1])


async def one_step(runtime: VectorRuntime, rows: Vector) -> Vector:
    """Run the step of parties 1 and 2 only."""
    return await circuit._step(runtime, rows, (1, 2))


def rows_of(ends: Mapping[int, object]) -> list[list[int]]:
    """Return the rows that parties 1 and 3 agree on."""
    first, third = (getattr(ends[index], "rows", None) for index in (1, 3))
    assert first is not None
    assert third is not None
    half = pow(2, -1, P)
    values = field61.combine(first.ravel(), third.ravel(), first.ravel(), (3 * half, -half, 0))
    return [[int(value) for value in row] for row in values.reshape(first.shape)]


def plain_rows() -> list[list[int]]:
    order = plain_orders(len(ROWS), len(ROWS[0]), 1)[0]
    return [list(ROWS[place]) for place in order]


async def checked_at_the_end(runtime: VectorRuntime, rows: Vector) -> Vector:
    """Shuffle with one set of tags, checked after the last step: what must not be done."""
    factors = random_elements(runtime, rows.shape[1])
    local = mask_sums(runtime, field61.matrix_vector(rows, factors))
    moved = np.column_stack([rows, await reshare(runtime, local)])
    for pair in circuit.PAIRS:
        moved = await circuit._move(runtime, moved, pair)
    rows = np.ascontiguousarray(moved[:, :-1])
    await circuit._check_unchanged(runtime, rows, moved[:, -1].copy(), factors)
    return rows


def test_it_gives_no_guess_a_chance_to_be_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Party 2 adds to a known row and takes it off at a guessed place in its second step.

    With one check at the end a right guess passes and is known to be right: the text is tied
    to its package. Fails (the right guess passes) without the check of the first step.
    """

    def passes(work: object, place: int) -> set[str]:
        # A share of party 2 weighs -1 in the first pair and 3 in the last.
        bends = {
            (1, 2): added({(0, 1): 77}),
            (2, 3): added({(place, 1): 77 * pow(3, -1, P)}),
        }
        with monkeypatch.context() as patch:
            bend_moves(patch, 2, bends)
            return codes(mix(work=work), 2)  # type: ignore[arg-type]

    outcomes = [passes(checked_at_the_end, place) for place in range(len(ROWS))]
    assert sorted(outcomes, key=str) == [{"done"}, *[{"texts.changed"}] * 3]
    for place in range(len(ROWS)):
        assert passes(circuit.shuffle, place) == {"texts.changed"}


def test_a_failure_is_the_same_for_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a deviating party sees opened does not depend on the row that it changed.

    It would if the factors came with the row, as a browser's keys do: 1 on the key of
    ``answered`` and 1 on the tag pass exactly if the row was answered.
    """
    sums: list[list[int]] = []

    async def noted(runtime: VectorRuntime, own: Vector) -> Vector:
        opened = await reveal_on_line(runtime, own)
        if runtime.index == 1:
            sums[-1] += opened.tolist()
        return opened

    monkeypatch.setattr(circuit, "reveal_on_line", noted)
    bend_moves(monkeypatch, 2, {(1, 2): added({(1, 0): 1, (1, 3): 1})})
    for row in ((0, 0, 0), (1, 5, 6), (1, P - 1, 3)):
        sums.append([])
        rows = (ROWS[0], row, *ROWS[2:])
        assert codes(mix(rows), 2) == {"texts.changed"}
    assert sums[0] == sums[1] == sums[2]
    assert sums[0][-1] != 0
