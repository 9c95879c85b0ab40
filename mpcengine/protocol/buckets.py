"""Sizes that may be seen: size classes of lists, number of buckets, capacity of a bucket.

Source: docs/protocol.md §19.3; corrections C1. The capacities are the smallest c for which a
Poisson variable of the bucket's mean is above c with probability at most 2^-60; a test computes
them again.
"""

from mpcengine.protocol.errors import MalformedMessage

SMALLEST_CLASS = 1 << 6
LARGEST_CLASS = 1 << 24
MOST_BUCKETS = 1 << 8
LOWEST_MEAN = 1 << 10
USUAL_MEAN = 1 << 20
TAIL_BITS = 60
# Capacity by the logarithm of the mean, 2^10 … 2^23.
_CAPACITIES = {
    10: 1_317,
    11: 2_457,
    12: 4_670,
    13: 8_999,
    14: 17_520,
    15: 34_369,
    16: 67_795,
    17: 134_261,
    18: 266_649,
    19: 530_653,
    20: 1_057_573,
    21: 2_109_870,
    22: 4_212_284,
    23: 8_414_031,
}


def size_class(count: int) -> int:
    """Return the smallest size class for a list of ``count`` different words.

    Raises MalformedMessage for more than 2^24.
    """
    if not 0 <= count <= LARGEST_CLASS:
        raise MalformedMessage("size.range", "A list has at most 16,777,216 values.")
    return max(SMALLEST_CLASS, 1 << max(0, count - 1).bit_length())


def is_size_class(value: int) -> bool:
    """Tell whether a number is a size class: a power of two, 2^6 … 2^24."""
    return SMALLEST_CLASS <= value <= LARGEST_CLASS and value.bit_count() == 1


def usual_buckets(first: int, others: int) -> int:
    """Return the number of buckets that is used unless a manifest chooses another one."""
    buckets = min(MOST_BUCKETS, max(1, max(first, others) // USUAL_MEAN))
    while buckets > 1 and not fits_buckets(first, others, buckets):
        buckets //= 2
    return buckets


def fits_buckets(first: int, others: int, buckets: int) -> bool:
    """Tell whether two size classes may be cut into so many buckets."""
    if not 1 <= buckets <= MOST_BUCKETS or buckets.bit_count() != 1:
        return False
    return buckets == 1 or min(first, others) // buckets >= LOWEST_MEAN


def capacity(size: int, buckets: int) -> int:
    """Return how many words each bucket of a list of this size class has, padding included.

    Raises MalformedMessage where a bucket would have a mean below 2^10.
    """
    if buckets == 1:
        return size
    mean = size // buckets
    try:
        return _CAPACITIES[mean.bit_length() - 1] if mean.bit_count() == 1 else 0
    except KeyError:
        raise MalformedMessage("buckets.mean", "A bucket's mean is at least 1,024.") from None
