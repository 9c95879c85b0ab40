"""A list is near an earlier one exactly when sets say so, whatever its buckets and padding."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.circuits.words_difference import any_near, distance, one_run
from mpcengine.kernels.words import Words, moved
from mpcengine.protocol.difference import is_near
from mpcengine.protocol.request_rules import MatchRules, match_outcome
from tests.circuits.words_cases import distinct
from tests.circuits.words_parties import LocalWords, opened, run_parties, split_all


def members(count: int, seed: int) -> list[int]:
    """Return different words below every word of padding, in no order."""
    words = distinct(3 * count, seed)
    return [int(word) for word in words[words < 2**63][:count]]


def listed(
    real_words: Sequence[int], buckets: int, capacity: int, seed: int
) -> tuple[Words, Words]:
    """Return a list as its owner cuts it: buckets (buckets, capacity), and true sizes."""
    generator = np.random.default_rng(seed)
    places = generator.integers(buckets, size=len(real_words))
    rows, sizes = [], []
    for bucket in range(buckets):
        real = np.array(real_words, dtype=np.uint64)[places == bucket][:capacity]
        padding = generator.integers(2**63, 2**64 - 1, capacity - len(real), dtype=np.uint64)
        rows.append(np.sort(np.concatenate([real, padding])))
        sizes.append(len(real))
    return np.stack(rows), np.array(sizes, dtype=np.uint64)


Given = tuple[Words, Words]


def near(
    own: Given, earlier: Sequence[Given], least: Sequence[int]
) -> tuple[int, list[list[int]]]:
    """Decide with three parties; return the bit, and the lengths of all messages."""
    lists = [own, *earlier]
    shared = [
        (split_all(moved(words), 2 * place), split_all(sizes, 2 * place + 1))
        for place, (words, sizes) in enumerate(lists)
    ]

    async def program(runtime: LocalWords) -> Words:
        index = runtime.index
        mine = await one_run(runtime, shared[0][0][index])
        found = []
        for words, sizes in shared[1:]:
            both = np.concatenate([shared[0][1][index], sizes[index]], axis=1)
            other = await one_run(runtime, words[index])
            found.append(await distance(runtime, mine, other, both))
        return await any_near(runtime, np.concatenate(found, axis=1), least)

    results, runtimes = run_parties(program)
    lengths = [[len(message) for message in each.messages] for each in runtimes]
    return int(opened(results)[0]), lengths


@pytest.mark.parametrize("least", [1, 2, 4])
def test_it_says_what_sets_say_for_all_small_ones(least: int) -> None:
    """A set of each size with every subset of four words; one list is full, most have room."""
    subsets = [c for size in range(5) for c in itertools.combinations((3, 5, 8, 2**62), size)]
    for mine, theirs in itertools.product((subsets[0], subsets[2], *subsets[8::3]), subsets):
        own, earlier = listed(mine, 1, 4, 7), listed(theirs, 1, 4, 9)
        assert near(own, [earlier], [least])[0] == is_near(mine, theirs, least)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 60),
    st.integers(0, 14),
    st.integers(0, 14),
    st.sampled_from([1, 2, 8]),
    st.sampled_from([1, 4]),
    st.integers(1, 30),
)
def test_it_says_what_sets_say(
    common: int, more: int, less: int, mine: int, theirs: int, least: int
) -> None:
    pool = members(100, common)
    own, earlier = pool[: common + more], pool[:common] + pool[80 : 80 + less]
    given_own, given_earlier = listed(own, mine, 80, 1), listed(earlier, theirs, 90, 2)
    assert near(given_own, [given_earlier], [least])[0] == is_near(own, earlier, least)


def test_two_outcomes_tell_of_one_indicator_and_the_bit_says_so_before() -> None:
    """The attack: indicators held by anybody, asked with and without the one of interest."""
    rules = MatchRules(min_count=5, lowest=3, highest=5)
    asked, victim = list(range(40)), 40
    held = [set(range(20)), set(range(15)), set(range(10)), {victim}, set()]

    def indicators(own: list[int]) -> int:
        flags = [[one in holder for one in own] for holder in held]
        return match_outcome(rules, len(own), flags).indicators.value

    assert indicators([*asked, victim]) - indicators(asked) == 1
    own, earlier = listed([*asked, victim], 1, 64, 1), listed(asked, 1, 64, 2)
    assert near(own, [earlier], [rules.min_count])[0] == 1
    # What is far enough may be asked, and its difference is of five or more.
    assert near(listed([*asked, *range(40, 45)], 1, 64, 3), [earlier], [5])[0] == 0


def test_invented_values_make_any_list_far() -> None:
    """What the guard does not do: docs/protocol.md §19.15 says so."""
    own, earlier = [*range(41), *range(1000, 1004)], list(range(40))
    assert near(listed(own, 1, 64, 1), [listed(earlier, 1, 64, 2)], [5])[0] == 0


def test_one_near_list_among_many_is_enough_and_each_has_its_own_least() -> None:
    own = list(range(20))
    far = [listed(list(range(100, 100 + size)), 1, 64, size) for size in (3, 20, 40)]
    by_four = listed([*range(16)], 2, 64, 5)
    given_own = listed(own, 1, 64, 1)
    assert near(given_own, far, [10, 10, 10])[0] == 0
    assert near(given_own, [*far, by_four], [10, 10, 10, 5])[0] == 1
    assert near(given_own, [*far, by_four], [10, 10, 10, 4])[0] == 0
    assert near(given_own, [by_four, given_own], [4, 10])[0] == 0


def test_lists_of_many_words_and_buckets() -> None:
    pool = members(9_000, 3)
    own, earlier = listed(pool, 8, 1_400, 1), listed(pool[:-9], 4, 2_700, 2)
    assert near(own, [earlier], [10])[0] == 1
    assert near(own, [earlier], [9])[0] == 0


def test_its_traffic_is_the_same_whatever_lists_have_in_common() -> None:
    """Nothing, all, nearly all; lists of one word and of many: equal lengths at every party."""
    seen = [
        near(listed(mine, 2, 40, 1), [listed(theirs, 1, 64, 2)], [10])[1]
        for mine, theirs in (
            (range(30), range(100, 130)),
            (range(30), range(30)),
            (range(30), range(29)),
            ((1,), range(60)),
        )
    ]
    assert all(one == seen[0] for one in seen)
