"""The release gate: shares of counts in, shares of the pattern of what may be released out.

No value is opened here but masked ones; the nodes open the pattern afterwards, and then the
values it names. Round one decides one-way, multiple-choice and ranking tables and statistics,
round two the two-way tables, whose pooled lines follow from the public pattern of round one.
All tables go through the same batches, so rounds do not grow with their number.
Source: docs/protocol.md §12; the same rules in the clear: `mpcengine.protocol.disclosure`.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from mpcengine.circuits.draws import deal_draws
from mpcengine.circuits.gates import asked, condition_gates, conditions, population_rule
from mpcengine.circuits.lanes import Rule, run_rules
from mpcengine.circuits.limits import check_limits
from mpcengine.circuits.rules_blocks import Grid, block_rule
from mpcengine.circuits.rules_multiple import Choice, ChoiceFlags, multiple_rule
from mpcengine.circuits.rules_one_way import NullBits, OneWayFlags, null_rule, one_way_rule
from mpcengine.circuits.rules_statistics import Moments, statistic_rule
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.circuits.shared import Shared, joined
from mpcengine.circuits.shares import multiply
from mpcengine.protocol.disclosure_blocks import BlockFlags, pooled_lines
from mpcengine.protocol.disclosure_statistics import bin_spread
from mpcengine.protocol.disclosure_tables import two_way_flags
from mpcengine.protocol.draws import draw_labels
from mpcengine.protocol.pattern import Pattern, pattern_size
from mpcengine.protocol.tables import (
    Condition,
    MultipleTable,
    OneWayTable,
    RankingTable,
    Statistic,
    TablePlan,
    TwoWayTable,
)

Draws = Sequence[Sequence[int]]
K = TypeVar("K")
T = TypeVar("T")


class RoundOne:
    """Hold the inputs of round one and gather what the rules return, by table id."""

    def __init__(
        self, plan: TablePlan, counts: Shared, squares: Shared, accepted: int, min_count: int
    ) -> None:
        self.plan, self.counts, self.squares = plan, counts, squares
        self.accepted, self.min_count = accepted, min_count
        self.by_id = {table.id: table for table in plan.one_way}
        self.one_way: dict[str, OneWayFlags] = {}
        self.choices: dict[str, ChoiceFlags] = {}
        self.rankings: dict[str, Shared] = {}
        self.ranking_nulls: dict[str, NullBits] = {}
        self.statistics: dict[str, tuple[Shared, Shared]] = {}
        self.large: dict[Condition, Shared] = {}

    def cells(self, table: OneWayTable | MultipleTable | RankingTable) -> Shared:
        """Return a table's counts."""
        return self.counts[list(table.slots)]

    def asked(self, condition: Condition | None) -> Shared:
        """Return the population behind a condition."""
        return asked(condition, self.by_id, self.counts, self.accepted)

    def rules(self, draws: Mapping[str, Shared]) -> list[Rule[None]]:
        """Return the rules of all tables, to be run side by side."""
        rules = [
            _kept(
                self.one_way,
                table.id,
                one_way_rule(
                    table,
                    self.cells(table),
                    self.asked(table.condition),
                    draws[f"one-way/{table.id}"],
                    self.min_count,
                ),
            )
            for table in self.plan.one_way
        ]
        rules += [
            _kept(self.choices, table.id, multiple_rule(self.choice(table, draws)))
            for table in self.plan.multiple
        ]
        for table in self.plan.ranking:
            grid = self.ranking_grid(table, draws)
            rules.append(_kept(self.rankings, table.id, block_rule(grid)))
            if table.null_slot is not None:
                nothing = self.counts[table.null_slot]
                answered = self.asked(table.condition) - nothing
                null = null_rule(table, nothing, answered, self.min_count)
                rules.append(_kept(self.ranking_nulls, table.id, null))
        rules += [
            _kept(self.statistics, item.question, statistic_rule(self.moments(index, item)))
            for index, item in enumerate(self.plan.statistics)
        ]
        rules += [
            _kept(self.large, item, population_rule(self.asked(item), self.min_count))
            for item in conditions(self.plan)
        ]
        return rules

    def choice(self, table: MultipleTable, draws: Mapping[str, Shared]) -> Choice:
        """Return the inputs of a multiple-choice table."""
        return Choice(
            table=table,
            cells=self.cells(table),
            population=self.asked(table.condition),
            nothing=None if table.null_slot is None else self.counts[table.null_slot],
            draw=draws.get(f"multiple/{table.id}"),
            min_count=self.min_count,
        )

    def ranking_grid(self, table: RankingTable, draws: Mapping[str, Shared]) -> Grid:
        """Return the inputs of a ranking's block rule."""
        return Grid(
            cells=self.cells(table),
            rows=table.size,
            columns=table.size,
            flags=BlockFlags(extremes_show=table.extremes_show),
            column_draw=draws[f"ranking/{table.id}/column"],
            row_draw=draws[f"ranking/{table.id}/row"],
            min_count=self.min_count,
        )

    def moments(self, index: int, statistic: Statistic) -> Moments:
        """Return the inputs of a statistic."""
        table = self.by_id[statistic.table]
        spread = bin_spread(statistic, table)
        return Moments(
            statistic=statistic,
            spread=spread,
            bins=self.cells(table)[list(spread.widths)],
            total=_weighted(self.counts, statistic.weights),
            squares=self.squares[index],
            offset=_weighted(self.counts, spread.offsets),
            min_count=self.min_count,
        )


def _weighted(counts: Shared, form: Sequence[tuple[int, int]]) -> Shared:
    return counts[[slot for slot, _ in form]].weighted([weight for _, weight in form])


def _kept(into: dict[K, T], key: K, rule: Rule[T]) -> Rule[None]:
    """Run a rule and keep its result under ``key``."""
    into[key] = yield from rule


async def gate_round_one(
    runtime: VectorRuntime,
    plan: TablePlan,
    counts: Vector,
    squares: Vector,
    accepted: int,
    min_count: int,
    draws: Draws,
) -> Vector:
    """Return this party's shares of the pattern bits of round one (`pattern_size` of them).

    ``counts``: degree-1 shares of the count of every slot; ``squares``: of Σy² of every
    statistic (`Tally.masked_squares`, re-shared); ``draws``: `node_draws` of this node for
    round 1. Raises MalformedInput if sizes or magnitudes do not fit (`limits`).
    """
    check_limits(plan, counts, squares, accepted, min_count)
    if accepted < min_count:
        return np.zeros(pattern_size(plan, 1), dtype=np.uint64)
    state = RoundOne(plan, Shared(counts), Shared(squares), accepted, min_count)
    dealt = await deal_draws(runtime, draws)
    labelled = dict(zip(draw_labels(plan, 1), dealt, strict=True))
    await run_rules(runtime, state.rules(labelled))
    raw = {table: flags.shown for table, flags in state.one_way.items()}
    gates = await condition_gates(runtime, plan, raw, state.large)
    return (await _gated(runtime, state, gates)).vector


async def _gated(
    runtime: VectorRuntime, state: RoundOne, gates: Mapping[Condition, Shared]
) -> Shared:
    """Multiply every part of the pattern by the bits it hangs on, all parts at once."""
    parts = list(_parts(state, gates))
    while any(factors for _, factors in parts):
        due = [index for index, (_, factors) in enumerate(parts) if factors]
        left = joined([parts[index][0] for index in due])
        right = joined([parts[index][1][0].spread(len(parts[index][0])) for index in due])
        product = Shared(await multiply(runtime, left.vector, right.vector))
        start = 0
        for index in due:
            size = len(parts[index][0])
            parts[index] = (product[start : start + size], parts[index][1][1:])
            start += size
    return joined([flags for flags, _ in parts])


Part = tuple[Shared, list[Shared]]


def _parts(state: RoundOne, gates: Mapping[Condition, Shared]) -> list[Part]:
    """Return the pattern's parts in its fixed order, each with the bits it hangs on."""
    plan = state.plan

    def gate(condition: Condition | None) -> list[Shared]:
        return [] if condition is None else [gates[condition]]

    parts: list[Part] = [
        (state.one_way[table.id].shown, gate(table.condition)) for table in plan.one_way
    ]
    for choice in plan.multiple:
        flags = state.choices[choice.id]
        own = [flags.shown] if flags.null_shown is None else [flags.shown, flags.null_shown]
        parts.append((joined(own), gate(choice.condition)))
    for ranking in plan.ranking:
        shown, condition = state.rankings[ranking.id], gate(ranking.condition)
        null = state.ranking_nulls.get(ranking.id)
        if null is None:
            parts.append((shown, condition))
        else:
            parts.append((shown, [null.shown, null.answered_large, *condition]))
            parts.append((null.shown, condition))
    for item in plan.statistics:
        table = state.by_id[item.table]
        bins_shown = state.one_way[item.table].none_small
        both = joined(state.statistics[item.question])
        parts.append((both, [bins_shown, *gate(table.condition)]))
    return parts


async def gate_round_two(
    runtime: VectorRuntime,
    plan: TablePlan,
    counts: Vector,
    first: Pattern,
    min_count: int,
    draws: Draws,
) -> Vector:
    """Return this party's shares of the pattern bits of round two: cells of two-way tables.

    ``counts`` as in round one, ``first`` the public pattern of round one, ``draws``
    `node_draws` for round 2. Bits of cells in pooled lines, and of tables that pooling leaves
    with one line, are public zeros. Raises MalformedInput if sizes do not fit (`limits`).
    """
    check_limits(plan, counts, np.zeros(len(plan.statistics), np.uint64), 0, min_count)
    dealt = await deal_draws(runtime, draws)
    labelled = dict(zip(draw_labels(plan, 2), dealt, strict=True))
    by_id = {table.id: table for table in plan.one_way}
    shared = Shared(counts)
    shown: dict[str, Shared] = {}
    rules = [
        _kept(
            shown,
            table.id,
            block_rule(_pooled_grid(table, by_id, shared, first, min_count, labelled)),
        )
        for table in plan.two_way
        if _has_lines(table, first)
    ]
    await run_rules(runtime, rules)
    return np.concatenate(
        [
            np.zeros(0, dtype=np.uint64),
            *(_unpooled(table, first, shown.get(table.id)) for table in plan.two_way),
        ]
    )


def _has_lines(table: TwoWayTable, first: Pattern) -> bool:
    sides = (first.tables[table.left], first.tables[table.right])
    return all(len(pooled_lines(side)) >= 2 for side in sides)


def _pooled_grid(
    table: TwoWayTable,
    by_id: Mapping[str, OneWayTable],
    counts: Shared,
    first: Pattern,
    min_count: int,
    draws: Mapping[str, Shared],
) -> Grid:
    """Return the table with the hidden options of both questions pooled."""
    rows, columns = (
        pooled_lines(first.tables[table.left]),
        pooled_lines(first.tables[table.right]),
    )
    cells = [
        counts[[table.slots[r * table.columns + c] for r in row for c in column]].total()
        for row in rows
        for column in columns
    ]
    return Grid(
        cells=joined(cells),
        rows=len(rows),
        columns=len(columns),
        flags=two_way_flags(table, by_id, rows, columns),
        column_draw=draws[f"two-way/{table.id}/column"],
        row_draw=draws[f"two-way/{table.id}/row"],
        min_count=min_count,
    )


def _unpooled(table: TwoWayTable, first: Pattern, shown: Shared | None) -> Vector:
    """Put the flags of unpooled lines at their original places."""
    out = np.zeros(len(table.slots), dtype=np.uint64)
    if shown is None:
        return out
    rows, columns = (
        pooled_lines(first.tables[table.left]),
        pooled_lines(first.tables[table.right]),
    )
    for place, bit in enumerate(shown.vector):
        row, column = rows[place // len(columns)], columns[place % len(columns)]
        if len(row) == 1 and len(column) == 1:
            out[row[0] * table.columns + column[0]] = bit
    return out
