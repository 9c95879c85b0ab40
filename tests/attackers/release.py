"""From a case to what the world sees: pattern and values, by our rules or any other."""

from dataclasses import dataclass

from mpcengine.protocol.disclosure import Pattern, reference_pattern, released_values
from mpcengine.protocol.tables import TablePlan
from tests.attackers.plans import Case


@dataclass(frozen=True, kw_only=True)
class Released:
    """Everything public about a finished survey."""

    plan: TablePlan
    pattern: Pattern
    values: dict[str, int]
    accepted: int


def pattern_of(case: Case) -> Pattern:
    """Apply our rules in the clear."""
    return reference_pattern(
        case.plan, case.counts, case.squares, case.accepted, case.min_count, case.draws
    )


def values_of(case: Case, pattern: Pattern) -> dict[str, int]:
    """Open what a pattern names."""
    return {
        value.name: case.squares[value.squares]
        if value.squares is not None
        else sum(weight * case.counts[slot] for slot, weight in value.form)
        for value in released_values(case.plan, pattern)
    }


def release(case: Case, pattern: Pattern | None = None) -> Released:
    """Release a case, by our rules unless another pattern is given."""
    chosen = pattern_of(case) if pattern is None else pattern
    return Released(
        plan=case.plan,
        pattern=chosen,
        values=values_of(case, chosen),
        accepted=case.accepted,
    )
