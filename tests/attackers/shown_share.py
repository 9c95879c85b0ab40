"""How much the rules show beside the old rule: the figures of docs/protocol.md §12.

``python -m tests.attackers.shown_share`` prints them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mpcengine.protocol.disclosure_blocks import BlockFlags, block_shown
from mpcengine.protocol.disclosure_tables import one_way_shown
from tests.attackers.naive import naive_one_way, naive_two_way
from tests.attackers.plans import PlanBuilder

MIN_COUNT = 10
TABLES = 200
SHAPES = ((1, 4), (1, 8), (3, 3), (4, 4), (5, 6))


@dataclass(frozen=True, kw_only=True)
class ShownShare:
    """Shares of cells shown in the same tables, margins (or totals) at least min_count."""

    shape: tuple[int, int]
    ours: float
    naive: float


def sparse_tables(
    rows: int, columns: int, mean: int, seed: int = 1
) -> Iterator[list[list[int]]]:
    """Yield tables with about ``mean`` a cell, uneven lines, all margins at least min_count."""
    rng = np.random.default_rng([seed, rows, columns])
    found = 0
    while found < TABLES:
        weights = np.outer(rng.gamma(2.0, size=rows), rng.gamma(2.0, size=columns))
        weights *= rng.gamma(1.0, size=weights.shape)
        total = mean * rows * columns
        cells = rng.multinomial(total, (weights / weights.sum()).ravel())
        grid = cells.reshape(rows, columns)
        margins = [*grid.sum(axis=0)] if rows > 1 else [MIN_COUNT]
        if min([*margins, *grid.sum(axis=1)]) >= MIN_COUNT:
            found += 1
            yield [[int(count) for count in line] for line in grid]


def measure(shape: tuple[int, int], mean: int = 25, seed: int = 1) -> ShownShare:
    """Measure one shape over `TABLES` seeded tables with seeded draws."""
    rng = np.random.default_rng(seed)
    ours = naive = 0
    for grid in sparse_tables(*shape, mean, seed):
        draws = [int(draw) for draw in rng.integers(2**40, size=2)]
        if shape[0] == 1:
            ours += sum(_one_way(grid[0], draws[0]))
            naive += sum(naive_one_way(grid[0], MIN_COUNT))
        else:
            ours += _count(block_shown(grid, MIN_COUNT, BlockFlags(), *draws))
            naive += _count(naive_two_way(grid, MIN_COUNT))
    cells = TABLES * shape[0] * shape[1]
    return ShownShare(shape=shape, ours=ours / cells, naive=naive / cells)


def _one_way(cells: Sequence[int], draw: int) -> tuple[bool, ...]:
    table = PlanBuilder().add_one_way("q", len(cells))
    return one_way_shown(table, cells, sum(cells), MIN_COUNT, draw)


def _count(flags: Sequence[Sequence[bool]]) -> int:
    return sum(sum(line) for line in flags)


def main() -> None:
    """Print one line a shape."""
    for mean in (25, 100):
        for shape in SHAPES:
            share = measure(shape, mean)
            line = f"ours {share.ours:.0%}, old rule 3 {share.naive:.0%}"
            print(f"{shape[0]}×{shape[1]}, {mean} a cell: {line}")  # noqa: T201 - a script


if __name__ == "__main__":
    main()
