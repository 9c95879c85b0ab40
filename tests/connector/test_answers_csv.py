"""ANSWERS.csv is read as it is meant, or refused with row and column and no answer in it."""

from pathlib import Path
from typing import Any

import pytest

from connector.answers_csv import read_answers
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.survey import Survey, parse_survey
from tests.vectors.survey_cases import SAMPLE, with_questions

JSON = Any
HEADER = "sector,tools,incidents,trust,priorities,grid.mail,grid.web,when"
ROW = "hospital,siem|edr,77,2,law>people>money,low,high,2026-07-01"
PARSED: dict[str, JSON] = {
    "sector": "hospital",
    "tools": ["siem", "edr"],
    "incidents": 77,
    "trust": 2,
    "priorities": ["law", "people", "money"],
    "grid": {"mail": "low", "web": "high"},
    "when": "2026-07-01",
}
ONE_QUESTION = with_questions({"id": "sector", "kind": "single", "options": ["x", "y"]})


@pytest.fixture
def sample() -> Survey:
    return parse_survey(SAMPLE)


def refusal(source: str | bytes, survey: Survey) -> MalformedInput:
    with pytest.raises(MalformedInput) as refused:
        read_answers(source, survey)
    assert refused.value.sentence.isprintable()
    assert refused.value.sentence[0] == "R"
    return refused.value


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("last", [True, False], ids=["ended", "open"])
def test_it_reads_every_form_of_the_same_file(
    sample: Survey, tmp_path: Path, mark: bytes, end: str, separator: str, *, last: bool
) -> None:
    text = end.join((HEADER, ROW, "gp,,,,,,,")).replace(",", separator) + end * last
    data = mark + text.encode()
    path = tmp_path / "answers.csv"
    path.write_bytes(data)
    expected = [PARSED, {"sector": "gp"}]
    assert read_answers(data, sample) == expected
    assert read_answers(path, sample) == expected
    assert read_answers(data.decode(), sample) == expected


def test_it_reads_columns_in_any_order_with_quotes_and_spaces(sample: Survey) -> None:
    text = 'trust, sector ,"grid.web"\n 4 ,"gp", high\n,hospital,\n'
    assert read_answers(text, sample) == [
        {"trust": 4, "sector": "gp", "grid": {"web": "high"}},
        {"sector": "hospital"},
    ]


def test_it_lets_columns_of_optional_questions_out(sample: Survey) -> None:
    assert read_answers("sector\ngp\n", sample) == [{"sector": "gp"}]


def test_it_takes_empty_lines_at_the_end_but_not_between(sample: Survey) -> None:
    assert len(read_answers(f"{HEADER}\n{ROW}\n\n\r\n", sample)) == 1
    refused = refusal(f"{HEADER}\n\n{ROW}\n", sample)
    assert (refused.code, refused.where) == ("answers.empty_row", "row 2")


def test_it_does_not_guess_what_an_empty_line_of_one_column_means() -> None:
    survey = parse_survey(ONE_QUESTION)
    assert read_answers('sector\nx\n""\ny\n', survey) == [{"sector": "x"}, {}, {"sector": "y"}]
    assert refusal("sector\nx\n\n", survey).where == "row 3"


@pytest.mark.parametrize(
    ("header", "code", "column"),
    [
        (f"{HEADER},trust", "duplicate_column", "trust"),
        (f"{HEADER},age", "unknown_column", "age"),
        (HEADER.replace("grid.mail", "grid"), "unknown_column", "grid"),
        (HEADER.replace("grid.mail", "grid.ftp"), "unknown_column", "grid.ftp"),
        (f"{HEADER},", "unknown_column", "9"),
        (HEADER.replace("sector,", ""), "missing_column", "sector"),
    ],
)
def test_it_refuses_a_bad_header(sample: Survey, header: str, code: str, column: str) -> None:
    refused = refusal(f"{header}\n{ROW}\n", sample)
    assert (refused.code, refused.where) == (f"answers.{code}", f"row 1, column {column}")


@pytest.mark.parametrize("text", ["", "\ufeff", "\n", "\r\n\r\n"])
def test_it_refuses_a_file_without_header(sample: Survey, text: str) -> None:
    assert refusal(text, sample).where == "row 1"


def test_it_refuses_a_file_without_answers(sample: Survey) -> None:
    refused = refusal(f"{HEADER}\n", sample)
    assert (refused.code, refused.where) == ("answers.empty", "row 2")


def test_it_counts_cells(sample: Survey) -> None:
    for row, amount in ((f"{ROW},", "many"), ("gp,,", "few")):
        refused = refusal(f"{HEADER}\n{ROW}\n{row}\n", sample)
        assert (refused.code, refused.where) == ("answers.cells", "row 3")
        assert amount in refused.sentence


def test_it_names_the_row_of_broken_utf8(sample: Survey) -> None:
    data = f"{HEADER}\n{ROW}\n{ROW}\n".encode()
    assert len(read_answers(data, sample)) == 2
    broken = data[:-6] + b"\xff" + data[-6:]
    refused = refusal(broken, sample)
    assert (refused.code, refused.where) == ("answers.utf8", "row 3")
    assert refused.__suppress_context__


@pytest.mark.parametrize("text", ['gp,"siem', 'gp,"si"em"', f"gp,{'x' * 200_000}"])
def test_it_refuses_broken_quotes(sample: Survey, text: str) -> None:
    refused = refusal(f"sector,tools\ngp,\n{text}\n", sample)
    assert (refused.code, refused.where) == ("answers.quotes", "row 3")


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("sector", "xq7", "unknown_option"),
        ("sector", "", "required"),
        ("tools", "siem|xq7", "unknown_option"),
        ("tools", "siem||edr", "unknown_option"),
        ("tools", "siem|siem", "duplicate"),
        ("incidents", "xq7", "type"),
        ("incidents", "7.5", "type"),
        ("incidents", "1e2", "type"),
        ("incidents", "٣", "type"),
        ("incidents", "9" * 30, "type"),
        ("incidents", "987", "out_of_range"),
        ("incidents", "-987", "out_of_range"),
        ("trust", "987", "out_of_range"),
        ("priorities", "law>people", "incomplete"),
        ("priorities", "law>law>people", "duplicate"),
        ("grid.mail", "xq7", "unknown_option"),
        ("when", "xq7", "type"),
        ("when", "2026-02-30", "type"),
        ("when", "1987-01-01", "out_of_range"),
    ],
)
def test_it_refuses_a_bad_cell_and_never_says_it(
    sample: Survey, column: str, cell: str, code: str
) -> None:
    cells = ROW.split(",")
    cells[HEADER.split(",").index(column)] = cell
    refused = refusal(f"{HEADER}\n{ROW}\n{','.join(cells)}\n", sample)
    assert (refused.code, refused.where) == (f"answer.{code}", f"row 3, column {column}")
    assert refused.sentence.startswith(f"Row 3, column {column}")
    assert not any(secret in refused.sentence for secret in ("xq7", "987", "02-30", "999"))


def test_it_refuses_an_answer_to_a_question_not_shown(sample: Survey) -> None:
    refused = refusal(f"{HEADER}\n{ROW.replace('hospital', 'gp')}\n", sample)
    assert (refused.code, refused.where) == ("answer.not_shown", "row 2, column tools")
