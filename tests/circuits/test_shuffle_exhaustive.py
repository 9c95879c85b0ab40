"""One step of the shuffle in a small field, over every choice there is: no view tells an order.

`moved` is docs/protocol.md §11.7 in plain integers; a test compares the circuit with it.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest

from mpcengine.circuits import shuffle as circuit
from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61
from tests.circuits.simulated import SimulatedRuntime, opened, run_parties, split_all

Pieces = dict[int, list[int]]
PAIR, OUTSIDE = (1, 2), 3


def moved(
    shares: Mapping[int, Sequence[int]],
    order: Sequence[int],
    dealt: Mapping[int, Sequence[int]],
    modulus: int,
    pair: tuple[int, int] = PAIR,
) -> tuple[Pieces, Pieces]:
    """Return all new shares, and the pieces that the members of ``pair`` send each other.

    ``dealt``: the elements of the streams that each member has with the party outside.
    """
    outside = 6 - sum(pair)
    new: Pieces = {index: [0] * len(order) for index in (1, 2, 3)}
    sent: Pieces = {}
    for member in pair:
        other = sum(pair) - member
        weight = other * pow(other - member, -1, modulus)
        part = [weight * shares[member][place] % modulus for place in order]
        slopes = [
            (piece - value) * pow(outside, -1, modulus) % modulus
            for piece, value in zip(dealt[member], part, strict=True)
        ]
        for index in (1, 2, 3):
            pieces = [(v + a * index) % modulus for v, a in zip(part, slopes, strict=True)]
            new[index] = [(x + y) % modulus for x, y in zip(new[index], pieces, strict=True)]
            if index == other:
                sent[member] = pieces
    return new, sent


def step_views(
    values: tuple[int, int], party: int, modulus: int
) -> tuple[Counter[tuple[object, ...]], Counter[tuple[object, ...]]]:
    """Count what a party sees in one step of pair (1, 2), over everything that is drawn.

    First with what comes out in the end, then without. A member knows the order.
    """
    everything = range(modulus)
    with_output: Counter[tuple[object, ...]] = Counter()
    alone: Counter[tuple[object, ...]] = Counter()
    for slopes in itertools.product(everything, repeat=2):
        shares = {
            index: [(v + a * index) % modulus for v, a in zip(values, slopes, strict=True)]
            for index in (1, 2, 3)
        }
        for drawn in itertools.product(everything, repeat=4):
            dealt = {1: drawn[:2], 2: drawn[2:]}
            for order in ((0, 1), (1, 0)):
                new, sent = moved(shares, order, dealt, modulus)
                known: tuple[object, ...] = (drawn,)
                if party != OUTSIDE:
                    known = (order, dealt[party], tuple(sent[3 - party]))
                view = (known, tuple(shares[party]), tuple(new[party]))
                assert all(
                    (2 * new[1][r] - new[2][r]) % modulus == values[order[r]] for r in (0, 1)
                )
                with_output[(view, tuple(values[place] for place in order))] += 1
                alone[view] += 1
    return with_output, alone


def test_the_party_outside_sees_the_same_whichever_row_came_from_whom() -> None:
    """Fails if the step keeps the order, or if the party outside is told it."""
    first, _ = step_views((1, 4), OUTSIDE, 5)
    second, _ = step_views((4, 1), OUTSIDE, 5)
    assert first == second


@pytest.mark.parametrize("party", [1, 2, 3])
def test_no_party_sees_anything_of_the_values(party: int) -> None:
    views = [step_views(values, party, 5)[1] for values in ((0, 0), (1, 4), (3, 3))]
    assert views[0] == views[1] == views[2]


def test_a_step_that_kept_the_order_would_tell_it() -> None:
    """The comparison above can fail: without a permutation the two distributions differ."""

    def kept(values: tuple[int, int]) -> set[tuple[int, ...]]:
        shares = {index: [value + index for value in values] for index in (1, 2, 3)}
        new, _ = moved(shares, (0, 1), {1: (0, 0), 2: (0, 0)}, 5)
        return {tuple((2 * new[1][r] - new[2][r]) % 5 for r in (0, 1))}

    assert kept((1, 4)) != kept((4, 1))


@pytest.mark.parametrize("pair", circuit.PAIRS)
def test_the_circuit_moves_as_the_small_field_reference_does(pair: tuple[int, int]) -> None:
    values, outside = [7, 0, field61.MODULUS - 1], 6 - sum(pair)
    given = split_all(values, 5)
    keys = [9, 4, 6, 0, 0, 0]
    dealt = {member: [member * 1000 + 1, 3, field61.MODULUS - member] for member in pair}

    class FixedStreams(SimulatedRuntime):
        def stream(self, subset: tuple[int, int], count: int) -> Vector:
            member = sum(subset) - outside
            return field61.vector((keys if subset == pair else dealt[member])[:count])

    async def program(runtime: SimulatedRuntime) -> Vector:
        rows = given[runtime.index].reshape(-1, 1)
        return (await circuit._move(runtime, rows, pair)).ravel()

    shares, _ = run_parties(program, kind=FixedStreams)
    plain = {index: [int(value) for value in given[index]] for index in (1, 2, 3)}
    expected, _ = moved(plain, (1, 2, 0), dealt, field61.MODULUS, pair)
    assert [part.tolist() for part in shares] == [expected[index] for index in (1, 2, 3)]
    assert opened(shares) == [0, field61.MODULUS - 1, 7]


def passing(words: Sequence[int], tags: Sequence[int], modulus: int) -> int:
    """Count the factors and coins under which errors in rows of one word go unseen."""
    everything = range(modulus)
    return sum(
        sum(
            pow(coin, place, modulus) * (factor * word - tag)
            for place, (word, tag) in enumerate(zip(words, tags, strict=True), start=1)
        )
        % modulus
        == 0
        for factor, coin in itertools.product(everything, repeat=2)
    )


@pytest.mark.parametrize(("count", "modulus"), [(1, 5), (2, 5), (1, 7), (2, 7)])
def test_the_best_cheater_meets_the_bound(count: int, modulus: int) -> None:
    """n + 1 of p, less n of p²: over all errors in words and tags, factors and coins."""
    everything = list(itertools.product(range(modulus), repeat=count))
    best = max(passing(words, tags, modulus) for words in everything[1:] for tags in everything)
    assert best == (count + 1) * modulus - count
    assert passing(everything[0], everything[0], modulus) == modulus**2
