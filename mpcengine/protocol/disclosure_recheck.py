"""Check opened values against the release rules, in the clear, before a node signs.

A node that deviates inside the gate can change its verdict (docs/protocol.md §17); what it made
the others open is noticed here. Every check follows from opened values and the public pattern;
a violation raises DisclosureRefused, whose sentence names the table and never a value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mpcengine.protocol.disclosure_recheck_blocks import LineCounts, recheck_block
from mpcengine.protocol.disclosure_statistics import (
    VARIANCE_MINIMUM,
    BinSpread,
    bin_spread,
    is_spread_out,
    offsets_large,
    offsets_spread,
    variance_allowed,
)
from mpcengine.protocol.disclosure_tables import is_light, is_small, least_asked, ticks_open
from mpcengine.protocol.draws import is_bounded
from mpcengine.protocol.errors import DisclosureRefused
from mpcengine.protocol.pattern import Pattern, opened_texts, released_values, tables_with_null
from mpcengine.protocol.tables import (
    Condition,
    MultipleTable,
    OneWayTable,
    RankingTable,
    Statistic,
    TablePlan,
    TwoWayTable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Hold one survey's public pattern and opened values, by the names of `released_values`."""

    plan: TablePlan
    pattern: Pattern
    values: Mapping[str, int]
    accepted: int
    min_count: int

    def cells(self, table: str) -> list[int | None]:
        """Return a table's counts, None where hidden."""
        flags = self.pattern.tables[table]
        return [
            self.values[f"cell/{table}/{i}"] if shown else None for i, shown in enumerate(flags)
        ]

    def one_way(self, table: str) -> OneWayTable:
        """Return the one-way table of this id."""
        return next(item for item in self.plan.one_way if item.id == table)


def recheck_released(
    plan: TablePlan,
    pattern: Pattern,
    values: Mapping[str, int],
    accepted: int,
    min_count: int,
) -> None:
    """Raise DisclosureRefused unless the opened ``values`` obey every rule that they can show.

    ``values``: exactly the names of `released_values`, each between 0 and 2^61 - 2.
    Source: docs/protocol.md §12, last paragraph.
    """
    opened = Opened(
        plan=plan, pattern=pattern, values=values, accepted=accepted, min_count=min_count
    )
    if set(values) != {value.name for value in released_values(plan, pattern)}:
        raise DisclosureRefused("recheck.names", "The opened values are not those released.")
    if accepted < min_count and values:
        raise DisclosureRefused("recheck.accepted", "Too few accepted answers to open a value.")
    _recheck_tables(opened)
    for statistic in plan.statistics:
        _recheck_statistic(opened, statistic)


def _recheck_tables(opened: Opened) -> None:
    for table in opened.plan.one_way:
        _recheck_one_way(opened, table)
    for optional in tables_with_null(opened.plan):
        _recheck_null(opened, optional)
    for choice in opened.plan.multiple:
        _recheck_multiple(opened, choice)
    for ranking in opened.plan.ranking:
        _recheck_ranking(opened, ranking)
    for two_way in opened.plan.two_way:
        _recheck_two_way(opened, two_way)


def recheck_texts(opened: Opened, sizes: Mapping[str, int]) -> None:
    """Raise DisclosureRefused unless as many texts were opened as rule 7 says.

    ``sizes`` gives the number of opened texts of each question whose texts are opened.
    """
    for item in opened_texts(opened.plan, opened.pattern):
        if item.has_table:
            expected = opened.values[f"cell/{item.question}/0"]
        elif item.condition is None:
            expected = opened.accepted
        else:
            parent = opened.cells(item.condition.table)
            expected = sum(parent[cell] or 0 for cell in item.condition.cells)
        is_large = expected == 0 or expected >= opened.min_count
        refuse_unless(is_large, item.question, "texts", "too few texts are opened.")
        is_right = sizes.get(item.question) == expected
        refuse_unless(is_right, item.question, "texts", "another number of texts is opened.")


def refuse_unless(is_held: bool, table: str, rule: str, sentence: str) -> None:  # noqa: FBT001 - the condition is the subject of the call
    """Raise DisclosureRefused with code ``recheck.<rule>`` for this table unless it holds."""
    if not is_held:
        raise DisclosureRefused(f"recheck.{rule}", f"Table {table}: {sentence}")


def _asked(opened: Opened, table: str, condition: Condition | None) -> int:
    """Return the public population of a table that shows something."""
    if condition is None:
        return opened.accepted
    parent = opened.cells(condition.table)
    counts = [parent[cell] for cell in condition.cells]
    asked = sum(count for count in counts if count is not None)
    is_public = None not in counts and asked >= opened.min_count
    refuse_unless(is_public, table, "population", "its population is hidden or too small.")
    return asked


def _recheck_one_way(opened: Opened, table: OneWayTable) -> None:
    cells = opened.cells(table.id)
    counts = [count for count in cells if count is not None]
    if not counts:
        return
    asked = _asked(opened, table.id, table.condition)
    is_large = asked >= least_asked(table, opened.min_count)
    refuse_unless(is_large, table.id, "population", "its population is too small.")
    for index, count in enumerate(cells):
        is_exempt = table.nonresponse_show and index == table.null_cell
        if count is not None and not is_exempt:
            _refuse_small(opened, table.id, count, extremes_show=table.extremes_show)
    rest, hidden = asked - sum(counts), len(cells) - len(counts)
    is_covered = (
        rest == 0 if hidden == 0 else hidden > 1 and not _is_light(opened, table, rest, hidden)
    )
    refuse_unless(is_covered, table.id, "complement", "hidden cells can be worked out.")


def _is_light(
    opened: Opened, table: OneWayTable | MultipleTable, hidden_sum: int, hidden: int
) -> bool:
    return is_light(hidden_sum, hidden, opened.min_count, extremes_show=table.extremes_show)


def _refuse_small(opened: Opened, table: str, count: int, *, extremes_show: bool) -> None:
    small = is_small(count, opened.min_count, extremes_show=extremes_show)
    refuse_unless(not small, table, "small", "a shown count is below min_count.")


def _recheck_null(opened: Opened, table: MultipleTable | RankingTable) -> None:
    if not opened.pattern.nulls.get(table.id, False):
        return
    nothing = opened.values[f"null/{table.id}"]
    answered = _asked(opened, table.id, table.condition) - nothing
    if not table.nonresponse_show:
        _refuse_small(opened, table.id, nothing, extremes_show=table.extremes_show)
    refuse_unless(answered >= 0, table.id, "range", "more answers than were asked.")
    _refuse_small(opened, table.id, answered, extremes_show=table.extremes_show)


def _answered(opened: Opened, table: MultipleTable | RankingTable) -> int | None:
    """Return the number who answered, None where it is hidden."""
    asked = _asked(opened, table.id, table.condition)
    if table.null_slot is None:
        return asked
    if opened.pattern.nulls[table.id]:
        return asked - opened.values[f"null/{table.id}"]
    return None


def _recheck_multiple(opened: Opened, table: MultipleTable) -> None:
    counts = [count for count in opened.cells(table.id) if count is not None]
    if not counts:
        return
    asked = _asked(opened, table.id, table.condition)
    answered = _answered(opened, table)
    most = asked - opened.min_count + 1 if answered is None else answered
    for count in counts:
        _refuse_small(opened, table.id, count, extremes_show=table.extremes_show)
        is_extreme = table.extremes_show and count in (0, answered)
        is_low = is_extreme or count <= most - opened.min_count
        refuse_unless(is_low, table.id, "upper", "too few did not tick a shown option.")
    if answered is None:
        is_whole = len(counts) == len(table.slots)
        is_open = sum(counts) <= table.maximum * most
        is_open = is_open and (not is_whole or ticks_open(table, counts, asked, most))
        refuse_unless(is_open, table.id, "pinned", "its ticks tell how many answered.")
    if is_bounded(table):
        _recheck_bounds(opened, table, counts, answered)


def _recheck_bounds(
    opened: Opened, table: MultipleTable, counts: Sequence[int], answered: int | None
) -> None:
    """Check that the bounds on the number of ticks leave the hidden options open."""
    hidden = len(table.slots) - len(counts)
    if hidden:
        refuse_unless(hidden > 1, table.id, "complement", "one option alone is hidden.")
    if answered is None:
        return
    most = table.maximum * answered - sum(counts)
    least = max(0, table.minimum * answered - sum(counts))
    if hidden:
        room = hidden * answered - least
        is_open = not any(_is_light(opened, table, total, hidden) for total in (most, room))
    else:
        is_open = least == 0 and most >= 0
    refuse_unless(is_open, table.id, "complement", "hidden options can be worked out.")


def _recheck_ranking(opened: Opened, table: RankingTable) -> None:
    cells = opened.cells(table.id)
    if all(count is None for count in cells):
        return
    answered = _answered(opened, table)
    is_public = answered is not None and answered >= opened.min_count
    refuse_unless(is_public, table.id, "answered", "how many ranked is hidden or too small.")
    margin = LineCounts(totals=(answered,) * table.size, exempt=frozenset())
    recheck_block(
        table.id,
        [cells[row * table.size : (row + 1) * table.size] for row in range(table.size)],
        margin,
        margin,
        opened.min_count,
        extremes_show=table.extremes_show,
    )


def _recheck_two_way(opened: Opened, table: TwoWayTable) -> None:
    cells = opened.cells(table.id)
    if all(count is None for count in cells):
        return
    recheck_block(
        table.id,
        [cells[row * table.columns : (row + 1) * table.columns] for row in range(table.rows)],
        _line_counts(opened, table, table.left),
        _line_counts(opened, table, table.right),
        opened.min_count,
        extremes_show=table.extremes_show,
    )


def _line_counts(opened: Opened, table: TwoWayTable, side: str) -> LineCounts:
    null = opened.one_way(side).null_cell
    is_exempt = table.nonresponse_show and null is not None
    return LineCounts(
        totals=tuple(opened.cells(side)),
        exempt=frozenset({null} if is_exempt and null is not None else ()),
    )


def _recheck_statistic(opened: Opened, statistic: Statistic) -> None:
    mean, variance = opened.pattern.statistics[statistic.question]
    if not mean:
        refuse_unless(not variance, statistic.table, "variance", "variance without a mean.")
        return
    table = opened.one_way(statistic.table)
    cells = opened.cells(statistic.table)
    counts = [count for count in cells if count is not None]
    refuse_unless(len(counts) == len(cells), table.id, "bins", "a mean beside a hidden bin.")
    spread = bin_spread(statistic, table)
    answered = sum(counts[cell] for cell in spread.widths)
    refuse_unless(answered >= opened.min_count, table.id, "mean", "a mean of too few answers.")
    offset = opened.values[f"sum/{statistic.question}"]
    offset -= sum(low * counts[cell] for cell, low in spread.lows.items())
    room = sum(width * counts[cell] for cell, width in spread.widths.items())
    is_open = offsets_large(spread, counts, offset, opened.min_count)
    is_open = is_open and 0 <= offset <= room
    refuse_unless(is_open, table.id, "offsets", "the mean tells single values in a bin.")
    if variance:
        _recheck_variance(opened, statistic, spread, counts, offset)


def _recheck_variance(
    opened: Opened, statistic: Statistic, spread: BinSpread, counts: Sequence[int], offset: int
) -> None:
    answered = sum(counts[cell] for cell in spread.widths)
    total = opened.values[f"sum/{statistic.question}"]
    squares = opened.values[f"squares/{statistic.question}"]
    is_many = answered >= VARIANCE_MINIMUM and variance_allowed(spread, opened.min_count)
    refuse_unless(is_many, statistic.table, "variance", "a variance of too few answers.")
    is_even = is_spread_out(statistic, answered, total, squares)
    refuse_unless(is_even, statistic.table, "dominance", "one or two answers make the total.")
    is_wide = offsets_spread(spread, counts, offset, squares, opened.min_count)
    refuse_unless(is_wide, statistic.table, "spread", "the variance tells values in a bin.")
