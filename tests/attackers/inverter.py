"""The exhaustive attacker: knows the rules, inverts what they published.

For a total, every table and every outcome of the secret draws is tried; tables with one public
outcome (which cells are shown, and their counts) cannot be told apart. A hidden cell is left
the values it takes over all tables with that outcome.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mpcengine.protocol.draws import DRAW_BITS
from tests.attackers.naive import OneWayRule

Shown = tuple[int | None, ...]
Rule = Callable[[Sequence[int], int], Iterable[Shown]]


@dataclass
class Inversion:
    """What the attacker learns: the fewest values left, how many outcomes narrow a cell."""

    outcomes: int = 0
    narrowed: int = 0
    fewest: int | None = None
    worst: list[tuple[Shown, int]] = field(default_factory=list)

    @property
    def narrowed_share(self) -> float:
        """Return the share of outcomes with a hidden cell below ``min_count`` values."""
        return self.narrowed / self.outcomes if self.outcomes else 0.0


def compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Return all tables of ``parts`` counts that add up to ``total``."""
    for bars in itertools.combinations(range(total + parts - 1), parts - 1):
        edges = (-1, *bars, total + parts - 1)
        yield tuple(b - a - 1 for a, b in itertools.pairwise(edges))


def all_draws(places: int) -> list[int]:
    """Return draws that between them pick every candidate of up to ``places``."""
    steps = math.lcm(*range(1, places + 1))
    return [((step << DRAW_BITS) + steps - 1) // steps for step in range(steps)]


def shown_cells(cells: Sequence[int], flags: Iterable[bool]) -> Shown:
    """Return what the public sees of a table."""
    return tuple(
        count if is_shown else None for count, is_shown in zip(cells, flags, strict=True)
    )


def without_draws(rule: OneWayRule) -> Rule:
    """Return a rule without chance as one with a single outcome."""
    return lambda cells, min_count: [shown_cells(cells, rule(cells, min_count))]


def invert(
    tables: Iterable[Sequence[int]], rule: Rule, min_count: int, inversion: Inversion
) -> None:
    """Add all tables that share what is public beforehand (total, margins) to an inversion."""
    values: dict[Shown, list[set[int]]] = {}
    for cells in tables:
        for outcome in set(rule(cells, min_count)):
            seen = values.setdefault(outcome, [set() for _ in cells])
            for index, count in enumerate(cells):
                seen[index].add(count)
    for outcome, seen in values.items():
        left = [len(seen[index]) for index, count in enumerate(outcome) if count is None]
        if not left:
            continue
        fewest = min(left)
        inversion.outcomes += 1
        if fewest < min_count:
            inversion.narrowed += 1
            inversion.worst.append((outcome, fewest))
        if inversion.fewest is None or fewest < inversion.fewest:
            inversion.fewest = fewest


def invert_totals(totals: Iterable[int], parts: int, rule: Rule, min_count: int) -> Inversion:
    """Invert one-way tables of ``parts`` cells for every total."""
    inversion = Inversion()
    for total in totals:
        invert(compositions(total, parts), rule, min_count, inversion)
    return inversion


def by_margins(
    total: int, rows: int, columns: int, least: int
) -> dict[tuple[int, ...], list[tuple[int, ...]]]:
    """Group all grids with this total by their margins, each margin at least ``least``."""
    groups: dict[tuple[int, ...], list[tuple[int, ...]]] = defaultdict(list)
    for cells in compositions(total, rows * columns):
        margins = (
            *(sum(cells[r * columns : (r + 1) * columns]) for r in range(rows)),
            *(sum(cells[c::columns]) for c in range(columns)),
        )
        if min(margins) >= least:
            groups[margins].append(cells)
    return groups
