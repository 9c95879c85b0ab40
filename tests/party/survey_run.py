"""Run a whole survey through three real party processes, both rounds, from plain records."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.draws import combine_draws, node_draws
from mpcengine.protocol.encoding import plain_counts
from mpcengine.protocol.field import MODULUS, interpolate_at_zero, on_line
from mpcengine.protocol.layout import Layout
from mpcengine.protocol.pattern import Pattern, merge_patterns, pattern_from_bits
from mpcengine.protocol.sharing import split
from tests.party.harness import Ending, Trio

MODULE = "mpcengine.party"


@dataclass(slots=True, kw_only=True)
class Run:
    pattern: Pattern
    counts: list[int]
    squares: list[int]


def seeds() -> list[bytes]:
    return [bytes([40 + index]) * 32 for index in (1, 2, 3)]


def all_draws(layout: Layout) -> dict[str, int]:
    draws: dict[str, int] = {}
    for number in (1, 2):
        parts = [node_draws(seed, layout.plan, number) for seed in seeds()]
        draws |= combine_draws(layout.plan, number, parts)
    return draws


def shared_rows(records: Sequence[Sequence[int]]) -> tuple[bytes, bytes, bytes]:
    flat = [bit for record in records for bit in record]
    shares = split(flat, [secrets.randbelow(MODULUS) for _ in flat])
    return pack_vector(shares[0]), pack_vector(shares[1]), pack_vector(shares[2])


def opened(endings: dict[int, Ending], name: str) -> list[int]:
    """Open an array as the nodes do: three shares, on one line."""
    columns = zip(*(endings[index].arrays[name] for index in (1, 2, 3)), strict=True)
    values = []
    for shares in columns:
        assert on_line(shares)
        values.append(interpolate_at_zero(shares))
    return values


def run_survey(
    layout: Layout, records: Sequence[Sequence[int]], min_count: int, **changes: object
) -> Run:
    """Both rounds, each with processes of its own, as two attempts of one job would."""
    trio = _started(layout, len(records), min_count, 1, changes)
    rows = shared_rows(records)
    for index in (1, 2, 3):
        trio.start(index, module=MODULE, rows=rows[index - 1])
    endings = _finished(trio)
    bits = opened(endings, "pattern")
    pattern = pattern_from_bits(layout.plan, 1, bits)
    if layout.plan.two_way:
        trio = _started(layout, len(records), min_count, 2, {**changes, "pattern": tuple(bits)})
        for index in (1, 2, 3):
            trio.change(index, counts=tuple(endings[index].arrays["counts"]), rows=0)
            trio.start(index, module=MODULE)
        second = opened(_finished(trio), "pattern")
        pattern = merge_patterns(pattern, pattern_from_bits(layout.plan, 2, second))
    return Run(
        pattern=pattern, counts=opened(endings, "counts"), squares=opened(endings, "squares")
    )


def plain_squares(layout: Layout, records: Sequence[Sequence[int]]) -> list[int]:
    return [
        sum(sum(w * record[slot] for slot, w in item.weights) ** 2 for record in records)
        for item in layout.plan.statistics
    ]


def expected_counts(layout: Layout, records: Sequence[Sequence[int]]) -> list[int]:
    return plain_counts(layout, records)


def _started(
    layout: Layout, rows: int, min_count: int, number: int, changes: dict[str, object]
) -> Trio:
    trio = Trio.make(
        survey=layout.survey.to_json(),
        rows=rows,
        accepted=rows,
        width=layout.width,
        min_count=min_count,
        round=number,
        **changes,
    )
    for index in (1, 2, 3):
        trio.change(index, draw_seed=seeds()[index - 1])
    return trio


def _finished(trio: Trio) -> dict[int, Ending]:
    try:
        endings = trio.finish_all()
    finally:
        trio.close()
    assert [ending.code for ending in endings.values()] == [0, 0, 0], [
        ending.stderr for ending in endings.values()
    ]
    return endings
