"""Turn the answer to one question into the slots it sets, and slots into an answer.

Source: docs/protocol.md §6. No sentence here ever contains an answer's value.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, NoReturn

from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.layout import Block
from mpcengine.protocol.questions import (
    DateQuestion,
    MultipleQuestion,
    NumberQuestion,
    RankingQuestion,
    ScaleQuestion,
    TextQuestion,
    parse_day,
)
from mpcengine.protocol.texts import pack_text


def read_answer(block: Block, value: object) -> list[int] | None:
    """Return the slots that an answer sets, or None for no answer.

    Raises MalformedInput as described at ``encoding.encode_answers``.
    """
    if value is None:
        return None
    if isinstance(block.question, MultipleQuestion | RankingQuestion):
        return _listed(block, value)
    if isinstance(block.question, NumberQuestion | ScaleQuestion):
        return _number(block, value)
    if isinstance(block.question, DateQuestion):
        return _day(block, value)
    if isinstance(block.question, TextQuestion):
        return None if read_words(block, value) is None else list(block.slots)
    if not isinstance(value, str):
        _refuse(block, "type", "must be the id of an option")
    return [block.slots[_option(block, value)]]


def read_words(block: Block, value: object) -> list[int] | None:
    """Return the words of the answer to a text question, or None for no answer.

    Raises MalformedInput ``answer.type`` or ``answer.too_long``.
    """
    question = block.question
    assert isinstance(question, TextQuestion)  # noqa: S101
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        _refuse(block, "type", "must be a text")
    try:
        return pack_text(value, question.max_bytes)
    except MalformedInput as error:
        if error.code == "text.too_long":
            _refuse(block, "too_long", f"must have at most {question.max_bytes} bytes of UTF-8")
        _refuse(block, "type", "must be a text of characters that can be written")


def write_answer(block: Block, record: Sequence[int]) -> Any:
    """Return the answer of one block of a valid record, or None for no answer."""
    size = len(block.values)
    chosen = [place for place, slot in enumerate(block.slots) if record[slot]]
    if not chosen:
        return None
    if isinstance(block.question, MultipleQuestion):
        return [block.values[place] for place in chosen]
    if isinstance(block.question, RankingQuestion):
        return [block.values[place // size] for place in sorted(chosen, key=lambda p: p % size)]
    low = block.values[chosen[0]]
    if isinstance(block.question, NumberQuestion) and isinstance(low, int):
        return low + sum(record[slot] << place for place, slot in enumerate(block.offset))
    return low


def _listed(block: Block, value: object) -> list[int] | None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        _refuse(block, "type", "must be a list of option ids")
    if not value:
        return None
    if len(set(value)) != len(value):
        _refuse(block, "duplicate", "names an option twice")
    places = [_option(block, item) for item in value]
    if isinstance(block.question, MultipleQuestion):
        return _ticked(block, block.question, places)
    size = len(block.values)
    if len(places) != size:
        _refuse(block, "incomplete", "must put every option in order, or be empty")
    return [block.slots[place * size + rank] for rank, place in enumerate(places)]


def _ticked(block: Block, question: MultipleQuestion, places: list[int]) -> list[int]:
    if not question.fewest <= len(places) <= question.maximum:
        rule = f"must name {question.fewest} to {question.maximum} options"
        _refuse(block, "count", f"{rule}, or none for no answer")
    excess = len(places) - question.fewest
    spread = question.maximum - question.fewest
    return [*(block.slots[place] for place in places), *_split(block, excess, spread)]


def _number(block: Block, value: object) -> list[int]:
    question = block.question
    assert isinstance(question, NumberQuestion | ScaleQuestion)  # noqa: S101
    if type(value) is not int:
        _refuse(block, "type", "must be a whole number, without decimals")
    if not question.minimum <= value <= question.maximum:
        _refuse(
            block, "out_of_range", f"must lie from {question.minimum} to {question.maximum}"
        )
    if isinstance(question, ScaleQuestion):
        return [block.slots[value - question.minimum]]
    lows = [low for low in block.values if isinstance(low, int)]
    place = bisect_right(lows, value) - 1
    return [
        block.slots[place],
        *_split(block, value - lows[place], question.widths[place] - 1),
    ]


def _day(block: Block, value: object) -> list[int]:
    question = block.question
    assert isinstance(question, DateQuestion)  # noqa: S101
    if not isinstance(value, str) or parse_day(value) is None:
        _refuse(block, "type", "must be a day that exists, as YYYY-MM-DD")
    if not question.minimum <= value <= question.maximum:
        _refuse(
            block, "out_of_range", f"must lie from {question.minimum} to {question.maximum}"
        )
    lows = [low for low in block.values if isinstance(low, str)]
    return [block.slots[bisect_right(lows, value) - 1]]


def _split(block: Block, offset: int, limit: int) -> list[int]:
    """Return the bits of ``offset`` and of ``limit`` - ``offset`` that are 1."""
    return [
        *(slot for place, slot in enumerate(block.offset) if offset >> place & 1),
        *(slot for place, slot in enumerate(block.slack) if (limit - offset) >> place & 1),
    ]


def _option(block: Block, option: str) -> int:
    if option not in block.values:
        _refuse(block, "unknown_option", "names an option that the question does not have")
    return block.values.index(option)


def _refuse(block: Block, code: str, rule: str) -> NoReturn:
    raise MalformedInput(f"answer.{code}", f"The answer to {block.id} {rule}.", where=block.id)
