"""A report as a workbook: what it is, all numbers in one sheet, and a sheet a table."""

import io
from datetime import UTC, datetime
from typing import Any

import xlsxwriter

from surveys.reporting import model
from surveys.reporting.csv_file import HEADINGS
from surveys.reporting.plain import lines_of, safe
from surveys.reporting.words import Words

# Nothing in a file tells when somebody fetched it.
MADE = datetime(2026, 1, 1, tzinfo=UTC)
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
WIDE = 48


def xlsx_bytes(report: model.Report) -> bytes:
    """Return the workbook. Texts are cells of text, whatever they begin with."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, OPTIONS)
    book.set_properties({"title": report.title, "created": MADE.replace(tzinfo=None)})
    writer = _Writer(book, report)
    writer.overview()
    writer.numbers()
    for place, section in enumerate(report.sections, start=1):
        if section.table is not None:
            writer.table(f"{place}", section.table)
    book.close()
    return file.getvalue()


class _Writer:
    def __init__(self, book: Any, report: model.Report) -> None:
        self.book, self.report = book, report
        self.words = Words(report.language)
        self.bold = book.add_format({"bold": True, "text_wrap": True})
        self.hidden = book.add_format({"italic": True, "pattern": 16, "fg_color": "#83918B"})
        self.share = book.add_format({"num_format": "0%"})

    def overview(self) -> None:
        """Write what the report is and how to read it."""
        report, say = self.report, self.words.say
        rows = [
            (say("report"), report.title),
            (say("manifest"), report.manifest),
            (say("signed by"), ", ".join(f"{one.node}: {one.name}" for one in report.nodes)),
        ]
        if report.accepted is None:
            rows.append((say("status"), say("withheld", reason=report.reason)))
        else:
            rows.append((say("count"), say("counted", n=self.words.count(report.accepted))))
        rows += [
            (say("hidden"), say("why hidden", k=report.min_count)),
            *((say(label), say(f"about {label}")) for label in report.labels),
            (say("reading"), say("honest", k=report.min_count)),
            ("", say("verify")),
        ]
        sheet = self._sheet(say("report"))
        for place, (name, text) in enumerate(rows):
            sheet.write_string(place, 0, safe(name), self.bold)
            sheet.write_string(place, 1, safe(text))

    def numbers(self) -> None:
        """Write one row a number or text."""
        sheet = self._sheet(self.words.say("sheet numbers"))
        for place, name in enumerate(HEADINGS):
            sheet.write_string(0, place, self.words.say(f"head {name}"), self.bold)
        sheet.freeze_panes(1, 0)
        for row, line in enumerate(lines_of(self.report), start=1):
            before = (line.table, line.question, line.measure, line.row, line.column)
            keys = (line.row_key, line.column_key)
            for column, text in enumerate((*before, *keys)):
                sheet.write_string(row, column, safe(text))
            self._value(sheet, row, 7, line.value)
            sheet.write_string(row, 8, line.status)
            if line.share is not None:
                sheet.write_number(row, 9, line.share, self.share)
            sheet.write_string(row, 10, line.assurance)

    def table(self, name: str, table: model.Table) -> None:
        """Write one table as it stands on the page."""
        sheet = self._sheet(name)
        sheet.write_string(0, 0, safe(table.title), self.bold)
        heads = table.columns or (self.words.say("count"),)
        for column, head in enumerate(heads, start=1):
            sheet.write_string(1, column, safe(head), self.bold)
        for place, row in enumerate(table.rows, start=2):
            sheet.write_string(place, 0, safe(row.label))
            for column, cell in enumerate(row.cells, start=1):
                self._value(sheet, place, column, cell.count)

    def _sheet(self, name: str) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.set_column(0, 1, WIDE)
        return sheet

    def _value(self, sheet: Any, row: int, column: int, value: float | str | None) -> None:
        if value is None:
            sheet.write_string(row, column, self.words.say("hidden"), self.hidden)
        elif isinstance(value, str):
            sheet.write_string(row, column, safe(value))
        else:
            sheet.write_number(row, column, value)
