"""Files are read back: every number exact, hidden ones marked, no text a formula."""

import base64
import csv
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.protocol.canonical import JSON
from surveys.reporting import model
from surveys.reporting.csv_file import SEPARATORS, csv_bytes
from surveys.reporting.pdf_report import pdf_bytes
from surveys.reporting.plain import lines_of, safe
from surveys.reporting.reading import read_report
from surveys.reporting.spss_file import spss_bytes
from surveys.reporting.words import LANGUAGES, Words
from surveys.reporting.xlsx_file import xlsx_bytes
from tests.surveys.reports import answers, manifest_of, signed_result, withheld_result

DOCUMENT = signed_result(manifest_of(200), answers())
REPORTS = {language: read_report(DOCUMENT, language) for language in LANGUAGES}
Rows = list[list[str]]


def expected(document: JSON) -> dict[tuple[str, str, str], int | None]:
    """Return every count of a result by table, first and second key, as files name them."""
    names = {None: "[null]", "not_shown": "[not_shown]"}
    found = {}
    for table in document["tables"]:
        question, _, row = table["id"].partition(".")
        if "*" in table["id"]:
            question, row = table["id"], ""
        for cell in table["cells"]:
            keys = [names.get(part, str(part)) for part in cell["key"]]
            if row and keys == ["[not_shown]"]:
                continue
            parts = [row, *keys] if row else keys
            found[question, parts[0], parts[1] if len(parts) > 1 else ""] = cell["count"]
    return found


def csv_rows(report: model.Report) -> Rows:
    data = csv_bytes(report)
    assert data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=SEPARATORS[report.language]))


def counts_in(rows: Rows, hidden: str) -> dict[tuple[str, str, str], int | None]:
    return {
        (row[0], row[5], row[6]): None if row[7] == hidden else int(row[7])
        for row in rows
        if row[2] == "count"
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_csv_holds_exactly_the_numbers(language: str) -> None:
    rows, hidden = csv_rows(REPORTS[language]), Words(language).say("hidden")
    assert counts_in(rows[1:], hidden) == expected(DOCUMENT)
    for row in rows[1:]:
        assert (row[7] == hidden) == (row[8] == "suppressed")
        assert row[7] != ""
        assert not (row[7] == hidden and row[9])
    statistic = DOCUMENT["statistics"][0]
    numbers = {row[2]: row[7] for row in rows if row[0] == "incidents"}
    assert float(numbers["mean"]) == statistic["mean"]["value"]
    assert float(numbers["variance"]) == statistic["variance"]["value"]
    texts = [row[7].removeprefix("'") for row in rows if row[2] == "text"]
    assert texts == DOCUMENT["texts"][0]["answers"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_xlsx_holds_exactly_the_numbers(language: str) -> None:
    data, hidden = xlsx_bytes(REPORTS[language]), Words(language).say("hidden")
    assert data == xlsx_bytes(REPORTS[language])
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book[Words(language).say("sheet numbers")]
    rows: list[list[Any]] = [list(row) for row in sheet.iter_rows(values_only=True)]
    found = {
        (row[0], row[5] or "", row[6] or ""): None if row[7] == hidden else row[7]
        for row in rows[1:]
        if row[2] == "count"
    }
    assert found == expected(DOCUMENT)
    cells = [cell for one in book for row in one.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}, "no formula anywhere"
    assert not any(str(cell.value).startswith(("=", "+", "@")) for cell in cells)
    assert not any(cell.hyperlink for cell in cells)
    first = book["1"]
    assert [first.cell(row, 2).value for row in (3, 4, 5)] == [60, 36, 24]


def test_spss_holds_exactly_the_numbers() -> None:
    text = spss_bytes(REPORTS["nl"]).decode("utf-8")
    body = text.partition("BEGIN DATA\n")[2].partition("\nEND DATA.")[0]
    rows = list(csv.reader(io.StringIO(body)))
    found = {
        (row[0], row[2], row[3]): None if row[4] == "." else int(row[4])
        for row in rows
        if row[1] == "count"
    }
    assert found == expected(DOCUMENT)
    assert {(row[4] == ".", row[5]) for row in rows} == {(True, "0"), (False, "1")}
    for line in text.splitlines():
        assert line.isprintable()


EVIL = st.sampled_from(
    ("=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r\n=1", "|cmd", "%0A=1", 'a"b;c')
)


@given(text=st.one_of(st.text(max_size=30), EVIL))
def test_no_text_becomes_a_formula_or_another_cell(text: str) -> None:
    report = REPORTS["nl"]
    texts = model.Texts(question="remarks", answers=(text,), assurance="semi-honest")
    section = model.Section(number=1, title=text, texts=texts)
    made = replace(report, title=text, sections=(section,))
    rows = csv_rows(made) if "\r" not in text and "\x00" not in text else []
    for row in rows[1:]:
        assert len(row) == 11
        assert row[7].removeprefix("'") == text.removeprefix("'")
    assert not safe(text).lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "|"))
    syntax = spss_bytes(replace(made, sections=report.sections)).decode("utf-8", "replace")
    assert syntax.count("\nBEGIN DATA\n") == 1


def pdf_texts(data: bytes) -> list[str]:
    """Return the strings that a PDF draws; its fonts keep the codes of ASCII."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL)
    drawn = [
        text
        for stream in streams
        for text in re.findall(rb"\(((?:\\.|[^()\\])*)\) Tj", _unpacked(stream))
    ]
    return [text.decode("latin-1") for text in drawn]


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
    except (ValueError, zlib.error):
        return b""


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdf_holds_exactly_the_numbers(language: str) -> None:
    """Tables of one column are drawn too, so their numbers stand there twice."""
    drawn, wanted, hidden = pdf_texts(pdf_bytes(REPORTS[language])), Counter[str](), 0
    for section in REPORTS[language].sections:
        table = section.table
        if table is None or all(cell.count is None for _, cell in table.cells()):
            continue
        for _, cell in table.cells():
            if cell.count is None:
                hidden += 1 if table.columns else 3
            else:
                wanted[str(cell.count)] += 1 if table.columns else 2
    found = Counter(one for one in drawn if one.isdecimal() and int(one) >= 10)
    assert found == wanted
    assert drawn.count(Words(language).say("hidden")) == hidden


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdf_is_outlined_titled_in_its_language_and_repeatable(language: str) -> None:
    report = REPORTS[language]
    data = pdf_bytes(report)
    assert data == pdf_bytes(report)
    assert data.startswith(b"%PDF-1.")
    assert b"/Lang (" + language.encode() + b")" in data
    assert data.count(b"/Parent") > len(report.sections)
    assert b"/Outlines" in data
    assert b"/JavaScript" not in data
    assert b"/URI" not in data


@pytest.mark.parametrize("make", [csv_bytes, xlsx_bytes, spss_bytes, pdf_bytes])
def test_a_withheld_result_has_files_without_a_number(
    make: Callable[[model.Report], bytes],
) -> None:
    report = read_report(withheld_result(manifest_of(190), "node lost"), "nl")
    assert list(lines_of(report)) == []
    assert make(report)
