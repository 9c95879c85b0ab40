"""Run the gate's circuit on a case at three simulated parties and open its pattern."""

from mpcengine.circuits.release import gate_round_one, gate_round_two
from mpcengine.circuits.runtime import Vector
from mpcengine.protocol.pattern import Pattern, merge_patterns, pattern_from_bits
from tests.attackers.plans import Case
from tests.circuits.simulated import SimulatedRuntime, opened, run_parties, split_all


def first_round(case: Case, seed: int = 1) -> tuple[list[Vector], list[SimulatedRuntime]]:
    """Return three parties' shares of the pattern bits of round one."""
    counts, squares = split_all(case.counts, seed), split_all(case.squares, seed + 1)

    async def program(runtime: SimulatedRuntime) -> Vector:
        return await gate_round_one(
            runtime,
            case.plan,
            counts[runtime.index],
            squares[runtime.index],
            case.accepted,
            case.min_count,
            case.contributions[0][runtime.index - 1],
        )

    return run_parties(program, seed)


def second_round(
    case: Case, first: Pattern, seed: int = 1
) -> tuple[list[Vector], list[SimulatedRuntime]]:
    """Return three parties' shares of the pattern bits of round two."""
    counts = split_all(case.counts, seed)

    async def program(runtime: SimulatedRuntime) -> Vector:
        return await gate_round_two(
            runtime,
            case.plan,
            counts[runtime.index],
            first,
            case.min_count,
            case.contributions[1][runtime.index - 1],
        )

    return run_parties(program, seed)


def gate_pattern(case: Case, seed: int = 1) -> Pattern:
    """Return the pattern that the circuit decides."""
    first = pattern_from_bits(case.plan, 1, opened(first_round(case, seed)[0]))
    bits = opened(second_round(case, first, seed)[0])
    return merge_patterns(first, pattern_from_bits(case.plan, 2, bits))
