"""Sixty questions come from a workbook, a crowd answers, and the counts are exact."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from cli.embedded.federation import Federation
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.survey import Survey, parse_survey
from surveys.drafting.rehearsal import Dice, invent
from surveys.formats.registry import read_survey
from tests.booth.flow import Asked
from tests.booth.survey import publish
from tests.end_to_end.harness import counts_of, expected_counts
from tests.surveys.formats.sheets import NL, SIZES, YES_NO, Row, asked, workbook

SIZE = 50
KINDS: tuple[tuple[str, Row], ...] = (
    ("select_one yn", {}),
    ("select_one size", {}),
    ("select_multiple size", {"constraint": "count-selected(.) <= 2"}),
    ("integer", {"constraint": ". >= 0 and . <= 99"}),
    ("range", {"parameters": "start=1 end=5 step=1"}),
)


def rows() -> Iterator[Row]:
    """Yield sixty questions: six grids of three rows, and routing on a question before."""
    for part in range(6):
        yield asked(
            "select_one yn", f"p{part}", f"Deel {part}?", f"Part {part}?", required="yes"
        )
        yield {"type": "begin_group", "name": f"g{part}", "relevant": f"${{p{part}}} = '1'"}
        for place in range(8):
            kind, more = KINDS[(part + place) % len(KINDS)]
            needed = "yes" if place % 2 else ""
            yield asked(kind, f"q{part}_{place}", required=needed, **more)
        yield {"type": "end_group"}
        yield {
            "type": "begin_group", "name": f"m{part}", NL: f"Rooster {part}",
            "label::English (en)": f"Grid {part}", "appearance": "table-list",
        }  # fmt: skip
        for line in ("mail", "web", "phone"):
            yield asked("select_one size", f"m{part}.{line}", line, line, required="yes")
        yield {"type": "end_group"}


def form() -> Survey:
    """Return the workbook's survey; nothing of it was left out."""
    settings = [{"form_title": "Zestig", "default_language": "nl", "drempel::min_count": "1"}]
    book = workbook(survey=list(rows()), choices=[*YES_NO, *SIZES], settings=settings)
    found = read_survey(book, language="nl")
    assert list(found.report.of("left_out")) == []
    assert len(found.definition["questions"]) == 60
    assert len(found.definition["show_if"]) == 48
    assert found.definition["languages"] == ["nl", "en"]
    return parse_survey(found.definition)


@pytest.fixture
def crowd(federation: Federation, chromium: Browser) -> Iterator[list[Asked]]:
    opened: list[Asked] = []
    survey = form()
    one = publish(federation, survey.to_json(), invited=SIZE)
    opened.append(Asked(survey=one, browser=chromium))
    yield opened
    for each in opened:
        each.leave()


@pytest.mark.slow
def test_fifty_browsers_answer_sixty_questions(crowd: list[Asked]) -> None:
    survey, (crowded,) = form(), crowd
    dice = Dice(b"fifty browsers")
    answers = [invent(survey, dice) for _ in range(SIZE)]
    people = [crowded.person(place).open() for place in range(SIZE)]
    for person, given in zip(people, answers, strict=True):
        person.start("send", given, person.code)
    for person in people:
        assert person.end()["receipt"]["revision"] == 0
    document = crowded.result()
    assert document["accepted"] == SIZE
    wanted = expected_counts(build_layout(survey), answers)
    shown = {key: count for key, count in counts_of(document).items() if count is not None}
    assert len(shown) > 150
    assert {key: wanted[key] for key in shown} == shown
