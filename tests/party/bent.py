"""A party that deviates while texts are mixed: ``python -m tests.party.bent HOW [off]``.

Party 2 deviates, in the step of parties 1 and 2 unless said otherwise; with ``off`` nobody
checks a step. Everything else is the product's program and its third round.
"""

import os
import sys
from collections.abc import Callable, Mapping

import numpy as np

from mpcengine.circuits import shuffle
from mpcengine.circuits.openings import reveal_on_line
from mpcengine.circuits.products import peers
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.kernels import field61
from mpcengine.party.checks import evaluate_reports
from mpcengine.party.program import Task, main
from mpcengine.party.rounds import compute_round

CORRUPT, PAIR, LAST = 2, (1, 2), (2, 3)
THIRD = pow(3, -1, field61.MODULUS)
Bend = Callable[[Vector], Vector]


def added(row: int, column: int, number: int) -> Bend:
    """Add a number to one place of the rows."""

    def bend(rows: Vector) -> Vector:
        changed = rows.copy()
        changed[row, column] = (int(rows[row, column]) + number) % field61.MODULUS
        return changed

    return bend


def moves(bends: Mapping[tuple[int, int], Bend]) -> None:
    """Bring other rows into the moves of some pairs."""
    honest = shuffle._move

    async def move(runtime: VectorRuntime, rows: Vector, pair: tuple[int, int]) -> Vector:
        bent = bends[pair](rows) if pair in bends else rows
        return await honest(runtime, bent, pair)

    shuffle._move = move


def before() -> None:
    """Tag and move another first row than it has."""
    honest = shuffle._step

    async def step(runtime: VectorRuntime, rows: Vector, pair: tuple[int, int]) -> Vector:
        bent = added(0, 1, 5)(rows) if pair == PAIR else rows
        return await honest(runtime, bent, pair)

    shuffle._step = step


def degree_two() -> None:
    """Send party 1 a piece that is off the line of the others."""
    honest = shuffle._exchange_piece

    async def exchange(
        runtime: VectorRuntime, partner: int, outside: int, piece: Vector
    ) -> Vector:
        bent = field61.add_constant(piece, 3) if partner == 1 else piece
        return await honest(runtime, partner, outside, bent)

    shuffle._exchange_piece = exchange


def two_faces() -> None:
    """Show party 3 other shares of the factors and of the sum than party 1."""

    async def reveal(runtime: VectorRuntime, own: Vector) -> Vector:
        first, last = peers(runtime)
        shown = {first: own, last: field61.add_constant(own, 1)}
        received = dict(await runtime.exchange(shown))
        return field61.combine(received[1], received[3], own, (2, -1, 0))

    shuffle.__dict__["reveal_on_line"] = reveal


def sees_and_runs() -> None:
    """Bend a row, look at the others' shares of the sum, and die if it is not zero."""
    moves({PAIR: added(0, 1, 5)})

    async def reveal(runtime: VectorRuntime, own: Vector) -> Vector:
        opened = await reveal_on_line(runtime, own)
        if len(own) == 1 and opened.any():
            os._exit(9)
        return opened

    shuffle.__dict__["reveal_on_line"] = reveal


def guess(place: int) -> None:
    """Add to the first row, and take it off at a guessed place in the last step."""
    moves({PAIR: added(0, 1, 77), LAST: added(place, 1, 77 * THIRD)})


HOW: dict[str, Callable[[], None]] = {
    "nothing": lambda: None,
    "word": lambda: moves({PAIR: added(0, 1, 5)}),
    "mark": lambda: moves({PAIR: added(1, 0, -1)}),
    "last": lambda: moves({LAST: added(0, 1, 5)}),
    "doubles": lambda: moves({PAIR: lambda rows: rows[[0, 0, *range(2, len(rows))]]}),
    "drops": lambda: moves({PAIR: lambda rows: np.vstack([rows[:1] * 0, rows[1:]])}),
    "permutes": lambda: moves({PAIR: lambda rows: np.roll(rows, 1, axis=0)}),
    "before": before,
    "degree": degree_two,
    "faces": two_faces,
    "runs": sees_and_runs,
    "guess0": lambda: guess(0),
    "guess1": lambda: guess(1),
    "guess2": lambda: guess(2),
}


async def unchecked(
    runtime: VectorRuntime, rows: Vector, tags: Vector, factors: Vector
) -> None:
    """Take the place of the check and check nothing."""
    del runtime, rows, tags, factors


async def bent_round(task: Task) -> Mapping[str, Vector]:
    """Compute as the product does, bent at party 2."""
    if task.spec.index == CORRUPT:
        HOW[sys.argv[1]]()
    if sys.argv[2:] == ["off"]:
        shuffle._check_unchanged = unchecked
    return await compute_round(task)


if __name__ == "__main__":
    os._exit(main(bent_round, evaluate_reports))
