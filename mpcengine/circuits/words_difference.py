"""Tell whether a list is nearly, but not quite, one of some earlier lists.

A list is what an owner shared: buckets, each strictly increasing with its padding, and how many
words of each are real. Two lists of different requests are cut by different nonces, so buckets
are merged to one sorted run first. Padding is random, so what two runs have in common are real
words. Nothing is opened here; no step depends on a word.
Source: docs/protocol.md §19.13 and §19.15, corrections B8.
"""

from collections.abc import Sequence

import numpy as np

from mpcengine.circuits.words_compare import any_one, not_greater
from mpcengine.circuits.words_count import count_ones, sum_words
from mpcengine.circuits.words_merge import flag_others, merge
from mpcengine.circuits.words_network import other_neighbours
from mpcengine.circuits.words_runtime import WordsRuntime
from mpcengine.kernels.words import Words, inverted, packed, public

_ONE = np.uint64(1)


async def one_run(runtime: WordsRuntime, buckets: Words) -> Words:
    """Return all words of (2, buckets, n) ascending, (2, buckets · n); buckets a power of two.

    Each bucket ascends. About n · log2(n) exchanges for each bucket and each doubling.
    """
    while buckets.shape[1] > 1:
        _, count, length = buckets.shape
        pairs = np.ascontiguousarray(buckets[:, 0::2]), np.ascontiguousarray(buckets[:, 1::2])
        merged = await merge(runtime, *pairs)
        buckets = merged.words[:, : count * length].reshape(2, count // 2, 2 * length)
    return np.ascontiguousarray(buckets[:, 0])


async def distance(runtime: WordsRuntime, run: Words, other: Words, sizes: Words) -> Words:
    """Return |X △ Y| - 1 modulo 2^64, (2, 1), of two ascending runs (2, m) and (2, n).

    ``sizes``: how many words are real, (2, k), of all buckets of both lists. The merge flags a
    common word in both its places, so |X| + |Y| less the flags is the difference.
    """
    m, n = run.shape[1], other.shape[1]
    merged = await merge(runtime, run[:, None, :], other[:, None, :])
    merged.exchanged.clear()
    await flag_others(runtime, merged, other_neighbours(m, n))
    common = await count_ones(runtime, packed(merged.flags)[:, None, :])
    # The complement of x is -x - 1.
    terms = np.concatenate([sizes, inverted(common, runtime.index)], axis=1)
    return await sum_words(runtime, terms[:, None, :])


async def any_near(runtime: WordsRuntime, distances: Words, least: Sequence[int]) -> Words:
    """Return one bit, (2, 1): is a difference one of 1 … least - 1?

    ``distances``: (2, lists), each less one as `distance` gives it; ``least``: from 1 on, one
    for each. A difference of 0 has become the largest word, which is near nothing.
    """
    bounds = public(np.array([each - 1 for each in least], dtype=np.uint64), runtime.index)
    far = await not_greater(runtime, bounds, distances)
    near = inverted(far, runtime.index) & _ONE
    return await any_one(runtime, near[:, None, :])
