"""Decide on shares what a match or a comparison shows, and form the values to be opened.

Bit for bit what ``protocol.request_rules`` says on numbers; a value that is not shown is 0
before anybody opens it. Source: docs/protocol.md §19.9 and §19.13, corrections B9.
"""

from dataclasses import dataclass

import numpy as np

from mpcengine.circuits.words_compare import (
    all_ones,
    and_words,
    any_one,
    equal_words,
    mask_of,
    not_greater,
)
from mpcengine.circuits.words_count import (
    add,
    at_least,
    count_ones,
    slot_counts,
    subtract,
    sum_words,
)
from mpcengine.circuits.words_runtime import WordsRuntime
from mpcengine.kernels.words import Bytes, Words, inverted, public
from mpcengine.protocol.request_rules import CompareRules, MatchRules


@dataclass(frozen=True, slots=True, repr=False)
class MatchShares:
    """Hold one node's components of a match's outcome.

    ``values``, ``shown``: organisations, indicators, (2, 2); shown in the lowest bit.
    ``counts``: one byte a slot, (2, buckets, capacity); ``hits``: a bit a holder, (2, holders).
    """

    values: Words
    shown: Words
    counts: Bytes
    hits: Words


@dataclass(frozen=True, slots=True, repr=False)
class CompareShares:
    """Hold one node's components of a comparison's outcome: intersection, union, (2, 2)."""

    values: Words
    shown: Words


async def match_shares(
    runtime: WordsRuntime, rules: MatchRules, sizes: Words, flags: Words, capacity: int
) -> MatchShares:
    """Return the outcome of a match.

    ``sizes``: of the requester's list in each bucket, (2, buckets). ``flags``: of each holder
    in the requester's order, (2, holders, buckets, ⌈capacity / 64⌉), each bucket as
    `kernels.words.packed` gives it.
    """
    _, holders, buckets, _ = flags.shape
    flat = flags.reshape(2, holders, -1)
    hits = await any_one(runtime, flat)
    organisations = await sum_words(runtime, hits[:, None, :])
    bits = await slot_counts(runtime, flat)
    held, enough, too_many = _rows(
        await at_least(runtime, bits, [1, rules.lowest, rules.highest + 1])
    )
    # Beyond the highest is beyond the lowest: the difference is "enough, and not too many".
    enough = enough ^ too_many if rules.lowest <= rules.highest else np.zeros_like(enough)
    counted = await count_ones(runtime, np.stack([held, enough], axis=1))
    size = await sum_words(runtime, sizes[:, None, :])
    shown = await _match_verdicts(runtime, rules, organisations, counted, size)
    values = np.concatenate([organisations, counted[:, :1]], axis=1)
    values = await and_words(runtime, values, mask_of(shown))
    counts = await _counts(runtime, bits, enough, shown[:, :1])
    return MatchShares(values, shown, _as_bytes(counts, buckets, capacity), hits)


async def compare_shares(
    runtime: WordsRuntime, rules: CompareRules, sizes: Words, flags: Words
) -> CompareShares:
    """Return the outcome of a comparison.

    ``sizes``: of each list in each bucket, (2, lists, buckets), the first list's first;
    ``flags``: of each other list in the first list's order, as in `match_shares`.
    """
    index, others = runtime.index, flags.shape[1]
    common = flags.reshape(2, others, -1)
    while common.shape[1] > 1:
        half = common.shape[1] // 2
        both = await and_words(
            runtime,
            common[:, :half].reshape(2, -1),
            common[:, half : 2 * half].reshape(2, -1),
        )
        rest = common[:, 2 * half :]
        common = np.concatenate([both.reshape(2, half, -1), rest], axis=1)
    counted = await count_ones(runtime, common)
    totals = await sum_words(runtime, sizes)
    least = public(np.array([rules.min_count]), index)
    raised = await add(runtime, counted, least)
    verdicts = await not_greater(
        runtime,
        np.concatenate([least, *[raised] * (others + 1)], axis=1),
        np.concatenate([counted, totals], axis=1),
    )
    shown = await _all(runtime, verdicts)
    if not rules.with_union:
        zero = np.zeros_like(shown)
        value = await and_words(runtime, counted, mask_of(shown))
        return CompareShares(
            np.concatenate([value, zero], axis=1), np.concatenate([shown, zero], axis=1)
        )
    both_sizes = await sum_words(runtime, totals[:, None, :])
    union = await subtract(runtime, both_sizes, counted)
    values = np.concatenate([counted, union], axis=1)
    shown = np.concatenate([shown, shown], axis=1)
    return CompareShares(await and_words(runtime, values, mask_of(shown)), shown)


async def _match_verdicts(
    runtime: WordsRuntime, rules: MatchRules, organisations: Words, counted: Words, size: Words
) -> Words:
    """Return whether organisations and indicators are shown, (2, 2) bits.

    ``counted``: indicators held, and those whose own count may be shown.
    """
    index = runtime.index
    held, enough = counted[:, :1], counted[:, 1:]
    least = public(np.array([rules.min_count]), index)
    bounds = public(np.array([rules.lowest, max(rules.highest, 0)]), index)
    raised = await add(runtime, counted, np.concatenate([least, least], axis=1))
    # lowest ≤ o, o ≤ highest, k ≤ c, c + k ≤ m, shown + k ≤ c
    smaller = [bounds[:, :1], organisations, least, raised[:, :1], raised[:, 1:]]
    larger = [organisations, bounds[:, 1:], held, size, held]
    verdicts = await not_greater(
        runtime, np.concatenate(smaller, axis=1), np.concatenate(larger, axis=1)
    )
    none_hidden = await equal_words(runtime, held, enough)
    both = await and_words(
        runtime,
        np.concatenate([verdicts[:, [0, 2]], inverted(verdicts[:, 4:], index)], axis=1),
        np.concatenate([verdicts[:, [1, 3]], inverted(none_hidden, index)], axis=1),
    )
    organisations_shown = both[:, :1] & np.uint64(1)
    apart = inverted(both[:, 2:], index)
    rest = await _all(runtime, np.concatenate([both[:, :2], apart], axis=1))
    return np.concatenate([organisations_shown, rest], axis=1)


async def _counts(
    runtime: WordsRuntime, bits: list[Words], enough: Words, shown: Words
) -> list[Words]:
    """Return the binary digits of each slot's count, 0 where it is not shown."""
    length = enough.shape[1]
    visible = await and_words(runtime, enough, np.repeat(mask_of(shown), length, axis=1))
    digits = await and_words(
        runtime, np.concatenate(bits, axis=1), np.tile(visible, (1, len(bits)))
    )
    return np.split(digits, len(bits), axis=1)


def _as_bytes(digits: list[Words], buckets: int, capacity: int) -> Bytes:
    """Return one byte a slot, (2, buckets, capacity), of up to eight binary digits."""
    out = np.zeros((2, buckets, capacity), dtype=np.uint8)
    for place, digit in enumerate(digits):
        rows = np.ascontiguousarray(digit).reshape(2, buckets, -1).astype("<u8").view(np.uint8)
        ones = np.unpackbits(rows, axis=2, count=capacity, bitorder="little")
        out |= ones << np.uint8(place)
    return out


async def _all(runtime: WordsRuntime, bits: Words) -> Words:
    """Return one bit, (2, 1): 1 if the lowest bits of all words, (2, n), are 1."""
    ones = await all_ones(runtime, bits[:, None], folded=False)
    return ones & np.uint64(1)


def _rows(words: Words) -> list[Words]:
    return [np.ascontiguousarray(words[:, i]) for i in range(words.shape[1])]
