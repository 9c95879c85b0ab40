"""Products leave a node masked: the attack of corrections A1 fails, and works without masks."""

import itertools

import numpy as np
import pytest

from mpcengine.circuits import products
from mpcengine.circuits.products import (
    MaskedProduct,
    inner_product,
    masked_product,
    reshare,
    reveal_masked,
)
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.kernels import field61
from tests.circuits.simulated import SimulatedRuntime, opened, run_parties, split_all
from tests.circuits.small_field import PAIRS, masked_share, views

P = field61.MODULUS
ANSWERS = 24


def subset_with_sum(weights: list[int], target: int) -> list[int] | None:
    """Meet in the middle: bits b with sum(b · weight) = target modulo p, or None."""
    half = len(weights) // 2

    def sums(part: list[int]) -> dict[int, tuple[int, ...]]:
        chosen = itertools.product((0, 1), repeat=len(part))
        return {
            sum(b * w for b, w in zip(bits, part, strict=True)) % P: bits for bits in chosen
        }

    first, second = sums(weights[:half]), sums(weights[half:])
    for value, bits in first.items():
        rest = second.get((target - value) % P)
        if rest is not None:
            return [*bits, *rest]
    return None


def curious_node_reads_answers(answers: list[int]) -> list[int] | None:
    """Reveal Σ v² of yes/no answers and let node 1, which follows the protocol, look.

    The three points fix P(X) = Σ (v + aX)²; its middle coefficient is 2·Σ v·a, and with the
    node's own shares x = v + a that gives Σ v·x, a subset sum of numbers it knows.
    """
    shares = split_all(answers, seed=5)

    async def program(runtime: SimulatedRuntime) -> Vector:
        mine = shares[runtime.index]
        return await reveal_masked(runtime, inner_product(runtime, [mine], [mine]))

    totals, runtimes = run_parties(program, seed=9)
    assert int(totals[0][0]) == sum(answers)
    mine = [int(share) for share in shares[1]]
    second, third = (int(message[0]) for message in runtimes[0].received)
    at_zero = int(totals[0][0])
    at_one = (at_zero + 3 * second - third) * pow(3, -1, P) % P
    # P = a + bX + cX²: P(1) - P(0) = b + c and P(2) - P(0) = 2b + 4c.
    one, two = at_one - at_zero, second - at_zero
    middle = (4 * one - two) * pow(2, -1, P) % P
    return subset_with_sum(mine, (at_zero + middle * pow(2, -1, P)) % P)


def secret_answers() -> list[int]:
    return [int(bit) for bit in np.random.default_rng(3).integers(2, size=ANSWERS)]


def test_it_withstands_the_subset_sum_attack() -> None:
    assert curious_node_reads_answers(secret_answers()) != secret_answers()


def test_the_subset_sum_attack_reads_every_answer_without_the_mask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_mask(runtime: VectorRuntime, count: int) -> Vector:
        del runtime
        return np.zeros(count, dtype=np.uint64)

    monkeypatch.setattr(products, "zero_sharing", no_mask)
    assert curious_node_reads_answers(secret_answers()) == secret_answers()


@pytest.mark.parametrize("modulus", [5, 7])
def test_a_nodes_view_tells_the_product_only(modulus: int) -> None:
    pairs = [(1, 4 % modulus), (2, 2), (4 % modulus, 1)]
    first, *others = [views(pair, modulus, masked=True) for pair in pairs]
    assert all(first == other for other in others)
    zeros = [views(pair, modulus, masked=True) for pair in [(0, 1), (3, 0), (0, 0)]]
    assert zeros[0] == zeros[1] == zeros[2]
    assert zeros[0] != first


def test_a_nodes_view_tells_more_without_the_mask() -> None:
    assert views((1, 4), 5, masked=False) != views((2, 2), 5, masked=False)
    assert views((0, 1), 5, masked=False) != views((3, 0), 5, masked=False)


def test_it_masks_as_the_small_field_reference_does() -> None:
    left, right = split_all([7, 0, P - 1], 1), split_all([5, 9, P - 1], 2)
    drawn = {pair: [pair[0] * 1000 + pair[1], 3, P - 1] for pair in PAIRS}

    class FixedStreams(SimulatedRuntime):
        def stream(self, subset: tuple[int, int], count: int) -> Vector:
            return field61.vector(drawn[subset][:count])

    async def program(runtime: SimulatedRuntime) -> MaskedProduct:
        return masked_product(runtime, left[runtime.index], right[runtime.index])

    masked, _ = run_parties(program, kind=FixedStreams)
    for index, product in enumerate(masked, start=1):
        expected = [
            masked_share(
                int(left[index][place]),
                int(right[index][place]),
                index,
                {pair: drawn[pair][place] for pair in PAIRS},
                P,
            )
            for place in range(3)
        ]
        assert [int(value) for value in product._masked] == expected


def test_it_reshares_and_reveals_products() -> None:
    lefts, rights = [0, 1, 5, P - 1, 2**60], [9, P - 1, 7, P - 1, 2**60]
    left, right = split_all(lefts, 1), split_all(rights, 2)

    async def program(runtime: SimulatedRuntime) -> tuple[Vector, Vector]:
        mine, yours = left[runtime.index], right[runtime.index]
        shares = await reshare(runtime, masked_product(runtime, mine, yours))
        return shares, await reveal_masked(runtime, masked_product(runtime, mine, yours))

    outcomes, _ = run_parties(program)
    expected = [a * b % P for a, b in zip(lefts, rights, strict=True)]
    assert opened([shares for shares, _ in outcomes]) == expected
    assert [int(value) for value in outcomes[1][1]] == expected


def test_it_uses_a_masked_product_once() -> None:
    shares = split_all([1, 2])

    async def program(runtime: SimulatedRuntime) -> str:
        product = masked_product(runtime, shares[runtime.index], shares[runtime.index])
        await reveal_masked(runtime, product)
        with pytest.raises(RuntimeError, match="once"):
            await reshare(runtime, product)
        return "refused"

    assert run_parties(program)[0] == ["refused"] * 3
