"""Secret draws of the release gate: what each node contributes and how a draw is read.

Three nodes each contribute forty bits a label; their exclusive or is the draw. The bits come
from a seed that the node stores at the freeze, so every attempt draws the same.
Source: docs/protocol.md §11 (reading a draw) and §12 rule 9 (why it never changes).
"""

import hashlib
from collections.abc import Mapping, Sequence

from mpcengine.protocol.tables import MultipleTable, TablePlan

DRAW_BITS = 40
SEED_BYTES = 32
DOMAIN = b"drempel/draw/1"


def draw_bits(seed: bytes, label: str, count: int) -> list[int]:
    """Expand a node's 32-byte ``seed`` to ``count`` bits for one ``label``.

    SHAKE-256 over domain ‖ 0 ‖ seed ‖ label, low bit of each byte first. Raises ValueError for
    a seed of another length. Source: docs/protocol.md §11.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError("a draw seed has 32 bytes")
    stream = hashlib.shake_256(DOMAIN + b"\x00" + seed + label.encode()).digest(
        (count + 7) // 8
    )
    return [(stream[i // 8] >> (i % 8)) & 1 for i in range(count)]


def draw_labels(plan: TablePlan, round_number: int) -> list[str]:
    """List the labels of one round in the order in which the gate consumes them.

    One for a one-way table, one for a multiple-choice table with a bound on its ticks, two
    (column, then row) for a ranking in round 1 and for a two-way table in round 2.
    """
    if round_number == 1:
        return [
            *(f"one-way/{table.id}" for table in plan.one_way),
            *(f"multiple/{table.id}" for table in plan.multiple if is_bounded(table)),
            *(label for table in plan.ranking for label in _line_labels("ranking", table.id)),
        ]
    return [label for table in plan.two_way for label in _line_labels("two-way", table.id)]


def _line_labels(kind: str, table: str) -> tuple[str, str]:
    return f"{kind}/{table}/column", f"{kind}/{table}/row"


def is_bounded(table: MultipleTable) -> bool:
    """Say whether the number of ticks ties the counts of a multiple-choice table together.

    A minimum of one leaves a lone hidden option at least k values, because some shown option
    has at least k (docs/protocol.md §12 rule 5), so it does not count as a bound.
    """
    return table.minimum > 1 or table.maximum < len(table.slots)


def node_draws(seed: bytes, plan: TablePlan, round_number: int) -> list[list[int]]:
    """Return one node's contribution: ``DRAW_BITS`` bits for each label of the round."""
    return [draw_bits(seed, label, DRAW_BITS) for label in draw_labels(plan, round_number)]


def combine_draws(
    plan: TablePlan, round_number: int, contributions: Sequence[Sequence[Sequence[int]]]
) -> dict[str, int]:
    """Return each label's draw in [0, 2^40): the nodes' bits in exclusive or, low bit first.

    The gate does this on shares; in the clear only tests and the plain reference do it.
    """
    draws = {}
    for place, label in enumerate(draw_labels(plan, round_number)):
        bits = [0] * DRAW_BITS
        for contribution in contributions:
            bits = [a ^ b for a, b in zip(bits, contribution[place], strict=True)]
        draws[label] = sum(bit << place for place, bit in enumerate(bits))
    return draws


def chosen_index(candidates: Sequence[bool], draw: int) -> int | None:
    """Return the index that ``draw`` in [0, 2^40) picks among the candidates, None without any.

    With s candidates u = floor(draw · s / 2^40), and the first candidate whose prefix count
    exceeds u is taken. The bias against uniform is below s / 2^40.
    Source: docs/protocol.md §11.
    """
    rank = draw * sum(candidates) >> DRAW_BITS
    prefix = 0
    for index, is_candidate in enumerate(candidates):
        prefix += is_candidate
        if prefix > rank:
            return index
    return None


def draw_of(draws: Mapping[str, int], kind: str, table: str, line: str = "") -> int:
    """Return a table's draw; ``line`` is "column" or "row" for rankings and two-way tables."""
    return draws[f"{kind}/{table}/{line}" if line else f"{kind}/{table}"]
