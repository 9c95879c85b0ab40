"""The shuffle beside a plain oracle: the same rows, in a secret order, in fresh shares."""

from collections import Counter

import numpy as np
import pytest

from mpcengine.circuits import shuffle as circuit
from mpcengine.kernels import field61
from tests.circuits.mixing import (
    ROWS,
    matrices,
    mix,
    opened_rows,
    plain_orders,
    plain_shuffle,
    shared_rows,
)


def made_rows(count: int, columns: int) -> list[list[int]]:
    drawn = np.random.default_rng([count, columns]).integers(
        field61.MODULUS, size=(count, columns), dtype=np.uint64
    )
    return [[int(value) for value in row] for row in drawn]


@pytest.mark.parametrize(("count", "columns"), [(1, 2), (2, 1), (4, 3), (30, 5), (257, 2)])
def test_it_gives_the_rows_in_the_oracles_order(count: int, columns: int) -> None:
    rows = made_rows(count, columns)
    for seed in (1, 2):
        assert opened_rows(matrices(mix(rows, seed=seed))) == plain_shuffle(rows, seed)


def test_it_keeps_rows_that_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when vectors need several pieces: fails if the parties count them differently."""
    monkeypatch.setattr(circuit, "_PIECE_WORDS", 4)
    rows = [[1, 5, 6], [1, 5, 6], [0, 0, 0], [0, 0, 0], [1, 5, 6]]
    ends = mix(rows)
    assert opened_rows(matrices(ends)) == plain_shuffle(rows, 1)
    assert len({end.runtime.rounds for end in ends.values()}) == 1


def test_it_takes_fifteen_rounds_and_sends_each_row_twice() -> None:
    count, columns = 200, 40
    ends = mix(made_rows(count, columns))
    words = 2 * count * (columns + 1) + 3 * 2 * (count + columns + 2)
    for end in ends.values():
        assert end.runtime.rounds == 15
        assert end.runtime.sent == 8 * words


def test_it_makes_fresh_shares() -> None:
    given = shared_rows(ROWS)
    for index, end in mix().items():
        assert end.rows is not None
        old, new = given[index].ravel().tolist(), end.rows.ravel().tolist()
        assert not set(old) & set(new)


def test_an_order_is_uniform_whatever_two_pairs_drew() -> None:
    """A party knows two of the three orders; the third makes every order equally likely."""
    unseen = {1: 2, 2: 1, 3: 0}
    found = [plain_orders(3, 1, seed) for seed in range(1800)]
    for step in unseen.values():
        drawn = Counter(tuple(orders[step]) for orders in found)
        assert len(drawn) == 6
        # 300 expected for each, standard deviation 16.
        assert all(220 < number < 380 for number in drawn.values())
    first_two = Counter((tuple(o[0]), tuple(o[1])) for o in found)
    assert len(first_two) == 36


def test_equal_keys_are_told_apart_by_their_second_half() -> None:
    assert circuit._order(field61.vector([7, 7, 3, 2, 1, 9])).tolist() == [2, 1, 0]
