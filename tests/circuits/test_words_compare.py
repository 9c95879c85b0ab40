"""Comparisons, orders and ANDs of shared words are those of Python's numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.circuits.words_compare import (
    and_words,
    any_one,
    equal,
    equal_words,
    greater,
    not_greater,
    strictly_increasing,
)
from mpcengine.kernels.words import Bytes, Words, moved
from tests.circuits.words_cases import distinct
from tests.circuits.words_parties import (
    LocalWords,
    opened,
    opened_flags,
    run_parties,
    split_all,
)

EDGES = [0, 1, 2, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1]
WORDS = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**64 - 1))


def every_pair() -> tuple[Words, Words]:
    edges = np.array(EDGES, dtype=np.uint64)
    return np.repeat(edges, len(edges)), np.tile(edges, len(edges))


def compared(a: Words, b: Words) -> tuple[list[int], list[int]]:
    first, second = split_all(moved(a), 3), split_all(moved(b), 4)

    async def program(runtime: LocalWords) -> tuple[Bytes, Bytes]:
        mine = first[runtime.index], second[runtime.index]
        return await greater(runtime, *mine), await equal(runtime, *mine)

    results, _ = run_parties(program)
    more, same = (opened_flags([result[i] for result in results]).tolist() for i in (0, 1))
    return more, same


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=70), st.integers(0, 64))
def test_it_compares_as_python_does(pairs: list[tuple[int, int]], place: int) -> None:
    near = [(a, a ^ (1 << place) % 2**64) for a, _ in pairs]
    a, b = (np.array(column, dtype=np.uint64) for column in zip(*pairs, *near, strict=True))
    more, same = compared(a, b)
    assert more == (a > b).astype(int).tolist()
    assert same == (a == b).astype(int).tolist()


@pytest.mark.parametrize("count", [1, 63, 64, 65, 3000, 70_000])
def test_it_compares_any_number_of_words(count: int) -> None:
    a, b = distinct(count, 1), distinct(count, 2)
    b[::3] = a[::3]
    more, same = compared(a, b)
    assert more == (a > b).astype(int).tolist()
    assert same == (a == b).astype(int).tolist()


def test_it_compares_every_pair_of_edges() -> None:
    a, b = every_pair()
    more, same = compared(a, b)
    assert more == (a > b).astype(int).tolist()
    assert same == (a == b).astype(int).tolist()


def test_moving_bits_twice_moves_none_and_reverses_their_order() -> None:
    words = distinct(100, 5)
    assert np.array_equal(moved(moved(words)), words)
    for place in range(64):
        bit = np.array([1 << place], dtype=np.uint64)
        assert moved(bit).tolist() == [1 << int(f"{place:06b}"[::-1], 2)]


def test_bits_of_numbers_in_their_own_order() -> None:
    a, b = every_pair()
    first, second = split_all(a), split_all(b, 2)

    async def program(runtime: LocalWords) -> Words:
        mine = first[runtime.index], second[runtime.index]
        not_more = await not_greater(runtime, *mine)
        return np.concatenate([not_more, await equal_words(runtime, *mine)], axis=1)

    results, _ = run_parties(program)
    assert opened(results).tolist() == [*(a <= b).astype(int), *(a == b).astype(int)]


def is_increasing(lists: Words) -> int:
    shares = split_all(moved(lists))

    async def program(runtime: LocalWords) -> Words:
        return await strictly_increasing(runtime, shares[runtime.index])

    results, _ = run_parties(program)
    return int(opened(results)[0])


@pytest.mark.parametrize("count", [1, 2, 3, 64, 65, 66, 1000])
def test_it_tells_strictly_increasing_lists_from_all_others(count: int) -> None:
    lists = np.stack([np.sort(distinct(count, seed)) for seed in range(3)])
    assert is_increasing(lists) == 1
    for place in {0, (count - 1) // 2, count - 2} & set(range(count - 1)):
        twice = lists.copy()
        twice[1, place] = twice[1, place + 1]
        assert is_increasing(twice) == 0
        turned = lists.copy()
        turned[2, [place, place + 1]] = turned[2, [place + 1, place]]
        assert is_increasing(turned) == 0


def test_order_does_not_go_on_from_one_list_to_the_next() -> None:
    lists = np.array([[5, 6, 7], [1, 2, 3]], dtype=np.uint64)
    assert is_increasing(lists) == 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=20))
def test_and_is_and(pairs: list[tuple[int, int]]) -> None:
    a, b = (np.array(column, dtype=np.uint64) for column in zip(*pairs, strict=True))
    first, second = split_all(a), split_all(b, 2)

    async def program(runtime: LocalWords) -> Words:
        return await and_words(runtime, first[runtime.index], second[runtime.index])

    results, runtimes = run_parties(program)
    assert np.array_equal(opened(results), a & b)
    assert {each.sent for each in runtimes} == {8 * len(a)}


def test_it_finds_a_single_one() -> None:
    rows = np.zeros((4, 7), dtype=np.uint64)
    rows[1, 6], rows[2, 0], rows[3] = 2**63, 1, 2**64 - 1
    shares = split_all(rows)

    async def program(runtime: LocalWords) -> Words:
        return await any_one(runtime, shares[runtime.index])

    results, _ = run_parties(program)
    assert opened(results).tolist() == [0, 1, 1, 1]


def test_a_comparison_sends_twelve_bytes_and_an_equality_eight() -> None:
    shares = split_all(distinct(64_000, 1))

    async def first(runtime: LocalWords) -> None:
        await greater(runtime, shares[runtime.index], shares[runtime.index])

    async def second(runtime: LocalWords) -> None:
        await equal(runtime, shares[runtime.index], shares[runtime.index])

    assert run_parties(first)[1][0].sent / 64_000 < 11.9
    assert run_parties(second)[1][0].sent / 64_000 < 7.9
