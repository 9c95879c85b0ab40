"""Every loop against Python's own integers: all pairs of an edge set, then random values."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.kernels import field61 as f
from mpcengine.protocol import field
from mpcengine.protocol.errors import MalformedMessage

P = f.MODULUS
EDGES = [0, 1, 2, 3, 7, 2**29 - 1, 2**29, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**59, 2**60 - 1]
EDGES += [2**60, 2**60 + 1, P // 2, P - 2**32, P - 3, P - 2, P - 1]
PAIRS = list(itertools.product(EDGES, EDGES))
LEFT = f.vector([x for x, _ in PAIRS])
RIGHT = f.vector([y for _, y in PAIRS])
elements = st.one_of(st.sampled_from(EDGES), st.integers(0, P - 1))
pairs_of_vectors = st.lists(st.tuples(elements, elements), max_size=40).map(
    lambda pairs: ([x for x, _ in pairs], [y for _, y in pairs])
)


def test_it_uses_the_field_of_the_protocol() -> None:
    assert field.MODULUS == P


def test_it_computes_every_pair_of_edges() -> None:
    assert f.multiply(LEFT, RIGHT).tolist() == [x * y % P for x, y in PAIRS]
    assert f.add(LEFT, RIGHT).tolist() == [(x + y) % P for x, y in PAIRS]
    assert f.subtract(LEFT, RIGHT).tolist() == [(x - y) % P for x, y in PAIRS]
    assert f.negate(LEFT).tolist() == [-x % P for x, _ in PAIRS]
    assert f.dot(LEFT, RIGHT) == sum(x * y for x, y in PAIRS) % P


def test_it_scales_and_shifts_by_every_edge() -> None:
    vector = f.vector(EDGES)
    for factor in [*EDGES, -1, -3, P, 2**64]:
        assert f.scale(vector, factor).tolist() == [x * factor % P for x in EDGES]
        assert f.add_constant(vector, factor).tolist() == [(x + factor) % P for x in EDGES]


@given(pairs_of_vectors)
def test_it_agrees_with_python_integers(pair: tuple[list[int], list[int]]) -> None:
    xs, ys = pair
    a, b = f.vector(xs), f.vector(ys)
    assert f.multiply(a, b).tolist() == [x * y % P for x, y in zip(xs, ys, strict=True)]
    assert f.dot(a, b) == sum(x * y for x, y in zip(xs, ys, strict=True)) % P
    assert f.running_sum(a).tolist() == [x % P for x in itertools.accumulate(xs)]


@given(st.lists(elements, min_size=1, max_size=30), st.integers(0, 2**64 - 1))
def test_it_raises_to_a_public_power(xs: list[int], exponent: int) -> None:
    assert f.power(f.vector(xs), exponent).tolist() == [pow(x, exponent, P) for x in xs]


def test_it_raises_long_vectors_block_by_block() -> None:
    xs = [pow(3, i, P) for i in range(1300)]
    assert f.power(f.vector(xs), 5).tolist() == [pow(x, 5, P) for x in xs]


def test_it_inverts_everything_but_zero() -> None:
    xs = EDGES[1:]
    assert f.inverse(f.vector(xs)).tolist() == [pow(x, -1, P) for x in xs]
    assert f.inverse(f.vector([0])).tolist() == [0]


@given(st.lists(elements.filter(bool), min_size=1, max_size=20))
def test_it_takes_inverse_roots_of_squares(xs: list[int]) -> None:
    inverses = f.square_root_inverse(f.vector([x * x for x in xs])).tolist()
    assert all(root * x % P in (1, P - 1) for root, x in zip(inverses, xs, strict=True))


@given(st.integers(0, 30), st.integers(0, 9), st.data())
def test_it_sums_columns_and_multiplies_matrices(
    rows: int, columns: int, data: st.DataObject
) -> None:
    cells = data.draw(st.lists(elements, min_size=rows * columns, max_size=rows * columns))
    weights = data.draw(st.lists(elements, min_size=columns, max_size=columns))
    matrix = f.vector(cells).reshape(rows, columns)
    table = [cells[i * columns : (i + 1) * columns] for i in range(rows)]
    sums = [sum(row[j] for row in table) % P for j in range(columns)]
    assert f.column_sums(matrix).tolist() == sums
    assert f.matrix_vector(matrix, f.vector(weights)).tolist() == [
        sum(x * w for x, w in zip(row, weights, strict=True)) % P for row in table
    ]
    running = f.column_sums(matrix)
    f.add_column_sums(matrix, running)
    assert running.tolist() == [2 * s % P for s in sums]


def test_it_keeps_column_sums_exact_when_every_word_is_largest() -> None:
    matrix = np.full((100_003, 3), P - 1, dtype=np.uint64)
    assert f.column_sums(matrix).tolist() == [-100_003 % P] * 3


def test_it_keeps_long_dot_products_exact() -> None:
    ones = np.full(1_000_001, P - 1, dtype=np.uint64)
    assert f.dot(ones, ones) == 1_000_001


@given(st.lists(st.tuples(elements, elements), min_size=1, max_size=20))
def test_it_shares_and_recombines_on_a_line(pairs: list[tuple[int, int]]) -> None:
    values, slopes = f.vector([v for v, _ in pairs]), f.vector([a for _, a in pairs])
    shares = [f.share_at(values, slopes, index) for index in (1, 2, 3)]
    for v, *points in zip(values.tolist(), *(s.tolist() for s in shares), strict=True):
        assert field.on_line(points)
        assert field.interpolate_at_zero(points) == v
    assert f.combine(shares[0], shares[1], shares[2], (3, -3, 1)).tolist() == values.tolist()
    assert f.combine(shares[0], shares[1], shares[2], (2, -1, 0)).tolist() == values.tolist()


def test_it_combines_the_largest_values_without_overflow() -> None:
    top = f.vector([P - 1] * 9)
    assert f.combine(top, top, top, (-1, -1, -1)).tolist() == [3] * 9


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30))
def test_it_reads_elements_from_a_stream_of_bytes(words: list[int]) -> None:
    stream = b"".join(word.to_bytes(8, "little") for word in words)
    assert f.from_bytes(stream).tolist() == [(word & P) % P for word in words]


@given(st.lists(elements, max_size=20), st.integers(0, 61))
def test_it_takes_public_values_apart_into_bits(xs: list[int], count: int) -> None:
    matrix = f.bits(f.vector(xs), count)
    assert matrix.shape == (count, len(xs))
    assert matrix.T.tolist() == [[x >> s & 1 for s in range(count)] for x in xs]


def test_it_accepts_read_only_and_strided_arrays() -> None:
    frozen = np.frombuffer(f.vector([4, 5, 6]).tobytes(), dtype=np.uint64)
    strided = f.vector([4, 0, 5, 0, 6, 0])[::2]
    assert f.multiply(frozen, strided).tolist() == [16, 25, 36]


def test_it_leaves_its_inputs_alone() -> None:
    a = f.vector(EDGES)
    f.power(a, 3)
    f.add(a, a)
    f.running_sum(a)
    assert a.tolist() == EDGES


SHORT, LONG = f.vector([1, 2]), f.vector([1, 2, 3])
TOO_LARGE = np.array([1, P], dtype=np.uint64)
TABLE = np.ones((2, 3), dtype=np.uint64)


@pytest.mark.parametrize("operation", [f.multiply, f.add, f.subtract, f.dot])
def test_it_refuses_unequal_lengths_and_words_outside_the_field(
    operation: Callable[[f.Vector, f.Vector], object],
) -> None:
    operation(SHORT, SHORT)
    for left, right in ((SHORT, LONG), (TOO_LARGE, SHORT), (SHORT, TOO_LARGE), (TABLE, SHORT)):
        with pytest.raises(MalformedMessage):
            operation(left, right)


def test_it_refuses_other_types_and_shapes() -> None:
    refused: list[Callable[[], object]] = [
        lambda: f.check(np.array([1, 2])),
        lambda: f.check([1, 2]),  # type: ignore[arg-type]
        lambda: f.check(TABLE),
        lambda: f.matrix_vector(TABLE, SHORT),
        lambda: f.matrix_vector(LONG, LONG),
        lambda: f.column_sums(np.full((1, 2), P, dtype=np.uint64)),
        lambda: f.add_column_sums(TABLE, SHORT),
        lambda: f.add_column_sums(TABLE, f.vector([1, 0, 2, 0, 3, 0])[::2]),
        lambda: f.combine(SHORT, SHORT, LONG, (1, 1, 1)),
        lambda: f.share_at(SHORT, SHORT, 4),
        lambda: f.power(SHORT, -1),
        lambda: f.power(SHORT, 2**64),
        lambda: f.bits(SHORT, 62),
        lambda: f.from_bytes(bytes(9)),
    ]
    for call in refused:
        with pytest.raises(MalformedMessage):
            call()
