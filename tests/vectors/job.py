"""A finished job of the sample survey: 60 answers, a batch, three statements, one result.

The pattern comes from the plain-Python release rules, the shares from names: the same on every
machine.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from mpcengine.protocol.batch import Verdict, batch_root, join_verdicts, verdict_digest
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.canonical import digest as made_digest
from mpcengine.protocol.disclosure import reference_pattern
from mpcengine.protocol.draws import draw_labels
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.pattern import Pattern, released_values
from mpcengine.protocol.result import assemble_result
from mpcengine.protocol.signing import LABEL_STATEMENT, sign
from mpcengine.protocol.statement import RELEASED, Statement, build_statement
from mpcengine.protocol.tables import TablePlan
from tests.vectors.cast import cast, element

ANSWERS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Hold what the nodes of the sample job ended with."""

    counts: tuple[int, ...]
    squares: tuple[int, ...]
    pattern: Pattern
    values: Mapping[str, int]
    ids: tuple[str, ...]
    verdict: Verdict
    statements: tuple[bytes, ...]
    signatures: tuple[bytes, ...]
    result: dict[str, JSON]


def answer(number: int) -> dict[str, JSON]:
    """Return respondent ``number``'s answers: 32 hospitals, 17 practices, 11 others."""
    sector = "hospital" if number < 32 else "gp" if number < 49 else "other"
    given: dict[str, JSON] = {
        "sector": sector,
        "priorities": (["people", "money", "law"], ["law", "people", "money"])[number % 2],
    }
    if number % 10 != 9:
        given["incidents"] = (0, 1, 3, 5, 11, 20, 44)[number % 7]
    if number % 4 != 3:
        given["trust"] = 1 + number % 3
    if sector == "hospital" and number % 3 != 2:
        given["tools"] = (["siem"], ["siem", "edr"], ["edr"])[number // 3 % 3]
    return given


def tally() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the count of every slot and Σy² of every statistic, in the clear."""
    layout = cast().manifest.layout
    records = [encode_answers(layout, answer(number)) for number in range(ANSWERS)]
    squares = []
    for statistic in layout.plan.statistics:
        numbers = [sum(w * record[slot] for slot, w in statistic.weights) for record in records]
        squares.append(sum(y * y for y in numbers))
    return tuple(map(sum, zip(*records, strict=True))), tuple(squares)


def opened(
    plan: TablePlan, pattern: Pattern, counts: Sequence[int], squares: Sequence[int]
) -> dict[str, int]:
    """Return the values a pattern releases, by name."""
    values = {}
    for value in released_values(plan, pattern):
        if value.squares is not None:
            values[value.name] = squares[value.squares]
        else:
            values[value.name] = sum(weight * counts[slot] for slot, weight in value.form)
    return values


def share_of(name: str, value: int, index: int) -> int:
    """Return node ``index``'s share of a value."""
    return (value + index * element(f"slope {name}")) % MODULUS


def statement(index: int, values: Mapping[str, int], verdict: Verdict) -> Statement:
    """Return node ``index``'s statement of the sample job."""
    digest = cast().manifest.digest
    counted = sorted([*verdict.accepted, *(r.package for r in verdict.rejected)])
    return Statement(
        node=NODE_NAMES[index - 1],
        manifest=digest,
        state=RELEASED,
        reason=None,
        root=batch_root(digest, counted),
        verdict=verdict_digest(digest, verdict),
        coin=made_digest(b"a coin's transcript"),
        lines=made_digest(b"three lines bodies"),
        accepted=len(verdict.accepted),
        rejected=verdict.totals(),
        released=tuple(values),
        shares={name: share_of(name, value, index) for name, value in values.items()},
    )


def sign_statement(index: int, data: bytes) -> bytes:
    """Return node ``index``'s signature under a statement."""
    return sign(cast().identity[index - 1], LABEL_STATEMENT, data)


@cache
def job() -> Job:
    """Return the finished sample job."""
    plan = cast().manifest.layout.plan
    counts, squares = tally()
    draws = {
        label: element(f"draw {label}") >> 21 for r in (1, 2) for label in draw_labels(plan, r)
    }
    min_count = cast().manifest.survey.min_count
    pattern = reference_pattern(plan, counts, squares, ANSWERS, min_count, draws)
    values = opened(plan, pattern, counts, squares)
    ids = tuple(sorted(hashlib.sha256(bytes((n,))).hexdigest() for n in range(ANSWERS + 1)))
    verdict = join_verdicts(ids, (), [ids[:1], (), ids[:1]])
    statements = tuple(build_statement(statement(i, values, verdict)) for i in (1, 2, 3))
    signatures = tuple(
        sign_statement(index, data) for index, data in enumerate(statements, start=1)
    )
    return Job(
        counts=counts,
        squares=squares,
        pattern=pattern,
        values=values,
        ids=ids,
        verdict=verdict,
        statements=statements,
        signatures=signatures,
        result=assemble_result(cast().signed, statements, signatures),
    )
