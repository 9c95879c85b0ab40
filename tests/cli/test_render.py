"""Tables that people read: eighty columns, their language, and no hint at what is hidden."""

import copy
import csv
from pathlib import Path

import pytest

from cli.csv_files import write_csv
from cli.phrases import LANGUAGES, PHRASES, reader_language
from cli.render import Renderer
from cli.results import survey_of
from cli.titles import Titles
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.released import SELECTED, SEMI_HONEST
from mpcengine.protocol.survey import parse_survey
from tests.vectors.job import job

LONG = "a title that is much too long for one line of a table and therefore has to be wrapped"


@pytest.fixture
def document() -> JSON:
    return copy.deepcopy(job().result)


def lines_of(document: JSON, language: str = "en", bar: str = "█") -> list[str]:
    return Renderer(Titles(survey_of(document), language), bar).result(document)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_keeps_to_eighty_columns(document: JSON, language: str) -> None:
    lines = lines_of(document, language)
    assert max(map(len, lines)) <= 80
    assert not any(line != line.rstrip() for line in lines)


def test_it_says_how_many_counted_and_what_min_count_is(document: JSON) -> None:
    text = " ".join(lines_of(document))
    assert f"{document['accepted']} answers were counted." in text
    assert f"A count below {survey_of(document).min_count} is hidden" in text


def test_two_hidden_cells_look_alike_whatever_they_hold(document: JSON) -> None:
    (table,) = (one for one in document["tables"] if one["id"] == "sector")
    shown = [line for line in lines_of(document) if "  hospital " in line]
    table["cells"][0] |= {"count": None, "status": "suppressed"}
    hidden = [line for line in lines_of(document) if "  hospital " in line]
    assert "32" in shown[0]
    assert "hidden  (small, or protects one that is)" in hidden[0]
    assert not any("█" in line for line in hidden)


def test_labels_are_said_in_plain_words(document: JSON) -> None:
    text = " ".join(lines_of(document))
    assert PHRASES["en"][SELECTED] in text
    assert PHRASES["en"][SEMI_HONEST] in text
    assert all(label in PHRASES[one] for one in LANGUAGES for label in ("checked", SEMI_HONEST))


def test_both_languages_say_the_same_things() -> None:
    assert PHRASES["nl"].keys() == PHRASES["en"].keys()
    for key, phrase in PHRASES["en"].items():
        fields = {part.split("}")[0] for part in phrase.split("{")[1:]}
        assert fields == {p.split("}")[0] for p in PHRASES["nl"][key].split("{")[1:]}


@pytest.mark.parametrize(
    ("values", "language"),
    [
        ({"LANG": "nl_NL.UTF-8"}, "nl"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "nl_NL.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "nl_BE"}, "nl"),
        ({}, "en"),
    ],
)
def test_the_environment_says_the_readers_language(
    values: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert reader_language() == language


def titles(language: str) -> Titles:
    option = {"id": "a", "title": {"nl": "eerste", "en": "first"}}
    survey = parse_survey(
        {
            "format": "drempel-survey/1",
            "title": {"nl": "Titel\u001b[31m"},
            "questions": [
                {
                    "id": "q",
                    "kind": "single",
                    "title": {"fr": "Question"},
                    "options": [option, {"id": "b", "title": {"nl": LONG}}],
                },
                {
                    "id": "n",
                    "kind": "number",
                    "title": {"nl": "Getal"},
                    "min": 0,
                    "max": 9,
                    "bins": [0, 1, 5],
                },
                {
                    "id": "d",
                    "kind": "date",
                    "title": {"nl": "Dag"},
                    "min": "2026-01-01",
                    "max": "2026-12-31",
                    "bins": ["2026-01-01", "2026-03-01"],
                },
            ],
        }
    )
    return Titles(survey, language)


def test_a_text_without_the_readers_language_is_shown_in_the_first_given() -> None:
    assert titles("en").value("q", "a") == "first"
    assert titles("nl").value("q", "a") == "eerste"
    assert titles("en").value("q", "b") == LONG
    assert titles("en").table("q") == "Question"


def test_a_title_cannot_command_the_terminal() -> None:
    found = titles("en")
    assert found.text(found.survey.title) == "Titel\ufffd[31m"


def test_bins_are_said_as_ranges() -> None:
    found = titles("en")
    assert [found.value("n", low) for low in (0, 1, 5)] == ["0", "1 – 4", "5 – 9"]
    assert found.value("d", "2026-01-01") == "2026-01-01 – 2026-02-28"
    assert found.value("d", "2026-03-01") == "2026-03-01 – 2026-12-31"
    assert (found.value("n", None), found.value("n", "not_shown")) == ("No answer", "Not asked")


def test_a_terminal_without_these_characters_gets_plain_ones(document: JSON) -> None:
    lines = lines_of(document, bar="#")
    assert any("####" in line for line in lines)
    assert not any("█" in line or "─" in line for line in lines)


@pytest.mark.parametrize("width", [10, 32, 50, 200])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_keeps_to_a_narrow_terminal(document: JSON, language: str, width: int) -> None:
    for table in document["tables"]:
        table["cells"][0] |= {"count": None}
    lines = Renderer(Titles(survey_of(document), language), "█", width).result(document)
    assert max(map(len, lines)) <= min(80, max(width, 32))


def test_dutch_has_a_decimal_comma_and_no_table_is_said(document: JSON) -> None:
    value = next(row["mean"]["value"] for row in document["statistics"] if row["mean"]["value"])
    shown = f"{value:.2f}"
    assert shown in " ".join(lines_of(document))
    assert shown.replace(".", ",") in " ".join(lines_of(document, "nl"))
    document |= {"tables": [], "statistics": []}
    text = " ".join(lines_of(document))
    assert PHRASES["en"]["no_table"] in text
    assert "A count below" not in text


def with_texts(document: JSON, *answers: str) -> JSON:
    """Return the sample's result as if its first question had been a text."""
    question = {"id": "remarks", "kind": "text", "max_bytes": 200, "title": {"en": "Remarks"}}
    survey = survey_of(document)
    asked = parse_survey({**survey.to_json(), "questions": [*_questions(survey), question]})
    document["texts"] = [
        {
            "question": "remarks",
            "status": "released",
            "assurance": SEMI_HONEST,
            "answers": list(answers) or None,
        }
    ]
    return Renderer(Titles(asked, "en")).result(document)


def _questions(survey: JSON) -> JSON:
    return survey.to_json()["questions"]


def test_texts_stand_below_their_question_and_obey_nobody(document: JSON) -> None:
    lines = with_texts(document, "fine", "\x1b[2Jgone\nand back", "", "w" * 100)
    at = lines.index("Remarks")
    assert lines[at + 2].startswith("  4 texts, in an order that no node knows.")
    assert lines[at + 3 : at + 7] == [
        "  - fine",
        "  - \ufffd[2Jgone and back",
        "  - (could not be read)",
        "  - " + "w" * 76,
    ]
    assert max(map(len, lines)) <= 80
    assert f"Texts: {PHRASES['en'][SEMI_HONEST]}" in lines


def test_hidden_texts_have_no_number(document: JSON) -> None:
    lines = with_texts(document)
    at = lines.index("Remarks")
    assert lines[at + 2] == "  hidden: none of these texts may be shown"


def test_csv_of_texts_runs_nothing(document: JSON, tmp_path: Path) -> None:
    answers = ["fine", "=1+1", "-2", "@SUM(A1)", " +1", "a, b", "two\nlines", ""]
    document["texts"] = [{"question": "remarks", "status": "released", "answers": answers}]
    written = write_csv(tmp_path, document)
    assert written[-1] == tmp_path / "_texts-remarks.csv"
    with written[-1].open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["text"]
    assert [row[0] if row else "" for row in rows[1:]] == [
        "fine",
        "'=1+1",
        "'-2",
        "'@SUM(A1)",
        "' +1",
        "a, b",
        "two\nlines",
        "",
    ]
    document["texts"][0]["answers"] = None
    assert not any(path.name.startswith("_texts") for path in write_csv(tmp_path, document))
