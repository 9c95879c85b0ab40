"""The loops that check reports, against sums written out in Python's integers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.kernels import field61 as f
from mpcengine.kernels import lines61
from mpcengine.protocol.errors import MalformedMessage

P = f.MODULUS
# Two blocks of three and two bits: bits 0 … 4, seed and quotient 5 … 9, then 10 … 13.
BOUNDS = np.array([[0, 3, 5, 10], [3, 5, 10, 14]], dtype=np.int64)
WIDTH, WORDS, OPENED = 5, 14, 5
edges = st.sampled_from([0, 1, 2, 2**32 - 1, 2**32, 2**60, P // 2, P - 2, P - 1])
elements = st.one_of(edges, st.integers(0, P - 1))


def vectors(length: int) -> st.SearchStrategy[list[int]]:
    return st.lists(elements, min_size=length, max_size=length)


def plain(row: list[int], weights: list[int], line: list[int], constant: int) -> list[int]:
    values = []
    for first, stop, seed, end in BOUNDS.tolist():
        places = [*range(first, stop), seed]
        values.append(sum(row[p] * weights[p] for p in places) % P)
        values.append(sum(row[p] * weights[p] for p in range(seed + 1, end)) % P)
    return [*values, (sum(row[p] * line[p] for p in range(WIDTH)) - constant) % P]


@given(st.lists(vectors(WORDS), max_size=4), vectors(WORDS), vectors(WIDTH), elements)
def test_it_evaluates_like_written_out_sums(
    rows: list[list[int]], weights: list[int], line: list[int], constant: int
) -> None:
    table = np.array(rows, dtype=np.uint64).reshape(len(rows), WORDS)
    found = lines61.evaluate(table, BOUNDS, f.vector(weights), f.vector(line), constant)
    assert found.tolist() == [plain(row, weights, line, constant) for row in rows]


@given(vectors(WORDS + 3), vectors(WORDS + 3), vectors(WIDTH))
def test_it_evaluates_texts_behind_the_bits(
    row: list[int], weights: list[int], line: list[int]
) -> None:
    """Three words stand between the bits and the proofs, and M between H and L."""
    behind = BOUNDS + np.array([0, 0, 3, 3])
    table = np.array([row], dtype=np.uint64)
    found = lines61.evaluate(table, behind, f.vector(weights), f.vector(line), 0, 3)
    without = [word for place, word in enumerate(row) if not WIDTH <= place < WIDTH + 3]
    factors = [word for place, word in enumerate(weights) if not WIDTH <= place < WIDTH + 3]
    expected = plain(without, factors, line, 0)
    masked = sum(row[place] * weights[place] for place in range(WIDTH, WIDTH + 3)) % P
    assert found.tolist() == [[*expected[:-1], masked, expected[-1]]]


def test_it_looks_at_the_line_of_a_masked_text_and_at_nothing_else() -> None:
    values = np.array([[2, 2, 99, 0], [2, 2, 99, 0], [2, 2, 99, 1]], dtype=np.uint64)
    third = values.copy()
    third[1, 2] += np.uint64(1)
    codes = lines61.judge(values, values, third, f.vector([1]))
    assert codes.tolist() == [0, lines61.INCONSISTENT, lines61.CONSTRAINT]


def test_it_keeps_the_largest_words_exact() -> None:
    width = 10_000
    bounds = np.array([[0, width, width, 2 * width + 2]], dtype=np.int64)
    row = np.full((2, 2 * width + 2), P - 1, dtype=np.uint64)
    found = lines61.evaluate(row, bounds, row[0], row[0, :width], P - 1)
    assert found.tolist() == [[width + 1, width + 1, width + 1]] * 2


def judged(opened: list[f.Vector], vanishing: f.Vector) -> list[int]:
    codes: list[int] = lines61.judge(opened[0], opened[1], opened[2], vanishing).tolist()
    return codes


@given(st.lists(st.tuples(elements, elements), min_size=OPENED, max_size=OPENED), vectors(2))
def test_it_judges_like_written_out_tests(
    values: list[tuple[int, int]], vanishing: list[int]
) -> None:
    shares = [[(v + a * j) % P for v, a in values] for j in (1, 2, 3)]
    plain_values = [v for v, _ in values]
    pairs = zip(plain_values[:-1:2], plain_values[1::2], vanishing, strict=True)
    expected = lines61.CONSTRAINT if plain_values[-1] else lines61.ACCEPTED
    if any((f_ * f_ - f_ - z * h) % P for f_, h, z in pairs):
        expected = lines61.NOT_BITS
    tables = [np.array([share], dtype=np.uint64) for share in shares]
    assert judged(tables, f.vector(vanishing)) == [expected]
    for node in range(3):
        for place in range(OPENED):
            moved = [table.copy() for table in tables]
            moved[node][0, place] = (int(moved[node][0, place]) + 1) % P
            assert judged(moved, f.vector(vanishing)) == [lines61.INCONSISTENT]


def test_it_gives_each_report_its_own_code() -> None:
    """One block, Z = 1: accepted, off the line, no bits, a sum that does not hold."""
    values = np.array([[2, 2, 0], [2, 2, 0], [2, 3, 0], [2, 2, 1], [1, 0, 0]], dtype=np.uint64)
    third = values.copy()
    third[1, 0] += np.uint64(1)
    codes = lines61.judge(values, values, third, f.vector([1]))
    assert codes.tolist() == [0, lines61.INCONSISTENT, lines61.NOT_BITS, lines61.CONSTRAINT, 0]


def test_it_takes_no_reports() -> None:
    none = np.zeros((0, WORDS), dtype=np.uint64)
    weights = f.vector([1] * WORDS)
    opened = lines61.evaluate(none, BOUNDS, weights, weights[:WIDTH], 0)
    assert opened.shape == (0, OPENED)
    assert lines61.judge(opened, opened, opened, f.vector([1, 1])).tolist() == []


ROWS = np.ones((2, WORDS), dtype=np.uint64)
GOOD: dict[str, Any] = {
    "rows": ROWS,
    "bounds": BOUNDS,
    "weights": f.vector([1] * WORDS),
    "line": f.vector([1] * WIDTH),
    "constant": 0,
}


def bounds_with(place: tuple[int, int], value: int) -> Any:
    changed = BOUNDS.copy()
    changed[place] = value
    return changed


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("kernel.type", {"rows": ROWS.astype(np.int64)}),
        ("kernel.shape", {"rows": ROWS[0]}),
        ("kernel.shape", {"rows": ROWS[:, :-1]}),
        ("kernel.range", {"rows": ROWS * np.uint64(P)}),
        ("kernel.range", {"weights": np.full(WORDS, P, dtype=np.uint64)}),
        ("kernel.range", {"line": np.full(WIDTH, P, dtype=np.uint64)}),
        ("kernel.type", {"bounds": BOUNDS.astype(np.uint64)}),
        ("kernel.type", {"bounds": BOUNDS.tolist()}),
        ("kernel.shape", {"bounds": BOUNDS[0]}),
        ("kernel.shape", {"bounds": BOUNDS[:, :3].copy()}),
        ("kernel.range", {"bounds": bounds_with((0, 0), -1)}),
        ("kernel.range", {"bounds": bounds_with((0, 1), 0)}),
        ("kernel.range", {"bounds": bounds_with((1, 1), WIDTH + 1)}),
        ("kernel.range", {"bounds": bounds_with((0, 2), WIDTH - 1)}),
        ("kernel.range", {"bounds": bounds_with((1, 3), WORDS + 1)}),
        ("kernel.range", {"bounds": bounds_with((1, 3), 11)}),
        ("kernel.range", {"texts": -1}),
        ("kernel.range", {"texts": WORDS - WIDTH + 1}),
    ],
)
def test_it_looks_before_it_evaluates(code: str, change: dict[str, Any]) -> None:
    lines61.evaluate(**GOOD)
    with pytest.raises(MalformedMessage) as refused:
        lines61.evaluate(**{**GOOD, **change})
    assert refused.value.code == code


def test_it_looks_before_it_judges() -> None:
    opened = np.zeros((2, OPENED), dtype=np.uint64)
    vanishing = f.vector([1, 1])
    for wrong in (opened[:1], opened[:, :-1].copy()):
        for place in range(3):
            tables = [opened, opened, opened]
            tables[place] = wrong
            with pytest.raises(MalformedMessage) as refused:
                judged(tables, vanishing)
            assert refused.value.code == "kernel.shape"
    with pytest.raises(MalformedMessage) as refused:
        lines61.judge(opened, opened, opened, vanishing[:1])
    assert refused.value.code == "kernel.shape"
    with pytest.raises(MalformedMessage) as refused:
        lines61.judge(opened, opened, opened + np.uint64(P), vanishing)
    assert refused.value.code == "kernel.range"
