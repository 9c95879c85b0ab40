"""What was imported, written out and read again is the same survey, in every format."""

import json
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given, settings
from pyxform.xls2xform import convert

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import one_hot_values
from mpcengine.protocol.survey import parse_survey
from surveys.formats.registry import WRITERS, read_survey
from tests.booth.page_surveys import every_kind
from tests.protocol.made_surveys import surveys

FORMATS = sorted(WRITERS)


def again(definition: JSON, name: str) -> JSON:
    found = read_survey(WRITERS[name].write(definition), language="nl")
    assert found.format == name
    assert {one.sort for one in found.report.findings} == {"came"}
    return found.definition


def with_plain_conditions(definition: JSON) -> JSON:
    """Return a survey with every condition as the list of answers that meet it."""
    survey = parse_survey(definition)
    shown = {}
    for one in survey.show_if:
        cells = one_hot_values(survey.question(one.var.split(".")[0]))[one.var]
        met = [cell for cell in cells if (cell in one.values) == (one.operator != "!=")]
        shown[one.question] = (one.var, met)
    return {**survey.to_json(), "show_if": shown}


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=12, deadline=None)
@given(survey=surveys())
def test_any_survey_comes_back_whole(name: str, survey: JSON) -> None:
    whole = parse_survey(survey).to_json()
    if any(not met for _, met in with_plain_conditions(whole)["show_if"].values()):
        return  # asked of nobody: an import leaves such a question out and says so
    once = again(whole, name)
    assert with_plain_conditions(once) == with_plain_conditions(whole)
    assert again(once, name) == once


@pytest.mark.parametrize("name", FORMATS)
def test_a_survey_of_every_kind_in_two_languages_comes_back_whole(name: str) -> None:
    whole = parse_survey(every_kind()).to_json()
    assert with_plain_conditions(again(whole, name)) == with_plain_conditions(whole)


def test_other_programs_read_the_workbook() -> None:
    form = convert(WRITERS["xlsform"].write(every_kind()), file_type=".xlsx")
    assert form.warnings == []
    assert "<h:title>" in form.xform
    assert "grid" not in form.xform


def test_a_cell_of_the_workbook_is_never_a_formula() -> None:
    survey = json.loads(json.dumps(every_kind()))
    survey["questions"][0]["title"] = {"en": '=HYPERLINK("http://x.example")'}
    book = openpyxl.load_workbook(BytesIO(WRITERS["xlsform"].write(survey)))
    kinds = {cell.data_type for sheet in book for row in sheet.rows for cell in row}
    assert "f" not in kinds
