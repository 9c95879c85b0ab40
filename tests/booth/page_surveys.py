"""Surveys to look at: every kind of question, and words that would break a page."""

import json
from pathlib import Path

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.survey import parse_survey

ROOT = Path(__file__).resolve().parents[2]
EVIL = '<script>alert(1)</script> & "quotes" \' </main> \u202e \r\n]]>'


def every_kind() -> JSON:
    """Return the example with a text, a long scale, and a follow-up of its follow-up."""
    survey: JSON = json.loads(
        (ROOT / "examples" / "ict-resilience.survey.json").read_text("utf-8")
    )
    survey["questions"] += [
        {
            "id": "remarks",
            "kind": "text",
            "max_bytes": 100,
            "title": {"nl": "Wat wilt u nog kwijt?", "en": "Anything else?"},
            "hint": {"nl": "Noem geen namen.", "en": "Name nobody."},
        },
        {
            "id": "spending",
            "kind": "scale",
            "min": 0,
            "max": 10,
            "title": {
                "nl": "Welk cijfer geeft u uw budget?",
                "en": "How do you rate your budget?",
            },
            "hint": {"nl": "Dit jaar.", "en": "This year."},
        },
        {
            "id": "mood",
            "kind": "scale",
            "min": 1,
            "max": 7,
            "title": {"nl": "Hoe tevreden bent u?", "en": "How content are you?"},
        },
        {
            "id": "both",
            "kind": "multiple",
            "min": 2,
            "max": 2,
            "options": ["red", "green", "blue"],
            "title": {"en": "Which two colours?"},
        },
    ]
    return survey


def evil() -> JSON:
    """Return a survey all of whose texts try to leave their place."""
    said = {"nl": EVIL, "en": EVIL}
    return {
        "format": "drempel-survey/1",
        "title": said,
        "introduction": said,
        "min_count": 5,
        "unit": "person",
        "questions": [
            {
                "id": "q",
                "kind": "matrix",
                "title": said,
                "rows": [{"id": "r", "title": said}, {"id": "s", "title": said}],
                "options": [{"id": "o", "title": said}, {"id": "p", "title": said}],
            }
        ],
    }


def document_of(survey: JSON) -> JSON:
    """Return a manifest's JSON without its section ``booth``, with this survey in it."""
    file = ROOT / "examples" / "formats" / "manifest.json"
    document: JSON = json.loads(file.read_text("utf-8"))
    document.pop("booth", None)
    document["survey"] = parse_survey(survey).to_json()
    return document
