"""What a party computes: round one from rows to a first pattern, round two from its counts.

Source: docs/protocol.md §11 and §12. Nothing but masked values is opened here; the party hands
its node shares of the pattern's bits, of the counts and of the sums of squares.
"""

from collections.abc import Mapping

from mpcengine.circuits.products import reshare
from mpcengine.circuits.release import gate_round_one, gate_round_two
from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.tally import Tally
from mpcengine.kernels import field61
from mpcengine.party.failure import PartyFailure
from mpcengine.party.program import Task
from mpcengine.protocol.draws import node_draws
from mpcengine.protocol.errors import MalformedInput, MalformedMessage
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.partywire import PartySpec
from mpcengine.protocol.pattern import pattern_from_bits
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.tables import TablePlan


async def compute_round(task: Task) -> Mapping[str, Vector]:
    """Return the arrays of the round that the spec names.

    Round 1: ``pattern``, ``counts``, ``squares``; round 2: ``pattern``. Raises PartyFailure
    (``bad_spec``) if survey, width, rows or pattern do not fit together.
    """
    plan = _plan(task.spec)
    try:
        return await (_first if task.spec.round == 1 else _second)(task, plan)
    except MalformedInput as error:
        raise PartyFailure("bad_spec", detail=error.sentence) from None


async def _first(task: Task, plan: TablePlan) -> Mapping[str, Vector]:
    spec = task.spec
    if spec.rows != spec.accepted:
        raise PartyFailure("bad_spec", detail="round 1 takes one row for each accepted record")
    tally = Tally(plan.width, plan.statistics)
    async for chunk in task.chunks():
        tally.add(chunk)
    task.phase("tally")
    task.fault("party.rows_read")
    squares = await reshare(task.vectors, tally.masked_squares(task.vectors))
    pattern = await gate_round_one(
        task.vectors,
        plan,
        tally.counts,
        squares,
        spec.accepted,
        spec.min_count,
        node_draws(spec.draw_seed, plan, 1),
    )
    task.phase("gate")
    task.fault("party.computed")
    return {"pattern": pattern, "counts": tally.counts, "squares": squares}


async def _second(task: Task, plan: TablePlan) -> Mapping[str, Vector]:
    spec = task.spec
    try:
        first = pattern_from_bits(plan, 1, spec.pattern)
    except MalformedMessage as error:
        raise PartyFailure("bad_spec", detail=error.sentence) from None
    pattern = await gate_round_two(
        task.vectors,
        plan,
        field61.vector(list(spec.counts)),
        first,
        spec.min_count,
        node_draws(spec.draw_seed, plan, 2),
    )
    task.phase("gate")
    task.fault("party.computed")
    return {"pattern": pattern}


def _plan(spec: PartySpec) -> TablePlan:
    try:
        plan = build_layout(parse_survey(spec.survey)).plan
    except MalformedInput as error:
        raise PartyFailure("bad_spec", detail=error.sentence) from None
    if plan.width != spec.width:
        raise PartyFailure("bad_spec", detail="the width is not the survey's")
    return plan
