"""From rows to shares of answered texts: beside a plain oracle, and with a party that lies."""

import numpy as np
import pytest

from mpcengine.circuits import texts as circuit
from mpcengine.circuits.openings import reveal_on_line
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.kernels import field61
from mpcengine.protocol.errors import InconsistentShares, MalformedInput
from tests.circuits.mixing import (
    ROWS,
    added,
    bend_moves,
    check_nothing,
    codes,
    matrices,
    mix,
    opened_rows,
    plain_shuffle,
    shared_rows,
)


def plain_texts(rows: list[list[int]], seed: int) -> list[list[int]]:
    """Return the words of answered rows, in the order of the plain shuffle."""
    return [row[1:] for row in plain_shuffle(rows, seed) if row[0] == 1]


@pytest.mark.parametrize("answered", [0, 1, 17, 40])
def test_it_gives_the_answered_texts_of_the_oracle(answered: int) -> None:
    rows = [[int(place < answered), place, 3 * place, place**5] for place in range(40)]
    for seed in (1, 2):
        ends = mix(rows, seed=seed, work=circuit.answered_texts)
        found = opened_rows(matrices(ends))
        assert found == plain_texts(rows, seed)
        assert sorted(found) == sorted(row[1:] for row in rows if row[0])
        assert ends[1].runtime.rounds == 16


def test_it_opens_marks_and_nothing_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[list[int]] = []

    async def noted(runtime: VectorRuntime, own: Vector) -> Vector:
        values = await reveal_on_line(runtime, own)
        if runtime.index == 1:
            opened.append(values.tolist())
        return values

    monkeypatch.setattr("mpcengine.circuits.texts.reveal_on_line", noted)
    mix(work=circuit.answered_texts)
    assert opened == [[row[0] for row in plain_shuffle(ROWS, 1)]]


@pytest.mark.parametrize("party", [1, 2, 3])
@pytest.mark.parametrize(("row", "number"), [(1, 1), (0, -1)])
def test_it_catches_a_party_that_bends_the_marks(
    monkeypatch: pytest.MonkeyPatch, party: int, row: int, number: int
) -> None:
    """A hidden row shown, or a shown one hidden. Fails without the shuffle's check."""
    pair = (1, 2) if party < 3 else (1, 3)
    weight = {1: 2, 2: -1, 3: -pow(2, -1, field61.MODULUS)}[party]
    share = number * pow(weight, -1, field61.MODULUS)
    bend_moves(monkeypatch, party, {pair: added({(row, 0): share})})
    assert codes(mix(work=circuit.answered_texts), party) == {"texts.changed"}
    check_nothing(monkeypatch)
    assert codes(mix(work=circuit.answered_texts), party) <= {"done", "texts.answered"}


def test_it_refuses_marks_that_are_shown_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails (a text more is given out) without the line check of `reveal_on_line`."""

    async def lied(runtime: VectorRuntime, own: Vector) -> Vector:
        return await reveal_on_line(runtime, own if runtime.index != 2 else added_one(own))

    monkeypatch.setattr("mpcengine.circuits.texts.reveal_on_line", lied)
    assert codes(mix(work=circuit.answered_texts), 2) == {"shares.line"}


def added_one(vector: Vector) -> Vector:
    return field61.add_constant(vector, 1)


def test_it_refuses_marks_that_are_no_bits() -> None:
    """Reports that say so are rejected before (§18); fails without the test of marks."""
    ends = mix([[2, 5], [1, 6]], work=circuit.answered_texts)
    assert {end.code for end in ends.values()} == {"texts.answered"}


@pytest.mark.parametrize("shape", [(0, 3), (3, 1), (3,)])
def test_it_refuses_rows_that_do_not_fit(shape: tuple[int, ...]) -> None:
    async def work(runtime: VectorRuntime, rows: Vector) -> Vector:
        del rows
        try:
            return await circuit.answered_texts(runtime, np.zeros(shape, dtype=np.uint64))
        except MalformedInput as error:
            raise InconsistentShares(error.code, error.sentence) from error

    assert {end.code for end in mix(work=work).values()} == {"texts.size"}


def test_it_refuses_more_words_than_a_party_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit, "LARGEST_WORDS", 11)
    given = shared_rows(ROWS)
    with pytest.raises(MalformedInput):
        mix(inputs=given, work=circuit.answered_texts)
