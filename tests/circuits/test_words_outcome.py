"""On shares a match and a comparison show what the plain rules show, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.circuits.words_count import (
    add,
    at_least,
    count_ones,
    slot_counts,
    subtract,
    sum_words,
)
from mpcengine.circuits.words_outcome import (
    CompareShares,
    MatchShares,
    compare_shares,
    match_shares,
)
from mpcengine.kernels.words import Words, packed
from mpcengine.protocol.request_rules import (
    CompareRules,
    MatchRules,
    Verdict,
    compare_outcome,
    match_outcome,
)
from tests.circuits.words_parties import LocalWords, opened, run_parties, split_all

Lists = list[list[bool]]


def packed_flags(flags: Lists, buckets: int) -> Words:
    """Return flags, one list a row, as words (lists, buckets, words), cut evenly in buckets."""
    rows = np.array(flags, dtype=np.uint8).reshape(len(flags), buckets, -1)
    return np.stack([np.stack([packed(bucket)[0] for bucket in row]) for row in rows])


def verdicts(values: Words, shown: Words) -> list[Verdict]:
    return [Verdict(bool(s), int(v)) for s, v in zip(shown, values, strict=True)]


def check_match(
    rules: MatchRules, sizes: list[int], flags: Lists, seed: int = 1
) -> MatchShares:
    buckets = len(sizes)
    capacity = len(flags[0]) // buckets
    size_shares = split_all(np.array(sizes, dtype=np.uint64), seed)
    flag_shares = split_all(packed_flags(flags, buckets), seed + 1)

    async def program(runtime: LocalWords) -> MatchShares:
        mine = size_shares[runtime.index], flag_shares[runtime.index]
        return await match_shares(runtime, rules, *mine, capacity)

    results, _ = run_parties(program)
    want = match_outcome(rules, sum(sizes) % 2**64, flags)
    values = opened([each.values for each in results])
    shown = opened([each.shown for each in results])
    assert verdicts(values, shown) == [want.organisations, want.indicators]
    counts = opened([each.counts.astype(np.uint64) for each in results])
    assert counts.ravel().tolist() == list(want.counts)
    assert opened([each.hits for each in results]).tolist() == list(want.hits)
    return results[0]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 3),
    st.integers(1, 90),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 8), st.integers(1, 6), st.booleans()),
)
def test_a_match_shows_what_the_rules_show(
    holders: int,
    buckets: int,
    capacity: int,
    density: float,
    seed: int,
    bounds: tuple[int, int, bool],
) -> None:
    generator = np.random.default_rng(seed)
    flags = generator.random((holders, buckets * capacity)) < density**3
    real = int(flags.any(axis=0).sum())
    least, lowest, hide = bounds
    sizes = [0] * buckets
    sizes[0] = real + int(generator.integers(0, 2 * least))
    rules = MatchRules(min_count=least, lowest=lowest, highest=holders - hide)
    check_match(rules, sizes, flags.tolist(), seed % 251)


def rows(holders: int, pattern: list[int], capacity: int = 64) -> Lists:
    """Return flags in which slot i is held by the first ``pattern[i]`` holders."""
    counts = pattern + [0] * (capacity - len(pattern))
    return [[holder < count for count in counts] for holder in range(holders)]


@pytest.mark.parametrize("held", range(3, 10))
@pytest.mark.parametrize("size", [9, 12, 13, 14, 15])
def test_indicators_keep_their_distance_below_and_above(held: int, size: int) -> None:
    rules = MatchRules(min_count=5, lowest=3, highest=4)
    check_match(rules, [size], rows(4, [3] * held))


@pytest.mark.parametrize("few", range(8))
def test_indicators_held_by_few_are_none_or_enough(few: int) -> None:
    rules = MatchRules(min_count=5, lowest=3, highest=6)
    check_match(rules, [60], rows(6, [3] * 7 + [2] * few))


@pytest.mark.parametrize("holders", [1, 2, 3, 4, 5, 12])
@pytest.mark.parametrize("lowest", [1, 3, 4])
@pytest.mark.parametrize("hide", [0, 1])
def test_organisations_keep_their_bounds(holders: int, lowest: int, hide: int) -> None:
    rules = MatchRules(min_count=1, lowest=lowest, highest=holders - hide)
    for most in range(holders + 1):
        check_match(rules, [50], rows(holders, [most, most // 2, 1]))


def test_many_holders_fill_a_byte() -> None:
    rules = MatchRules(min_count=1, lowest=200, highest=255)
    check_match(rules, [50], rows(255, [255, 254, 200, 199, 128, 1]))


def test_a_size_that_lies_does_not_wrap() -> None:
    rules = MatchRules(min_count=5, lowest=1, highest=3)
    check_match(rules, [2**64 - 1], rows(3, [3] * 9))
    check_match(rules, [2**63, 2**63], rows(3, [3] * 9, 128))


def check_compare(rules: CompareRules, sizes: list[list[int]], flags: Lists) -> None:
    buckets = len(sizes[0])
    size_shares = split_all(np.array(sizes, dtype=np.uint64))
    flag_shares = split_all(packed_flags(flags, buckets), 2)

    async def program(runtime: LocalWords) -> CompareShares:
        mine = size_shares[runtime.index], flag_shares[runtime.index]
        return await compare_shares(runtime, rules, *mine)

    results, _ = run_parties(program)
    want = compare_outcome(rules, [sum(one) % 2**64 for one in sizes], flags)
    values = opened([each.values for each in results])
    shown = opened([each.shown for each in results])
    assert verdicts(values, shown) == [want.intersection, want.union]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 200),
    st.integers(0, 2**32 - 1),
    st.integers(1, 6),
    st.booleans(),
)
def test_a_comparison_shows_what_the_rules_show(
    others: int, capacity: int, seed: int, least: int, with_union: bool
) -> None:
    generator = np.random.default_rng(seed)
    flags = generator.random((others, capacity)) < generator.random()
    common = int(flags.all(axis=0).sum())
    sizes = [[common + int(generator.integers(0, 2 * least))] for _ in range(others + 1)]
    rules = CompareRules(min_count=least, with_union=with_union and others == 1)
    check_compare(rules, sizes, flags.tolist())


@pytest.mark.parametrize("common", [0, 4, 5, 15, 16, 20])
@pytest.mark.parametrize("with_union", [False, True])
def test_an_intersection_keeps_its_distance_from_every_list(
    common: int, with_union: bool
) -> None:
    flags = [[i < common for i in range(40)]]
    rules = CompareRules(min_count=5, with_union=with_union)
    check_compare(rules, [[8, 12], [30, 0]], flags)


def test_sums_and_counts() -> None:
    generator = np.random.default_rng(3)
    words = generator.integers(2**64, size=(3, 77), dtype=np.uint64, endpoint=False)
    shares = split_all(words)

    async def program(runtime: LocalWords) -> tuple[Words, ...]:
        mine = shares[runtime.index]
        return (
            await add(runtime, mine[:, 0], mine[:, 1]),
            await subtract(runtime, mine[:, 0], mine[:, 1]),
            await sum_words(runtime, mine),
            await count_ones(runtime, mine),
        )

    results, _ = run_parties(program)
    total, difference, sums, ones = (
        opened([each[i] for each in results]).tolist() for i in range(4)
    )
    assert total == (words[0] + words[1]).tolist()
    assert difference == (words[0] - words[1]).tolist()
    assert sums == [sum(row) % 2**64 for row in words.tolist()]
    assert ones == [sum(word.bit_count() for word in row) for row in words.tolist()]


@pytest.mark.parametrize("lists", [1, 2, 3, 4, 7, 8, 20])
def test_counts_by_place(lists: int) -> None:
    generator = np.random.default_rng(lists)
    words = generator.integers(2**64, size=(lists, 3), dtype=np.uint64, endpoint=False)
    shares = split_all(words)
    least = [1, 2, lists, lists + 1]

    async def program(runtime: LocalWords) -> tuple[Words, Words]:
        bits = await slot_counts(runtime, shares[runtime.index])
        reached = await at_least(runtime, bits, least)
        return np.concatenate(bits, axis=1), reached

    results, _ = run_parties(program)
    places = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").astype(int)
    want = places.sum(axis=0)
    bits = opened([each[0] for each in results]).reshape(-1, 3)
    digits = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little").astype(int)
    assert (digits * (1 << np.arange(len(digits)))[:, None]).sum(axis=0).tolist() == list(want)
    reached = opened([each[1] for each in results])
    yes = np.unpackbits(np.ascontiguousarray(reached).view(np.uint8), axis=1, bitorder="little")
    assert yes.tolist() == [(want >= number).astype(int).tolist() for number in least]
