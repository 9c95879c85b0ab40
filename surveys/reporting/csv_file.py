"""A report as CSV: UTF-8 with a mark, CRLF; semicolons in Dutch, as Dutch spreadsheets read."""

import csv
import io

from surveys.reporting import model
from surveys.reporting.plain import lines_of, safe, shown_value
from surveys.reporting.words import Words

SEPARATORS = {"nl": ";", "en": ","}
HEADINGS = (
    "table",
    "question",
    "measure",
    "row",
    "column",
    "row key",
    "column key",
    "value",
    "status",
    "share",
    "assurance",
)


def csv_bytes(report: model.Report) -> bytes:
    """Return the file: one line a number or text, hidden ones said to be hidden."""
    words, file = Words(report.language), io.StringIO(newline="")
    writer = csv.writer(file, delimiter=SEPARATORS[report.language])
    writer.writerow([words.say(f"head {name}") for name in HEADINGS])
    for line in lines_of(report):
        share = "" if line.share is None else repr(line.share)
        cells = (
            line.table,
            safe(line.question),
            line.measure,
            safe(line.row),
            safe(line.column),
            line.row_key,
            line.column_key,
            shown_value(line, words),
            line.status,
            share,
            line.assurance,
        )
        writer.writerow(cells)
    return b"\xef\xbb\xbf" + file.getvalue().encode("utf-8")
