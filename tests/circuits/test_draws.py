"""Secret draws on shares pick what the plain reading of the same bits picks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.circuits.draws import deal_draws, draw_margins
from mpcengine.circuits.lanes import Rule, run_rules, signs, times
from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.shared import Shared, joined
from mpcengine.protocol.draws import DRAW_BITS, chosen_index
from mpcengine.protocol.errors import MalformedInput
from tests.circuits.simulated import SimulatedRuntime, opened, run_parties, split_all


def test_it_joins_three_contributions_by_exclusive_or() -> None:
    numbers = [[2**40 - 1, 0, 5], [0, 0, 2**39], [2**40 - 1, 7, 1]]

    async def program(runtime: SimulatedRuntime) -> Vector:
        mine = numbers[runtime.index - 1]
        bits = [[(number >> place) & 1 for place in range(DRAW_BITS)] for number in mine]
        return joined(await deal_draws(runtime, bits)).vector

    assert opened(run_parties(program)[0]) == [0, 7, 5 ^ 2**39 ^ 1]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.booleans(), min_size=1, max_size=9),
    st.one_of(st.integers(0, 2**40 - 1), st.sampled_from([0, 1, 2**39, 2**40 - 1])),
)
def test_it_picks_the_same_place_as_the_plain_reading(
    candidates: list[bool], draw: int
) -> None:
    picked = picks(candidates, draw)
    expected = chosen_index(candidates, draw)
    assert picked == [int(place == expected) for place in range(len(candidates))]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7])
def test_it_changes_its_pick_exactly_where_the_plain_reading_does(count: int) -> None:
    candidates = [True] * count
    for step in range(1, count):
        edge = ((step << DRAW_BITS) + count - 1) // count
        for draw in (edge - 1, edge):
            place = chosen_index(candidates, draw)
            assert place == step - (draw < edge)
            assert picks(candidates, draw).index(1) == place


def picks(candidates: list[bool], draw: int) -> list[int]:
    bits, drawn = split_all(candidates, 3), split_all([draw], 4)

    def rule(places: Shared, number: Shared) -> Rule[Shared]:
        (scaled,) = yield from times((number, places.total()))
        (reached,) = yield from signs(draw_margins(places, scaled))
        return reached.steps()

    async def program(runtime: SimulatedRuntime) -> Vector:
        mine = rule(Shared(bits[runtime.index]), Shared(drawn[runtime.index]))
        return (await run_rules(runtime, [mine]))[0].vector

    return opened(run_parties(program)[0])


@pytest.mark.parametrize("bits", [[0] * 39, [0] * 41, [2] + [0] * 39])
def test_it_refuses_a_contribution_that_is_not_forty_bits(bits: list[int]) -> None:
    async def program(runtime: SimulatedRuntime) -> str:
        with pytest.raises(MalformedInput):
            await deal_draws(runtime, [bits])
        return "refused"

    assert run_parties(program)[0] == ["refused"] * 3
