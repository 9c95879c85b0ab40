"""Add and count in the Boolean domain: carry-save adders, then one adder with prefixes.

Shared words are (2, …) arrays as in `words_compare`. A full adder of three bits costs one AND:
the carry of a, b, c is a ^ ((a ^ b) & (a ^ c)). Source: docs/protocol.md §19.13.
"""

from collections.abc import Sequence

import numpy as np

from mpcengine.circuits.words_compare import and_words
from mpcengine.circuits.words_runtime import WordsRuntime
from mpcengine.kernels.words import Words, inverted

_WORD_BITS = 64
_ONE = np.uint64(1)


async def add(runtime: WordsRuntime, x: Words, y: Words) -> Words:
    """Return x + y modulo 2^64, (2, n), in seven rounds of at most 16 bytes a word."""
    half_sum = x ^ y
    carries = await and_words(runtime, x, y)
    through = half_sum
    for distance in (1, 2, 4, 8, 16, 32):
        shift = np.uint64(distance)
        left = np.concatenate([through, through], axis=1)
        right = np.concatenate([carries << shift, through << shift], axis=1)
        more, through = np.split(await and_words(runtime, left, right), 2, axis=1)
        carries = carries ^ more
    total: Words = half_sum ^ (carries << _ONE)
    return total


async def subtract(runtime: WordsRuntime, x: Words, y: Words) -> Words:
    """Return x - y modulo 2^64, (2, n): the complement of (complement of x) + y."""
    index = runtime.index
    return inverted(await add(runtime, inverted(x, index), y), index)


async def sum_words(runtime: WordsRuntime, words: Words) -> Words:
    """Return the sums modulo 2^64 of rows, (2, rows, n) with n ≥ 1, as (2, rows)."""
    while words.shape[2] > 2:
        third = words.shape[2] // 3
        a, b, c = (words[:, :, i * third : (i + 1) * third] for i in range(3))
        carries = await _and(runtime, a ^ b, a ^ c) ^ a
        rest = words[:, :, 3 * third :]
        words = np.concatenate([a ^ b ^ c, carries << _ONE, rest], axis=2)
    if words.shape[2] == 1:
        return np.ascontiguousarray(words[:, :, 0])
    return await add(runtime, words[:, :, 0], words[:, :, 1])


async def count_ones(runtime: WordsRuntime, words: Words) -> Words:
    """Return how many bits of each row, (2, rows, n), are 1, as (2, rows).

    64 counters side by side, one for each place in a word, until each weight has two bits;
    then all that is left is summed. About one bit is sent for each bit counted.
    """
    if not words.shape[2]:
        return np.zeros(words.shape[:2], dtype=np.uint64)
    weights = await _save_carries(runtime, [words], most=2)
    parts = []
    for weight, bits in enumerate(weights):
        ones = [(bits >> np.uint64(place)) & _ONE for place in range(_WORD_BITS)]
        parts += [each << np.uint64(weight) for each in ones]
    return await sum_words(runtime, np.concatenate(parts, axis=2))


async def slot_counts(runtime: WordsRuntime, flags: Words) -> list[Words]:
    """Return, for flags (2, lists, n), how many lists have each bit, in binary.

    The result has the bits of every count, lowest first, each (2, n): as many as the number
    of lists has binary digits.
    """
    lists = flags.shape[1]
    columns = np.ascontiguousarray(flags.transpose(0, 2, 1))
    weights = await _save_carries(runtime, [columns], most=2)
    bits, carry = [], None
    for weight in weights:
        terms = [weight[:, :, i] for i in range(weight.shape[2])]
        if carry is not None:
            terms.append(carry)
        carry = await _carry(runtime, terms)
        total = terms[0]
        for term in terms[1:]:
            total = total ^ term
        bits.append(total)
    if carry is not None:
        bits.append(carry)
    return bits[: lists.bit_length()]


async def _carry(runtime: WordsRuntime, terms: Sequence[Words]) -> Words | None:
    if len(terms) == 1:
        return None
    if len(terms) == 2:
        return await and_words(runtime, terms[0], terms[1])
    a, b, c = terms
    return await and_words(runtime, a ^ b, a ^ c) ^ a


async def at_least(runtime: WordsRuntime, bits: Sequence[Words], least: Sequence[int]) -> Words:
    """Return whether counts, (2, n) for each binary digit, reach each of some public numbers.

    The result is (2, numbers, n); one round a digit. Numbers from 1 on.
    """
    n = bits[0].shape[1]
    result = np.zeros((2, len(least), n), dtype=np.uint64)
    reachable = [i for i, number in enumerate(least) if number < 1 << len(bits)]
    if not reachable:
        return result
    # With the digits seen so far: is the count at least the number? Nothing seen: yes.
    yes = [_all_ones(runtime, n) for _ in reachable]
    for place, digit in enumerate(bits):
        # and: x & yes; or: complement of (not x) & (not yes).
        ands = [bool(least[i] >> place & 1) for i in reachable]
        left = [digit if one else inverted(digit, runtime.index) for one in ands]
        right = [
            each if one else inverted(each, runtime.index)
            for one, each in zip(ands, yes, strict=True)
        ]
        both = await and_words(
            runtime, np.concatenate(left, axis=1), np.concatenate(right, axis=1)
        )
        yes = [
            each if one else inverted(each, runtime.index)
            for one, each in zip(ands, np.split(both, len(ands), axis=1), strict=True)
        ]
    for i, each in zip(reachable, yes, strict=True):
        result[:, i] = each
    return result


def _all_ones(runtime: WordsRuntime, n: int) -> Words:
    return inverted(np.zeros((2, n), dtype=np.uint64), runtime.index)


async def _save_carries(
    runtime: WordsRuntime, weights: list[Words], *, most: int
) -> list[Words]:
    """Add threes at each weight, (2, rows, n), until none has more than ``most`` ≥ 2.

    All weights take part in one message a round.
    """
    while any(each.shape[2] > most for each in weights):
        thirds = [each.shape[2] // 3 if each.shape[2] > most else 0 for each in weights]
        cut = [
            [each[:, :, i * third : (i + 1) * third] for i in range(3)]
            for each, third in zip(weights, thirds, strict=True)
        ]
        left = np.concatenate([a ^ b for a, b, _ in cut], axis=2)
        right = np.concatenate([a ^ c for a, _, c in cut], axis=2)
        products = await _and(runtime, left, right)
        carried = np.split(products, np.cumsum(thirds)[:-1], axis=2)
        sums = [
            np.concatenate([a ^ b ^ c, each[:, :, 3 * third :]], axis=2)
            for (a, b, c), each, third in zip(cut, weights, thirds, strict=True)
        ]
        carries = [part ^ a for part, (a, _, _) in zip(carried, cut, strict=True)]
        sums.append(np.zeros((*weights[0].shape[:2], 0), dtype=np.uint64))
        for weight, carry in enumerate(carries):
            sums[weight + 1] = np.concatenate([sums[weight + 1], carry], axis=2)
        weights = sums if sums[-1].shape[2] else sums[:-1]
    return weights


async def _and(runtime: WordsRuntime, x: Words, y: Words) -> Words:
    flat = await and_words(runtime, x.reshape(2, -1), y.reshape(2, -1))
    return flat.reshape(x.shape)
