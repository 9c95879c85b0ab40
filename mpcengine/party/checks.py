"""Evaluate a node's own reports under the joint coin: local work, on nobody's socket.

Source: docs/protocol.md §16.7 and §18.4. The values are of degree 1 in the shares; the node
stores them before it sends them.
"""

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.validity import ReportChecker
from mpcengine.party.failure import PartyFailure
from mpcengine.party.program import Check, die_if
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.validity_check import coin_weights


async def evaluate_reports(check: Check) -> Vector:
    """Return this node's values, one row a report.

    Raises PartyFailure (``bad_spec``) if survey, words or rows do not fit together.
    """
    spec = check.spec
    try:
        plan = build_layout(parse_survey(spec.survey)).proof
    except MalformedInput as error:
        raise PartyFailure("bad_spec", detail=error.sentence) from None
    if plan.words != spec.words:
        raise PartyFailure("bad_spec", detail="the words are not the survey's")
    checker = ReportChecker(coin_weights(plan, spec.coin))
    parts = [checker.evaluate(chunk) async for chunk in check.chunks()]
    die_if(spec.fault, "check.rows_read")
    return np.concatenate(parts) if parts else np.empty((0, plan.opened), dtype=np.uint64)
