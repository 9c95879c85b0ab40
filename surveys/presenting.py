"""Turn a report into what its page shows: drawings, tables, labels, all in words already.

Text in drawings is escaped where they are made (``reporting.svg``); everything else is escaped
by the template.
"""

from dataclasses import dataclass
from functools import partial

from django.utils.safestring import SafeString, mark_safe

from surveys.reporting import model
from surveys.reporting.charts import Chart, Look, draw, sample, sorted_by_count
from surveys.reporting.sentences import headline, said_number, statistic_said
from surveys.reporting.words import Words

WIDE = 4
WITH_TOTAL = {model.CHOICES, model.ORDERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """Hold a row's words and its cells as (text, is it hidden)."""

    label: str
    said: bool
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """Hold a table as it stands on the page."""

    caption: str
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[ShownRow, ...]
    foot: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSection:
    """Hold one section; ``drawing`` and ``key`` are safe markup."""

    number: int | None
    title: str
    headline: str
    assurance: str
    is_withheld: bool
    drawing: SafeString | None
    key: tuple[tuple[SafeString, str], ...]
    has_hidden: bool
    table: ShownTable | None
    statistics: tuple[tuple[str, str], ...]
    texts: model.Texts | None
    is_narrow: bool  # the table fits beside the drawing


def present(report: model.Report, *, by_count: bool, as_share: bool) -> list[ShownSection]:
    """Return a report's sections for the page, sorted and counted as the reader asked."""
    words = Words(report.language)
    return [
        _section(section, words, place=place, by_count=by_count, as_share=as_share)
        for place, section in enumerate(report.sections, start=1)
    ]


def samples() -> dict[str, SafeString]:
    """Return the two small drawings of every chart's key."""
    return {name: _safe(sample(name)) for name in ("above", "below")}


def _section(
    section: model.Section, words: Words, *, place: int, by_count: bool, as_share: bool
) -> ShownSection:
    table = section.table
    if table is not None and by_count:
        table = sorted_by_count(table)
    look = Look(name=f"hatch-{place}", words=words, as_share=as_share)
    chart = draw(table, look) if table is not None else None
    return ShownSection(
        number=section.number,
        title=section.title,
        headline=headline(table, words) if table is not None else "",
        assurance=table.assurance if table is not None else "",
        is_withheld=table is not None and chart is None,
        drawing=_safe(chart.svg) if chart is not None else None,
        key=_key(chart),
        has_hidden=table is not None and table.has_hidden,
        table=_table(table, words) if table is not None and chart is not None else None,
        statistics=tuple(statistic_said(section.statistic, words)) if section.statistic else (),
        texts=section.texts,
        is_narrow=table is not None and len(table.columns) < WIDE,
    )


def _key(chart: Chart | None) -> tuple[tuple[SafeString, str], ...]:
    if chart is None:
        return ()
    return tuple(
        (_safe(sample(part) if part.startswith("bar") else f"{int(part)}."), text)
        for part, text in chart.key
    )


def _table(table: model.Table, words: Words) -> ShownTable:
    if table.columns:
        return _grid(table, words)
    rows = []
    for row in table.rows:
        cell = row.cells[0]
        texts = [said_number(cell, words), said_number(cell, words, as_share=True)]
        cells = tuple((text, cell.count is None) for text in texts)
        rows.append(ShownRow(label=row.label, said=row.said, cells=cells))
    foot: tuple[str, ...] = ()
    if table.total is not None and table.kind in WITH_TOTAL:
        foot = (words.say("together"), words.count(table.total), "100%")
    heads = tuple((words.say(name), False) for name in ("answer", "count", "share"))
    return ShownTable(caption=table.title, heads=heads, rows=tuple(rows), foot=foot)


def _grid(table: model.Table, words: Words) -> ShownTable:
    with_total = table.kind == model.GROUPS
    number = partial(said_number, words=words)
    rows = []
    for row in table.rows:
        cells = [(number(cell), cell.count is None) for cell in row.cells]
        if with_total:
            hidden = row.total is None
            cells.append(
                (words.say("hidden") if hidden else words.count(row.total or 0), hidden)
            )
        rows.append(ShownRow(label=row.label, said=row.said, cells=tuple(cells)))
    heads = [("", False), *((column, True) for column in table.columns)]
    if with_total:
        heads.append((words.say("together"), False))
    return ShownTable(caption=table.title, heads=tuple(heads), rows=tuple(rows), foot=())


def _safe(markup: str) -> SafeString:
    return mark_safe(markup)  # noqa: S308  # drawn by reporting.svg, which escapes every text
