"""The masked product in plain integers over any prime field, to try every case of a small one.

`masked_shares` is what `mpcengine.circuits.products` computes; a test compares the two.
"""

import itertools
from collections import Counter
from collections.abc import Mapping

PAIRS = ((1, 2), (1, 3), (2, 3))
View = tuple[int, ...]


def masked_share(
    left: int, right: int, index: int, streams: Mapping[tuple[int, int], int], modulus: int
) -> int:
    """Return one node's share of a product plus its share of a degree-2 sharing of zero."""
    mask = 0
    for pair in PAIRS:
        outside = ({1, 2, 3} - set(pair)).pop()
        if index in pair:
            mask += streams[pair] * index * (index - outside)
    return (left * right + mask) % modulus


def views(secrets: tuple[int, int], modulus: int, *, masked: bool) -> Counter[View]:
    """Count what node 1 sees when a product is revealed, over all slopes and streams.

    Its own two shares, its own two streams, and the messages of nodes 2 and 3.
    """
    seen: Counter[View] = Counter()
    left, right = secrets
    everything = range(modulus)
    for slopes in itertools.product(everything, repeat=2):
        shares = {
            i: ((left + slopes[0] * i) % modulus, (right + slopes[1] * i) % modulus)
            for i in (1, 2, 3)
        }
        for drawn in itertools.product(everything, repeat=3) if masked else [(0, 0, 0)]:
            streams = dict(zip(PAIRS, drawn, strict=True))
            messages = [masked_share(*shares[i], i, streams, modulus) for i in (2, 3)]
            seen[(*shares[1], streams[1, 2], streams[1, 3], *messages)] += 1
    return seen
