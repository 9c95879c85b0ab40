"""The release rules in plain integers: the oracle the gate's circuit must equal bit for bit.

Read beside docs/protocol.md §12; the rules themselves are in `disclosure_tables`,
`disclosure_blocks` and `disclosure_statistics`. ``min_count`` is the smallest count that may be
released, ``accepted`` the number of accepted answers, counts are one a slot, draws are
`combine_draws` of the nodes' contributions.
"""

from collections.abc import Mapping, Sequence

from mpcengine.protocol.disclosure_statistics import statistic_shown
from mpcengine.protocol.disclosure_tables import (
    Counts,
    Draws,
    multiple_shown,
    null_shown,
    one_way_shown,
    population,
    ranking_shown,
    two_way_shown,
)
from mpcengine.protocol.draws import draw_of, is_bounded
from mpcengine.protocol.pattern import (
    Pattern,
    ReleasedValue,
    merge_patterns,
    pattern_from_bits,
    pattern_size,
    pattern_to_bits,
    released_values,
    tables_with_null,
)
from mpcengine.protocol.tables import Condition, OneWayTable, TablePlan

__all__ = [
    "Pattern",
    "ReleasedValue",
    "merge_patterns",
    "pattern_from_bits",
    "pattern_size",
    "pattern_to_bits",
    "reference_pattern",
    "reference_round_one",
    "reference_round_two",
    "released_values",
]


def reference_pattern(
    plan: TablePlan,
    counts: Counts,
    squares: Sequence[int],
    accepted: int,
    min_count: int,
    draws: Draws,
) -> Pattern:
    """Return the survey's whole pattern; ``draws`` holds the labels of both rounds.

    ``squares`` is Σy² for each statistic of the plan. Source: docs/protocol.md §12.
    """
    first = reference_round_one(plan, counts, squares, accepted, min_count, draws)
    return merge_patterns(first, reference_round_two(plan, counts, first, min_count, draws))


def reference_round_one(
    plan: TablePlan,
    counts: Counts,
    squares: Sequence[int],
    accepted: int,
    min_count: int,
    draws: Draws,
) -> Pattern:
    """Return the pattern of one-way, multiple-choice and ranking tables and statistics.

    With fewer than ``min_count`` accepted answers nothing is shown (rule 1).
    """
    if accepted < min_count:
        return pattern_from_bits(plan, 1, [0] * pattern_size(plan, 1))
    by_id = {table.id: table for table in plan.one_way}
    tables = _one_way_tables(plan, by_id, counts, accepted, min_count, draws)

    def asked(condition: Condition | None) -> int:
        return population(condition, by_id, tables, counts, accepted)

    nulls = {
        table.id: null_shown(table, counts, asked(table.condition), min_count)
        for table in tables_with_null(plan)
        if table.null_slot is not None
    }
    for choice in plan.multiple:
        is_null_shown = nulls.get(choice.id, False)
        draw = draw_of(draws, "multiple", choice.id) if is_bounded(choice) else 0
        tables[choice.id] = multiple_shown(
            choice,
            counts,
            asked(choice.condition),
            min_count,
            draw,
            is_null_shown=is_null_shown,
        )
    for ranking in plan.ranking:
        is_null_shown = nulls.get(ranking.id, False)
        size = asked(ranking.condition)
        tables[ranking.id] = ranking_shown(
            ranking, counts, size, min_count, draws, is_null_shown=is_null_shown
        )
    statistics = _statistics(plan, by_id, counts, squares, min_count, tables)
    return Pattern(tables=tables, nulls=nulls, statistics=statistics)


def _statistics(
    plan: TablePlan,
    by_id: Mapping[str, OneWayTable],
    counts: Counts,
    squares: Sequence[int],
    min_count: int,
    tables: Mapping[str, tuple[bool, ...]],
) -> dict[str, tuple[bool, bool]]:
    """Decide mean and variance of each binned number, once its table is decided."""
    return {
        item.question: statistic_shown(
            item, by_id[item.table], counts, squares[index], min_count, tables[item.table]
        )
        for index, item in enumerate(plan.statistics)
    }


def _one_way_tables(
    plan: TablePlan,
    by_id: Mapping[str, OneWayTable],
    counts: Counts,
    accepted: int,
    min_count: int,
    draws: Draws,
) -> dict[str, tuple[bool, ...]]:
    """Apply rule 3 in questionnaire order, so that conditions are known when needed."""
    tables: dict[str, tuple[bool, ...]] = {}
    for table in plan.one_way:
        size = population(table.condition, by_id, tables, counts, accepted)
        draw = draw_of(draws, "one-way", table.id)
        tables[table.id] = one_way_shown(table, counts, size, min_count, draw)
    return tables


def reference_round_two(
    plan: TablePlan, counts: Counts, first: Pattern, min_count: int, draws: Draws
) -> Pattern:
    """Return the pattern of the two-way tables, given the public pattern of round one."""
    by_id = {table.id: table for table in plan.one_way}
    tables = {
        table.id: two_way_shown(table, by_id, counts, first, min_count, draws)
        for table in plan.two_way
    }
    return Pattern(tables=tables, nulls={}, statistics={})
