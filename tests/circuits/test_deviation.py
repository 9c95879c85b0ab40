"""One node that deviates: what is noticed, and when (corrections A5).

Off the line: noticed at once by the three-share check. Inside a comparison: the gate's verdict
is wrong at all three nodes alike, a count below min_count is opened, and the recheck in the
clear refuses to sign. The gate does not promise more.
"""

from collections.abc import Mapping

import pytest

from mpcengine.circuits.release import gate_round_one
from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61
from mpcengine.protocol.disclosure_recheck import recheck_released
from mpcengine.protocol.errors import (
    DisclosureRefused,
    InconsistentShares,
    MalformedMessage,
)
from mpcengine.protocol.pattern import Pattern, pattern_from_bits
from mpcengine.protocol.sharing import recombine
from tests.attackers.plans import Case, PlanBuilder
from tests.attackers.release import pattern_of, values_of
from tests.attackers.surveys import case_of
from tests.circuits.gate import first_round
from tests.circuits.simulated import SimulatedRuntime, opened, run_parties, split_all

K = 10
HALF = pow(2, -1, field61.MODULUS)
# The re-sharing that ends the first comparison, after: deal and its check (8 rounds), two
# products, bits and their check (8), opening, six folds.
LAST_OF_FIRST_COMPARISON = 26


def hidden_case() -> Case:
    builder = PlanBuilder()
    builder.add_one_way("q", 3)
    return case_of(builder.plan(), (3, 40, 57), (), 100, K, 8)


def shares_of(vectors: list[Vector]) -> list[list[int]]:
    return [[int(value) for value in vector] for vector in vectors]


def test_it_notices_a_pattern_share_off_the_line() -> None:
    shares = shares_of(first_round(hidden_case())[0])
    assert set(recombine(*shares)) <= {0, 1}
    for node in range(3):
        for place in range(len(shares[0])):
            changed = [list(share) for share in shares]
            changed[node][place] = (changed[node][place] + 1) % field61.MODULUS
            with pytest.raises(InconsistentShares):
                recombine(*changed)


def deviating_pattern(shift: int) -> Pattern:
    """Return the pattern if party 3 adds ``shift`` to the first cell's comparison."""

    class Deviating(SimulatedRuntime):
        async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
            is_moment = self.index == 3 and self.rounds + 1 == LAST_OF_FIRST_COMPARISON
            if not is_moment:
                return await super().exchange(outgoing)
            sent = {peer: self._shifted(vector, shift) for peer, vector in outgoing.items()}
            received = dict(await super().exchange(sent))
            # Its own piece weighs 1 and party 1's weighs 3 in what it recombines.
            received[1] = self._shifted(received[1], shift * pow(3, -1, field61.MODULUS))
            return received

        @staticmethod
        def _shifted(vector: Vector, amount: int) -> Vector:
            changed = vector.copy()
            changed[0] = field61.vector([int(vector[0]) + amount])[0]
            return changed

    case = hidden_case()
    counts = split_all(case.counts, 1)

    async def program(runtime: SimulatedRuntime) -> Vector:
        return await gate_round_one(
            runtime,
            case.plan,
            counts[runtime.index],
            field61.vector([]),
            case.accepted,
            K,
            case.contributions[0][runtime.index - 1],
        )

    return pattern_from_bits(case.plan, 1, opened(run_parties(program, kind=Deviating)[0]))


def test_it_catches_a_count_that_a_deviating_node_had_opened() -> None:
    case = hidden_case()
    honest = pattern_of(case)
    recheck_released(case.plan, honest, values_of(case, honest), case.accepted, K)
    # The node knows from the opened mask which of two shifts turns "no" into "yes".
    caught = 0
    for shift in (HALF, -HALF):
        try:
            pattern = deviating_pattern(shift)
        except MalformedMessage:  # the wrong guess gives no pattern of bits
            continue
        if not pattern.tables["q"][0]:
            continue
        values = values_of(case, pattern)
        assert values["cell/q/0"] == 3
        with pytest.raises(DisclosureRefused) as refused:
            recheck_released(case.plan, pattern, values, case.accepted, K)
        assert refused.value.code == "recheck.small"
        assert "3" not in refused.value.sentence
        caught += 1
    assert caught == 1
