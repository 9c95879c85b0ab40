"""In small fields everything is tried: what a node sees, how well anybody can cheat.

Views are counted over all seeds and slopes, cheaters over all reports. Arrays multiply by the
reference's own weights (the first test ties them to ``evaluate``).
"""

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from mpcengine.protocol.layout_parts import TextPart
from mpcengine.protocol.sharing import split
from mpcengine.protocol.validity_check import Weights, evaluate, judge, make_weights
from mpcengine.protocol.validity_plan import ValidityPlan, soundness_error, validity_plan
from mpcengine.protocol.validity_prover import prove
from tests.protocol.made_reports import one_of

Table = NDArray[np.int64]
ONE_BIT = validity_plan(1, ())
TWO_BITS = validity_plan(2, [one_of(2)])
TWO_BLOCKS = validity_plan(2, (), largest=1)
# One bit, "answered", and one word of a text under its mask.
ONE_TEXT = validity_plan(1, (), [TextPart(question="t", answered=0, max_bytes=5)])


def coins(plan: ValidityPlan, modulus: int) -> range:
    return range(plan.forbidden, modulus)


def weights_of(
    plan: ValidityPlan,
    point: int,
    modulus: int,
    factors: Sequence[int] = (),
    texts: Sequence[int] = (),
) -> Weights:
    chosen = factors or [1] * len(plan.constraints)
    return make_weights(plan, point, chosen, texts, modulus=modulus)


def everything(count: int, modulus: int) -> Table:
    """Return all vectors of ``count`` field elements, one a row."""
    table: Table = np.indices((modulus,) * count, dtype=np.int64).reshape(count, -1).T
    return table


def evaluated(weights: Weights, shares: Table) -> Table:
    """Return what ``evaluate`` returns for every row: it is linear plus a constant."""
    words, modulus = weights.plan.words, weights.modulus
    zero = evaluate(weights, [0] * words)
    units = [evaluate(weights, [int(i == j) for j in range(words)]) for i in range(words)]
    matrix = (np.array(units, dtype=np.int64) - zero) % modulus
    values: Table = (shares @ matrix + np.array(zero)) % modulus
    return values


def numbered(parts: Sequence[Table], modulus: int) -> Table:
    """Return one number a row, equal exactly for equal rows."""
    rows = np.concatenate(parts, axis=1)
    assert modulus ** rows.shape[1] < 2**63
    return rows @ (modulus ** np.arange(rows.shape[1], dtype=np.int64))


def runs(
    plan: ValidityPlan, record: list[int], modulus: int, texts: Sequence[int] = ()
) -> Iterator[Table]:
    """Yield the three nodes' shares over all seeds and slopes, honestly proven."""
    drawn = everything(plan.seeds + plan.words, modulus)
    reports = {
        seeds: prove(plan, record, seeds, texts, modulus=modulus)
        for seeds in itertools.product(range(modulus), repeat=plan.seeds)
    }
    table = np.array([reports[tuple(seeds)] for seeds in drawn[:, : plan.seeds].tolist()])
    for index in (1, 2, 3):
        yield (table + index * drawn[:, plan.seeds :]) % modulus


def views(
    plan: ValidityPlan,
    record: list[int],
    used: Sequence[Weights],
    texts: Sequence[int] = (),
) -> list[tuple[Table, Table]]:
    """Return what each node sees, its own shares and all openings, and how often."""
    modulus = used[0].modulus
    shares = list(runs(plan, record, modulus, texts))
    opened = [evaluated(weights, share) for weights in used for share in shares]
    found = []
    for own in shares:
        seen, times = np.unique(numbered([own, *opened], modulus), return_counts=True)
        found.append((seen, times))
    return found


def equal(one: tuple[Table, Table], other: tuple[Table, Table]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_it_multiplies_by_the_weights_of_the_reference() -> None:
    weights = weights_of(TWO_BITS, 7, 11, [5])
    rows = everything(2, 11)[:50]
    rows = np.concatenate([rows, rows, rows], axis=1)
    expected = [evaluate(weights, row) for row in rows.tolist()]
    assert evaluated(weights, rows).tolist() == expected


@pytest.mark.parametrize("point", coins(ONE_BIT, 7))
def test_one_node_sees_the_same_for_both_bits(point: int) -> None:
    used = [weights_of(ONE_BIT, point, 7)]
    for zero, one in zip(*(views(ONE_BIT, [bit], used) for bit in (0, 1)), strict=True):
        assert equal(zero, one)
        assert zero[1].sum() == 7**5


def test_one_node_sees_the_same_for_both_options() -> None:
    """Two bits of one block under a constraint, whose value is opened, too."""
    used = [weights_of(TWO_BITS, 6, 7, [3])]
    records = ([1, 0], [0, 1])
    for left, right in zip(*(views(TWO_BITS, r, used) for r in records), strict=True):
        assert equal(left, right)


def test_two_coins_tell_the_bit_every_time() -> None:
    """Why a batch has one coin, ever: no view of bit 0 is a view of bit 1."""
    used = [weights_of(ONE_BIT, point, 7) for point in (4, 5)]
    for zero, one in zip(*(views(ONE_BIT, [bit], used) for bit in (0, 1)), strict=True):
        assert not np.intersect1d(zero[0], one[0]).size


@pytest.mark.parametrize("factor", range(5))
def test_one_node_sees_the_same_for_every_text(factor: int) -> None:
    """All words there are, with and without "answered", whatever the coin's factor."""
    used = [weights_of(ONE_TEXT, 4, 5, texts=[factor])]
    first = views(ONE_TEXT, [0], used, [0])
    assert first[0][1].sum() == 5**8
    for bit, word in itertools.product((0, 1), (0, 1, 4)):
        seen = views(ONE_TEXT, [bit], used, [word])
        assert all(equal(one, other) for one, other in zip(first, seen, strict=True))


def test_two_coins_tell_the_text_every_time() -> None:
    """The openings alone, over all masks: no two words have a pair of values in common."""
    used = [weights_of(ONE_TEXT, 5, 7, texts=[factor]) for factor in (2, 3)]
    opened = []
    for word in range(7):
        made = [prove(ONE_TEXT, [1], [2, mask], [word], modulus=7) for mask in range(7)]
        opened.append({tuple(evaluate(w, report)[2] for w in used) for report in made})
    assert sum(len(pairs) for pairs in opened) == len(set.union(*opened)) == 49


def test_a_text_without_its_mask_would_be_told() -> None:
    """The defence off: under one known mask M follows from the text."""
    weights = weights_of(ONE_TEXT, 5, 7, texts=[3])
    reports = [prove(ONE_TEXT, [1], [2, 4], [word], modulus=7) for word in range(7)]
    assert len({evaluate(weights, report)[2] for report in reports}) == 7


def test_a_text_off_the_line_passes_for_one_factor_in_p() -> None:
    """All ways to be off in a text's words and its mask; two words, so two factors."""
    plan = validity_plan(1, (), [TextPart(question="t", answered=0, max_bytes=12)])
    modulus, place = 5, 2
    residues = everything(3, modulus)[1:]
    rows = np.zeros((len(residues), plan.words), dtype=np.int64)
    rows[:, plan.width : plan.width + 3] = residues
    passed = np.zeros(len(rows), dtype=np.int64)
    for factors in itertools.product(range(modulus), repeat=2):
        values = evaluated(weights_of(plan, 4, modulus, texts=factors), rows)
        passed += values[:, place] == 0
    only_mask = (residues[:, :2] == 0).all(axis=1)
    best = int(passed.max())
    assert not passed[only_mask].any()
    assert Fraction(best, modulus**2) == Fraction(1, modulus)


def test_a_point_on_the_bit_would_tell_it() -> None:
    """Why 1 … M are no coins: f(1) is the bit itself."""
    shares = [list(runs(ONE_BIT, [bit], 7)) for bit in (0, 1)]
    opened = [{tuple(np.unique((2 * s[0] - s[1])[:, 0] % 7).tolist())} for s in shares]
    assert opened == [{(0,)}, {(1,)}]


def test_a_proof_without_its_seed_would_tell_the_bit() -> None:
    """The defence off: with one known seed F follows from the bit."""
    weights = weights_of(ONE_BIT, 5, 7)
    values = [evaluate(weights, prove(ONE_BIT, [bit], [3], modulus=7))[0] for bit in (0, 1)]
    assert values[0] != values[1]


def passes(plan: ValidityPlan, reports: Table, modulus: int) -> Table:
    """Return for every row, taken as values of words, how many coins accept its bits."""
    total = np.zeros(len(reports), dtype=np.int64)
    for point in coins(plan, modulus):
        weights = weights_of(plan, point, modulus)
        values = evaluated(weights, reports)
        holds = np.ones(len(reports), dtype=bool)
        for place, block in enumerate(weights.blocks):
            f, h = values[:, 2 * place], values[:, 2 * place + 1]
            holds &= (f * f - f - block.vanishing * h) % modulus == 0
        total += holds
    return total


@pytest.mark.parametrize(("plan", "modulus"), [(ONE_BIT, 7), (ONE_BIT, 11), (TWO_BITS, 11)])
def test_the_best_cheater_meets_the_bound_exactly(plan: ValidityPlan, modulus: int) -> None:
    """All reports there are: bits that are none, and bits with a proof that is not theirs."""
    degree, allowed = plan.largest_block, len(coins(plan, modulus))
    best = 0
    for first in range(modulus):
        rest = everything(plan.words - 1, modulus)
        reports = np.insert(rest, 0, first, axis=1)
        counted = passes(plan, reports, modulus)
        bits = (reports[:, : plan.width] < 2).all(axis=1)
        honest = bits & (counted == allowed)
        # An honest proof passes everywhere; 2M passes never make one where 2M < allowed.
        assert honest.sum() == (modulus if first < 2 else 0) * 2 ** (plan.width - 1)
        assert (counted[~honest] <= 2 * degree).all()
        best = max(best, int(counted[~honest].max()))
    assert best == 2 * degree
    assert Fraction(best, allowed) == soundness_error(plan, modulus=modulus)


def test_cheating_in_one_of_two_blocks_is_no_easier() -> None:
    best = 0
    for bit in (2, 3, 6):
        rest = everything(3, 7)
        fixed = np.array(prove(TWO_BLOCKS, [0, 1], [4, 2], modulus=7))
        reports = np.tile(fixed, (len(rest), 1))
        reports[:, 0], reports[:, 2:5] = bit, rest
        best = max(best, int(passes(TWO_BLOCKS, reports, 7).max()))
    assert Fraction(best, 3) == soundness_error(TWO_BLOCKS, modulus=7) == Fraction(2, 3)


@pytest.mark.parametrize(("plan", "modulus"), [(ONE_BIT, 11), (TWO_BITS, 11)])
def test_shares_off_the_line_pass_at_most_m_coins(plan: ValidityPlan, modulus: int) -> None:
    """All ways to be off the line in any words: x1 - 2 x2 + x3 of every word, not all zero."""
    off = everything(plan.words - 1, modulus)
    best = 0
    for first in range(modulus):
        residues = np.insert(off, 0, first, axis=1)
        total = np.zeros(len(residues), dtype=np.int64)
        for point in coins(plan, modulus):
            weights = weights_of(plan, point, modulus)
            # The constant of L is the same at all nodes and leaves no residue.
            values = evaluated(weights, residues) - evaluated(weights, 0 * residues[:1])
            total += (values[:, :-1] % modulus == 0).all(axis=1)
        total[(residues == 0).all(axis=1)] = 0
        best = max(best, int(total.max()))
    assert best == plan.largest_block


def test_a_broken_constraint_passes_for_one_factor_in_p() -> None:
    modulus = 13
    for record in ([0, 0], [1, 1]):
        report = prove(TWO_BITS, record, [4], modulus=modulus)
        passed = 0
        for factor in range(modulus):
            weights = weights_of(TWO_BITS, 8, modulus, [factor])
            shares = split(report, [1, 5, 2, 9, 3, 7], modulus=modulus)
            passed += judge(weights, [evaluate(weights, share) for share in shares]) is None
        assert passed == 1


def test_a_node_that_helps_the_client_gains_nothing() -> None:
    """Node 3 knows the client's whole report and sends anything: 343 messages each.

    Whatever it sends, exactly one message is on the line of the two honest nodes, and it is
    accepted exactly where three honest nodes would have accepted.
    """
    modulus = 7
    invalid = [
        (b, s, h0, h1) for b in (2, 5) for s in (0, 3) for h0 in range(7) for h1 in (1, 4)
    ]
    for values, point in itertools.product(invalid, coins(ONE_BIT, modulus)):
        weights = weights_of(ONE_BIT, point, modulus)
        shares = split(values, [3, 6, 1, 2], modulus=modulus)
        opened = [evaluate(weights, share) for share in shares]
        accepted = [
            message
            for message in itertools.product(range(modulus), repeat=3)
            if judge(weights, [*opened[:2], message]) is None
        ]
        alone = judge(weights, opened) is None
        assert accepted == ([tuple(opened[2])] if alone else [])


def test_the_same_help_breaks_a_check_of_degree_two() -> None:
    """Why the products are proven by the client: without a proof the node always succeeds.

    Each node opens x_j² - x_j plus its share of zero (scheme S); 3, -3, 1 recombine.
    """
    modulus = 7
    for bit, slope, mask in itertools.product((2, 3, 6), range(modulus), range(modulus)):
        shares = [(bit + slope * j) % modulus for j in (1, 2, 3)]
        zero = [mask * j * (j - 3) % modulus for j in (1, 2)]
        first, second = (x * x - x + z for x, z in zip(shares, zero, strict=False))
        honest_third = shares[2] * shares[2] - shares[2]
        helped = honest_third - (bit * bit - bit)
        assert (3 * first - 3 * second + honest_third) % modulus != 0, "alone it is caught"
        assert (3 * first - 3 * second + helped) % modulus == 0, "helped it never is"
