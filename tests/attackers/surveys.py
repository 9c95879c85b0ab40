"""Random surveys: every kind of question, follow-ups two levels deep, small cells."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mpcengine.protocol.draws import combine_draws, node_draws
from mpcengine.protocol.tables import Condition, OneWayTable, TablePlan
from tests.attackers.plans import Case, Ints, PlanBuilder

NODES = (b"a", b"b", b"c")


@dataclass
class Survey:
    """A survey in the making: its plan, and a bit matrix column by column."""

    rng: np.random.Generator
    accepted: int
    flagged: bool
    builder: PlanBuilder = field(default_factory=PlanBuilder)
    bits: dict[int, Ints] = field(default_factory=dict)
    answers: dict[str, Ints] = field(default_factory=dict)
    squares: list[int] = field(default_factory=list)

    def flag(self) -> bool:
        return bool(self.flagged and self.rng.random() < 0.5)

    def choose(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def asked(self, condition: Condition | None) -> Ints:
        """Return 1 for every record that is asked."""
        if condition is None:
            return np.ones(self.accepted, dtype=np.int64)
        parent = self.answers[condition.table]
        return np.isin(parent, condition.cells).astype(np.int64)


def _skewed(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Return probabilities that are often very uneven."""
    weights = rng.dirichlet(np.full(size, rng.choice([0.3, 1.0, 4.0])))
    return np.asarray(weights, dtype=np.float64)


def _answer_one_way(survey: Survey, table: OneWayTable) -> None:
    size = len(table.slots)
    chosen = survey.rng.choice(size, size=survey.accepted, p=_skewed(survey.rng, size))
    answers = np.where(survey.asked(table.condition) == 1, chosen, -1)
    survey.answers[table.id] = answers
    for cell, slot in enumerate(table.slots):
        survey.bits[slot] = (answers == cell).astype(np.int64)


def add_one_way(survey: Survey, name: str, condition: Condition | None = None) -> OneWayTable:
    table = survey.builder.add_one_way(
        name,
        survey.choose(2, 5),
        required=survey.rng.random() < 0.5,
        condition=condition,
        extremes=survey.flag(),
        nonresponse=survey.flag(),
    )
    _answer_one_way(survey, table)
    return table


def add_number(survey: Survey, name: str, condition: Condition | None = None) -> OneWayTable:
    """Add a binned number with its statistic; values are uniform in their bin, or skewed."""
    widths = [survey.choose(1, 4) for _ in range(survey.choose(2, 4))]
    lows = [int(low) for low in np.cumsum([0, *widths[:-1]])]
    table = survey.builder.add_one_way(
        name,
        lows,
        required=survey.rng.random() < 0.5,
        condition=condition,
        extremes=survey.flag(),
        nonresponse=survey.flag(),
    )
    _answer_one_way(survey, table)
    statistic = survey.builder.add_statistic(table, sum(widths) - 1)
    answers = survey.answers[name]
    power = survey.rng.choice([0.3, 1.0, 3.0])
    offsets = np.zeros(survey.accepted, dtype=np.int64)
    for cell, width in enumerate(widths):
        inside = survey.rng.random(survey.accepted) ** power * width
        offsets = np.where(answers == cell, inside.astype(np.int64), offsets)
    bits = [pair[0] for pair in statistic.weights if pair[0] not in table.slots]
    for place, slot in enumerate(bits):
        survey.bits[slot] = (offsets >> place) & 1
    values = sum(weight * survey.bits[slot] for slot, weight in statistic.weights)
    survey.squares.append(int((np.asarray(values) ** 2).sum()))
    return table


def add_multiple(survey: Survey, name: str, condition: Condition | None = None) -> None:
    options = survey.choose(2, 5)
    minimum = survey.choose(0, options)
    maximum = survey.choose(max(1, minimum), options)
    required = survey.rng.random() < 0.5
    table = survey.builder.add_multiple(
        name,
        options,
        minimum,
        maximum,
        required=required,
        condition=condition,
        extremes=survey.flag(),
        nonresponse=survey.flag(),
    )
    asked = survey.asked(condition)
    answers = asked.copy()
    if table.null_slot is not None:
        share = survey.rng.choice([0.02, 0.2, 0.6])
        answers = asked * (survey.rng.random(survey.accepted) > share)
        survey.bits[table.null_slot] = asked - answers
    least = minimum if table.null_slot is None else max(1, minimum)
    appeal = np.log(_skewed(survey.rng, options) + 1e-9)
    noise = survey.rng.gumbel(size=(survey.accepted, options)) + appeal
    ranks = np.argsort(np.argsort(-noise, axis=1), axis=1)
    ticks = survey.rng.integers(least, maximum + 1, size=survey.accepted)
    ticked = (ranks < ticks[:, None]).astype(np.int64) * answers[:, None]
    for index, slot in enumerate(table.slots):
        survey.bits[slot] = ticked[:, index]


def add_ranking(survey: Survey, name: str, condition: Condition | None = None) -> None:
    size = survey.choose(2, 4)
    table = survey.builder.add_ranking(
        name,
        size,
        required=survey.rng.random() < 0.5,
        condition=condition,
        extremes=survey.flag(),
        nonresponse=survey.flag(),
    )
    asked = survey.asked(condition)
    answers = asked.copy()
    if table.null_slot is not None:
        answers = asked * (survey.rng.random(survey.accepted) > survey.rng.choice([0.02, 0.3]))
        survey.bits[table.null_slot] = asked - answers
    appeal = survey.rng.normal(size=size) * survey.rng.choice([0.0, 0.5, 2.0])
    noise = survey.rng.gumbel(size=(survey.accepted, size)) + appeal
    ranks = np.argsort(np.argsort(-noise, axis=1), axis=1)
    for option in range(size):
        for rank in range(size):
            slot = table.slots[option * size + rank]
            survey.bits[slot] = (ranks[:, option] == rank) * answers


def add_two_way(survey: Survey, left: OneWayTable, right: OneWayTable) -> None:
    table = survey.builder.add_two_way(left, right)
    for place, slot in enumerate(table.slots):
        row, column = divmod(place, table.columns)
        survey.bits[slot] = survey.bits[left.slots[row]] * survey.bits[right.slots[column]]


def _condition_on(survey: Survey, parent: OneWayTable) -> Condition:
    """Return a condition on some of the parent's cells, never on "no answer"."""
    cells = [cell for cell in range(len(parent.slots)) if cell != parent.null_cell]
    count = survey.choose(1, max(1, len(cells) - 1))
    chosen = survey.rng.choice(cells, size=count, replace=False)
    return Condition(table=parent.id, cells=tuple(sorted(int(cell) for cell in chosen)))


def _add_follow_ups(survey: Survey, roots: list[OneWayTable]) -> None:
    parent = roots[survey.choose(0, len(roots) - 1)]
    child = add_one_way(survey, "child", _condition_on(survey, parent))
    kind = survey.choose(0, 3)
    condition = _condition_on(survey, child)
    adders = (add_one_way, add_number, add_multiple, add_ranking)
    adders[kind](survey, "grandchild", condition)
    if survey.rng.random() < 0.5:
        add_multiple(survey, "sibling", _condition_on(survey, parent))


def random_case(seed: int, *, flagged: bool = False, min_count: int | None = None) -> Case:
    """Return a random survey; ``flagged``: some questions show extremes or "no answer"."""
    rng = np.random.default_rng([seed, int(flagged)])
    limit = int(rng.choice([3, 5, 10])) if min_count is None else min_count
    survey = Survey(rng=rng, accepted=int(limit * rng.uniform(1, 14)), flagged=flagged)
    roots = [add_one_way(survey, f"single{i}") for i in range(survey.choose(2, 3))]
    if rng.random() < 0.6:
        roots.append(add_number(survey, "number"))
    for index in range(survey.choose(0, 2)):
        add_multiple(survey, f"multiple{index}")
    if rng.random() < 0.4:
        add_ranking(survey, "ranking")
    if rng.random() < 0.6:
        _add_follow_ups(survey, roots)
    for right in range(1, len(roots)):
        if rng.random() < 0.7:
            add_two_way(survey, roots[survey.choose(0, right - 1)], roots[right])
    return _finished(survey, limit)


def _finished(survey: Survey, min_count: int) -> Case:
    plan = survey.builder.plan()
    counts = tuple(int(survey.bits[slot].sum()) for slot in range(plan.width))
    return case_of(
        plan, counts, tuple(survey.squares), survey.accepted, min_count, survey.choose(0, 2**30)
    )


def case_of(
    plan: TablePlan,
    counts: tuple[int, ...],
    squares: tuple[int, ...],
    accepted: int,
    min_count: int,
    seed: int,
) -> Case:
    """Add three nodes' draws to a survey's numbers."""
    seeds = [node + seed.to_bytes(31, "little") for node in NODES]
    contributions = tuple(
        tuple(node_draws(node, plan, number) for node in seeds) for number in (1, 2)
    )
    draws = combine_draws(plan, 1, contributions[0]) | combine_draws(plan, 2, contributions[1])
    return Case(
        plan=plan,
        counts=counts,
        squares=squares,
        accepted=accepted,
        min_count=min_count,
        draws=draws,
        contributions=contributions,
    )
