"""Refuse surveys whose numbers do not fit the comparisons: |z| < 2^60 everywhere.

Source: docs/protocol.md §11 (comparison) and §5 (limits of a survey).
"""

from mpcengine.circuits.runtime import Vector
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.tables import TablePlan

# Draws compare prefix · 2^40, so fewer than 2^19 places keep below 2^60.
PLACES = 1 << 19
ACCEPTED = 1 << 40
VALUES = 1 << 60
SQUARES = 1 << 58


def check_limits(
    plan: TablePlan, counts: Vector, squares: Vector, accepted: int, min_count: int
) -> None:
    """Raise MalformedInput (``gate.limits``) unless every comparison of the gate fits.

    1 <= min_count and accepted below 2^40; fewer than 2^19 cells a table; accepted · (max -
    min) below 2^60 and accepted · (max - min)² below 2^58 for every statistic.
    """
    if len(counts) != plan.width or len(squares) != len(plan.statistics):
        raise MalformedInput("gate.limits", "The tally does not have its plan's length.")
    if not (1 <= min_count < ACCEPTED and 0 <= accepted < ACCEPTED):
        raise MalformedInput("gate.limits", "The gate takes fewer than 2^40 answers.")
    tables = (*plan.one_way, *plan.multiple, *plan.ranking, *plan.two_way)
    if any(len(slots) >= PLACES for slots in (_slots(table) for table in tables)):
        raise MalformedInput("gate.limits", "A table has too many cells for the gate.")
    for statistic in plan.statistics:
        reach = statistic.maximum - statistic.minimum
        if accepted * reach >= VALUES or accepted * reach**2 >= SQUARES:
            raise MalformedInput(
                "gate.limits", f"The sums of {statistic.question} do not fit the gate."
            )


def _slots(table: object) -> tuple[int, ...]:
    slots: tuple[int, ...] = getattr(table, "slots", ())
    return slots
