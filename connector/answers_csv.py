"""Read ANSWERS.csv: one row per respondent, one column per question or matrix row.

Source: docs/protocol.md §5. Every refusal names the row (the header is row 1) and the column in
one sentence, and never an answer; the caller adds the file's name.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.questions import (
    MultipleQuestion,
    NumberQuestion,
    RankingQuestion,
    ScaleQuestion,
)
from mpcengine.protocol.schemas_check import printable
from mpcengine.protocol.survey import Survey

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NEW_LINE = b"\n"
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")

Answers = dict[str, Any]
Cell = Callable[[str], Any]


def read_answers(source: Path | bytes | str, survey: Survey) -> list[Answers]:
    """Return every row's answers as ``drempel-answers/1`` values, each checked and encodable.

    ``source`` is a file's path, its bytes or its text. UTF-8 with or without byte-order mark,
    comma or semicolon (told from the header), CRLF or LF. An empty cell is no answer; the
    column of a question that is not required may be left out. Raises MalformedInput with
    ``where`` such as ``row 3, column tools``, or OSError if the file cannot be read.
    """
    layout = build_layout(survey)
    rows = _rows(_decode(source))
    header = next(rows, (1, []))[1]
    columns = _columns(header, layout)
    answers = [_answers(row, cells, columns, layout) for row, cells in _filled(rows, columns)]
    if not answers:
        raise _refused("answers.empty", "row 2", "is missing: the file holds no answers")
    return answers


def _decode(source: Path | bytes | str) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    data = source.read_bytes() if isinstance(source, Path) else source
    data = data.removeprefix(BYTE_ORDER_MARK)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"row {data[: error.start].count(NEW_LINE) + 1}"
        # Not chained: the decoder's error holds the whole file.
        raise _refused("answers.utf8", where, "is not UTF-8; save it as UTF-8") from None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells); the separator is the one the first line has more of."""
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    row = 0
    try:
        for row, cells in enumerate(reader, start=1):
            yield row, [cell.strip() for cell in cells]
    except csv.Error:
        rule = "has quotes or characters that CSV cannot hold; correct that row"
        raise _refused("answers.quotes", f"row {row + 1}", rule) from None


def _columns(header: list[str], layout: Layout) -> list[tuple[str, Cell]]:
    """Return (block id, reader of its cells) for each column of the header."""
    if not header:
        raise _refused("answers.empty", "row 1", "must be a header of question ids")
    readers = {block.id: _reader(block.question) for block in layout.blocks}
    seen: set[str] = set()
    for place, name in enumerate(header, start=1):
        where = f"row 1, column {printable(name) or place}"
        if name in seen:
            raise _refused("answers.duplicate_column", where, "stands there twice; remove one")
        if name not in readers:
            raise _refused(
                "answers.unknown_column",
                where,
                "is no question of this survey (a matrix has columns 'grid.row')",
            )
        seen.add(name)
    for block in layout.blocks:
        if block.question.required and block.id not in seen:
            where = f"row 1, column {block.id}"
            raise _refused(
                "answers.missing_column", where, "is missing, and its question is required"
            )
    return [(name, readers[name]) for name in header]


def _filled(
    rows: Iterator[tuple[int, list[str]]], columns: list[tuple[str, Cell]]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with one cell a column; empty lines may stand at the end only."""
    empty: int | None = None
    for row, cells in rows:
        if not cells:
            # With one column an empty line could mean "no answer": nobody should have to guess.
            if len(columns) == 1:
                raise _refused(
                    "answers.empty_row",
                    f"row {row}",
                    'is empty; write "" for a respondent without an answer, or remove the line',
                )
            empty = empty or row
            continue
        if empty is not None:
            raise _refused("answers.empty_row", f"row {empty}", "is empty; remove the line")
        if len(cells) != len(columns):
            few = "few" if len(cells) < len(columns) else "many"
            raise _refused(
                "answers.cells",
                f"row {row}",
                f"has too {few} cells: {len(cells)}, and the header has {len(columns)}",
            )
        yield row, cells


def _answers(
    row: int, cells: list[str], columns: list[tuple[str, Cell]], layout: Layout
) -> Answers:
    answers: Answers = {}
    for (column, read), cell in zip(columns, cells, strict=True):
        if not cell:
            continue
        question, _, grid_row = column.partition(".")
        if grid_row:
            answers.setdefault(question, {})[grid_row] = read(cell)
        else:
            answers[question] = read(cell)
    try:
        encode_answers(layout, answers)
    except MalformedInput as error:
        where = f"row {row}, column {error.where}"
        sentence = f"{where[0].upper()}{where[1:]}: {error.sentence}"
        raise MalformedInput(error.code, sentence, where=where) from None
    return answers


def _reader(question: object) -> Cell:
    if isinstance(question, MultipleQuestion):
        return lambda cell: [part.strip() for part in cell.split("|")]
    if isinstance(question, RankingQuestion):
        return lambda cell: [part.strip() for part in cell.split(">")]
    if isinstance(question, NumberQuestion | ScaleQuestion):
        # What is no whole number stays text, and encode_answers refuses it.
        return lambda cell: int(cell) if _WHOLE.fullmatch(cell) else cell
    return str


def _refused(code: str, where: str, rule: str) -> MalformedInput:
    return MalformedInput(code, f"{where[0].upper()}{where[1:]} {rule}.", where=where)
