"""Read and write our own form, ``drempel-survey/1``: nothing is changed or left out."""

import json

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.survey import parse_survey
from surveys.formats.guards import parse_json
from surveys.formats.report import CAME, Place, Report


def read_own(data: bytes, *, report: Report, language: str) -> dict[str, JSON]:  # noqa: ARG001 -- every reader takes it
    """Return a definition's normal form; raise MalformedInput with the place of a fault."""
    survey = parse_survey(parse_json(data))
    for place, question in enumerate(survey.questions):
        where = Place(sheet=f"questions[{place}]")
        report.add(CAME, "question", question.id, where, kind=question.kind)
    return survey.to_json()


def write_own(definition: JSON) -> bytes:
    """Return a definition as a file; raise MalformedInput unless it is valid."""
    survey = parse_survey(definition).to_json()
    return (json.dumps(survey, ensure_ascii=False, indent=2) + "\n").encode()
