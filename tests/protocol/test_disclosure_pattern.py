"""A pattern is checked by its shape before anything is opened under it."""

import pytest

from mpcengine.circuits import draws, shares
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.kernels import field61
from mpcengine.protocol.disclosure_pattern import recheck_pattern
from mpcengine.protocol.errors import DisclosureRefused, MalformedMessage
from mpcengine.protocol.pattern import Pattern
from mpcengine.protocol.tables import Condition, TablePlan
from tests.attackers.plans import PlanBuilder, one_way_case
from tests.attackers.release import pattern_of
from tests.attackers.surveys import case_of, random_case
from tests.circuits.gate import gate_pattern

K = 10


def plan() -> TablePlan:
    builder = PlanBuilder()
    left = builder.add_one_way("left", 3)
    right = builder.add_one_way("right", 3)
    number = builder.add_one_way("number", [0, 5])
    builder.add_statistic(number, 30)
    few = builder.add_one_way("few", [0, 2])
    builder.add_statistic(few, 4)
    builder.add_one_way("child", 2, condition=Condition(table="left", cells=(0, 1)))
    builder.add_multiple("free", 3, 1, 3)
    builder.add_multiple("bounded", 3, 1, 1, required=False)
    builder.add_ranking("rank", 3, required=False)
    builder.add_two_way(left, right)
    return builder.plan()


def everything() -> Pattern:
    made = plan()
    sizes = {table.id: len(table.slots) for table in made.one_way}
    sizes |= {table.id: len(table.slots) for table in made.multiple}
    sizes |= {table.id: len(table.slots) for table in made.ranking}
    sizes |= {table.id: len(table.slots) for table in made.two_way}
    return Pattern(
        tables={table: (True,) * size for table, size in sizes.items()},
        nulls={"bounded": True, "rank": True},
        statistics={"number": (True, True), "few": (True, False)},
    )


def changed(
    tables: dict[str, str] | None = None,
    nulls: dict[str, bool] | None = None,
    statistics: dict[str, tuple[bool, bool]] | None = None,
) -> Pattern:
    """Change the pattern that shows everything; flags are written ``1`` and ``0``."""
    pattern = everything()
    flags = {
        name: tuple(sign == "1" for sign in text.replace(" ", ""))
        for name, text in (tables or {}).items()
    }
    return Pattern(
        tables=pattern.tables | flags,
        nulls=pattern.nulls | (nulls or {}),
        statistics=pattern.statistics | (statistics or {}),
    )


@pytest.mark.parametrize(
    "pattern",
    [
        changed(),
        changed({"right": "000", "left*right": "000000000"}),
        changed({"free": "011", "bounded": "001"}),
        changed({"bounded": "000"}, {"bounded": False}),
        changed({"rank": "100 100 111"}),
        changed({"rank": "000000000"}, {"rank": False}),
        changed({"left*right": "111 100 100"}),
        changed({"left*right": "000 000 000"}),
        # Options 1 and 2 of `right` are pooled: one visible column and the pooled one.
        changed({"right": "100", "left*right": "100 000 000"}),
    ],
)
def test_it_passes_what_the_rules_give(pattern: Pattern) -> None:
    recheck_pattern(plan(), pattern, K)


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (changed({"right": "011"}), "complement"),
        (changed({"bounded": "011"}), "complement"),
        (changed({"left": "100", "left*right": "111 000 000"}), "population"),
        (changed({"rank": "011 111 111"}), "block"),
        (changed({"rank": "001 111 111"}), "block"),
        (changed({"rank": "001 010 111"}), "block"),
        (changed(nulls={"rank": False}), "answered"),
        (changed({"left*right": "011 111 111"}), "block"),
        (changed({"left*right": "011 011 111"}), "block"),
        (changed({"left*right": "001 100 111"}), "block"),
        (changed({"right": "100", "left*right": "110 100 100"}), "block"),
        (changed({"right": "100", "left*right": "000 100 100"}), "block"),
        (changed({"number": "00"}), "bins"),
        (changed(statistics={"number": (False, True)}), "variance"),
        (changed(statistics={"few": (True, True)}), "variance"),
    ],
)
def test_it_refuses_what_the_rules_never_give(pattern: Pattern, code: str) -> None:
    with pytest.raises(DisclosureRefused) as refused:
        recheck_pattern(plan(), pattern, K)
    assert refused.value.code == f"recheck.{code}"


def test_it_refuses_a_two_way_table_that_pooling_leaves_one_line() -> None:
    pattern = changed({"right": "000", "left*right": "100 000 000"})
    with pytest.raises(DisclosureRefused, match="hidden option"):
        recheck_pattern(plan(), pattern, K)


def test_it_refuses_what_a_draw_out_of_range_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Party 3 deals 0 and 2^22 as bits and the check of bits is taken out: none is drawn."""

    async def deal(runtime: VectorRuntime, values: Vector) -> list[Vector]:
        own = field61.scale(values, 1 << 22) if runtime.index == 3 else values
        return await shares.deal(runtime, own)

    async def unchecked(runtime: VectorRuntime, bits: Vector, seen: Vector) -> None:
        """Check nothing."""

    monkeypatch.setattr(draws, "deal", deal)
    monkeypatch.setattr(draws, "check_bits", unchecked)
    made = one_way_case([3, 40, 30, 20], K)
    alone = 0
    for seed in range(1, 9):
        case = case_of(made.plan, made.counts, (), made.accepted, K, seed)
        try:
            pattern = gate_pattern(case, seed)
        except MalformedMessage:
            continue  # No bits at all: nodes stop at that, too.
        if pattern.tables["q"].count(False) == 1:
            alone += 1
            with pytest.raises(DisclosureRefused) as refused:
                recheck_pattern(case.plan, pattern, K)
            assert refused.value.code == "recheck.complement"
    assert alone > 0


@pytest.mark.parametrize("flagged", [False, True])
def test_it_passes_every_honest_pattern(flagged: bool) -> None:
    for seed in range(400, 700):
        case = random_case(seed, flagged=flagged)
        pattern = pattern_of(case)
        recheck_pattern(case.plan, pattern, case.min_count)
        first = {
            name: flags
            for name, flags in pattern.tables.items()
            if name not in {table.id for table in case.plan.two_way}
        }
        rest = Pattern(tables=first, nulls=pattern.nulls, statistics=pattern.statistics)
        recheck_pattern(case.plan, rest, case.min_count)
