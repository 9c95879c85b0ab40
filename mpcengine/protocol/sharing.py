"""Split values into three shares and put three shares back together.

Source: docs/protocol.md §4 (Shamir 1979, degree 1, at x = 1, 2, 3). One share is uniform
whatever the value; two shares determine it; the third one checks the other two.
"""

from collections.abc import Sequence

from mpcengine.protocol.errors import InconsistentShares
from mpcengine.protocol.field import MODULUS, interpolate_at_zero, on_line

ShareVectors = tuple[list[int], list[int], list[int]]


def split(
    values: Sequence[int], slopes: Sequence[int], *, modulus: int = MODULUS
) -> ShareVectors:
    """Return the three share vectors x_j = v + a·j of ``values`` under ``slopes``.

    Each slope must be uniform in 0 … p-1, from a cryptographic source, and used once.
    Values and slopes have equal length; raises ValueError otherwise.
    """
    pairs = list(zip(values, slopes, strict=True))
    return (
        [(value + slope) % modulus for value, slope in pairs],
        [(value + 2 * slope) % modulus for value, slope in pairs],
        [(value + 3 * slope) % modulus for value, slope in pairs],
    )


def recombine(
    first: Sequence[int],
    second: Sequence[int],
    third: Sequence[int],
    *,
    modulus: int = MODULUS,
) -> list[int]:
    """Return the values behind the share vectors of nodes 1, 2 and 3.

    Raises InconsistentShares if lengths differ or any triple does not lie on one line.
    """
    if not len(first) == len(second) == len(third):
        raise InconsistentShares(
            "shares.length", "The three nodes sent different numbers of shares."
        )
    values = []
    for place, triple in enumerate(zip(first, second, third, strict=True)):
        if not on_line(triple, modulus=modulus):
            raise InconsistentShares(
                "shares.line", f"The three shares of value {place} do not lie on one line."
            )
        values.append(interpolate_at_zero(triple, modulus=modulus))
    return values
