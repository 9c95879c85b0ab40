"""Dealing, random elements, random bits and sharings of zero."""

import numpy as np
import pytest

from mpcengine.circuits.products import WEIGHTS, zero_sharing
from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.shares import deal, random_bits, random_elements
from mpcengine.kernels import field61
from tests.circuits.simulated import SimulatedRuntime, opened, run_parties


def test_it_deals_every_partys_values() -> None:
    async def program(runtime: SimulatedRuntime) -> list[Vector]:
        return await deal(runtime, field61.vector([runtime.index, -runtime.index, 0]))

    dealt, _ = run_parties(program)
    for dealer in (1, 2, 3):
        shares = [party[dealer - 1] for party in dealt]
        assert opened(shares) == [dealer, field61.MODULUS - dealer, 0]


def test_it_makes_random_elements_that_lie_on_a_line() -> None:
    async def program(runtime: SimulatedRuntime) -> Vector:
        return random_elements(runtime, 50)

    results, runtimes = run_parties(program)
    assert len(set(opened(results))) == 50
    assert runtimes[0].rounds == 0


def test_it_makes_bits_of_both_kinds() -> None:
    async def program(runtime: SimulatedRuntime) -> Vector:
        return await random_bits(runtime, 4000)

    bits = opened(run_parties(program)[0])
    assert set(bits) == {0, 1}
    assert 1800 < sum(bits) < 2200


def test_it_shares_zero_with_degree_two() -> None:
    async def program(runtime: SimulatedRuntime) -> Vector:
        return zero_sharing(runtime, 20)

    first, second, third = run_parties(program)[0]
    assert not field61.combine(first, second, third, WEIGHTS).any()
    assert field61.combine(first, second, third, (1, -2, 1)).all()


def test_it_repeats_nothing_when_a_random_element_is_zero() -> None:
    class Zeros(SimulatedRuntime):
        def stream(self, subset: tuple[int, int], count: int) -> Vector:
            del subset
            return np.zeros(count, dtype=np.uint64)

    async def program(runtime: SimulatedRuntime) -> str:
        with pytest.raises(ArithmeticError):
            await random_bits(runtime, 1)
        return "refused"

    assert run_parties(program, kind=Zeros)[0] == ["refused"] * 3
