"""The parts of a record's layout: linear constraints, slots of each answer, words of texts.

Source: docs/protocol.md §6.
"""

from dataclasses import dataclass

from mpcengine.protocol.questions import Question, Value

ANSWERED = "answered"
# Seven bytes make a word, so every word of a text is below 2^56 and no word is cut modulo p.
TEXT_WORD_BYTES = 7
TEXT_LENGTH_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """Demand that the sum of coefficient · bit over ``terms`` equals ``constant``.

    ``terms`` are (slot, coefficient) pairs with distinct slots; in a vector of bits no sum
    reaches ±2^60, so equality in GF(2^61 - 1) is equality of integers.
    """

    terms: tuple[tuple[int, int], ...]
    constant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Say which slots hold one answer: the whole question's, or one matrix row's.

    ``id`` is the question's id or ``grid.row``. ``values`` name what ``slots`` stand for (for
    a ranking the option ids; its slots are option × rank). ``offset`` and ``slack`` hold bits
    of weight 1, 2, 4, …. ``shown_by`` are the slots whose sum tells that the question was
    asked, or None if everybody is asked.
    """

    id: str
    question: Question
    values: tuple[Value, ...]
    slots: tuple[int, ...]
    null_slot: int | None
    offset: tuple[int, ...]
    slack: tuple[int, ...]
    shown_by: tuple[int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """Say which slot tells that a text question was answered, and how long a text may be."""

    question: str
    answered: int
    max_bytes: int

    @property
    def words(self) -> int:
        """Return W, the number of words of a text: its length, its bytes, zeros."""
        return text_words(self.max_bytes)


def text_words(max_bytes: int) -> int:
    """Return how many words hold a text of up to ``max_bytes`` bytes."""
    return -(-(TEXT_LENGTH_BYTES + max_bytes) // TEXT_WORD_BYTES)
