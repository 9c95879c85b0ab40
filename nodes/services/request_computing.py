"""CHECKED and COMPUTING of a request: order of lists, difference, merge by bucket, outcome.

What the order's bits open is settled before anything is merged; nothing else is opened before
the outcome. Source: docs/protocol.md §19.8.
"""

from django.conf import settings

from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.errors import InconsistentShares
from mpcengine.protocol.wordswire import DIFFERENCE, MERGE, ORDER, OUTCOME
from nodes.keystore import node_name
from nodes.models import Job, JobKind, JobState
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import request_of, stage_bodies
from nodes.selectors_requests import ORDERED, used_lists
from nodes.services.attempts import round_step
from nodes.services.difference import difference_step
from nodes.services.incidents import incident_note
from nodes.services.leases import job_move, job_write
from nodes.services.meeting import stage_tell
from nodes.services.nonces import lists_check
from nodes.services.parts import parts_fixed, parts_make, parts_push
from nodes.services.pausing import Pause
from nodes.services.request_rounds import OrderRound, OutcomeRound
from security_events import emit


def request_starting_step(job: Job) -> Pause | None:
    """Move a request whose lists are compared to its first attempt."""
    job_move(job, JobState.COMPUTING, round=ORDER, attempt=1)
    return None


def request_computing_step(job: Job) -> Pause | None:
    """Bring the current round one step on."""
    if job.round == DIFFERENCE:
        return difference_step(job)
    if job.round == MERGE:
        return _merge_step(job)
    if job.round == OUTCOME:
        return round_step(job, OutcomeRound(job, job))
    if node_name() in stage_bodies(job, ORDERED):
        return _open_order(job)
    return round_step(job, OrderRound(job, job))


def _open_order(job: Job) -> Pause | None:
    """Exclude owners whose list is not strictly increasing, then go on to the next round."""
    if not stage_tell(job, ORDERED):
        return Pause(stage=ORDERED)
    said = [stages.parse_ordered(body) for body in stage_bodies(job, ORDERED).values()]
    try:
        bits = stages.open_ordered(said)
    except InconsistentShares as error:
        raise MustWithhold(Reason.INCONSISTENT_SHARES, error.sentence) from error
    unordered = sorted(owner for owner, is_ordered in bits.items() if not is_ordered)
    lists_check(request_of(job), used_lists(job))
    # Only a requester asks again and again; those who compare their lists ask each other.
    is_match = job.kind == JobKind.MATCH
    with job_write(job, round=DIFFERENCE if is_match else MERGE, attempt=1):
        if not is_match:
            parts_make(job)
        for owner in unordered:
            incident_note(job, "list not ordered", f"Owner {owner}'s list does not increase.")
        if unordered:
            count = len(unordered)
            emit("validation.batch_failed", manifest=job.digest, job=job.pk, excluded=count)
    return None


def _merge_step(job: Job) -> Pause | None:
    """Wait for the parts, which whoever is free drives; then go on to the outcome."""
    if not parts_fixed(job):
        parts_push(job)
        return Pause(seconds=settings.RECONCILE_SECONDS)
    with job_write(job, round=OUTCOME, attempt=1):
        pass
    return None
