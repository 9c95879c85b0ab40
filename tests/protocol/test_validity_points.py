"""Weights of Lagrange's formula, against polynomials with known coefficients."""

import itertools

import pytest

from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.validity_points import (
    extension,
    invert_all,
    vanishing_at,
    vanishing_inverses,
    weights_at,
)
from tests.protocol.made_reports import elements

CASES = [(0, 11), (1, 11), (3, 11), (5, 13), (1, MODULUS), (7, MODULUS), (40, MODULUS)]


def value(coefficients: list[int], x: int, modulus: int) -> int:
    return sum(c * pow(x, power, modulus) for power, c in enumerate(coefficients)) % modulus


@pytest.mark.parametrize(("degree", "modulus"), CASES)
def test_it_evaluates_a_polynomial_from_its_values(degree: int, modulus: int) -> None:
    coefficients = elements(f"coefficients {degree}", degree + 1, modulus)
    known = [value(coefficients, k, modulus) for k in range(degree + 1)]
    points = range(degree + 1, min(modulus, degree + 30))
    for x in (*points, modulus - 1):
        weights = weights_at(degree, x, modulus=modulus)
        total = sum(w * y for w, y in zip(weights, known, strict=True)) % modulus
        assert total == value(coefficients, x, modulus)


@pytest.mark.parametrize(("degree", "modulus"), [(1, 11), (4, 11), (30, MODULUS)])
def test_it_extends_to_the_next_points(degree: int, modulus: int) -> None:
    points = range(degree + 1, 2 * degree + 2)
    rows = extension(degree, modulus=modulus)
    assert [list(row) for row in rows] == [
        weights_at(degree, x, modulus=modulus) for x in points
    ]
    inverses = vanishing_inverses(degree, modulus=modulus)
    for x, inverse in zip(points, inverses, strict=True):
        assert inverse * vanishing_at(degree, x, modulus=modulus) % modulus == 1


def test_it_vanishes_on_the_bits_only() -> None:
    zeros = [x for x in range(11) if vanishing_at(4, x, modulus=11) == 0]
    assert zeros == [1, 2, 3, 4]


def test_it_refuses_a_point_that_defines_the_polynomial() -> None:
    for x in range(4):
        with pytest.raises(ZeroDivisionError):
            weights_at(3, x, modulus=11)


def test_it_inverts_all_or_nothing() -> None:
    values = list(range(1, 13))
    inverses = invert_all(values, modulus=13)
    assert [a * b % 13 for a, b in zip(values, inverses, strict=True)] == [1] * 12
    assert invert_all([]) == []
    for zero in itertools.permutations([0, 5, 7]):
        with pytest.raises(ZeroDivisionError):
            invert_all(zero, modulus=13)
