"""Batcher's odd-even merging of any two lengths, as segments of places.

A list of m words stands before one of n. Think of the first padded in front with smallest
words, the second behind with largest ones, to 2^K each: no comparison moves a padding word, so
those that touch one are left out, and so are those between words of one list alone. For
m = n = 2^k that leaves k·2^k + 1 exchanges; for m much smaller than n about
n·(log2(m)/2 + 1).
Source: Batcher 1968; Knuth, TAOCP 3, 5.3.4.
"""

from mpcengine.kernels.words import Segment

Level = list[Segment]


def levels(m: int, n: int, batches: int = 1) -> list[Level]:
    """Return the levels of merging m and n ≥ 1 words, in each of ``batches`` side by side.

    All pairs of a level have different places. The last level compares neighbours.
    """
    top = 2
    while top < max(m, n):
        top *= 2
    found = []
    distance = top
    while distance:
        level = _level(m, n, top, distance, batches)
        if level:
            found.append(level)
        distance //= 2
    return found


def other_neighbours(m: int, n: int, batches: int = 1) -> Level:
    """Return the neighbours that the last level does not compare."""
    first = m % 2
    groups = (m + n - first) // 2
    if not groups:
        return []
    return [
        Segment(
            base=first, run=1, step=2, groups=groups, offset=1, batches=batches, stride=m + n
        )
    ]


def _level(m: int, n: int, top: int, distance: int, batches: int) -> Level:
    """Return the pairs (place, place + distance), places counted from the first real word.

    Runs of places g·distance + r, r from max(0, distance - m) to min(distance, n), for odd g
    (g = 0 alone on the first level): beyond these only one list has words at this distance.
    """
    front = top - m
    low, high = front, front + m + n - distance
    start, stop = max(0, distance - m), min(distance, n)
    first = 0 if distance == top else distance
    count = 1 if distance == top else top // distance - 1
    step = 2 * distance
    # Groups that lie inside completely are one segment; one before and one behind may be cut.
    begin = max(0, -(-(low - first - start) // step))
    end = min(count, (high - first - stop) // step + 1)
    found = []
    for group in sorted({begin - 1, max(end, begin)}):
        lower = max(low, first + group * step + start)
        upper = min(high, first + group * step + stop)
        if 0 <= group < count and lower < upper:
            found.append((lower, upper - lower, 1))
    if begin < end:
        found.append((first + begin * step + start, stop - start, end - begin))
    return [
        Segment(
            base=place - front,
            run=run,
            step=step,
            groups=groups,
            offset=distance,
            batches=batches,
            stride=m + n,
        )
        for place, run, groups in found
        if run > 0
    ]
