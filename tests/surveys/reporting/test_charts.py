"""Drawings hold exactly what is shown, say it in words, and treat everything hidden alike."""

import os
import re
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.reporting import model
from surveys.reporting.charts import Look, draw, sorted_by_count
from surveys.reporting.reading import read_report
from surveys.reporting.sentences import in_words
from surveys.reporting.words import LANGUAGES, Words, catalogue
from tests.surveys.reports import answers, manifest_of, signed_result

GOLDEN = Path(__file__).with_name("golden")
HATCHED = re.compile(r'<rect fill="url\(#h\)"[^>]* width="([\d.]+)%" height="([\d.]+)rem')
PLACE = re.compile(r"{\w+}")
DOCUMENT = signed_result(manifest_of(200), answers())


def table(kind: str, counts: list[list[int | None]], columns: int = 0) -> model.Table:
    whole = sum(n or 0 for row in counts for n in row) + 1000
    rows = tuple(
        model.Row(
            label=f"row {chr(97 + place)}",
            short=chr(97 + place),
            said=True,
            total=whole,
            cells=tuple(
                model.Cell(key=("k",), count=n, share=None if n is None else Fraction(n, whole))
                for n in row
            ),
        )
        for place, row in enumerate(counts)
    )
    return model.Table(
        id="t",
        kind=kind,
        title='<T> & "co"',
        columns=tuple(f"col {chr(97 + one)}" for one in range(columns)),
        rows=rows,
        total=whole,
        is_released=True,
        assurance="checked",
    )


def texts_of(svg: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(svg).iter("text")]  # noqa: S314  # ours


CELL = st.one_of(st.none(), st.integers(min_value=10, max_value=10**6))
ONE_WAY = st.lists(CELL.map(lambda n: [n]), min_size=1, max_size=8)
KINDS = st.sampled_from((model.CHOICES, model.SEVERAL, model.ORDERED))


@given(kind=KINDS, counts=ONE_WAY, by_count=st.booleans())
def test_it_draws_and_says_exactly_the_shown_numbers(
    kind: str, counts: list[list[int | None]], *, by_count: bool
) -> None:
    words, given_table = Words("en"), table(kind, counts)
    drawn = sorted_by_count(given_table) if by_count else given_table
    chart = draw(drawn, Look(name="h", words=words))
    shown = sorted(row[0] for row in counts if row[0] is not None)
    if not shown:
        assert chart is None
        return
    assert chart is not None
    expected = sorted(words.count(n) for n in shown)
    assert sorted(one for one in texts_of(chart.svg) if one[0].isdigit()) == expected
    said = [n.replace(",", "") for n in re.findall(r": ([\d,]+)[;.]", chart.said)]
    assert sorted(map(int, said)) == shown
    hidden = len(counts) - len(shown)
    assert chart.said.count("Hidden:") == (1 if hidden else 0)
    assert f'aria-label="{chart.said}"' in chart.svg


@given(
    kind=st.sampled_from((model.MATRIX, model.RANKING, model.GROUPS)),
    counts=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=4),
)
def test_it_says_every_shown_number_of_a_grid(
    kind: str, counts: list[list[int | None]]
) -> None:
    words, made = Words("en"), table(kind, counts, 3)
    said = in_words(made, words)
    found = [int(n.replace(",", "")) for n in re.findall(r": ([\d,]+)[;.]", said)]
    assert sorted(found) == sorted(n for row in counts for n in row if n is not None)
    chart = draw(made, Look(name="h", words=words))
    assert (chart is None) == all(n is None for row in counts for n in row)
    if chart is not None:
        ElementTree.fromstring(chart.svg)  # noqa: S314  # our own
        hidden = sum(n is None for row in counts for n in row)
        assert ("Hidden:" in chart.said) == bool(hidden)


@given(counts=ONE_WAY)
def test_it_gives_all_that_is_hidden_the_same_depth(counts: list[list[int | None]]) -> None:
    chart = draw(table(model.ORDERED, counts), Look(name="h", words=Words("nl")))
    if chart is None:
        return
    hatched = HATCHED.findall(chart.svg)
    assert len(set(hatched)) <= 1
    longest = re.findall(r'<rect class="bar"[^>]* height="([\d.]+)rem"', chart.svg)
    assert max(map(float, longest)) == 9.0


def test_it_draws_hidden_rows_in_the_old_order_whatever_is_sorted() -> None:
    made = sorted_by_count(table(model.CHOICES, [[None], [12], [None], [80]]))
    assert [row.short for row in made.rows] == ["d", "b", "a", "c"]


def test_it_escapes_the_askers_words() -> None:
    made = table(model.CHOICES, [[10]])
    row = model.Row(
        label='"><script>alert(1)</script>', short="", said=True, cells=made.rows[0].cells
    )
    chart = draw(
        model.Table(
            id="t",
            kind=model.CHOICES,
            title="",
            columns=(),
            rows=(row,),
            total=None,
            is_released=True,
            assurance="checked",
        ),
        Look(name="h", words=Words("en")),
    )
    assert chart is not None
    assert "<script" not in chart.svg
    assert "".join(texts_of(chart.svg)).startswith('"><script>')


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_draws_as_it_did(language: str) -> None:
    """Golden files: ``DREMPEL_GOLDEN=1`` writes them anew; a person looks at the difference."""
    report, words = read_report(DOCUMENT, language), Words(language)
    for place, section in enumerate(report.sections):
        chart = draw(section.table, Look(name="h", words=words)) if section.table else None
        name = GOLDEN / f"{language}-{place}.svg"
        found = chart.svg if chart is not None else "nothing\n"
        if os.environ.get("DREMPEL_GOLDEN"):
            name.write_text(found, "utf-8")
        assert name.read_text("utf-8") == found


def test_it_has_every_word_in_every_language() -> None:
    nl, en = catalogue()["nl"], catalogue()["en"]
    assert list(nl) == list(en)
    for name, text in nl.items():
        assert set(PLACE.findall(text)) == set(PLACE.findall(en[name])), name


def test_it_writes_numbers_as_each_language_does() -> None:
    nl, en = Words("nl"), Words("en")
    assert (nl.count(12345), en.count(12345)) == ("12.345", "12,345")
    assert (nl.decimal(1234.5), en.decimal(1234.5)) == ("1.234,50", "1,234.50")
    assert (nl.share(Fraction(1, 8)), nl.day("2026-11-25")) == ("13%", "25 november 2026")
