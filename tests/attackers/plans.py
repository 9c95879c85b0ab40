"""Build table plans slot by slot, and count answers into them, without a survey file.

Keys are short made-up names; only shapes, conditions and flags matter to the rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mpcengine.protocol.tables import (
    Condition,
    Key,
    MultipleTable,
    OneWayTable,
    RankingTable,
    Statistic,
    TablePlan,
    TwoWayTable,
)

Ints = NDArray[np.int64]


@dataclass
class PlanBuilder:
    """Collect tables; every cell gets the next slot."""

    width: int = 0
    one_way: list[OneWayTable] = field(default_factory=list)
    multiple: list[MultipleTable] = field(default_factory=list)
    ranking: list[RankingTable] = field(default_factory=list)
    two_way: list[TwoWayTable] = field(default_factory=list)
    statistics: list[Statistic] = field(default_factory=list)

    def slots(self, count: int) -> tuple[int, ...]:
        start, self.width = self.width, self.width + count
        return tuple(range(start, self.width))

    def add_one_way(
        self,
        name: str,
        options: int | Sequence[int],
        *,
        required: bool = True,
        condition: Condition | None = None,
        extremes: bool = False,
        nonresponse: bool = False,
    ) -> OneWayTable:
        """Add a one-hot question; ``options`` is a number of options or bins' lower bounds."""
        named: list[Key] = (
            [(f"o{i}",) for i in range(options)]
            if isinstance(options, int)
            else [(low,) for low in options]
        )
        null = None if required else len(named)
        keys = named if required else [*named, (None,)]
        table = OneWayTable(
            id=name,
            question=name,
            keys=tuple(keys),
            slots=self.slots(len(keys)),
            null_cell=null,
            condition=condition,
            extremes_show=extremes,
            nonresponse_show=nonresponse,
        )
        self.one_way.append(table)
        return table

    def add_statistic(self, table: OneWayTable, maximum: int) -> Statistic:
        """Add offset bits and the statistic of a table of bins."""
        lows = [int(key[0]) for key in table.keys if isinstance(key[0], int)]
        ends = [*lows[1:], maximum + 1]
        reach = max(end - low - 1 for low, end in zip(lows, ends, strict=True))
        bits = self.slots(reach.bit_length())
        weights = [(slot, low - lows[0]) for slot, low in zip(table.slots, lows, strict=False)]
        weights += [(slot, 1 << place) for place, slot in enumerate(bits)]
        statistic = Statistic(
            question=table.question,
            table=table.id,
            minimum=lows[0],
            maximum=maximum,
            weights=tuple(weights),
        )
        self.statistics.append(statistic)
        return statistic

    def add_multiple(
        self,
        name: str,
        options: int,
        minimum: int,
        maximum: int,
        *,
        required: bool = True,
        condition: Condition | None = None,
        extremes: bool = False,
        nonresponse: bool = False,
    ) -> MultipleTable:
        table = MultipleTable(
            id=name,
            question=name,
            keys=tuple((f"o{i}",) for i in range(options)),
            slots=self.slots(options),
            null_slot=None if required else self.slots(1)[0],
            minimum=minimum,
            maximum=maximum,
            condition=condition,
            extremes_show=extremes,
            nonresponse_show=nonresponse,
        )
        self.multiple.append(table)
        return table

    def add_ranking(
        self,
        name: str,
        size: int,
        *,
        required: bool = True,
        condition: Condition | None = None,
        extremes: bool = False,
        nonresponse: bool = False,
    ) -> RankingTable:
        table = RankingTable(
            id=name,
            question=name,
            size=size,
            keys=tuple((f"o{i}", rank + 1) for i in range(size) for rank in range(size)),
            slots=self.slots(size * size),
            null_slot=None if required else self.slots(1)[0],
            condition=condition,
            extremes_show=extremes,
            nonresponse_show=nonresponse,
        )
        self.ranking.append(table)
        return table

    def add_two_way(self, left: OneWayTable, right: OneWayTable) -> TwoWayTable:
        rows, columns = len(left.slots), len(right.slots)
        table = TwoWayTable(
            id=f"{left.id}*{right.id}",
            left=left.id,
            right=right.id,
            rows=rows,
            columns=columns,
            keys=tuple((*a, *b) for a in left.keys for b in right.keys),
            slots=self.slots(rows * columns),
            extremes_show=left.extremes_show and right.extremes_show,
            nonresponse_show=left.nonresponse_show and right.nonresponse_show,
        )
        self.two_way.append(table)
        return table

    def plan(self) -> TablePlan:
        return TablePlan(
            width=self.width,
            one_way=tuple(self.one_way),
            multiple=tuple(self.multiple),
            ranking=tuple(self.ranking),
            two_way=tuple(self.two_way),
            statistics=tuple(self.statistics),
        )


@dataclass(frozen=True, kw_only=True)
class Case:
    """A survey in numbers: what the nodes hold in shares, and what is public."""

    plan: TablePlan
    counts: tuple[int, ...]
    squares: tuple[int, ...]
    accepted: int
    min_count: int
    draws: dict[str, int]
    contributions: tuple[tuple[list[list[int]], ...], ...] = ()


def one_way_case(
    cells: Sequence[int], min_count: int, draw: int = 0, *, extremes: bool = False
) -> Case:
    """A survey of one required question with these counts."""
    builder = PlanBuilder()
    builder.add_one_way("q", len(cells), extremes=extremes)
    return Case(
        plan=builder.plan(),
        counts=tuple(cells),
        squares=(),
        accepted=sum(cells),
        min_count=min_count,
        draws={"one-way/q": draw},
    )


def two_way_case(
    grid: Sequence[Sequence[int]], min_count: int, column_draw: int = 0, row_draw: int = 0
) -> Case:
    """A survey of two required questions and their table."""
    builder = PlanBuilder()
    left = builder.add_one_way("left", len(grid))
    right = builder.add_one_way("right", len(grid[0]))
    builder.add_two_way(left, right)
    rows = [sum(line) for line in grid]
    columns = [sum(column) for column in zip(*grid, strict=True)]
    return Case(
        plan=builder.plan(),
        counts=(*rows, *columns, *(count for line in grid for count in line)),
        squares=(),
        accepted=sum(rows),
        min_count=min_count,
        draws={
            "one-way/left": 0,
            "one-way/right": 0,
            "two-way/left*right/column": column_draw,
            "two-way/left*right/row": row_draw,
        },
    )
