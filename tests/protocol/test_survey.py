"""A survey definition is read into one normal form, or refused with its path."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.protocol.canonical import canonical, parse_canonical
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.questions import NumberQuestion, TextQuestion
from mpcengine.protocol.survey import MOST_TEXT_WORDS, check_limits, parse_survey
from tests.protocol.made_surveys import definition, surveys
from tests.protocol.vectors import load, names
from tests.vectors.survey_cases import SAMPLE, TEXT, changed, with_questions

JSON = Any
VECTORS = load("survey")


@pytest.mark.parametrize("case", VECTORS["good"], ids=names(VECTORS["good"]))
def test_it_reads_good_definitions_into_their_normal_form(case: JSON) -> None:
    survey = parse_survey(case["definition"])
    assert survey.to_json() == case["normal"]
    assert parse_survey(case["normal"]) == survey


@pytest.mark.parametrize("case", VECTORS["bad"], ids=names(VECTORS["bad"]))
def test_it_refuses_bad_definitions_by_code_and_path(case: JSON) -> None:
    with pytest.raises(MalformedInput) as refused:
        parse_survey(case["definition"])
    assert (refused.value.code, refused.value.where) == (case["code"], case["where"])
    sentence = refused.value.sentence
    assert sentence.startswith(case["where"])
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_it_parses_the_unchanged_sample_that_bad_ones_differ_from() -> None:
    assert len(parse_survey(SAMPLE).questions) == 7


@settings(max_examples=80, deadline=None)
@given(surveys())
def test_it_is_stable_under_canonical_json(made: JSON) -> None:
    survey = parse_survey(made)
    again = parse_survey(parse_canonical(canonical(survey.to_json())))
    assert again == survey
    assert canonical(again.to_json()) == canonical(survey.to_json())


def test_it_fills_in_every_default() -> None:
    survey = parse_survey(definition({"id": "m", "kind": "multiple", "options": ["a", "b"]}))
    normal = survey.to_json()
    assert (normal["min_count"], normal["unit"]) == (10, "person")
    assert (normal["show_if"], normal["tables"]) == ({}, [])
    assert normal["questions"] == [
        {
            "id": "m",
            "kind": "multiple",
            "title": {"en": "m"},
            "required": False,
            "extremes": "hide",
            "nonresponse": "hide",
            "options": [{"id": "a", "title": {"en": "a"}}, {"id": "b", "title": {"en": "b"}}],
            "min": 0,
            "max": 2,
        }
    ]


def test_it_keeps_which_language_was_given_first() -> None:
    # Canonical JSON sorts keys, so the order is a list of its own.
    survey = parse_survey(SAMPLE)
    assert survey.languages == ("nl", "en")
    again = parse_survey(parse_canonical(canonical(survey.to_json())))
    assert [language for language, _ in again.title] == ["nl", "en"]


def test_it_names_the_cycle() -> None:
    pairs = [["sector", "trust"], ["trust", "grid.web"], ["grid.web", "sector"]]
    tables = [{"questions": pair} for pair in pairs]
    with pytest.raises(MalformedInput, match=r"grid\.web - trust - sector - grid\.web"):
        parse_survey(changed("tables", tables))
    assert parse_survey(changed("tables", tables[:2])).tables[1] == ("trust", "grid.web")


def test_it_takes_a_condition_and_a_table_on_the_same_question() -> None:
    survey = parse_survey(SAMPLE)
    condition = survey.condition("tools")
    assert condition is not None
    assert [condition.matches(cell) for cell in ("hospital", "gp")] == [True, False]
    assert survey.condition("sector") is None
    assert survey.question("trust").kind == "scale"
    with pytest.raises(KeyError):
        survey.question("nothing")


def test_it_allows_exactly_200_cells_in_a_table() -> None:
    left = {"id": "a", "kind": "scale", "min": 1, "max": 20, "required": True}
    right = {"id": "b", "kind": "scale", "min": 1, "max": 9}
    tables = [{"questions": ["a", "b"]}]
    assert parse_survey(with_questions(left, right, tables=tables)).tables
    with pytest.raises(MalformedInput) as refused:
        parse_survey(with_questions({**left, "max": 21}, right, tables=tables))
    assert refused.value.code == "survey.tables"


def test_it_limits_the_texts_of_all_invited_together() -> None:
    survey = parse_survey(changed("questions.append", TEXT))
    assert isinstance(survey.questions[7], TextQuestion)
    # 280 bytes and their length are 41 words of seven bytes.
    most = MOST_TEXT_WORDS // 41
    check_limits(survey, most)
    with pytest.raises(MalformedInput) as refused:
        check_limits(survey, most + 1)
    assert refused.value.code == "survey.texts_too_long"
    check_limits(parse_survey(SAMPLE), most + 1)


@pytest.mark.parametrize(
    ("bins", "invited", "span"),
    [
        (None, 2**10, 2**50),
        ([0], 2**10, 2**50),
        ([0, 1], 2**10, 2**24),
        ([0, 1], 1, 2**29),
    ],
)
def test_it_limits_a_range_by_the_number_invited(
    bins: list[int] | None, invited: int, span: int
) -> None:
    def number(highest: int) -> JSON:
        question = {"id": "n", "kind": "number", "min": 0, "max": highest}
        return with_questions(question if bins is None else {**question, "bins": bins})

    check_limits(parse_survey(number(span - 1)), invited)
    with pytest.raises(MalformedInput) as refused:
        check_limits(parse_survey(number(span)), invited)
    assert (refused.value.code, refused.value.where) == ("survey.range", "questions[0].max")


def test_it_refuses_nobody_invited() -> None:
    with pytest.raises(MalformedInput) as refused:
        check_limits(parse_survey(SAMPLE), 0)
    assert refused.value.code == "survey.invited"


def test_it_gives_the_widths_of_bins() -> None:
    question = parse_survey(SAMPLE).question("incidents")
    assert isinstance(question, NumberQuestion)
    assert question.widths == (1, 4, 15, 80, 401)


def refusal_of(document: JSON) -> MalformedInput | None:
    try:
        parse_survey(document)
    except MalformedInput as refused:
        return refused
    return None


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_JUNK = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_it_answers_any_junk_with_one_sentence(data: st.DataObject) -> None:
    # Any place of the sample, replaced by any JSON, is read or refused, never a crash.
    document: JSON = deepcopy(SAMPLE)
    target = document
    while True:
        keys = list(target) if isinstance(target, dict) else list(range(len(target)))
        key = data.draw(st.sampled_from(keys))
        inner = target[key]
        if not inner or not isinstance(inner, dict | list) or data.draw(st.booleans()):
            break
        target = inner
    target[key] = data.draw(_JUNK)
    refusal = refusal_of(document)
    if refusal is not None:
        assert refusal.code.startswith("survey.")
        assert refusal.sentence.isprintable()


def test_it_answers_deep_nesting_with_a_sentence() -> None:
    deep: JSON = json.loads('{"a":' * 400 + "1" + "}" * 400)
    with pytest.raises(MalformedInput):
        parse_survey(changed("title", deep))
