"""A report as PDF: headings with bookmarks, a language, a title; tables and bars on the line.

Its tables hold every number as text. It is not tagged: reportlab cannot tag.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from surveys.reporting import model
from surveys.reporting.pdf_bars import BarsFlowable
from surveys.reporting.sentences import headline, said_number, statistic_said
from surveys.reporting.words import Words

FONT, BOLD = "Vera", "VeraBd"
INK = colors.HexColor("#14201b")
SOFT = colors.HexColor("#4b5a53")
LINE = colors.HexColor("#b87a0b")
WIDTH = A4[0] - 40 * mm
MOST_COLUMNS = 6


def pdf_bytes(report: model.Report) -> bytes:
    """Return the file; the same report gives the same bytes."""
    _fonts()
    file = io.BytesIO()
    document = _Document(
        file,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=report.title,
        author=report.asked_by,
        lang=report.language,
        invariant=1,
    )
    document.words = Words(report.language)
    page = document.number_page
    document.build(list(_Story(report).parts()), onFirstPage=page, onLaterPages=page)
    return file.getvalue()


def _fonts() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in (FONT, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))


class _Document(SimpleDocTemplate):  # type: ignore[misc]  # reportlab has no types
    words = Words("en")
    headings = 0

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802  # reportlab's name
        """Put headings into the outline."""
        level = getattr(flowable, "outline_level", None)
        if level is None:
            return
        self.headings += 1
        name = f"part-{self.headings}"
        self.canv.bookmarkPage(name)
        self.canv.addOutlineEntry(flowable.getPlainText(), name, level)

    def number_page(self, canvas: object, _document: object) -> None:
        """Write the number at the foot."""
        canvas.setFont(FONT, 8)  # type: ignore[attr-defined]
        number = canvas.getPageNumber()  # type: ignore[attr-defined]
        text = self.words.say("page", n=number)
        canvas.drawRightString(A4[0] - 20 * mm, 10 * mm, text)  # type: ignore[attr-defined]


class _Story:
    def __init__(self, report: model.Report) -> None:
        self.report, self.words = report, Words(report.language)
        base = ParagraphStyle("text", fontName=FONT, fontSize=9.5, leading=13.5, textColor=INK)
        self.styles = {
            "text": base,
            "soft": ParagraphStyle("soft", base, textColor=SOFT, fontSize=8.5),
            "cell": ParagraphStyle("cell", base, fontSize=8.5, leading=11),
            "1": ParagraphStyle("1", base, fontName=BOLD, fontSize=18, leading=22),
            "2": ParagraphStyle("2", base, fontName=BOLD, fontSize=12, leading=16),
        }

    def parts(self) -> Iterator[Flowable]:
        """Yield the report from its title to how anyone checks it."""
        yield self._heading(self.report.title, 1)
        yield self._said(self.report.asked_by, "soft")
        yield Spacer(1, 4 * mm)
        yield from self._state()
        for section in self.report.sections:
            yield from self._section(section)
        yield from self._closing()

    def _state(self) -> Iterator[Flowable]:
        report, say = self.report, self.words.say
        if report.accepted is None:
            yield self._said(say("withheld", reason=report.reason))
            yield self._said(say("withheld none"))
            return
        name = "counted one" if report.accepted == 1 else "counted"
        yield self._said(say(name, n=self.words.count(report.accepted)))
        yield self._said(say("rule", k=report.min_count))
        for reason, n in report.rejected:
            yield self._said(say("rejected", n=n, reason=reason), "soft")

    def _section(self, section: model.Section) -> Iterator[Flowable]:
        number = f"{section.number}. " if section.number is not None else ""
        head = [Spacer(1, 6 * mm), self._heading(f"{number}{section.title}", 2)]
        if section.table is not None:
            head += self._table(section.table)
        yield KeepTogether(head)
        if section.statistic is not None:
            for said, label in statistic_said(section.statistic, self.words):
                yield self._said(f"{said} [{self.words.say(label)}]")
        if section.texts is not None:
            yield from self._texts(section.texts)

    def _table(self, table: model.Table) -> list[Flowable]:
        if not any(cell.count is not None for _, cell in table.cells()):
            return [self._said(self.words.say("why withheld"))]
        said = headline(table, self.words)
        label = f"[{self.words.say(table.assurance)}]"
        parts: list[Flowable] = [self._said(f"{said} {label}".strip(), "soft")]
        if not table.columns:
            parts += [BarsFlowable(table, self.words, WIDTH, FONT), Spacer(1, 2 * mm)]
        return [*parts, self._numbers(table)]

    def _numbers(self, table: model.Table) -> Flowable:
        if len(table.columns) > MOST_COLUMNS:
            return self._grid(
                [self.words.say("answer"), self.words.say("count")],
                [[label, said_number(cell, self.words)] for label, cell in table.cells()],
            )
        if table.columns:
            head = ["", *table.columns]
            rows = [
                [row.label, *(said_number(cell, self.words) for cell in row.cells)]
                for row in table.rows
            ]
            return self._grid(head, rows)
        head = [self.words.say(name) for name in ("answer", "count", "share")]
        rows = [
            [
                row.label,
                said_number(row.cells[0], self.words),
                said_number(row.cells[0], self.words, as_share=True),
            ]
            for row in table.rows
        ]
        return self._grid(head, rows)

    def _grid(self, head: list[str], rows: list[list[str]]) -> Flowable:
        cells = [[self._said(text, "cell") for text in row] for row in [head, *rows]]
        first = WIDTH * (0.6 if len(head) <= 3 else 0.28)
        each = (WIDTH - first) / (len(head) - 1)
        grid = Table(cells, colWidths=[first, *[each] * (len(head) - 1)], repeatRows=1)
        rule = ("LINEBELOW", (0, 1), (-1, -1), 0.4, colors.HexColor("#ccd4d0"))
        grid.setStyle(
            TableStyle(
                [
                    ("LINEBELOW", (0, 0), (-1, 0), 1, INK),
                    rule,
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ]
            )
        )
        return grid

    def _texts(self, texts: model.Texts) -> Iterator[Flowable]:
        if texts.answers is None:
            yield self._said(self.words.say("texts hidden"))
            return
        label = self.words.say(texts.assurance)
        yield self._said(f"{self.words.say('texts', n=len(texts.answers))} [{label}]", "soft")
        for text in texts.answers:
            yield self._said(f"– {text or self.words.say('unreadable')}")

    def _closing(self) -> Iterator[Flowable]:
        report, say = self.report, self.words.say
        yield Spacer(1, 8 * mm)
        yield self._heading(say("reading"), 2)
        yield self._said(say("why hidden", k=report.min_count))
        for label in report.labels:
            yield self._said(f"{say(label)}: {say(f'about {label}')}")
        yield self._said(say("honest", k=report.min_count))
        yield self._said(f"{say('manifest')}: {report.manifest}", "soft")
        for node in report.nodes:
            yield self._said(f"{say('signed by')} {node.node}: {node.name}", "soft")
        yield self._said(say("verify"))

    def _heading(self, text: str, level: int) -> Paragraph:
        found = Paragraph(escape(text), self.styles[str(level)])
        found.outline_level = level - 1
        return found

    def _said(self, text: str, style: str = "text") -> Paragraph:
        return Paragraph(escape(text), self.styles[style])
