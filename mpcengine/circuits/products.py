"""Products of shares: masked before they leave, and nothing here hands out one that is not.

The local product of two degree-1 shares lies on a degree-2 polynomial whose other coefficients
mix the secrets with the slopes; opened as it is, one curious node reads the inputs from it.
So every product gets its share of a fresh degree-2 sharing of zero, from the pairwise streams
of this attempt, used once. `MaskedProduct` is the only type products have; it can be re-shared
to degree 1 or revealed, and each is done once.
Source: docs/protocol.md §11 (products), corrections A1.
"""

from collections.abc import Sequence

import numpy as np

from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.kernels import field61

INDEXES = (1, 2, 3)
# Lagrange weights at zero for the points 1, 2, 3: degree 2, so all three are needed.
WEIGHTS = (3, -3, 1)


class MaskedProduct:
    """Hold this node's masked shares of products, degree 2; used once.

    Made by `masked_product`, `inner_product` and `mask_sums` only. The shares are private: what
    may leave is decided by `reshare` and `reveal_masked` below.
    """

    __slots__ = ("_is_used", "_masked")

    def __init__(self, runtime: VectorRuntime, local: Vector) -> None:
        self._masked = field61.add(local, zero_sharing(runtime, len(local)))
        self._is_used = False

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self._masked)

    def _take(self) -> Vector:
        """Hand over the masked shares once; a second use would send one mask twice."""
        if self._is_used:
            raise RuntimeError("a masked product is used once")
        self._is_used = True
        return self._masked


def peers(runtime: VectorRuntime) -> tuple[int, int]:
    """Return the indexes of the two other parties, in increasing order."""
    first, second = (index for index in INDEXES if index != runtime.index)
    return first, second


def pairs(runtime: VectorRuntime) -> list[tuple[tuple[int, int], int]]:
    """Return the two pairs this party is in, each with the index of the party outside."""
    mine = runtime.index
    first, second = peers(runtime)
    return [
        ((min(mine, first), max(mine, first)), second),
        ((min(mine, second), max(mine, second)), first),
    ]


def zero_sharing(runtime: VectorRuntime, count: int) -> Vector:
    """Return this node's share of ``count`` fresh uniform degree-2 sharings of zero.

    Each pair of nodes contributes s·x·(x - k), s from its stream and k the node outside: zero
    at 0 and at k, so the node outside needs no value. Source: docs/protocol.md §11.
    """
    share = np.zeros(count, dtype=np.uint64)
    mine = runtime.index
    for subset, outside in pairs(runtime):
        part = field61.scale(runtime.stream(subset, count), mine * (mine - outside))
        share = field61.add(share, part)
    return share


def masked_product(runtime: VectorRuntime, left: Vector, right: Vector) -> MaskedProduct:
    """Return the element-wise product of two vectors of degree-1 shares, masked."""
    return MaskedProduct(runtime, field61.multiply(left, right))


def inner_product(
    runtime: VectorRuntime, lefts: Sequence[Vector], rights: Sequence[Vector]
) -> MaskedProduct:
    """Return one masked inner product for each pair of vectors of degree-1 shares."""
    dots = [field61.dot(left, right) for left, right in zip(lefts, rights, strict=True)]
    return MaskedProduct(runtime, field61.vector(dots))


def mask_sums(runtime: VectorRuntime, local: Vector) -> MaskedProduct:
    """Mask sums of local products that were gathered chunk by chunk (`tally`)."""
    return MaskedProduct(runtime, local)


async def reshare(runtime: VectorRuntime, product: MaskedProduct) -> Vector:
    """Return fresh degree-1 shares of the products; one round (Gennaro, Rabin, Rabin 1998).

    Each party splits its masked share with its own fresh slope; the pieces are recombined with
    the weights 3, -3, 1.
    """
    masked = product._take()  # noqa: SLF001 - this module is the type's only door
    slopes = runtime.fresh(len(masked))
    outgoing = {peer: field61.share_at(masked, slopes, peer) for peer in peers(runtime)}
    pieces = dict(await runtime.exchange(outgoing))
    pieces[runtime.index] = field61.share_at(masked, slopes, runtime.index)
    return field61.combine(pieces[1], pieces[2], pieces[3], WEIGHTS)


async def reveal_masked(runtime: VectorRuntime, product: MaskedProduct) -> Vector:
    """Open products under their masks: all parties learn the products and nothing else.

    Degree 2 has no redundancy in three shares: the party that sends last chooses what is seen,
    even differently for the two others. So what is made of it is checked (`check_bits`).
    """
    masked = product._take()  # noqa: SLF001 - this module is the type's only door
    shares = dict(await runtime.exchange(dict.fromkeys(peers(runtime), masked)))
    shares[runtime.index] = masked
    return field61.combine(shares[1], shares[2], shares[3], WEIGHTS)
