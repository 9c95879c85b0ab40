"""What a party computes: round one from rows to a first pattern, round two from its counts.

Round three mixes the rows of texts. Source: docs/protocol.md §11 and §12. Nothing but masked
values and mixed marks is opened here; the party hands its node shares of the pattern's bits, of
the counts, of the sums of squares and of the words of texts.
"""

from collections.abc import Mapping

import numpy as np

from mpcengine.circuits.products import reshare
from mpcengine.circuits.release import gate_round_one, gate_round_two
from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.tally import Tally
from mpcengine.circuits.texts import LARGEST_WORDS, answered_texts
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

    Round 1: ``pattern``, ``counts``, ``squares``; round 2: ``pattern``; round 3: the words of
    each question. Raises PartyFailure (``bad_spec``) if survey, width, rows or pattern do not
    fit together, ``texts_changed`` if a party deviated while rows were mixed.
    """
    try:
        if task.spec.round == 3:
            return await _third(task)
        plan = _plan(task.spec)
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


async def _third(task: Task) -> Mapping[str, Vector]:
    spec = task.spec
    if spec.rows != spec.accepted or not spec.rows:
        raise PartyFailure("bad_spec", detail="round 3 takes one row for each accepted record")
    if spec.rows * spec.width > LARGEST_WORDS:
        raise PartyFailure("bad_spec", detail="the texts are larger than a party can hold")
    rows = np.empty((spec.rows, spec.width), dtype=np.uint64)
    start = 0
    async for chunk in task.chunks():
        rows[start : start + len(chunk)] = chunk
        start += len(chunk)
    task.phase("rows")
    task.fault("party.rows_read")
    arrays, first = {}, 0
    for text in spec.texts:
        columns = np.ascontiguousarray(rows[:, first : first + 1 + text.words])
        arrays[text.array] = (await answered_texts(task.vectors, columns)).ravel()
        first += 1 + text.words
    task.phase("texts")
    task.fault("party.computed")
    return arrays


def _plan(spec: PartySpec) -> TablePlan:
    try:
        plan = build_layout(parse_survey(spec.survey)).plan
    except MalformedInput as error:
        raise PartyFailure("bad_spec", detail=error.sentence) from None
    if plan.width != spec.width:
        raise PartyFailure("bad_spec", detail="the width is not the survey's")
    return plan
