"""Collect the tables a survey releases while its layout is built.

Source: docs/protocol.md §6 and §12.
"""

from mpcengine.protocol.layout_parts import Block, TextPart
from mpcengine.protocol.questions import (
    SHOW,
    MultipleQuestion,
    NumberQuestion,
    Question,
    ShowIf,
    Value,
)
from mpcengine.protocol.tables import (
    Condition,
    Key,
    MultipleTable,
    OneWayTable,
    RankingTable,
    Statistic,
    TablePlan,
    TextItem,
    TwoWayTable,
)


class PlanBuilder:
    """Turn blocks into tables, in questionnaire order."""

    def __init__(self) -> None:
        self.one_way: dict[str, OneWayTable] = {}
        self._values: dict[str, tuple[Value, ...]] = {}
        self._questions: dict[str, Question] = {}
        self._multiple: list[MultipleTable] = []
        self._ranking: list[RankingTable] = []
        self._statistics: list[Statistic] = []
        self._texts: list[TextItem] = []

    def add_one_way(self, block: Block, shown: ShowIf | None) -> None:
        """Add the table of a one-hot block, and its statistics if it is a binned number."""
        keys: tuple[Key, ...] = tuple((value,) for value in block.values)
        slots = block.slots
        if block.null_slot is not None:
            keys, slots = (*keys, (None,)), (*slots, block.null_slot)
        self._values[block.id] = block.values
        self._questions[block.id] = block.question
        self.one_way[block.id] = OneWayTable(
            id=block.id,
            question=block.question.id,
            keys=keys,
            slots=slots,
            null_cell=None if block.null_slot is None else len(keys) - 1,
            condition=self._condition(shown),
            extremes_show=block.question.extremes == SHOW,
            nonresponse_show=block.question.nonresponse == SHOW,
        )
        if isinstance(block.question, NumberQuestion) and len(block.values) > 1:
            self._statistics.append(_statistic(block, block.question))

    def add_multiple(self, block: Block, shown: ShowIf | None) -> None:
        """Add a multiple-choice table; ``minimum`` is what somebody who answers must tick."""
        question = block.question
        assert isinstance(question, MultipleQuestion)  # noqa: S101
        self._multiple.append(
            MultipleTable(
                id=block.id,
                question=question.id,
                keys=tuple((value,) for value in block.values),
                slots=block.slots,
                null_slot=block.null_slot,
                minimum=question.fewest,
                maximum=question.maximum,
                condition=self._condition(shown),
                extremes_show=question.extremes == SHOW,
                nonresponse_show=question.nonresponse == SHOW,
            )
        )

    def add_ranking(self, block: Block, shown: ShowIf | None) -> None:
        """Add a ranking's option × rank table."""
        size = len(block.values)
        self._ranking.append(
            RankingTable(
                id=block.id,
                question=block.question.id,
                size=size,
                keys=tuple(
                    (value, rank) for value in block.values for rank in range(1, size + 1)
                ),
                slots=block.slots,
                null_slot=block.null_slot,
                condition=self._condition(shown),
                extremes_show=block.question.extremes == SHOW,
                nonresponse_show=block.question.nonresponse == SHOW,
            )
        )

    def add_text(self, block: Block, part: TextPart, shown: ShowIf | None) -> None:
        """Add a text question: a table of answered and no answer, unless it is required."""
        if block.null_slot is not None:
            self.add_one_way(block, shown)
        self._texts.append(
            TextItem(
                question=part.question,
                slot=part.answered,
                words=part.words,
                max_bytes=part.max_bytes,
                has_table=block.null_slot is not None,
                condition=self._condition(shown),
            )
        )

    def two_way(
        self,
        rows: OneWayTable,
        columns: OneWayTable,
        keys: tuple[Key, ...],
        slots: tuple[int, ...],
    ) -> TwoWayTable:
        """Return a declared table; it shows extremes or nonresponse only if both sides do.

        A side that has no "no answer" cell has no say in ``nonresponse_show``.
        """
        with_null = [side for side in (rows, columns) if side.null_cell is not None]
        return TwoWayTable(
            id=f"{rows.id}*{columns.id}",
            left=rows.id,
            right=columns.id,
            rows=len(rows.keys),
            columns=len(columns.keys),
            keys=keys,
            slots=slots,
            extremes_show=rows.extremes_show and columns.extremes_show,
            nonresponse_show=bool(with_null) and all(s.nonresponse_show for s in with_null),
        )

    def finish(self, width: int, two_way: tuple[TwoWayTable, ...]) -> TablePlan:
        """Return the plan of a record of ``width`` slots."""
        return TablePlan(
            width=width,
            one_way=tuple(self.one_way.values()),
            multiple=tuple(self._multiple),
            ranking=tuple(self._ranking),
            two_way=two_way,
            statistics=tuple(self._statistics),
            texts=tuple(self._texts),
        )

    def _condition(self, shown: ShowIf | None) -> Condition | None:
        if shown is None:
            return None
        values = self._values[shown.var]
        cells = tuple(place for place, value in enumerate(values) if shown.matches(value))
        return Condition(table=shown.var, cells=cells)


def _statistic(block: Block, question: NumberQuestion) -> Statistic:
    lows = tuple(
        (slot, value - question.minimum)
        for slot, value in zip(block.slots, question.bins or (), strict=True)
        if value != question.minimum
    )
    offsets = tuple((slot, 1 << place) for place, slot in enumerate(block.offset))
    return Statistic(
        question=question.id,
        table=block.id,
        minimum=question.minimum,
        maximum=question.maximum,
        weights=(*lows, *offsets),
    )
