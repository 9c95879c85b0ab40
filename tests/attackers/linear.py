"""The linear-programming attacker: one joint system of everything released about a survey.

Unknowns are the counts of all cells of all tables, of "no answer", and of single values inside
bins. Known are: totals and populations, margins of two-way tables and rankings, the bounds that
multiple choice puts on ticks, moments, and every released value. For each hidden cell the
attacker finds the least and the greatest count that fits all of it at once.
"""

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from mpcengine.protocol.disclosure_statistics import bin_spread
from mpcengine.protocol.tables import (
    Condition,
    MultipleTable,
    RankingTable,
    Statistic,
    TablePlan,
)
from tests.attackers.release import Released

Terms = dict[str, int]
TOLERANCE = 1e-6


@dataclass
class JointSystem:
    """Linear equations and inequalities over named counts, each in 0 … ``accepted``."""

    accepted: int
    places: dict[str, int] = field(default_factory=dict)
    equations: list[tuple[Terms, int]] = field(default_factory=list)
    bounds_above: list[tuple[Terms, int]] = field(default_factory=list)
    fixed: dict[str, int] = field(default_factory=dict)
    lowest: NDArray[np.float64] | None = None
    highest: NDArray[np.float64] | None = None

    def name(self, name: str) -> str:
        self.places.setdefault(name, len(self.places))
        return name

    def equal(self, terms: Terms, value: int) -> None:
        self.equations.append((terms, value))

    def at_most(self, terms: Terms, value: int) -> None:
        self.bounds_above.append((terms, value))

    def interval(self, target: str) -> tuple[int, int]:
        """Return the least and greatest integer that ``target`` may be."""
        low, high = self._extreme(target, 1), self._extreme(target, -1)
        return math.ceil(low - TOLERANCE), math.floor(high + TOLERANCE)

    def values_left(self, target: str) -> int:
        """Return how many integers the attacker cannot exclude."""
        low, high = self.interval(target)
        return high - low + 1

    def is_open(self, target: str, values: int) -> bool:
        """Say whether so many integers are left to ``target``.

        All solutions found so far are kept: between two of them everything is possible, so most
        cells are proven open by the search for others.
        """
        if self.lowest is not None and self.highest is not None:
            place = self.places[target]
            low = math.ceil(self.lowest[place] - TOLERANCE)
            if math.floor(self.highest[place] + TOLERANCE) - low + 1 >= values:
                return True
        return self.values_left(target) >= values

    def _extreme(self, target: str, sign: int) -> float:
        goal = np.zeros(len(self.places))
        goal[self.places[target]] = sign
        bounds = [(0, self.accepted)] * len(self.places)
        for name, value in self.fixed.items():
            bounds[self.places[name]] = (value, value)
        rows, limits = self._matrix(self.bounds_above)
        equations, values = self._matrix(self.equations)
        answer = linprog(
            goal,
            A_ub=rows,
            b_ub=limits,
            A_eq=equations,
            b_eq=values,
            bounds=bounds,
            method="highs",
        )
        assert answer.status == 0, answer.message
        found = np.asarray(answer.x, dtype=np.float64)
        self.lowest = found if self.lowest is None else np.minimum(self.lowest, found)
        self.highest = found if self.highest is None else np.maximum(self.highest, found)
        return float(answer.fun) * sign

    def _matrix(
        self, lines: list[tuple[Terms, int]]
    ) -> tuple[coo_matrix | None, list[int] | None]:
        if not lines:
            return None, None
        entries = [
            (row, self.places[name], weight)
            for row, (terms, _) in enumerate(lines)
            for name, weight in terms.items()
        ]
        rows, columns, weights = zip(*entries, strict=True)
        shape = (len(lines), len(self.places))
        return coo_matrix((weights, (rows, columns)), shape=shape), [v for _, v in lines]


def joint_system(released: Released, *, known: Mapping[str, int] | None = None) -> JointSystem:
    """Return the attacker's system; ``known`` replaces the released values if given."""
    plan = released.plan
    system = JointSystem(accepted=released.accepted)
    for table in plan.one_way:
        cells = _cells(system, table.id, len(table.slots))
        _population(system, dict.fromkeys(cells, 1), table.condition)
    for two_way in plan.two_way:
        cells = _cells(system, two_way.id, len(two_way.slots))
        _margins(system, cells, two_way.left, two_way.right, two_way.columns)
    for choice in plan.multiple:
        _multiple(system, choice)
    for ranking in plan.ranking:
        _ranking(system, ranking)
    values = released.values if known is None else known
    for statistic in plan.statistics:
        _moments(system, plan, statistic, values)
    system.fixed = {name: value for name, value in values.items() if name in system.places}
    return system


def _cells(system: JointSystem, table: str, count: int) -> list[str]:
    return [system.name(f"cell/{table}/{index}") for index in range(count)]


def _population(system: JointSystem, terms: Terms, condition: Condition | None) -> None:
    """Say that ``terms`` add up to the population behind ``condition``."""
    if condition is None:
        system.equal(terms, system.accepted)
        return
    asked = {f"cell/{condition.table}/{cell}": -1 for cell in condition.cells}
    system.equal({**terms, **asked}, 0)


def _margins(
    system: JointSystem, cells: list[str], left: str, right: str, columns: int
) -> None:
    for row in range(len(cells) // columns):
        line = cells[row * columns : (row + 1) * columns]
        system.equal({**dict.fromkeys(line, 1), f"cell/{left}/{row}": -1}, 0)
    for column in range(columns):
        line = cells[column::columns]
        system.equal({**dict.fromkeys(line, 1), f"cell/{right}/{column}": -1}, 0)


def _answered(system: JointSystem, table: MultipleTable | RankingTable) -> str:
    """Name the number who answered: with "no answer" it is the population."""
    answered = system.name(f"answered/{table.id}")
    terms = {answered: 1}
    if table.null_slot is not None:
        terms[system.name(f"null/{table.id}")] = 1
    _population(system, terms, table.condition)
    return answered


def _multiple(system: JointSystem, table: MultipleTable) -> None:
    cells = _cells(system, table.id, len(table.slots))
    answered = _answered(system, table)
    for cell in cells:
        system.at_most({cell: 1, answered: -1}, 0)
    least = table.minimum if table.null_slot is None else max(1, table.minimum)
    system.at_most({**dict.fromkeys(cells, -1), answered: least}, 0)
    system.at_most({**dict.fromkeys(cells, 1), answered: -table.maximum}, 0)


def _ranking(system: JointSystem, table: RankingTable) -> None:
    cells = _cells(system, table.id, len(table.slots))
    answered = _answered(system, table)
    for line in range(table.size):
        row = cells[line * table.size : (line + 1) * table.size]
        system.equal({**dict.fromkeys(row, 1), answered: -1}, 0)
        system.equal({**dict.fromkeys(cells[line :: table.size], 1), answered: -1}, 0)


def _moments(
    system: JointSystem, plan: TablePlan, statistic: Statistic, values: Mapping[str, int]
) -> None:
    """Add the counts of single values: they add up to bins, and to moments where released."""
    table = next(item for item in plan.one_way if item.id == statistic.table)
    spread = bin_spread(statistic, table)
    first: Terms = {}
    second: Terms = {}
    for cell, width in spread.widths.items():
        low = table.keys[cell][0]
        assert isinstance(low, int)
        inside = range(low - statistic.minimum, low - statistic.minimum + width + 1)
        names = [system.name(f"value/{statistic.question}/{y}") for y in inside]
        system.equal({**dict.fromkeys(names, 1), f"cell/{table.id}/{cell}": -1}, 0)
        first |= dict(zip(names, inside, strict=True))
        second |= dict(zip(names, (y * y for y in inside), strict=True))
    if f"sum/{statistic.question}" in values:
        system.equal(first, values[f"sum/{statistic.question}"])
    if f"squares/{statistic.question}" in values:
        system.equal(second, values[f"squares/{statistic.question}"])


def add_three_way(system: JointSystem, plan: TablePlan, names: tuple[str, str, str]) -> None:
    """Add the table of three questions that sums to their two-way tables a·b, b·c and a·c."""
    sizes = {table.id: len(table.slots) for table in plan.one_way}
    places = list(itertools.product(*(range(sizes[name]) for name in names)))
    cells = [system.name(f"three/{place}") for place in places]
    for left, right in ((0, 1), (1, 2), (0, 2)):
        for two in itertools.product(range(sizes[names[left]]), range(sizes[names[right]])):
            found = f"cell/{names[left]}*{names[right]}/{two[0] * sizes[names[right]] + two[1]}"
            inside = [
                cell
                for cell, place in zip(cells, places, strict=True)
                if (place[left], place[right]) == two
            ]
            system.equal({**dict.fromkeys(inside, 1), found: -1}, 0)


def hidden_cells(released: Released) -> list[str]:
    """Name every cell, "no answer" included, that was not released."""
    names: list[str] = []
    plan = released.plan
    tables = [(table.id, len(table.slots)) for table in plan.one_way]
    tables += [(table.id, len(table.slots)) for table in plan.multiple]
    tables += [(table.id, len(table.slots)) for table in plan.ranking]
    tables += [(table.id, len(table.slots)) for table in plan.two_way]
    for table, count in tables:
        names += [f"cell/{table}/{index}" for index in range(count)]
    for table_id in released.pattern.nulls:
        names.append(f"null/{table_id}")
    return [name for name in names if name not in released.values]


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """A hidden cell with too few values left."""

    cell: str
    values: int


def narrowed_cells(
    released: Released, min_count: int, *, on_purpose: bool = False
) -> list[Narrowed]:
    """Return the hidden cells that the release leaves fewer than ``min_count`` values.

    What the questionnaire itself forces (all must tick every option) is no fault of a release:
    a cell counts if it had ``min_count`` values before, or lost some. ``on_purpose``: questions
    may show zeros or few without an answer; then margins as small as that are taken as known
    before, because their coordinator chose to publish them.
    """
    system = joint_system(released)
    found = []
    for cell in hidden_cells(released):
        if system.is_open(cell, min_count):
            continue
        left = system.values_left(cell)
        if left < _values_before(released, cell, on_purpose=on_purpose):
            found.append(Narrowed(cell=cell, values=left))
    return found


def _values_before(released: Released, cell: str, *, on_purpose: bool) -> int:
    """Return the values left to a cell by the questionnaire and the population asked."""
    table = cell.split("/")[1]
    parents = _above(released.plan, table)
    if on_purpose:
        parents |= _margin_tables(released.plan, table)
    known = {
        name: value
        for name, value in released.values.items()
        if name.split("/")[1] in parents or (name == f"null/{table}" and name != cell)
    }
    return joint_system(released, known=known).values_left(cell)


def _above(plan: TablePlan, table: str) -> set[str]:
    """Return the tables whose cells tell a follow-up's population."""
    conditions = {item.id: item.condition for item in plan.one_way}
    conditions |= {item.id: item.condition for item in plan.multiple}
    conditions |= {item.id: item.condition for item in plan.ranking}
    condition = conditions.get(table)
    return set() if condition is None else {condition.table, *_above(plan, condition.table)}


def _margin_tables(plan: TablePlan, table: str) -> set[str]:
    """Return the two own tables of a two-way table."""
    return {side for t in plan.two_way if t.id == table for side in (t.left, t.right)}


def pinned(cells: Iterable[str], system: JointSystem) -> list[str]:
    """Return the cells with one value left."""
    return [cell for cell in cells if system.values_left(cell) == 1]
