"""Populations on shares: whether the answers behind a `show_if` may be released at all.

A question's gate is 1 if every cell its condition names is released and they count at least
``min_count`` together; gates follow conditions from parents to children.
Source: docs/protocol.md §12, first paragraph and rule 1.
"""

from collections.abc import Mapping

from mpcengine.circuits.lanes import Rule, all_of, run_rules, signs
from mpcengine.circuits.runtime import VectorRuntime
from mpcengine.circuits.shared import Shared, constant, joined
from mpcengine.circuits.shares import multiply
from mpcengine.protocol.tables import Condition, OneWayTable, TablePlan


def asked(
    condition: Condition | None, by_id: Mapping[str, OneWayTable], counts: Shared, accepted: int
) -> Shared:
    """Return the population of a table as a vector of one; ``accepted`` is public."""
    if condition is None:
        return constant(accepted)
    slots = by_id[condition.table].slots
    return counts[[slots[cell] for cell in condition.cells]].total()


async def condition_gates(
    runtime: VectorRuntime,
    plan: TablePlan,
    raw: Mapping[str, Shared],
    large: Mapping[Condition, Shared],
) -> dict[Condition, Shared]:
    """Return the gate of every condition of the plan.

    ``raw`` are the ungated flags of one-way tables, ``large`` the bits of `population_rule`.
    Rounds grow with the depth of follow-ups, not with their number.
    """
    by_id = {table.id: table for table in plan.one_way}
    found = conditions(plan)
    rules = [
        all_of(joined([raw[condition.table][list(condition.cells)], large[condition]]))
        for condition in found
    ]
    gates = dict(zip(found, await run_rules(runtime, rules), strict=True))
    depth = 1
    while level := [item for item in found if _depth(item, by_id) == depth]:
        parents = [gates[above] for item in level if (above := by_id[item.table].condition)]
        left = joined([gates[item] for item in level]).vector
        product = Shared(await multiply(runtime, left, joined(parents).vector))
        gates |= {item: product[place] for place, item in enumerate(level)}
        depth += 1
    return gates


def conditions(plan: TablePlan) -> list[Condition]:
    """Return the distinct conditions in plan order, the same at all parties."""
    found: dict[Condition | None, None] = dict.fromkeys(
        [
            *(table.condition for table in plan.one_way),
            *(table.condition for table in plan.multiple),
            *(table.condition for table in plan.ranking),
        ]
    )
    return [condition for condition in found if condition is not None]


def population_rule(population: Shared, min_count: int) -> Rule[Shared]:
    """Return the bit [population >= min_count]."""
    (large,) = yield from signs(population - min_count)
    return large


def _depth(condition: Condition, by_id: Mapping[str, OneWayTable]) -> int:
    above = by_id[condition.table].condition
    return 0 if above is None else 1 + _depth(above, by_id)
