"""An XLSForm comes in with its routing, languages and grids; the report names what did not."""

import pytest

from mpcengine.protocol.errors import MalformedInput
from surveys.formats.registry import Imported, read_survey
from surveys.formats.report import CAME, CHANGED, LEFT_OUT
from tests.surveys.formats.sheets import NL, SIZES, YES_NO, Row, asked, workbook


def read(*rows: Row, settings: Row | None = None) -> Imported:
    settings = {"form_title": "Proef", "default_language": "nl", **(settings or {})}
    book = workbook(survey=list(rows), choices=[*YES_NO, *SIZES], settings=[settings])
    return read_survey(book, language="en")


def told(found: Imported, sort: str) -> list[tuple[str, str, int | None, str]]:
    return [
        (one.code, one.subject, one.place.row, one.place.column)
        for one in found.report.of(sort)
    ]


def test_it_reads_both_languages_hints_and_what_is_required() -> None:
    row = asked("select_one size", "size", "Hoe groot?", "How big?", required="yes")
    found = read({**row, "hint::English (en)": "Roughly"})
    (question,) = found.definition["questions"]
    assert found.definition["title"] == {"nl": "Proef"}
    assert found.definition["languages"] == ["nl", "en"]
    assert question["title"] == {"nl": "Hoe groot?", "en": "How big?"}
    assert question["hint"] == {"en": "Roughly"}
    assert question["required"]
    assert [one["id"] for one in question["options"]] == ["small", "medium", "big"]
    assert question["options"][2]["title"] == {"nl": "Groot", "en": "Big"}


def test_it_gives_names_that_are_no_ids_new_ones_and_says_so() -> None:
    found = read(
        asked("select_one yn", "_first"),
        asked("integer", "n", relevant="${_first} = '2'", constraint=". >= 0 and . < 10"),
    )
    first, second = found.definition["questions"]
    assert first["id"] == "first"
    assert [one["id"] for one in first["options"]] == ["o1", "o2"]
    assert found.definition["show_if"] == {"n": {"var": "first", "op": "=", "value": "o2"}}
    assert second["max"] == 9
    assert {code for code, *_ in told(found, CHANGED)} == {"id", "option_ids", "bins"}


@pytest.mark.parametrize(
    ("relevant", "condition"),
    [
        ("${s} = 'big'", ("=", "big")),
        ("selected(${s}, 'big')", ("=", "big")),
        ("${s} = 'small' or ${s} = 'big'", ("!=", "medium")),
        ("not(${s} = 'small' or ${s}='medium') and ${s} != ''", ("=", "big")),
        ("${s} != 'small' and ${s} != ''", ("!=", "small")),
    ],
)
def test_it_reads_conditions_on_a_choice(relevant: str, condition: tuple[str, str]) -> None:
    found = read(asked("select_one size", "s"), asked("select_one yn", "t", relevant=relevant))
    op, value = condition
    assert found.definition["show_if"] == {"t": {"var": "s", "op": op, "value": value}}
    assert not told(found, LEFT_OUT)


@pytest.mark.parametrize(
    ("relevant", "cells"),
    [(". >= 5", [5, 20]), (". > 4", [5, 20]), (". < 5", [0]), (". = 6", None)],
)
def test_it_reads_comparisons_where_a_band_begins(
    relevant: str, cells: list[int] | None
) -> None:
    rows = [
        asked("integer", "n", constraint=". >= 0 and . <= 99", **{"drempel::bins": "0 5 20"}),
        asked("select_one yn", "t", relevant=relevant.replace(".", "${n}")),
    ]
    found = read(*rows)
    shown = found.definition["show_if"].get("t")
    if cells is None:
        assert shown is None
        assert told(found, LEFT_OUT) == [("condition", "t", 3, "relevant")]
    else:
        asked_of = [c for c in (0, 5, 20) if _meets(shown, c)]
        assert asked_of == cells


def _meets(shown: dict[str, object], cell: int) -> bool:
    value = shown["value"]
    if shown["op"] == "in":
        return cell in value  # type: ignore[operator]
    return (cell == value) == (shown["op"] == "=")


def test_it_says_that_nobody_without_an_answer_is_asked() -> None:
    found = read(
        asked("select_one size", "s"),
        asked("select_one yn", "t", relevant="${s} != 'small'"),
    )
    assert ("condition_without_answer", "t", 3, "relevant") in told(found, CHANGED)


def test_it_takes_a_groups_condition_over_unless_a_question_has_a_narrower_one() -> None:
    found = read(
        asked("select_one size", "s"),
        {"type": "begin_group", "name": "g", "relevant": "${s} = 'big'"},
        asked("select_one yn", "a"),
        asked("select_one yn", "b", relevant="${a} = '1'"),
        {"type": "end_group"},
        asked("select_one yn", "c"),
    )
    assert found.definition["show_if"] == {
        "a": {"var": "s", "op": "=", "value": "big"},
        "b": {"var": "a", "op": "=", "value": "o1"},
    }
    assert not told(found, LEFT_OUT)


def test_it_reports_what_joins_two_questions() -> None:
    found = read(
        asked("select_one size", "s"),
        asked("select_one yn", "t"),
        asked("select_one yn", "u", relevant="${s} = 'big' and ${t} = '1'"),
        asked("select_one yn", "v", relevant="${s} = 'big' or ${t} = '1'"),
        asked("select_one yn", "w", relevant="count-selected(${s}) + 1 > 2"),
    )
    assert told(found, LEFT_OUT) == [
        ("condition", "u", 4, "relevant"),
        ("condition", "v", 5, "relevant"),
        ("condition", "w", 6, "relevant"),
    ]
    assert found.definition["show_if"] == {"u": {"var": "t", "op": "=", "value": "o1"}}


@pytest.mark.parametrize("style", ["table-list", "label"])
def test_it_makes_a_matrix_of_a_grid(style: str) -> None:
    looks = (
        ("table-list", "", "")
        if style == "table-list"
        else ("field-list", "label", "list-nolabel")
    )
    head = [] if style == "table-list" else [asked("select_one yn", "h", appearance=looks[1])]
    found = read(
        {"type": "begin_group", "name": "grid", NL: "Rooster", "appearance": looks[0]},
        *head,
        asked(
            "select_one yn", "grid.mail", "Post", "Mail", appearance=looks[2], required="yes"
        ),
        asked("select_one yn", "web", "Web", "Web", appearance=looks[2], required="yes"),
        {"type": "end_group"},
        asked("select_one yn", "t", relevant="${web} = '1'"),
    )
    grid, after = found.definition["questions"]
    assert grid["kind"] == "matrix"
    assert grid["required"]
    assert [row["id"] for row in grid["rows"]] == ["mail", "web"]
    assert after["id"] == "t"
    assert found.definition["show_if"] == {"t": {"var": "grid.web", "op": "=", "value": "o1"}}
    assert not told(found, LEFT_OUT)


def test_it_asks_one_by_one_what_is_no_grid() -> None:
    found = read(
        {"type": "begin_group", "name": "grid", NL: "Rooster", "appearance": "table-list"},
        asked("select_one yn", "a"),
        asked("integer", "b", constraint=". >= 0 and . <= 5"),
        {"type": "end_group"},
    )
    assert [one["kind"] for one in found.definition["questions"]] == ["single", "number"]
    assert ("no_page", "grid", 2, "") in told(found, CHANGED)


def test_it_leaves_out_exactly_what_the_format_cannot_ask_and_says_where() -> None:
    found = read(
        asked("note", "welcome", "Welkom", "Welcome"),
        asked("geopoint", "where"),
        {"type": "begin_repeat", "name": "r", NL: "Herhaling"},
        asked("text", "inner"),
        {"type": "end_repeat"},
        {"type": "calculate", "name": "c", "calculation": "1 + 1"},
        asked("select_one size", "kept", default="big", constraint_message="Nee"),
        asked("note", "between", "Let op", "Mind"),
        asked("rank size", "order"),
        asked("decimal", "amount"),
        asked("range", "mark", parameters="start=1 end=10 step=1"),
        asked("range", "coarse", parameters="start=0 end=10 step=5"),
        asked("select_multiple size", "two", constraint="count-selected(.) <= 2"),
        asked("date", "day", constraint=". >= date('2026-01-01') and . <= date('2026-12-31')"),
        asked("text", "words", constraint="string-length(.) <= 100"),
        asked("text", "odd", constraint="regex(., '[a-z]+')"),
    )
    assert told(found, LEFT_OUT) == [
        ("kind", "where", 3, ""),
        ("repeat", "r", 4, ""),
        ("repeat", "inner", 5, ""),
        ("kind", "c", 7, ""),
        ("column", "kept", 8, "constraint_message"),
        ("column", "kept", 8, "default"),
        ("kind", "coarse", 13, ""),
        ("constraint", "odd", 17, "constraint"),
    ]
    by_id = {one["id"]: one for one in found.definition["questions"]}
    assert found.definition["introduction"] == {"nl": "Welkom", "en": "Welcome"}
    assert by_id["order"]["hint"] == {"nl": "Let op", "en": "Mind"}
    assert by_id["order"]["kind"] == "ranking"
    assert (by_id["mark"]["kind"], by_id["mark"]["max"]) == ("scale", 10)
    assert by_id["amount"]["max"] == 1_000_000
    assert by_id["two"]["max"] == 2
    assert by_id["day"]["bins"] == ["2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"]
    assert by_id["words"]["max_bytes"] == 100
    assert len(told(found, CAME)) == 9


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"type": "select_one nowhere", "name": "a", NL: "A"}], "row : 2"),
        ([{"type": "begin_group", "name": "a", NL: "A"}], "begin"),
        ([{"type": "no_such_type", "name": "a", NL: "A"}], "no_such_type"),
    ],
)
def test_it_says_where_a_workbook_is_no_xlsform(rows: list[Row], words: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        read(*rows)
    assert caught.value.code in {"import.xlsform", "import.nothing"}
    if caught.value.code == "import.xlsform":
        assert words in str(caught.value)
