"""Three real parties compute a survey's pattern exactly as the plain reference does."""

import hashlib

from mpcengine.protocol.disclosure import reference_pattern
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.survey import parse_survey
from tests.party.survey_run import all_draws, plain_squares, run_survey
from tests.protocol.made_surveys import definition, is_shown, possible_values, when

SURVEY = definition(
    {"id": "sector", "kind": "single", "options": ["x", "y", "z"], "required": True},
    {"id": "trust", "kind": "scale", "min": 1, "max": 4},
    {"id": "tools", "kind": "multiple", "options": ["a", "b", "c"], "max": 2},
    {"id": "incidents", "kind": "number", "min": 0, "max": 40, "bins": [0, 1, 5, 20]},
    {"id": "order", "kind": "ranking", "options": ["p", "q", "r"]},
    {"id": "grid", "kind": "matrix", "rows": ["mail", "web"], "options": ["low", "high"]},
    {"id": "then", "kind": "scale", "min": 1, "max": 2, "required": True},
    show_if=when(then=("sector", "in", ["x", "y"])),
    tables=[{"questions": ["sector", "trust"]}, {"questions": ["sector", "grid.web"]}],
)


def made_records(layout: Layout, count: int) -> list[list[int]]:
    """Random answers with skewed options, so that some cells are small and some are not."""
    chance = iter(hashlib.shake_256(b"drempel tests").digest(count * len(SURVEY["questions"])))
    records = []
    for _ in range(count):
        answers: dict[str, object] = {}
        for question in SURVEY["questions"]:
            values = possible_values(question)
            if is_shown(SURVEY, question["id"], answers):
                answers[question["id"]] = values[int(len(values) * (next(chance) / 256) ** 2)]
        records.append(
            encode_answers(layout, {k: v for k, v in answers.items() if v is not None})
        )
    return records


def test_it_finds_the_pattern_of_the_plain_reference() -> None:
    layout = build_layout(parse_survey(SURVEY))
    records = made_records(layout, 180)
    run = run_survey(layout, records, 10)
    counts = [sum(column) for column in zip(*records, strict=True)]
    squares = plain_squares(layout, records)
    assert run.counts == counts
    assert run.squares == squares
    expected = reference_pattern(
        layout.plan, counts, squares, len(records), 10, all_draws(layout)
    )
    assert run.pattern == expected
    shown = [flag for flags in expected.tables.values() for flag in flags]
    assert any(shown)
    assert not all(shown)


def test_it_shows_nothing_below_the_minimum_count() -> None:
    layout = build_layout(parse_survey(SURVEY))
    records = made_records(layout, 9)
    run = run_survey(layout, records, 10)
    assert not any(flag for flags in run.pattern.tables.values() for flag in flags)
    assert not any(run.pattern.nulls.values())
