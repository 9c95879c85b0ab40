"""A record means one set of answers, and each set of answers has one record."""

from time import perf_counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.protocol.encoding import (
    check_record,
    decode_record,
    encode_answers,
    encode_texts,
)
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.questions import SHOW
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.tables import Condition
from tests.protocol.made_surveys import (
    SECTOR,
    SMALL,
    TEXTS,
    answers_to,
    definition,
    possible_answers,
    surveys,
    when,
)

JSON = Any
WIDEST = 18


def layout_of(survey: JSON) -> Layout:
    return build_layout(parse_survey(survey))


def satisfying(layout: Layout) -> list[tuple[int, ...]]:
    """Return, out of all 2^width vectors, those that meet every constraint."""
    assert layout.width <= WIDEST
    numbers = np.arange(1 << layout.width, dtype=np.int64)
    bits = [(numbers >> slot) & 1 for slot in range(layout.width)]
    good = np.ones(len(numbers), dtype=bool)
    for constraint in layout.constraints:
        total = sum(bits[slot] * coefficient for slot, coefficient in constraint.terms)
        good &= total == constraint.constant
    return [tuple(int(bit[n]) for bit in bits) for n in numbers[good]]


BOTH = SMALL | TEXTS


@pytest.mark.parametrize("name", BOTH)
def test_it_gives_each_set_of_answers_one_record_and_no_other_vector_passes(name: str) -> None:
    layout = layout_of(BOTH[name])
    answers = possible_answers(BOTH[name])
    records = [tuple(encode_answers(layout, given_answers)) for given_answers in answers]
    assert len(set(records)) == len(answers) > 1
    assert set(records) == set(satisfying(layout))
    texts = [encode_texts(layout, given_answers) for given_answers in answers]
    both = zip(records, texts, strict=True)
    assert [decode_record(layout, record, words) for record, words in both] == answers


@pytest.mark.parametrize("name", BOTH)
def test_it_binds_every_slot_and_names_each_once_per_constraint(name: str) -> None:
    layout = layout_of(BOTH[name])
    used = {slot for constraint in layout.constraints for slot, _ in constraint.terms}
    assert used == set(range(layout.width))
    for constraint in layout.constraints:
        slots = [slot for slot, _ in constraint.terms]
        assert len(set(slots)) == len(slots)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_it_encodes_random_surveys_uniquely(data: st.DataObject) -> None:
    survey = data.draw(surveys())
    layout = layout_of(survey)
    answers = data.draw(answers_to(survey))
    record = encode_answers(layout, answers)
    assert check_record(layout, record)
    assert encode_answers(layout, decode_record(layout, record)) == record
    for slot in range(layout.width):
        record[slot] ^= 1
        assert not check_record(layout, record)
        record[slot] ^= 1


@settings(max_examples=60, deadline=None)
@given(surveys())
def test_it_keeps_every_sum_of_bits_far_from_the_modulus(survey: JSON) -> None:
    for constraint in layout_of(survey).constraints:
        assert sum(abs(c) for _, c in constraint.terms) + abs(constraint.constant) < MODULUS


def test_it_keeps_sums_from_the_modulus_at_the_widest_range() -> None:
    widest = {"id": "n", "kind": "number", "min": -(2**53) + 1, "max": 2**53 - 1}
    layout = layout_of(definition(widest))
    for constraint in layout.constraints:
        assert sum(abs(c) for _, c in constraint.terms) < MODULUS
    for value in (-(2**53) + 1, 0, 2**53 - 1):
        record = encode_answers(layout, {"n": value})
        assert decode_record(layout, record) == {"n": value}


def test_it_lays_the_corrections_sample_number_on_24_bits() -> None:
    # Corrections, section E: bins 0, 1, 5, 20, 100 and max 500: here 24 bits and "no answer".
    number = {"id": "n", "kind": "number", "min": 0, "max": 500, "bins": [0, 1, 5, 20, 100]}
    layout = layout_of(definition(number))
    assert layout.width == 5 + 1 + 9 + 9
    for value in range(501):
        record = encode_answers(layout, {"n": value})
        assert check_record(layout, record)
        assert decode_record(layout, record) == {"n": value}


def test_it_ties_a_number_to_its_bin_and_to_no_answer() -> None:
    number = {"id": "n", "kind": "number", "min": 0, "max": 500, "bins": [0, 1, 5, 20, 100]}
    layout = layout_of(definition(number))
    in_lowest_bin, none = encode_answers(layout, {"n": 0}), encode_answers(layout, {})
    high = encode_answers(layout, {"n": 500})
    for forged in (in_lowest_bin, none):
        for slot in layout.blocks[0].offset:
            forged[slot] = high[slot]
        assert not check_record(layout, forged)


def test_it_plans_tables_in_questionnaire_order() -> None:
    survey = definition(
        {**SECTOR, "extremes": "show"},
        {"id": "m", "kind": "multiple", "options": ["a", "b"]},
        {"id": "g", "kind": "matrix", "rows": ["p", "q"], "options": ["x", "y"]},
        {"id": "r", "kind": "ranking", "options": ["a", "b"], "nonresponse": "show"},
        {"id": "free", "kind": "number", "min": 0, "max": 9},
        {"id": "n", "kind": "number", "min": 2, "max": 9, "bins": [2, 5]},
        show_if=when(m=("sector", "!=", "y"), r=("g.q", "=", "y")),
        tables=[{"questions": ["sector", "g.p"]}],
    )
    layout = layout_of(survey)
    plan = layout.plan
    assert [table.id for table in plan.one_way] == ["sector", "g.p", "g.q", "n"]
    sector, _, row, number = plan.one_way
    assert sector.keys == (("x",), ("y",), ("z",))
    assert (sector.null_cell, sector.extremes_show) == (None, True)
    assert row.keys == (("x",), ("y",), (None,))
    assert (row.question, row.null_cell) == ("g", 2)
    (multiple,) = plan.multiple
    assert multiple.condition == Condition(table="sector", cells=(0, 2))
    assert (multiple.minimum, multiple.maximum, multiple.keys) == (1, 2, (("a",), ("b",)))
    (ranking,) = plan.ranking
    assert ranking.condition == Condition(table="g.q", cells=(1,))
    assert ranking.keys == (("a", 1), ("a", 2), ("b", 1), ("b", 2))
    assert (ranking.nonresponse_show, ranking.extremes_show) == (True, False)
    (two_way,) = plan.two_way
    assert (two_way.id, two_way.rows, two_way.columns) == ("sector*g.p", 3, 3)
    assert two_way.keys[:4] == (("x", "x"), ("x", "y"), ("x", None), ("y", "x"))
    assert two_way.extremes_show is False
    (statistic,) = plan.statistics
    assert (statistic.question, statistic.minimum, statistic.maximum) == ("n", 2, 9)
    record = encode_answers(layout, {"sector": "y", "n": 8})
    assert sum(weight * record[slot] for slot, weight in statistic.weights) == 8 - 2
    assert [record[slot] for slot in number.slots] == [0, 1, 0]


def test_it_gives_every_released_cell_a_slot_of_its_own() -> None:
    for survey in BOTH.values():
        layout = layout_of(survey)
        plan = layout.plan
        slots = [slot for table in plan.one_way for slot in table.slots]
        slots += [slot for table in plan.multiple for slot in table.slots]
        slots += [slot for table in plan.ranking for slot in table.slots]
        slots += [slot for table in plan.two_way for slot in table.slots]
        assert len(set(slots)) == len(slots)
        assert len(layout.slots) == len(set(layout.slots)) == layout.width == plan.width


@pytest.mark.parametrize(
    ("one", "two", "flags"),
    [
        ({"extremes": SHOW}, {"extremes": SHOW}, (True, False)),
        ({"extremes": SHOW}, {}, (False, False)),
        ({"nonresponse": SHOW}, {}, (False, False)),
        ({"nonresponse": SHOW}, {"required": True}, (False, True)),
        ({"nonresponse": SHOW}, {"nonresponse": SHOW}, (False, True)),
        ({"required": True}, {"required": True, "nonresponse": SHOW}, (False, False)),
    ],
)
def test_it_shows_in_a_table_only_what_both_questions_show(
    one: JSON, two: JSON, flags: tuple[bool, bool]
) -> None:
    sides = ({"id": "a", **one}, {"id": "b", **two})
    asked = [{**side, "kind": "single", "options": ["x", "y"]} for side in sides]
    survey = definition(*asked, tables=[{"questions": ["a", "b"]}])
    (table,) = layout_of(survey).plan.two_way
    assert (table.extremes_show, table.nonresponse_show) == flags


def test_it_plans_texts_with_a_table_unless_they_are_required() -> None:
    layout = layout_of(TEXTS["texts behind a condition"])
    plan = layout.plan
    assert [table.id for table in plan.one_way] == ["sector", "why"]
    why = plan.one_way[1]
    assert (why.keys, why.null_cell) == ((("answered",), (None,)), 1)
    assert why.condition == Condition(table="sector", cells=(1, 2))
    first, second = plan.texts
    assert (first.question, first.has_table, first.words) == ("why", True, 5)
    assert (second.question, second.has_table, second.words) == ("must", False, 2)
    assert second.condition == Condition(table="sector", cells=(1,))
    assert [layout.slots[text.answered] for text in layout.texts] == [
        "why=answered",
        "must=answered",
    ]


def test_it_refuses_a_record_and_texts_too_wide() -> None:
    long = [{"id": f"t{i}", "kind": "text", "max_bytes": 2000} for i in range(70)]
    with pytest.raises(MalformedInput) as refused:
        layout_of(definition(*long))
    assert refused.value.code == "survey.too_large"
    assert len(layout_of(definition(*long[:69])).texts) == 69
    options = [f"o{i}" for i in range(200)]
    grids = [
        {
            "id": f"g{i}",
            "kind": "matrix",
            "rows": [f"r{j}" for j in range(50)],
            "options": options,
        }
        for i in range(2)
    ]
    with pytest.raises(MalformedInput) as refused:
        layout_of(definition(*grids))
    assert refused.value.code == "survey.too_large"
    assert layout_of(definition(grids[0])).width == 50 * 201


def test_it_lays_out_twenty_questions_in_milliseconds() -> None:
    asked = [{"id": f"q{i}", "kind": "single", "options": list("abcde")} for i in range(20)]
    survey = parse_survey(definition(*asked))
    started = perf_counter()
    build_layout(survey)
    assert perf_counter() - started < 0.1
