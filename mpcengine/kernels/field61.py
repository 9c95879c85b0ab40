"""Compute on vectors over GF(p), p = 2^61 - 1: the checked door to the compiled loops.

A vector is a one-dimensional numpy array of ``uint64``, a matrix a two-dimensional one
(rows × columns, C order); every value is canonical, 0 ≤ v < p, on entry and on return.
Every function raises MalformedMessage (``kernel.shape``, ``kernel.type``, ``kernel.range``)
for anything else, before it computes. Results are new arrays unless a docstring says so.
Source: docs/protocol.md §4.
"""

import numpy as np
from numpy.typing import NDArray

from mpcengine.kernels import compiled
from mpcengine.protocol.errors import MalformedMessage

Vector = NDArray[np.uint64]

MODULUS = 2**61 - 1
ELEMENT_BITS = 61
_INVERSE_EXPONENT = MODULUS - 2
# p = 3 mod 4: a^((p+1)/4) is a square root of a square a, a^((p-3)/4) that root's inverse.
_INVERSE_ROOT_EXPONENT = (MODULUS - 3) // 4


def check(array: Vector, *, dimensions: int = 1) -> Vector:
    """Return ``array`` in C order if it holds canonical elements in ``dimensions`` dimensions.

    Raises MalformedMessage for another type, number of dimensions, or a value of p or more.
    """
    if not isinstance(array, np.ndarray) or array.dtype != np.uint64:
        raise MalformedMessage("kernel.type", "A vector must be an array of 64-bit words.")
    if array.ndim != dimensions:
        raise MalformedMessage("kernel.shape", f"An array must have {dimensions} dimensions.")
    if array.size and int(array.max()) >= MODULUS:
        raise MalformedMessage("kernel.range", "A word is not an element of the field.")
    return np.ascontiguousarray(array)


def check_element(value: int) -> np.uint64:
    """Return the public constant ``value`` modulo p as a word; negative values are allowed."""
    return np.uint64(value % MODULUS)


def vector(values: list[int]) -> Vector:
    """Return a vector of the integers ``values``, each reduced modulo p."""
    return np.array([value % MODULUS for value in values], dtype=np.uint64)


def multiply(a: Vector, b: Vector) -> Vector:
    """Return the element-wise product of two vectors of one length."""
    left, right = _pair(a, b)
    out = np.empty_like(left)
    compiled.multiply(left, right, out)
    return out


def add(a: Vector, b: Vector) -> Vector:
    """Return the element-wise sum of two vectors of one length."""
    left, right = _pair(a, b)
    out = np.empty_like(left)
    compiled.add(left, right, out)
    return out


def subtract(a: Vector, b: Vector) -> Vector:
    """Return the element-wise difference a - b of two vectors of one length."""
    left, right = _pair(a, b)
    out = np.empty_like(left)
    compiled.subtract(left, right, out)
    return out


def negate(a: Vector) -> Vector:
    """Return -a."""
    return subtract(np.zeros(len(a), dtype=np.uint64), a)


def scale(a: Vector, factor: int) -> Vector:
    """Return factor·a for a public integer ``factor`` (reduced modulo p)."""
    source = check(a)
    out = np.empty_like(source)
    compiled.scale(source, check_element(factor), out)
    return out


def add_constant(a: Vector, constant: int) -> Vector:
    """Return a + constant for a public integer (reduced modulo p)."""
    source = check(a)
    out = np.empty_like(source)
    compiled.add(source, np.full(len(source), check_element(constant)), out)
    return out


def combine(a: Vector, b: Vector, c: Vector, weights: tuple[int, int, int]) -> Vector:
    """Return w0·a + w1·b + w2·c, as when three re-shared products are recombined (3, -3, 1).

    The three vectors have one length; weights are public integers, reduced modulo p.
    """
    first, second = _pair(a, b)
    third = _pair(a, c)[1]
    out = np.empty_like(first)
    compiled.combine(first, second, third, vector(list(weights)), out)
    return out


def share_at(values: Vector, slopes: Vector, index: int) -> Vector:
    """Return the shares values + slopes·index of node ``index`` (1, 2 or 3), degree 1."""
    if index not in (1, 2, 3):
        raise MalformedMessage("kernel.index", "A node's index must be 1, 2 or 3.")
    left, right = _pair(values, slopes)
    out = np.empty_like(left)
    compiled.add_scaled(left, right, np.uint64(index), out)
    return out


def dot(a: Vector, b: Vector) -> int:
    """Return the inner product of two vectors of one length.

    On shares the result has degree 2: mask it before it leaves the node (corrections A1).
    """
    left, right = _pair(a, b)
    return int(compiled.dot(left, right))


def matrix_vector(matrix: Vector, weights: Vector) -> Vector:
    """Return matrix·weights: one dot product a row, length = number of rows."""
    table, factors = check(matrix, dimensions=2), check(weights)
    if table.shape[1] != len(factors):
        raise MalformedMessage("kernel.shape", "A matrix must have one column a weight.")
    out = np.empty(table.shape[0], dtype=np.uint64)
    compiled.matrix_vector(table, factors, out)
    return out


def column_sums(matrix: Vector) -> Vector:
    """Return the sum of every column of a matrix; an empty matrix gives zeros."""
    table = check(matrix, dimensions=2)
    totals = np.zeros(table.shape[1], dtype=np.uint64)
    compiled.add_columns(table, totals)
    return totals


def add_column_sums(matrix: Vector, totals: Vector) -> None:
    """Add the sum of every column of a matrix to ``totals`` in place, chunk after chunk."""
    table, running = check(matrix, dimensions=2), check(totals)
    if table.shape[1] != len(running) or running is not totals:
        raise MalformedMessage("kernel.shape", "A matrix must have one column a total.")
    compiled.add_columns(table, totals)


def power(a: Vector, exponent: int) -> Vector:
    """Return a^exponent for one public exponent, 0 ≤ exponent < 2^64 (0^0 is 1)."""
    if not 0 <= exponent < 2**64:
        raise MalformedMessage("kernel.exponent", "An exponent must fit 64 bits.")
    source = check(a)
    out = np.empty_like(source)
    compiled.power(source, np.uint64(exponent), out)
    return out


def inverse(a: Vector) -> Vector:
    """Return 1/a; zero, which has no inverse, gives zero."""
    return power(a, _INVERSE_EXPONENT)


def square_root_inverse(squares: Vector) -> Vector:
    """Return 1/√s for each square s; zero gives zero.

    A random bit from a shared random r and its opened square s: (r/√s + 1)/2. A caller
    must draw again where s is zero (chance 2^-61 for each).
    """
    return power(squares, _INVERSE_ROOT_EXPONENT)


def running_sum(a: Vector) -> Vector:
    """Return the sums of a[0 … i], for prefix counts in a draw."""
    source = check(a)
    out = np.empty_like(source)
    compiled.running_sum(source, out)
    return out


def bits(a: Vector, count: int = ELEMENT_BITS) -> Vector:
    """Return the matrix out[s, i] = bit s of the public value a[i], s = 0 … count - 1."""
    if not 0 <= count <= ELEMENT_BITS:
        raise MalformedMessage(
            "kernel.count", f"The number of bits must be at most {ELEMENT_BITS}."
        )
    source = check(a)
    out = np.empty((count, len(source)), dtype=np.uint64)
    compiled.bits(source, out)
    return out


def from_bytes(stream: bytes) -> Vector:
    """Return field elements from uniform bytes, eight each: the low 61 bits, p taken as 0.

    The distance from uniform is below 2^-60 an element. Raises MalformedMessage if the
    length is not a multiple of eight.
    """
    if len(stream) % 8:
        raise MalformedMessage("kernel.bytes", "A stream must have eight bytes an element.")
    words = np.frombuffer(stream, dtype="<u8").astype(np.uint64, copy=False)
    out = np.empty(len(words), dtype=np.uint64)
    compiled.reduce_words(words, out)
    return out


def _pair(a: Vector, b: Vector) -> tuple[Vector, Vector]:
    left, right = check(a), check(b)
    if len(left) != len(right):
        raise MalformedMessage("kernel.shape", "Two vectors must have one length.")
    return left, right
