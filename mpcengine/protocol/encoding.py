"""Turn one respondent's answers into a record of bits, and back.

Source: docs/protocol.md §6. No sentence here ever contains an answer's value.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

from jsonschema.protocols import Validator

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.encoding_values import read_answer, read_words, write_answer
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.layout import Block, Layout, build_layout
from mpcengine.protocol.layout_parts import text_words
from mpcengine.protocol.questions import MatrixQuestion, TextQuestion
from mpcengine.protocol.schemas_check import check_shape, compile_schema, printable
from mpcengine.protocol.schemas_survey import ANSWERS_FORMAT, ANSWERS_SCHEMA
from mpcengine.protocol.survey import Survey
from mpcengine.protocol.tables import OneWayTable
from mpcengine.protocol.texts import unpack_text

Answers = Mapping[str, Any]


def parse_answers(obj: JSON) -> dict[str, JSON]:
    """Read ``drempel-answers/1`` and return its answers by question id, not yet checked.

    Raises MalformedInput ``answers.version``, ``.unknown_key``, ``.missing_key``, ``.value``.
    """
    if isinstance(obj, dict) and obj.get("format", ANSWERS_FORMAT) != ANSWERS_FORMAT:
        raise MalformedInput(
            "answers.version",
            f"format must be '{ANSWERS_FORMAT}'; other formats and versions are not read.",
            where="format",
        )
    check_shape(_validator(), obj, area="answers")
    return dict(obj["answers"])


def encode_answers(form: Layout | Survey, answers: Answers) -> list[int]:
    """Return the one record of these answers: ``width`` bits.

    ``answers`` maps question ids to values of ``drempel-answers/1``; an absent id, null, an
    empty list and an empty object are no answer. Raises MalformedInput with the question's id
    (or ``grid.row``) in ``where`` and code ``answer.unknown_question``, ``.unknown_option``,
    ``.unknown_row``, ``.type``, ``.out_of_range``, ``.count``, ``.duplicate``, ``.incomplete``,
    ``.too_long``, ``.not_shown`` or ``.required``. Of a text the record tells only whether it
    was answered; ``encode_texts`` gives its words.
    """
    layout = form if isinstance(form, Layout) else build_layout(form)
    values = _by_block(layout, answers)
    record = [0] * layout.width
    for block in layout.blocks:
        _place(block, values.get(block.id), record)
    tables = {table.id: table for table in layout.plan.one_way}
    for table in layout.plan.two_way:
        row, column = _cell(tables[table.left], record), _cell(tables[table.right], record)
        record[table.slots[row * table.columns + column]] = 1
    return record


def encode_texts(layout: Layout, answers: Answers) -> list[int]:
    """Return the words of all texts, in order of the layout: zeros where there is no answer.

    ``answers`` are ones that ``encode_answers`` takes. Raises MalformedInput as it does.
    """
    blocks = {block.id: block for block in layout.blocks}
    words: list[int] = []
    for text in layout.texts:
        found = read_words(blocks[text.question], answers.get(text.question))
        words += found or [0] * text.words
    return words


def decode_record(
    layout: Layout, record: Sequence[int], texts: Sequence[int] = ()
) -> dict[str, Any]:
    """Return the answers of a record that meets the constraints; unanswered ids are absent.

    A number is exact; a binned date comes back as its bin's first day, a date without bins as
    its earliest day; ``texts`` are the words of ``encode_texts``. Raises MalformedInput
    ``record.invalid`` for any other vector.
    """
    if not check_record(layout, record) or len(texts) != sum(t.words for t in layout.texts):
        raise MalformedInput("record.invalid", "The record breaks a constraint of the survey.")
    answers: dict[str, Any] = {}
    reader = iter(texts)
    for block in layout.blocks:
        value = write_answer(block, record)
        if isinstance(block.question, TextQuestion):
            limit = block.question.max_bytes
            words = list(islice(reader, text_words(limit)))
            value = None if value is None else unpack_text(words, limit)
        if value is None:
            continue
        if isinstance(block.question, MatrixQuestion):
            row = block.id.removeprefix(f"{block.question.id}.")
            answers.setdefault(block.question.id, {})[row] = value
        else:
            answers[block.id] = value
    return answers


def check_record(layout: Layout, record: Sequence[int]) -> bool:
    """Tell whether a vector has the right length, only bits, and meets every constraint."""
    if len(record) != layout.width or any(bit not in (0, 1) for bit in record):
        return False
    return all(
        sum(record[slot] * coefficient for slot, coefficient in constraint.terms)
        == constraint.constant
        for constraint in layout.constraints
    )


def plain_counts(layout: Layout, records: Iterable[Sequence[int]]) -> list[int]:
    """Return the sum of each slot over ``records`` (an oracle for tests; holds every count)."""
    totals = [0] * layout.width
    for record in records:
        for slot, bit in enumerate(record):
            totals[slot] += bit
    return totals


def _cell(table: OneWayTable, record: Sequence[int]) -> int:
    """Return the one cell that is set; declared tables join questions asked of everybody."""
    return next(place for place, slot in enumerate(table.slots) if record[slot])


def _by_block(layout: Layout, answers: Answers) -> dict[str, Any]:
    """Return the answers by block id: matrix rows apart, unknown questions and rows refused."""
    matrices = {q.id: q for q in layout.survey.questions if isinstance(q, MatrixQuestion)}
    known = {block.question.id for block in layout.blocks}
    values: dict[str, Any] = {}
    for question, value in answers.items():
        if question not in known:
            place = printable(question)
            raise MalformedInput(
                "answer.unknown_question",
                f"{place} is not a question of this survey; leave it out.",
                where=place,
            )
        if question in matrices:
            values |= _rows(matrices[question], value)
        else:
            values[question] = value
    return values


def _rows(question: MatrixQuestion, value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise MalformedInput(
            "answer.type",
            f"The answer to {question.id} must be an object from rows to options.",
            where=question.id,
        )
    rows = {row.id for row in question.rows}
    if not rows.issuperset(value):
        raise MalformedInput(
            "answer.unknown_row",
            f"The answer to {question.id} names a row that the question does not have.",
            where=question.id,
        )
    return {f"{question.id}.{row}": option for row, option in value.items()}


def _place(block: Block, value: object, record: list[int]) -> None:
    """Set the bits of one block; the blocks before it are already in ``record``."""
    shown = block.shown_by is None or any(record[slot] for slot in block.shown_by)
    bits = read_answer(block, value)
    if bits is not None and not shown:
        raise MalformedInput(
            "answer.not_shown",
            f"{block.id} was not asked of somebody with these answers; leave it empty.",
            where=block.id,
        )
    if bits is None and shown and block.null_slot is None:
        raise MalformedInput("answer.required", f"{block.id} must be answered.", where=block.id)
    if bits is not None:
        for slot in bits:
            record[slot] = 1
    elif shown and block.null_slot is not None:
        record[block.null_slot] = 1


@cache
def _validator() -> Validator:
    return compile_schema(ANSWERS_SCHEMA)
