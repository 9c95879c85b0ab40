"""Answers become the one record of a survey, or a sentence that keeps them secret."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.protocol.encoding import (
    check_record,
    decode_record,
    encode_answers,
    encode_texts,
    parse_answers,
    plain_counts,
)
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.survey import parse_survey
from tests.protocol.made_surveys import answers_to, surveys
from tests.protocol.vectors import load, names
from tests.vectors.make_survey import FULL

JSON = Any
VECTORS = load("encoding")
LAYOUTS = {
    case["name"]: build_layout(parse_survey(case["normal"])) for case in load("layout")["good"]
}


def digits(record: list[int]) -> str:
    return "".join(map(str, record))


@pytest.mark.parametrize("case", load("layout")["good"], ids=names(load("layout")["good"]))
def test_it_builds_the_layout_of_the_vectors(case: JSON) -> None:
    layout = LAYOUTS[case["name"]]
    assert (layout.width, list(layout.slots)) == (case["width"], case["slots"])
    constraints = [
        {"terms": [list(term) for term in constraint.terms], "equals": constraint.constant}
        for constraint in layout.constraints
    ]
    assert constraints == case["constraints"]
    texts = [(text.question, text.answered, text.words) for text in layout.texts]
    assert texts == [(t["question"], t["answered"], t["words"]) for t in case["texts"]]


@pytest.mark.parametrize("case", VECTORS["good"], ids=names(VECTORS["good"]))
def test_it_encodes_the_vectors_answers(case: JSON) -> None:
    layout = LAYOUTS[case["survey"]]
    record = encode_answers(layout, case["answers"])
    assert digits(record) == case["record"]
    assert check_record(layout, record)
    assert encode_answers(layout.survey, case["answers"]) == record
    assert list(map(str, encode_texts(layout, case["answers"]))) == case["texts"]


@pytest.mark.parametrize("case", VECTORS["bad"], ids=names(VECTORS["bad"]))
def test_it_refuses_the_vectors_bad_answers(case: JSON) -> None:
    with pytest.raises(MalformedInput) as refused:
        encode_answers(LAYOUTS[case["survey"]], case["answers"])
    assert (refused.value.code, refused.value.where) == (case["code"], case["where"])
    assert case["where"] in refused.value.sentence
    assert refused.value.sentence.isprintable()


@pytest.mark.parametrize("case", VECTORS["bad_records"], ids=names(VECTORS["bad_records"]))
def test_it_fails_the_vectors_bad_records(case: JSON) -> None:
    assert not check_record(LAYOUTS[case["survey"]], [int(digit) for digit in case["record"]])


SECRET = "xq7-secret"
MISFITS: list[JSON] = [SECRET, [SECRET], [SECRET, SECRET], {SECRET: SECRET}, {"mail": SECRET}]


@pytest.mark.parametrize("question", FULL)
@pytest.mark.parametrize("value", MISFITS, ids=str)
def test_it_never_says_an_answer(question: str, value: JSON) -> None:
    with pytest.raises(MalformedInput) as refused:
        encode_answers(LAYOUTS["sample"], {**FULL, question: value})
    assert SECRET not in f"{refused.value.sentence} {refused.value.where}"


@pytest.mark.parametrize("value", [987654, -987654])
@pytest.mark.parametrize("question", ["incidents", "trust"])
def test_it_never_says_a_number(question: str, value: int) -> None:
    with pytest.raises(MalformedInput) as refused:
        encode_answers(LAYOUTS["sample"], {**FULL, question: value})
    assert "987654" not in refused.value.sentence


def test_it_decodes_what_was_answered() -> None:
    layout = LAYOUTS["sample"]
    answers = {**FULL, "when": "2026-01-01"}
    assert decode_record(layout, encode_answers(layout, FULL)) == answers


@pytest.mark.parametrize("change", [lambda r: r[:-1], lambda r: [*r, 0], lambda r: [2, *r[1:]]])
def test_it_decodes_no_vector_of_another_form(change: Any) -> None:
    layout = LAYOUTS["sample"]
    record = change(encode_answers(layout, FULL))
    assert not check_record(layout, record)
    with pytest.raises(MalformedInput) as refused:
        decode_record(layout, record)
    assert refused.value.code == "record.invalid"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_it_counts_each_cell(data: st.DataObject) -> None:
    made = data.draw(surveys())
    layout = build_layout(parse_survey(made))
    everybody = [data.draw(answers_to(made)) for _ in range(data.draw(st.integers(1, 5)))]
    counts = plain_counts(layout, [encode_answers(layout, one) for one in everybody])
    for table in layout.plan.one_way:
        population = len(everybody)
        if table.condition is not None:
            parent = next(t for t in layout.plan.one_way if t.id == table.condition.table)
            population = sum(counts[parent.slots[cell]] for cell in table.condition.cells)
        assert sum(counts[slot] for slot in table.slots) == population
    _check_sums_of_numbers(layout, everybody, counts)
    _check_two_way(layout, counts)


def _check_sums_of_numbers(
    layout: Layout, everybody: list[dict[str, JSON]], counts: list[int]
) -> None:
    for statistic in layout.plan.statistics:
        numbers = [one[statistic.question] for one in everybody if statistic.question in one]
        total = sum(weight * counts[slot] for slot, weight in statistic.weights)
        assert total == sum(numbers) - statistic.minimum * len(numbers)


def _check_two_way(layout: Layout, counts: list[int]) -> None:
    tables = {table.id: table for table in layout.plan.one_way}
    for table in layout.plan.two_way:
        cells = [counts[slot] for slot in table.slots]
        size = table.columns
        rows = [sum(cells[row * size : (row + 1) * size]) for row in range(table.rows)]
        assert rows == [counts[slot] for slot in tables[table.left].slots]
        columns = [sum(cells[column::size]) for column in range(size)]
        assert columns == [counts[slot] for slot in tables[table.right].slots]


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"format": "drempel-answers/2"}, "answers.version", "format"),
        ({"name": "Rosa"}, "answers.unknown_key", "name"),
        ({"answers": []}, "answers.value", "answers"),
        ({"answers": {"a.b": 1}}, "answers.value", "answers"),
        ({"answers": {"trust": 1.5}}, "answers.value", "answers.trust"),
        ({"answers": {"tools": [1]}}, "answers.value", "answers.tools[0]"),
    ],
)
def test_it_reads_one_respondents_file_strictly(change: JSON, code: str, where: str) -> None:
    good = {"format": "drempel-answers/1", "answers": FULL}
    assert parse_answers(good) == FULL
    with pytest.raises(MalformedInput) as refused:
        parse_answers({**good, **change})
    assert (refused.value.code, refused.value.where) == (code, where)


def test_it_says_which_part_of_a_respondents_file_is_missing() -> None:
    with pytest.raises(MalformedInput) as refused:
        parse_answers({"format": "drempel-answers/1"})
    assert (refused.value.code, refused.value.where) == ("answers.missing_key", "answers")
