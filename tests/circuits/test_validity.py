"""On arrays: valid reports are accepted, spoilt ones rejected for the right reason.

A thousand of each here; a hundred thousand of each among the slow tests. Both are compared with
the plain reference, value by value.
"""

import numpy as np
import pytest

from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.tally import tally
from mpcengine.circuits.validity import ReportChecker
from mpcengine.kernels import field61
from mpcengine.protocol.batch import PROOF_REASONS
from mpcengine.protocol.errors import InconsistentShares, MalformedMessage
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.sharing import recombine
from mpcengine.protocol.validity_check import (
    Weights,
    coin_weights,
    evaluate,
    judge,
    make_weights,
)
from mpcengine.protocol.validity_plan import validity_plan
from tests.circuits.mutated import MUTATIONS, Shares, mutated, sources, tables, valid
from tests.protocol.made_reports import COIN

THOUSAND = 1_000
HUNDRED_THOUSAND = 100_000
SOURCES = sources()
SOME = SOURCES[0]


def values_of(checker: ReportChecker, rows: tuple[Vector, Vector, Vector]) -> list[Vector]:
    return [checker.evaluate(part) for part in rows]


def judged(weights: Weights, shares: list[Shares]) -> list[str | None]:
    """Return the verdict of arrays after the plain reference has said the same."""
    checker = ReportChecker(weights)
    first, second, third = values_of(checker, tables(shares))
    verdicts = checker.judge((first, second, third))
    for place, one in enumerate(shares):
        plain = [evaluate(weights, share) for share in one]
        assert [part[place].tolist() for part in (first, second, third)] == plain
        assert judge(weights, plain) == verdicts[place]
    return verdicts


def check_valid(total: int) -> int:
    """Judge ``total`` valid reports of all sources; return how many were accepted."""
    accepted = 0
    for source in SOURCES:
        shares = valid(source, -(-total // len(SOURCES)))
        accepted += judged(coin_weights(source.plan, COIN), shares).count(None)
    return accepted


def check_mutated(total: int) -> dict[str, int]:
    """Judge ``total`` spoilt reports of all sources; return how many had which reason."""
    found = dict.fromkeys(PROOF_REASONS, 0)
    for source in SOURCES:
        shares, reasons = mutated(source, -(-total // len(SOURCES)))
        assert judged(coin_weights(source.plan, COIN), shares) == reasons
        for reason in reasons:
            found[reason] += 1
    return found


def test_it_accepts_a_thousand_valid_reports() -> None:
    assert check_valid(THOUSAND) >= THOUSAND


def test_it_rejects_a_thousand_spoilt_ones_for_the_right_reason() -> None:
    found = check_mutated(THOUSAND)
    assert sum(found.values()) >= THOUSAND
    assert min(found.values()) > 100


@pytest.mark.slow
def test_it_accepts_a_hundred_thousand_valid_reports() -> None:
    assert check_valid(HUNDRED_THOUSAND) >= HUNDRED_THOUSAND


@pytest.mark.slow
def test_it_rejects_a_hundred_thousand_spoilt_ones_for_the_right_reason() -> None:
    found = check_mutated(HUNDRED_THOUSAND)
    assert sum(found.values()) >= HUNDRED_THOUSAND
    assert min(found.values()) > 10_000


def test_it_finds_the_bad_ones_among_the_good() -> None:
    weights = coin_weights(SOME.plan, COIN)
    good, (bad, reasons) = valid(SOME, 30), mutated(SOME, len(MUTATIONS))
    mixed = [*good[:11], *bad, *good[11:]]
    assert judged(weights, mixed) == [None] * 11 + reasons + [None] * 19


def test_it_leaves_totals_of_accepted_records_only() -> None:
    """The tally reads the record's words of a report; the proof stands behind them."""
    weights = coin_weights(SOME.plan, COIN)
    shares = [*valid(SOME, 20), *mutated(SOME, 10)[0]]
    keep = [place for place, reason in enumerate(judged(weights, shares)) if reason is None]
    width = SOME.plan.width
    parts = [
        tally(np.ascontiguousarray(rows[keep][:, :width])).tolist() for rows in tables(shares)
    ]
    expected = np.sum([SOME.records[n % len(SOME.records)] for n in range(20)], axis=0)
    assert recombine(*parts) == expected.tolist()


def helped(checker: ReportChecker, opened: list[Vector], helper: int) -> list[str | None]:
    """Let one node, who has seen everything, open what makes every test hold.

    With one honest share x_j and the value 0 wanted, its share is x_j·k / j: then F, H and L
    would be 0, were it not for the other honest node. Also tried: its own values moved by one.
    """
    verdicts: list[str | None] = []
    for honest in {0, 1, 2} - {helper}:
        ratio = (helper + 1) * pow(honest + 1, -1, MODULUS)
        parts = [*opened]
        lie = field61.scale(opened[honest].ravel(), ratio)
        parts[helper] = lie.reshape(opened[honest].shape)
        verdicts += checker.judge((parts[0], parts[1], parts[2]))
    for shift in (1, -1):
        parts = [*opened]
        moved = field61.add_constant(opened[helper].ravel(), shift)
        parts[helper] = moved.reshape(opened[helper].shape)
        verdicts += checker.judge((parts[0], parts[1], parts[2]))
    return verdicts


@pytest.mark.parametrize("helper", range(3))
def test_a_node_that_helps_gets_nothing_accepted(helper: int) -> None:
    for source in SOURCES[::5]:
        checker = ReportChecker(coin_weights(source.plan, COIN))
        opened = values_of(checker, tables(mutated(source, 200)[0]))
        verdicts = helped(checker, opened, helper)
        assert len(verdicts) == 800
        assert None not in verdicts


def test_it_refuses_rows_and_openings_of_another_shape() -> None:
    checker = ReportChecker(coin_weights(SOME.plan, COIN))
    rows = tables(valid(SOME, 2))
    with pytest.raises(MalformedMessage) as malformed:
        checker.evaluate(rows[0][:, :-1])
    assert malformed.value.code == "kernel.shape"
    first, second, third = values_of(checker, rows)
    for wrong in (third[:1], third[:, :-1], third[0]):
        with pytest.raises(InconsistentShares) as refused:
            checker.judge((first, second, wrong))
        assert refused.value.code == "lines.length"
    cut = [part[:, :-1] for part in (first, second, third)]
    with pytest.raises(InconsistentShares):
        checker.judge((cut[0], cut[1], cut[2]))


def test_it_knows_one_field() -> None:
    small = make_weights(validity_plan(1, ()), 5, [], modulus=7)
    with pytest.raises(ValueError, match="one field"):
        ReportChecker(small)
