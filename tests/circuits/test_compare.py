"""Comparisons on shares equal those of integers over the whole range they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.circuits.compare import is_not_negative
from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.shares import bit_mask, reveal_under
from mpcengine.kernels import field61
from mpcengine.protocol.errors import InconsistentShares
from tests.circuits.simulated import SimulatedRuntime, opened, run_parties, split_all

EDGE = 2**60 - 1


def signs_of(values: list[int], seed: int = 1) -> list[int]:
    shares = split_all(values, seed)

    async def program(runtime: SimulatedRuntime) -> Vector:
        return await is_not_negative(runtime, shares[runtime.index])

    results, runtimes = run_parties(program, seed)
    assert runtimes[0].rounds <= 16
    return opened(results)


def test_it_compares_the_edges_of_its_range() -> None:
    values = [0, 1, -1, 2, -2, EDGE, -EDGE, EDGE - 1, 1 - EDGE, 2**59, -(2**59)]
    for seed in range(20):
        assert signs_of(values, seed) == [int(value >= 0) for value in values]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-EDGE, EDGE), min_size=1, max_size=40), st.integers(0, 2**30))
def test_it_compares_any_integers(values: list[int], seed: int) -> None:
    assert signs_of(values, seed) == [int(value >= 0) for value in values]


def test_it_compares_nothing_in_no_round() -> None:
    assert signs_of([]) == []


@pytest.mark.parametrize("mask", [0, 1, field61.MODULUS - 1, field61.MODULUS])
def test_it_compares_under_extreme_masks(mask: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bits = field61.vector([(mask >> place) & 1 for place in range(61)])

    async def fixed(runtime: SimulatedRuntime, count: int) -> Vector:
        del runtime
        return np.repeat(bits, count // 61)

    monkeypatch.setattr("mpcengine.circuits.shares.random_bits", fixed)
    values = [0, 1, -1, EDGE, -EDGE, 12345, -12345]
    assert signs_of(values) == [int(value >= 0) for value in values]


def test_it_refuses_a_masked_value_off_the_line() -> None:
    shares = split_all([5])
    shares[3] = field61.add_constant(shares[3], 1)

    async def program(runtime: SimulatedRuntime) -> str:
        mask = await bit_mask(runtime, 1)
        with pytest.raises(InconsistentShares):
            await reveal_under(runtime, shares[runtime.index], mask)
        return "refused"

    assert run_parties(program)[0] == ["refused"] * 3


def test_it_uses_a_mask_once() -> None:
    shares = split_all([5])

    async def program(runtime: SimulatedRuntime) -> str:
        mask = await bit_mask(runtime, 1)
        await reveal_under(runtime, shares[runtime.index], mask)
        with pytest.raises(RuntimeError, match="once"):
            await reveal_under(runtime, shares[runtime.index], mask)
        return "refused"

    assert run_parties(program)[0] == ["refused"] * 3
