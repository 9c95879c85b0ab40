"""Lay a survey out as bits: slots, linear constraints and the plan of released tables.

Source: docs/protocol.md §6; corrections B4 and C13. A record is a vector of ``width`` bits.
Every valid set of answers has exactly one record, and every vector of bits that meets all
constraints is the record of exactly one set of answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.layout_parts import ANSWERED, Block, Constraint, TextPart
from mpcengine.protocol.layout_plan import PlanBuilder
from mpcengine.protocol.questions import (
    DateQuestion,
    MatrixQuestion,
    MultipleQuestion,
    NumberQuestion,
    Question,
    RankingQuestion,
    TextQuestion,
    Value,
    one_hot_values,
)
from mpcengine.protocol.survey import Survey
from mpcengine.protocol.tables import TablePlan, TwoWayTable
from mpcengine.protocol.validity_plan import ValidityPlan, validity_plan

__all__ = [
    "LARGEST_WIDTH",
    "Block",
    "Constraint",
    "Layout",
    "TextPart",
    "build_layout",
    "check_openings",
]

LARGEST_WIDTH = 20_000
# A node opens its values, 8 bytes each, in one message; in base64 twice they fit in 64 MiB.
LARGEST_OPENING = 4_500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Hold a survey's record: slot names, constraints, blocks in order, and the table plan.

    ``texts`` are the text questions in questionnaire order; their words stand in the report,
    not in the record. ``proof`` says how a record is proven, and with it what a report is.
    """

    survey: Survey
    width: int
    slots: tuple[str, ...]
    constraints: tuple[Constraint, ...]
    blocks: tuple[Block, ...]
    texts: tuple[TextPart, ...]
    plan: TablePlan
    proof: ValidityPlan


def build_layout(survey: Survey) -> Layout:
    """Return the layout of a survey: blocks in questionnaire order, then declared tables.

    Raises MalformedInput ``survey.too_large`` if slots and words of texts are more than
    20,000 together.
    """
    builder = _Builder(survey)
    for question in survey.questions:
        builder.add_question(question)
        _check_width(builder.size)
    two_way = tuple(builder.add_table(left, right) for left, right in survey.tables)
    width = len(builder.names)
    _check_width(builder.size)
    return Layout(
        survey=survey,
        width=width,
        slots=tuple(builder.names),
        constraints=tuple(builder.constraints),
        blocks=tuple(builder.blocks.values()),
        texts=tuple(builder.texts),
        plan=builder.plan.finish(width, two_way),
        proof=validity_plan(width, builder.constraints, builder.texts),
    )


def check_openings(layout: Layout, invited: int) -> None:
    """Raise MalformedInput if checking so many reports would open too much in one message."""
    if invited * layout.proof.opened > LARGEST_OPENING:
        raise MalformedInput(
            "survey.too_many_values",
            f"Checking {invited} reports of this survey would open more than"
            f" {LARGEST_OPENING} values: ask fewer people, or fewer questions.",
        )


class _Builder:
    """Hand out slots and collect constraints while the questions go by in order."""

    def __init__(self, survey: Survey) -> None:
        self.names: list[str] = []
        self.constraints: list[Constraint] = []
        self.blocks: dict[str, Block] = {}
        self.texts: list[TextPart] = []
        self.plan = PlanBuilder()
        self._conditions = {condition.question: condition for condition in survey.show_if}

    @property
    def size(self) -> int:
        """Return the number of slots and words of texts so far."""
        return len(self.names) + sum(text.words for text in self.texts)

    def add_question(self, question: Question) -> None:
        """Add the block or blocks of one question, its constraints and its tables."""
        if isinstance(question, MatrixQuestion):
            for table, values in one_hot_values(question).items():
                self._add_one_hot(table, question, values)
        elif isinstance(question, MultipleQuestion):
            self._add_multiple(question)
        elif isinstance(question, RankingQuestion):
            self._add_ranking(question)
        elif isinstance(question, TextQuestion):
            self._add_text(question)
        else:
            found = one_hot_values(question).get(question.id)
            self._add_one_hot(question.id, question, found or _only_bin(question))

    def add_table(self, left: str, right: str) -> TwoWayTable:
        """Add the cells of a declared table, tied to both one-way tables by line sums."""
        rows, columns = self.plan.one_way[left], self.plan.one_way[right]
        size = len(columns.slots)
        keys = tuple((r[0], c[0]) for r in rows.keys for c in columns.keys)
        slots = self._take(f"{left}*{right}", keys)
        for place, slot in enumerate(rows.slots):
            self._tie(slots[place * size : (place + 1) * size], (slot,), 1)
        for place, slot in enumerate(columns.slots):
            self._tie(slots[place::size], (slot,), 1)
        return self.plan.two_way(rows, columns, keys, slots)

    def _add_one_hot(
        self, block_id: str, question: Question, values: tuple[Value, ...]
    ) -> None:
        slots = self._take(block_id, values)
        null = self._take_null(block_id, question)
        shown_by = self._shown_by(question)
        self._one_of((*slots, *null), shown_by)
        offset: tuple[int, ...] = ()
        slack: tuple[int, ...] = ()
        if isinstance(question, NumberQuestion):
            ranges = [width - 1 for width in question.widths]
            offset, slack = self._take_weighted(block_id, max(ranges).bit_length())
            limits = tuple((slot, -limit) for slot, limit in zip(slots, ranges, strict=True))
            self._add((*_weighted(offset), *_weighted(slack), *limits), 0)
        block = self._block(block_id, question, values, slots, null, offset, slack, shown_by)
        if block_id in one_hot_values(question):
            self.plan.add_one_way(block, self._conditions.get(question.id))

    def _add_text(self, question: TextQuestion) -> None:
        """Add "answered" and, unless required, a table of it and "no answer"."""
        self._add_one_hot(question.id, question, (ANSWERED,))
        block = self.blocks[question.id]
        part = TextPart(
            question=question.id, answered=block.slots[0], max_bytes=question.max_bytes
        )
        self.texts.append(part)
        self.plan.add_text(block, part, self._conditions.get(question.id))

    def _add_multiple(self, question: MultipleQuestion) -> None:
        values = tuple(option.id for option in question.options)
        slots = self._take(question.id, values)
        null = self._take_null(question.id, question)
        shown_by = self._shown_by(question)
        spread = question.maximum - question.fewest
        excess, slack = self._take_weighted(question.id, spread.bit_length())
        ticks = (*((slot, 1) for slot in slots), *_negative(_weighted(excess)))
        self._tie_answered(ticks, question.fewest, null, shown_by)
        self._tie_answered((*_weighted(excess), *_weighted(slack)), spread, null, shown_by)
        block = self._block(question.id, question, values, slots, null, excess, slack, shown_by)
        self.plan.add_multiple(block, self._conditions.get(question.id))

    def _add_ranking(self, question: RankingQuestion) -> None:
        values = tuple(option.id for option in question.options)
        size = len(values)
        ranks = range(1, size + 1)
        slots = self._take(question.id, ((value, rank) for value in values for rank in ranks))
        null = self._take_null(question.id, question)
        shown_by = self._shown_by(question)
        rows = [slots[place * size : (place + 1) * size] for place in range(size)]
        columns = [slots[place::size] for place in range(size)]
        for line in (*rows, *columns):
            self._tie_answered(tuple((slot, 1) for slot in line), 1, null, shown_by)
        block = self._block(question.id, question, values, slots, null, (), (), shown_by)
        self.plan.add_ranking(block, self._conditions.get(question.id))

    def _take(self, prefix: str, values: Iterable[object]) -> tuple[int, ...]:
        first = len(self.names)
        self.names.extend(f"{prefix}={_label(value)}" for value in values)
        return tuple(range(first, len(self.names)))

    def _take_null(self, prefix: str, question: Question) -> tuple[int, ...]:
        return () if question.required else self._take(prefix, (None,))

    def _take_weighted(self, prefix: str, bits: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        weights = [1 << place for place in range(bits)]
        return self._take(f"{prefix}.off", weights), self._take(f"{prefix}.slack", weights)

    def _shown_by(self, question: Question) -> tuple[int, ...] | None:
        condition = self._conditions.get(question.id)
        if condition is None:
            return None
        parent = self.blocks[condition.var]
        pairs = zip(parent.values, parent.slots, strict=True)
        return tuple(slot for value, slot in pairs if condition.matches(value))

    def _one_of(self, slots: tuple[int, ...], shown_by: tuple[int, ...] | None) -> None:
        if shown_by is None:
            self._add(((slot, 1) for slot in slots), 1)
        else:
            self._tie(slots, shown_by, 1)

    def _tie(self, slots: tuple[int, ...], to: tuple[int, ...], times: int) -> None:
        self._add((*((slot, 1) for slot in slots), *((slot, -times) for slot in to)), 0)

    def _tie_answered(
        self,
        terms: tuple[tuple[int, int], ...],
        times: int,
        null: tuple[int, ...],
        shown_by: tuple[int, ...] | None,
    ) -> None:
        """Demand terms = times · a, where a = (1 or the condition's bits) - null."""
        nulls = tuple((slot, times) for slot in null)
        if shown_by is None:
            self._add((*terms, *nulls), times)
        else:
            self._add((*terms, *nulls, *((slot, -times) for slot in shown_by)), 0)

    def _add(self, terms: Iterable[tuple[int, int]], constant: int) -> None:
        kept = tuple((slot, coefficient) for slot, coefficient in terms if coefficient)
        if kept:
            self.constraints.append(Constraint(terms=kept, constant=constant))

    def _block(
        self,
        block_id: str,
        question: Question,
        values: tuple[Value, ...],
        slots: tuple[int, ...],
        null: tuple[int, ...],
        offset: tuple[int, ...],
        slack: tuple[int, ...],
        shown_by: tuple[int, ...] | None,
    ) -> Block:
        block = Block(
            id=block_id,
            question=question,
            values=values,
            slots=slots,
            null_slot=null[0] if null else None,
            offset=offset,
            slack=slack,
            shown_by=shown_by,
        )
        self.blocks[block_id] = block
        return block


def _check_width(width: int) -> None:
    if width > LARGEST_WIDTH:
        raise MalformedInput(
            "survey.too_large",
            f"questions need more than {LARGEST_WIDTH} values per answer; ask fewer of them, "
            "or offer fewer options and tables.",
            where="questions",
        )


def _only_bin(question: Question) -> tuple[Value, ...]:
    assert isinstance(question, NumberQuestion | DateQuestion)  # noqa: S101
    return (question.minimum,)


def _weighted(slots: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((slot, 1 << place) for place, slot in enumerate(slots))


def _negative(terms: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    return tuple((slot, -coefficient) for slot, coefficient in terms)


def _label(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, tuple):
        return ",".join(_label(part) for part in value)
    return str(value)
