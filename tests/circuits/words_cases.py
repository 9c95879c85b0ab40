"""Lists of words with a known overlap."""

import numpy as np

from mpcengine.kernels.words import Words


def distinct(count: int, seed: int) -> Words:
    """Return ``count`` different words in no order, some with small differences."""
    generator = np.random.default_rng(seed)
    words = generator.integers(2**64, size=count, dtype=np.uint64, endpoint=False)
    # Half of the words differ from another in low bits only, so that every fold matters.
    words[count // 2 :] = (words[: count - count // 2] & np.uint64(2**64 - 64)) ^ np.uint64(33)
    unique = np.unique(words)
    while len(unique) < count:
        more = generator.integers(2**64, size=count, dtype=np.uint64, endpoint=False)
        unique = np.unique(np.concatenate([unique, more]))[-count:]
    return generator.permutation(unique)


def two_lists(m: int, n: int, common: int, seed: int = 1) -> tuple[Words, Words]:
    """Return two ascending lists of m and n words, ``common`` of them in both."""
    pool = distinct(m + n - common, seed)
    first = pool[:m]
    other = np.concatenate([first[:common], pool[m:]])
    return np.sort(first), np.sort(other)
