"""A report as SPSS syntax: the numbers within it, hidden ones missing and marked so."""

from surveys.reporting import model
from surveys.reporting.plain import Line, lines_of
from surveys.reporting.words import Words

HIDDEN = "."  # system-missing; the variable "shown" says that it is hidden
LONGEST = 255  # bytes of a string variable
_HEAD = """* Encoding: UTF-8.
DATA LIST LIST (",")
 / tab (A130) measure (A10) rowkey (A130) colkey (A130) n (F20.6) shown (F1.0)
   question (A255) rowlabel (A255) collabel (A255).
BEGIN DATA
"""


def spss_bytes(report: model.Report) -> bytes:
    """Return the syntax. Texts of respondents are left out: they are in CSV and XLSX."""
    words = Words(report.language)
    hidden, shown = (_quoted(words.say(f"cell {one}")) for one in ("hidden", "shown"))
    rows = [_row(line) for line in lines_of(report) if line.measure != "text"]
    tail = [
        "END DATA.",
        f"VALUE LABELS shown 0 {hidden} 1 {shown}.",
        f"VARIABLE LABELS n {_quoted(words.say('count'))}.",
        f"DOCUMENT {_plain(report.title)}.",
        "EXECUTE.",
    ]
    return (_HEAD + "\n".join([*rows, *tail]) + "\n").encode("utf-8")


def _row(line: Line) -> str:
    number = HIDDEN if line.value is None else repr(line.value)
    keys = (line.table, line.measure, line.row_key, line.column_key)
    labels = (line.question, line.row, line.column)
    parts = [*map(_quoted, keys), number, "0" if line.value is None else "1"]
    return ",".join([*parts, *map(_quoted, labels)])


def _plain(text: str) -> str:
    """Return a text on one line, short enough for a string variable, without a full stop."""
    one_line = " ".join(text.split())
    cut = one_line.encode("utf-8")[:LONGEST].decode("utf-8", "ignore")
    return cut.rstrip(". ")


def _quoted(text: str) -> str:
    return '"' + _plain(text).replace('"', '""') + '"'
