"""Tallies of shared rows: counts of every slot and masked sums of squares, chunk by chunk."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mpcengine.circuits.products import reveal_masked
from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.tally import Tally, tally
from mpcengine.kernels import field61
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.tables import Statistic
from tests.circuits.simulated import PARTIES, SimulatedRuntime, opened, run_parties

ROWS, WIDTH = 50, 6
STATISTIC = Statistic(
    question="n", table="n", minimum=0, maximum=30, weights=((1, 10), (2, 20), (4, 1), (5, 2))
)


def shared_rows() -> tuple[NDArray[np.uint64], dict[int, Vector]]:
    rng = np.random.default_rng(4)
    bits = rng.integers(2, size=(ROWS, WIDTH), dtype=np.uint64)
    slopes = rng.integers(field61.MODULUS, size=bits.size, dtype=np.uint64)
    shares = {
        index: field61.share_at(bits.ravel(), slopes, index).reshape(ROWS, WIDTH)
        for index in PARTIES
    }
    return bits, shares


@pytest.mark.parametrize("chunk", [1, 7, ROWS])
def test_it_counts_slots_and_sums_squares(chunk: int) -> None:
    bits, shares = shared_rows()

    async def program(runtime: SimulatedRuntime) -> tuple[Vector, Vector]:
        mine = Tally(WIDTH, (STATISTIC, STATISTIC))
        for start in range(0, ROWS, chunk):
            mine.add(np.ascontiguousarray(shares[runtime.index][start : start + chunk]))
        return mine.counts, await reveal_masked(runtime, mine.masked_squares(runtime))

    outcomes, _ = run_parties(program)
    values = bits.astype(int) @ np.array([0, 10, 20, 0, 1, 2])
    assert opened([counts for counts, _ in outcomes]) == bits.sum(axis=0).tolist()
    assert outcomes[0][1].tolist() == [int((values**2).sum())] * 2


def test_it_counts_at_once_what_it_counts_in_chunks() -> None:
    bits, shares = shared_rows()
    assert opened([tally(shares[i]) for i in PARTIES]) == bits.sum(axis=0).tolist()


def test_it_refuses_rows_of_another_width() -> None:
    with pytest.raises(MalformedMessage):
        Tally(WIDTH, ()).add(np.zeros((2, WIDTH + 1), dtype=np.uint64))
