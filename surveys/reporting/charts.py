"""Draw tables as SVG: bars, columns, bars in parts, grids, bars for groups.

What is hidden is drawn alike whatever it is: below the line, hatched, in the questionnaire's
order, of constant depth. The longest bar is taken over shown numbers only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from surveys.reporting import model
from surveys.reporting.sentences import in_words, said_number
from surveys.reporting.svg import LINE_HEIGHT, Drawing, pattern
from surveys.reporting.words import Words

LONGEST = 86.0
BAR = 0.875
TALLEST = 9.0
DEPTH = 1.75
MOST_COLUMNS = 12
COLUMN_CHARACTERS = 30
PARTS = ("bar", "bar2", "bar3", "bar4", "bar5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Say how to draw: unique name in the page, words, numbers or shares of the whole."""

    name: str
    words: Words
    as_share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Hold a drawing, all of it in words, and which parts of bars stand for what."""

    svg: str
    said: str
    key: tuple[tuple[str, str], ...] = ()


def draw(table: model.Table, look: Look) -> Chart | None:
    """Return the chart of a table; None for a table of which nothing is released."""
    if not any(cell.count is not None for _, cell in table.cells()):
        return None
    if not table.columns:
        return _columns(table, look) if _fits_columns(table) else _bars(table, look)
    if table.kind == model.GROUPS and all(row.total for row in table.rows):
        return _groups(table, look)
    if table.kind == model.MATRIX and len(table.columns) <= len(PARTS):
        return _stacked(table, look)
    return _heat(table, look)


def sorted_by_count(table: model.Table) -> model.Table:
    """Return a table with the largest shown numbers first, and the hidden ones in old order.

    Tables of ordered answers and with columns stay as they are.
    """
    if table.columns or table.kind == model.ORDERED:
        return table
    shown = [row for row in table.rows if row.cells[0].count is not None]
    hidden = [row for row in table.rows if row.cells[0].count is None]
    shown.sort(key=lambda row: -(row.cells[0].count or 0))
    return replace(table, rows=(*shown, *hidden))


def sample(kind: str) -> str:
    """Return the small drawing of the key: ``above``, ``below``, or one of PARTS."""
    if kind == "above":
        marks = '<rect class="bar" x=".3rem" width="1.15rem" height=".8rem"/>'
        marks += '<rect class="sill" y=".75rem" width="100%" height=".2rem"/>'
    elif kind == "below":
        marks = pattern("key-below") + '<rect class="sill" width="100%" height=".2rem"/>'
        marks += '<rect y=".2rem" width="100%" height=".8rem" fill="url(#key-below)"/>'
    else:
        marks = f'<rect class="{kind}" width="100%" height=".8rem"/>'
    return f'<svg aria-hidden="true">{marks}</svg>'


def _said(table: model.Table, look: Look, name: str) -> str:
    said = in_words(table, look.words, as_share=look.as_share)
    return f"{look.words.say(name)} {said}"


def _hidden(rows: Sequence[model.Row]) -> list[tuple[str, bool]]:
    return [(row.label, row.said) for row in rows if row.cells[0].count is None]


def _most(counts: Sequence[int | None]) -> int:
    return max([count for count in counts if count is not None], default=1) or 1


def _bars(table: model.Table, look: Look) -> Chart:
    drawing, said = Drawing(look.name), _said(table, look, "bars")
    most = _most([row.cells[0].count for row in table.rows])
    for row in table.rows:
        cell = row.cells[0]
        if cell.count is None:
            continue
        drawing.label(row.label, said=row.said)
        text = said_number(cell, look.words, as_share=look.as_share)
        _bar(drawing, Fraction(cell.count, most), text)
    _ground(drawing, _hidden(table.rows), look.words)
    return Chart(svg=drawing.svg(said), said=said)


def _bar(drawing: Drawing, part: Fraction, text: str, kind: str = "bar") -> None:
    width = float(part) * LONGEST
    drawing.bar(x=0, width=width, y=drawing.y + 0.1, height=BAR, kind=kind)
    drawing.text(text, x=f"{width:.1f}%", dx=".5rem", y=drawing.y + 0.85, kind="v")
    drawing.y += 1.55


def _ground(drawing: Drawing, hidden: list[tuple[str, bool]], words: Words) -> None:
    if hidden:
        drawing.hidden_field(hidden, words.say("hidden"))
    else:
        drawing.sill(drawing.y)
        drawing.y += 0.25


def _fits_columns(table: model.Table) -> bool:
    """Tell whether labels of ordered answers fit below columns on a screen of 320 px."""
    if table.kind != model.ORDERED or len(table.rows) > MOST_COLUMNS:
        return False
    longest = max(len(row.short) for row in table.rows)
    return longest * len(table.rows) <= COLUMN_CHARACTERS


def _columns(table: model.Table, look: Look) -> Chart:
    drawing, said = Drawing(look.name), _said(table, look, "columns")
    most = _most([row.cells[0].count for row in table.rows])
    band = 100 / len(table.rows)
    ground = TALLEST + 1.4
    below = DEPTH if table.has_hidden else 0.25
    for place, row in enumerate(table.rows):
        left, middle = band * place, band * (place + 0.5)
        cell = row.cells[0]
        if cell.count is None:
            drawing.bar(
                x=left + band * 0.12, width=band * 0.76, y=ground, height=DEPTH, kind="hatch"
            )
        else:
            height = TALLEST * cell.count / most
            drawing.bar(
                x=left + band * 0.12,
                width=band * 0.76,
                y=ground - height,
                height=height,
                kind="bar",
            )
            text = said_number(cell, look.words, as_share=look.as_share)
            drawing.text(text, x=f"{middle:.1f}%", y=ground - height - 0.35, kind="v m")
        kind = "m said" if row.said else "m"
        drawing.text(row.short, x=f"{middle:.1f}%", y=ground + below + 1.15, kind=kind)
    drawing.sill(ground)
    drawing.y = ground + below + 1.6
    return Chart(svg=drawing.svg(said), said=said)


def _stacked(table: model.Table, look: Look) -> Chart:
    """Draw each row's shown parts one after the other; what is hidden leaves no gap."""
    drawing, said = Drawing(look.name), _said(table, look, "stacked")
    most = max(sum(cell.count or 0 for cell in row.cells) for row in table.rows) or 1
    for row in table.rows:
        drawing.label(row.label, said=row.said)
        at = 0.0
        for place, cell in enumerate(row.cells):
            if cell.count is None:
                continue
            width = cell.count / most * 100
            drawing.bar(
                x=at,
                width=max(width - 0.4, 0.1),
                y=drawing.y + 0.1,
                height=1.5,
                kind=PARTS[place],
            )
            text = said_number(cell, look.words, as_share=look.as_share)
            drawing.text(text, x=f"{at + width / 2:.1f}%", y=drawing.y + 1.2, kind="m v halo")
            at += width
        drawing.y += 1.7
        names = [
            (table.columns[place], True)
            for place, cell in enumerate(row.cells)
            if cell.count is None
        ]
        _ground(drawing, names, look.words)
        drawing.y += 0.8
    key = tuple(zip(PARTS, table.columns, strict=False))
    return Chart(svg=drawing.svg(said), said=said, key=key)


def _groups(table: model.Table, look: Look) -> Chart:
    """Draw for each group the parts of that group, so that groups of any size compare."""
    drawing = Drawing(look.name)
    said = _said(table, replace(look, as_share=True), "groups")
    for row in table.rows:
        drawing.label(row.label, said=row.said, kind="v")
        for column, cell in zip(table.columns, row.cells, strict=True):
            if cell.share is None:
                continue
            drawing.label(column, said=True)
            _bar(drawing, cell.share, said_number(cell, look.words, as_share=True), "bar2")
        names = [
            (column, True)
            for column, cell in zip(table.columns, row.cells, strict=True)
            if cell.count is None
        ]
        _ground(drawing, names, look.words)
        drawing.y += 1.2
    return Chart(svg=drawing.svg(said), said=said)


def _heat(table: model.Table, look: Look) -> Chart:
    """Draw a grid: each shown number with a bar as long as it is large, in its own field."""
    drawing, said = Drawing(look.name), _said(table, look, "heat")
    most = _most([cell.count for _, cell in table.cells()])
    band = 100 / len(table.columns)
    for row in table.rows:
        drawing.label(row.label, said=row.said, kind="v")
        for place, cell in enumerate(row.cells):
            left = band * place
            if cell.count is None:
                drawing.bar(
                    x=left, width=band * 0.9, y=drawing.y + 1.3, height=BAR, kind="hatch"
                )
                continue
            width = band * 0.9 * cell.count / most
            drawing.bar(x=left, width=width, y=drawing.y + 1.3, height=BAR, kind="bar")
            text = said_number(cell, look.words, as_share=look.as_share)
            drawing.text(text, x=f"{left:.1f}%", y=drawing.y + 1.0, kind="v")
        drawing.y += 1.3 + BAR
        drawing.sill(drawing.y)
        drawing.y += 0.5
        for place in range(len(table.columns)):
            drawing.text(str(place + 1), x=f"{band * place:.1f}%", y=drawing.y + 0.8)
        drawing.y += LINE_HEIGHT + 0.6
    key = tuple((str(place + 1), column) for place, column in enumerate(table.columns))
    return Chart(svg=drawing.svg(said), said=said, key=key)
