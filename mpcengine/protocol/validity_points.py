"""Evaluate polynomials that are given by their values at 0 … M, and at M+1 … 2M+1.

Source: docs/protocol.md §18 (Lagrange's formula at whole numbers). The modulus is a parameter
so that small fields can be searched exhaustively in tests.
"""

from collections.abc import Sequence
from functools import lru_cache

from mpcengine.protocol.field import MODULUS

Rows = tuple[tuple[int, ...], ...]


def weights_at(degree: int, point: int, *, modulus: int = MODULUS) -> list[int]:
    """Return w with f(point) = Σ w_k · f(k), k = 0 … degree, for f of at most that degree.

    ``point`` is none of 0 … degree modulo ``modulus``; raises ZeroDivisionError otherwise.
    """
    gaps = [(point - k) % modulus for k in range(degree + 1)]
    inverses = invert_all(gaps, modulus=modulus)
    whole = _product(gaps, modulus)
    signed = _signed_factors(degree, modulus)
    return [
        whole * gap * factor % modulus for gap, factor in zip(inverses, signed, strict=True)
    ]


def vanishing_at(degree: int, point: int, *, modulus: int = MODULUS) -> int:
    """Return Z(point) = (point - 1) · … · (point - degree), zero exactly at 1 … degree."""
    return _product([point - k for k in range(1, degree + 1)], modulus)


@lru_cache(maxsize=8)
def extension(degree: int, *, modulus: int = MODULUS) -> Rows:
    """Return, for x = M+1 … 2M+1, the weights that give f(x) from f(0) … f(M), M = degree.

    Quadratic in the degree; kept, because every report of a survey needs the same.
    """
    points = range(degree + 1, 2 * degree + 2)
    return tuple(tuple(weights_at(degree, x, modulus=modulus)) for x in points)


@lru_cache(maxsize=8)
def vanishing_inverses(degree: int, *, modulus: int = MODULUS) -> tuple[int, ...]:
    """Return 1/Z(x) for x = M+1 … 2M+1, M = degree."""
    points = range(degree + 1, 2 * degree + 2)
    values = [vanishing_at(degree, x, modulus=modulus) for x in points]
    return tuple(invert_all(values, modulus=modulus))


def invert_all(values: Sequence[int], *, modulus: int = MODULUS) -> list[int]:
    """Return the inverse of every value with one inversion (Montgomery's trick).

    Raises ZeroDivisionError if any is zero modulo ``modulus``.
    """
    prefixes = [1]
    for value in values:
        prefixes.append(prefixes[-1] * value % modulus)
    if prefixes[-1] == 0:
        raise ZeroDivisionError("zero has no inverse")
    rest = pow(prefixes[-1], -1, modulus)
    inverses = [0] * len(values)
    for place in range(len(values) - 1, -1, -1):
        inverses[place] = rest * prefixes[place] % modulus
        rest = rest * values[place] % modulus
    return inverses


@lru_cache(maxsize=8)
def _signed_factors(degree: int, modulus: int) -> tuple[int, ...]:
    """Return the inverse of Π (k - j) over j ≠ k for k = 0 … degree: (-1)^(M-k) k! (M-k)!."""
    factorials = [1]
    for k in range(1, degree + 1):
        factorials.append(factorials[-1] * k % modulus)
    products = [
        factorials[k] * factorials[degree - k] * (-1) ** (degree - k) for k in range(degree + 1)
    ]
    return tuple(invert_all(products, modulus=modulus))


def _product(values: Sequence[int], modulus: int) -> int:
    total = 1
    for value in values:
        total = total * value % modulus
    return total
