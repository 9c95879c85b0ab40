"""The examples are what their script makes, and can be read, published and answered."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from connector.answers_csv import read_answers
from mpcengine.protocol.encoding import (
    check_record,
    encode_answers,
    parse_answers,
    plain_counts,
)
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.questions import KINDS
from mpcengine.protocol.survey import check_limits, parse_survey

FOLDER = Path(__file__).parents[2] / "examples"


def read(name: str) -> tuple[Layout, list[dict[str, Any]]]:
    document = json.loads((FOLDER / f"{name}.survey.json").read_text(encoding="utf-8"))
    survey = parse_survey(document)
    check_limits(survey, 10_000)
    return build_layout(survey), read_answers(FOLDER / f"{name}.answers.csv", survey)


def test_it_makes_the_same_answers_again() -> None:
    files = runpy.run_path(str(FOLDER / "make_answers.py"))["files"]()
    assert set(files) == {path.name for path in FOLDER.glob("*.answers.csv")}
    for name, text in files.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("name", "rows"), [("ict-resilience", 200), ("suggestions", 24), ("withheld", 9)]
)
def test_it_encodes_every_row(name: str, rows: int) -> None:
    layout, answers = read(name)
    assert len(answers) == rows
    assert all(check_record(layout, encode_answers(layout, row)) for row in answers)


def test_it_shows_every_kind_with_routing_and_tables() -> None:
    survey = read("ict-resilience")[0].survey
    texts = read("suggestions")[0].survey.questions
    kinds = {question.kind for question in (*survey.questions, *texts)}
    assert kinds == {*KINDS.values()}
    assert survey.languages == ("nl", "en")
    assert (len(survey.questions), len(survey.show_if), len(survey.tables)) == (9, 1, 2)
    for question in survey.questions:
        assert [language for language, _ in question.title] == ["nl", "en"]


def test_it_has_mostly_large_cells_and_some_small_ones() -> None:
    layout, answers = read("ict-resilience")
    counts = plain_counts(layout, [encode_answers(layout, row) for row in answers])
    plan = layout.plan
    own = [slot for table in plan.one_way for slot in table.slots]
    declared = [slot for table in plan.two_way for slot in table.slots]
    small_own = sum(counts[slot] < 10 for slot in own)
    small_declared = sum(counts[slot] < 10 for slot in declared)
    assert 1 <= small_own <= len(own) // 10
    assert 3 <= small_declared <= len(declared) // 3


def test_it_reads_the_one_respondents_file() -> None:
    layout, _ = read("ict-resilience")
    text = (FOLDER / "ict-resilience.answers.json").read_text(encoding="utf-8")
    record = encode_answers(layout, parse_answers(json.loads(text)))
    assert check_record(layout, record)
