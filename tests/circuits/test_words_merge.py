"""Merging and matching give what Python sets give, at all sizes and sides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.circuits.words_merge import match
from mpcengine.circuits.words_network import levels, other_neighbours
from mpcengine.kernels.words import Bytes, Segment, Words, moved
from tests.circuits.words_cases import two_lists
from tests.circuits.words_parties import LocalWords, opened_flags, run_parties, split_all


def places(segment: Segment) -> list[tuple[int, int]]:
    lower = [
        batch * segment.stride + segment.base + group * segment.step + place
        for batch in range(segment.batches)
        for group in range(segment.groups)
        for place in range(segment.run)
    ]
    return [(low, low + segment.offset) for low in lower]


@pytest.mark.parametrize("m", range(1, 18))
def test_the_network_sorts_every_pair_of_lists_of_bits(m: int) -> None:
    for n in range(1, 18):
        network = [
            [pair for segment in level for pair in places(segment)] for level in levels(m, n)
        ]
        for level in network:
            touched = [place for pair in level for place in pair]
            assert len(set(touched)) == len(touched)
            assert max(touched) < m + n
        for i in range(m + 1):
            for j in range(n + 1):
                row = [0] * (m - i) + [1] * i + [0] * (n - j) + [1] * j
                for low, high in (pair for level in network for pair in level):
                    if row[low] > row[high]:
                        row[low], row[high] = row[high], row[low]
                assert row == sorted(row)


@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 1), (5, 7), (8, 8), (9, 1), (64, 3)])
def test_the_last_level_and_the_others_are_all_neighbours(m: int, n: int) -> None:
    batches = 3
    compared = [
        pair
        for segment in (*levels(m, n, batches)[-1], *other_neighbours(m, n, batches))
        for pair in places(segment)
    ]
    assert sorted(compared) == [
        (start + i, start + i + 1)
        for start in range(0, batches * (m + n), m + n)
        for i in range(m + n - 1)
    ]


def test_it_pays_neither_the_next_power_of_two_nor_one_long_list() -> None:
    def exchanges(m: int, n: int) -> int:
        return sum(segment.count for level in levels(m, n) for segment in level)

    assert exchanges(4096, 4096) == 12 * 4096 + 1
    assert exchanges(4720, 4720) < 13 * 4720
    assert exchanges(10, 1_000_000) < 2_700_000
    assert exchanges(1_000_000, 10) < 2_700_000


def flags_of(first: Words, other: Words) -> tuple[Bytes, Bytes]:
    """Match two lists of batches at three parties and open the flags."""
    shares = split_all(moved(first), 3), split_all(moved(other), 4)

    async def program(runtime: LocalWords) -> tuple[Bytes, Bytes]:
        return await match(runtime, *(share[runtime.index] for share in shares))

    results, _ = run_parties(program)
    return tuple(opened_flags([result[i] for result in results]) for i in (0, 1))  # type: ignore[return-value]


def check(m: int, n: int, common: int, seed: int = 1) -> None:
    first, other = two_lists(m, n, common, seed)
    mine, theirs = flags_of(first[None], other[None])
    assert mine.tolist() == [np.isin(first, other).astype(int).tolist()]
    assert theirs.tolist() == [np.isin(other, first).astype(int).tolist()]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 150), st.integers(1, 150), st.integers(0, 150), st.integers(0, 99))
def test_it_matches_as_sets_do(m: int, n: int, common: int, seed: int) -> None:
    check(m, n, min(common, m, n), seed)


@pytest.mark.parametrize(
    ("m", "n", "common"),
    [
        *(
            (2**k + d, 2**k + e, 2**k // 2)
            for k in (6, 9)
            for d in (-1, 0, 1)
            for e in (-1, 0, 1)
        ),
        (1000, 1000, 1000),
        (3000, 2999, 0),
        (2, 3000, 2),
        (3000, 1, 1),
        (700, 2900, 350),
    ],
)
def test_it_matches_at_the_edges_of_sizes(m: int, n: int, common: int) -> None:
    check(m, n, common)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 3001, 250))
def test_it_matches_at_every_size_of_either_list(first: int) -> None:
    # 1789 and 3000 have no common divisor: n, too, takes every value once.
    for m in range(first, first + 250):
        n = m * 1789 % 3000 + 1
        check(m, n, min(m, n) // 2, seed=m)


def test_it_matches_more_than_one_chunk_at_a_time() -> None:
    check(60_000, 50_001, 20_000)


def test_it_matches_batch_by_batch() -> None:
    lists = [two_lists(37, 53, common, seed) for seed, common in enumerate((0, 37, 5, 11))]
    first, other = (np.stack(rows) for rows in zip(*lists, strict=True))
    mine, theirs = flags_of(first, other)
    for row, (a, b) in enumerate(lists):
        assert mine[row].tolist() == np.isin(a, b).astype(int).tolist()
        assert theirs[row].tolist() == np.isin(b, a).astype(int).tolist()


def test_an_empty_list_matches_nothing() -> None:
    nothing, other = np.zeros((1, 0), dtype=np.uint64), np.arange(5, dtype=np.uint64)[None]
    assert [flags.tolist() for flags in flags_of(nothing, other)] == [[[]], [[0] * 5]]
    assert [flags.tolist() for flags in flags_of(other, nothing)] == [[[0] * 5], [[]]]


def test_it_sends_as_much_whatever_matches() -> None:
    """Same lengths in the same order for no match and for all, at every party."""
    seen = []
    for common in (0, 300):
        first, other = two_lists(300, 300, common)
        shares = split_all(moved(first[None])), split_all(moved(other[None]), 2)

        async def program(runtime: LocalWords, shares: object = shares) -> None:
            await match(runtime, *(share[runtime.index] for share in shares))  # type: ignore[attr-defined]

        _, runtimes = run_parties(program)
        seen.append([[len(message) for message in each.messages] for each in runtimes])
    assert seen[0] == seen[1]
    assert seen[0][0] == seen[0][1] == seen[0][2]
