"""The gate refuses what its comparisons cannot hold."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mpcengine.circuits.limits import check_limits
from mpcengine.protocol.errors import MalformedInput
from tests.attackers.plans import PlanBuilder


def zeros(count: int) -> NDArray[np.uint64]:
    return np.zeros(count, dtype=np.uint64)


def test_it_takes_a_million_answers() -> None:
    builder = PlanBuilder()
    builder.add_statistic(builder.add_one_way("n", [0, 100]), 2**18)
    check_limits(builder.plan(), zeros(builder.width), zeros(1), 10**6, 10)


@pytest.mark.parametrize(
    ("accepted", "maximum"), [(2**40, 10), (10**6, 2**20), (2**20, 2**19), (2**39, 2**10)]
)
def test_it_refuses_sums_and_squares_that_do_not_fit(accepted: int, maximum: int) -> None:
    builder = PlanBuilder()
    builder.add_statistic(builder.add_one_way("n", [0, 5]), maximum)
    with pytest.raises(MalformedInput) as refused:
        check_limits(builder.plan(), zeros(builder.width), zeros(1), accepted, 10)
    assert refused.value.code == "gate.limits"


def test_it_refuses_tallies_of_another_length_and_no_min_count() -> None:
    builder = PlanBuilder()
    builder.add_one_way("q", 2)
    plan = builder.plan()
    check_limits(plan, zeros(2), zeros(0), 5, 1)
    for counts, squares, min_count in ((3, 0, 1), (2, 1, 1), (2, 0, 0)):
        with pytest.raises(MalformedInput):
            check_limits(plan, zeros(counts), zeros(squares), 5, min_count)


def test_it_refuses_a_table_of_too_many_cells() -> None:
    builder = PlanBuilder()
    builder.add_one_way("q", 2**19)
    with pytest.raises(MalformedInput):
        check_limits(builder.plan(), zeros(2**19), zeros(0), 5, 1)
