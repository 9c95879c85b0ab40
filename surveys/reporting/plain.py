"""A report as rows of plain values: what every file is written from.

One row a number or text. A hidden number has the word for hidden in place of a value, and the
status ``suppressed``: never an empty place, never a zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from surveys.reporting import model
from surveys.reporting.words import Words

RELEASED = "released"
SUPPRESSED = "suppressed"
# What a spreadsheet would take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Hold one number, statistic or text. ``value`` is None where it is hidden."""

    table: str
    question: str
    measure: str  # count, n, mean, variance or text
    row: str
    column: str
    row_key: str
    column_key: str
    value: int | float | str | None
    share: float | None
    assurance: str

    @property
    def status(self) -> str:
        """Return ``released`` or ``suppressed``."""
        return SUPPRESSED if self.value is None else RELEASED


def lines_of(report: model.Report) -> Iterator[Line]:
    """Yield everything a report says, in its order."""
    for section in report.sections:
        if section.table is not None:
            yield from table_lines(section.table)
        if section.statistic is not None:
            yield from _statistic(section.title, section.statistic)
        if section.texts is not None:
            yield from _texts(section.title, section.texts)


def table_lines(table: model.Table) -> Iterator[Line]:
    """Yield the numbers of one table."""
    for row in table.rows:
        for place, cell in enumerate(row.cells):
            yield Line(
                table=table.id,
                question=table.title,
                measure="count",
                row=row.label,
                column=table.columns[place] if table.columns else "",
                row_key=cell.key[0],
                column_key=cell.key[1] if len(cell.key) > 1 else "",
                value=cell.count,
                share=None if cell.share is None else float(cell.share),
                assurance=table.assurance,
            )


def _statistic(title: str, statistic: model.Statistic) -> Iterator[Line]:
    found = (
        ("n", statistic.n, statistic.mean_assurance),
        ("mean", statistic.mean, statistic.mean_assurance),
        ("variance", statistic.variance, statistic.variance_assurance),
    )
    for measure, value, assurance in found:
        yield _line(statistic.question, title, measure, value, assurance)


def _texts(title: str, texts: model.Texts) -> Iterator[Line]:
    if texts.answers is None:
        yield _line(texts.question, title, "text", None, texts.assurance)
        return
    for answer in texts.answers:
        yield _line(texts.question, title, "text", answer, texts.assurance)


def _line(
    table: str, title: str, measure: str, value: float | str | None, assurance: str
) -> Line:
    return Line(
        table=table,
        question=title,
        measure=measure,
        row="",
        column="",
        row_key="",
        column_key="",
        value=value,
        share=None,
        assurance=assurance,
    )


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe before it."""
    begins = text.lstrip(" \u00a0").startswith(_FORMULA)
    return f"'{text}" if begins else text


def shown_value(line: Line, words: Words) -> str:
    """Return a line's value exactly, or the word for hidden."""
    if line.value is None:
        return words.say("hidden")
    return safe(line.value) if isinstance(line.value, str) else repr(line.value)
