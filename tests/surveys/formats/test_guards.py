"""Files made to blow up, to fetch or to nest without end are refused in one sentence."""

import io
import json
import zipfile

import pytest

from mpcengine.protocol.errors import MalformedInput
from surveys.formats import guards
from surveys.formats.registry import read_survey
from tests.surveys.formats.sheets import asked, workbook


def bomb() -> bytes:
    """Return a small zip that unpacks to a lot."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (8 << 20))
    return made.getvalue()


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>
<document><LimeSurveyDocType>Survey</LimeSurveyDocType>&b;</document>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE d SYSTEM "file:///etc/passwd"><document/>"""
DEEP = b'{"pages": ' + b"[" * 5000 + b"]" * 5000 + b"}"
LESS_DEEP = b'{"pages": ' + b"[" * 60 + b"]" * 60 + b"}"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "import.empty"),
        (b"{" * (guards.LARGEST_FILE + 1), "import.too_large"),
        (b"PK\x03\x04 no zip", "import.not_xlsx"),
        (bomb(), "import.unpacks_too_large"),
        (ENTITIES, "import.unsafe_xml"),
        (OUTSIDE, "import.unsafe_xml"),
        (b"<document>", "import.not_xml"),
        (b"<html></html>", "import.not_limesurvey"),
        (DEEP, "import.too_deep"),
        (LESS_DEEP, "import.too_deep"),
        (b'{"pages": [1,}', "import.not_json"),
        (b'{"pages": NaN}', "import.not_json"),
        (b'{"pages": "\xff"}', "import.not_utf8"),
        (b"\x89PNG", "import.unknown_format"),
        (b'{"format": "drempel-survey/2"}', "survey.version"),
        (b'{"pages": []}', "import.nothing"),
    ],
)
def test_it_refuses_a_file_that_cannot_be_read_safely(data: bytes, code: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        read_survey(data, language="en")
    assert caught.value.code == code
    assert str(caught.value).count(". ") == 0


def test_it_refuses_a_sheet_without_end() -> None:
    rows = [asked("integer", f"q{place}") for place in range(2001)]
    with pytest.raises(MalformedInput) as caught:
        read_survey(workbook(survey=rows), language="en")
    assert caught.value.code == "import.too_many_rows"


def test_it_would_have_read_the_same_file_without_the_entity() -> None:
    """What the refusals above would miss if every XML file were refused."""
    plain = b"<document><LimeSurveyDocType>Survey</LimeSurveyDocType></document>"
    with pytest.raises(MalformedInput) as caught:
        read_survey(plain, language="en")
    assert caught.value.code == "import.nothing"


def test_it_leaves_out_questions_above_the_most() -> None:
    one = {"type": "rating", "rateMin": 1, "rateMax": 3}
    elements = [{**one, "name": f"q{place}"} for place in range(201)]
    found = read_survey(json.dumps({"elements": elements}).encode(), language="en")
    assert len(found.definition["questions"]) == 200
    (left,) = found.report.of("left_out")
    assert (left.code, left.subject, left.place.sheet) == (
        "too_many_questions", "q200", "elements[200]"
    )  # fmt: skip
