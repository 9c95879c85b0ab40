"""Bring one job forward by the small steps of its kind, one a state, each safe to run twice.

A step says what is to be said, then names what it waits for. While this drive has just made
progress and nobody else needs the worker, it waits for the peers here; otherwise the job rests
and comes back by a nudge or by the reconciler.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from mpcengine.protocol.nodesfile import NODE_NAMES
from nodes.models import Job, JobKind, JobState
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import ending_incident, jobs_due
from nodes.services.attempts import peers_ahead
from nodes.services.contact_flow import CONTACT_FLOW
from nodes.services.flows import Flow
from nodes.services.leases import StaleJob, job_hold, job_keep, job_rest, job_take
from nodes.services.meeting import stage_count, stage_tell
from nodes.services.memory import job_forget, job_memory
from nodes.services.pausing import Pause
from nodes.services.request_flow import PART_FLOW, REQUEST_FLOW
from nodes.services.survey_flow import SURVEY_FLOW
from stopping import Stopping, stop_check, stop_wait

logger = logging.getLogger(__name__)

_FLOWS: Mapping[str, Flow] = {
    JobKind.SURVEY: SURVEY_FLOW,
    JobKind.MATCH: REQUEST_FLOW,
    JobKind.COMPARE: REQUEST_FLOW,
    JobKind.PART: PART_FLOW,
    JobKind.CONTACT: CONTACT_FLOW,
}
# How long a drive that made progress waits for its peers before it lets go of the worker.
PATIENCE_SECONDS = 4.0
_LOOK_SECONDS = 0.05
_ASK_SECONDS = 1.0
_AFTER_ERROR_SECONDS = 10.0
_ACTIVE = frozenset(
    {
        JobState.CLOSING,
        JobState.FROZEN,
        JobState.CHECKED,
        JobState.COMPUTING,
        JobState.FIXED,
    }
)

_lock = threading.Lock()
_driven: set[int] = set()


def job_drive(*, job_pk: int, owner: str) -> None:
    """Bring a job as far as it goes now, then put it down until it is due again.

    Run by a worker. ``owner`` names the process. Does nothing if the job is being driven
    already, and stops without a word when somebody else moved it meanwhile.
    """
    if not _begin(job_pk):
        return
    try:
        job = job_take(job_pk=job_pk, owner=owner, now=timezone.now())
        if job is not None:
            _drive(job, owner)
    finally:
        _driven.discard(job_pk)


def _begin(job_pk: int) -> bool:
    """Tell whether no other thread of this process drives the job, and note that one does."""
    with _lock:
        is_free = job_pk not in _driven
        _driven.add(job_pk)
    return is_free


def _drive(job: Job, owner: str) -> None:
    try:
        _put_down(job, _run(job, owner))
    except StaleJob:
        logger.info("job %s was moved or taken by somebody else", job.pk)
        job_forget(job.digest)
    except Stopping:
        logger.info("job %s is put down: this process ends", job.pk)
        job_forget(job.digest)
        with contextlib.suppress(StaleJob):
            _rest_if_held(job, owner, seconds=0.0)
    except Exception:
        # Whatever it was, it must not keep the job from being tried again soon.
        job_forget(job.digest)
        with contextlib.suppress(StaleJob):
            _rest_if_held(job, owner, seconds=_AFTER_ERROR_SECONDS)
        raise


def _rest_if_held(job: Job, owner: str, *, seconds: float) -> None:
    """Put the job down for some seconds, unless it is somebody else's by now."""
    job.refresh_from_db()
    if job.lease_owner == owner:
        job_rest(job, due_at=timezone.now() + timedelta(seconds=seconds))


def _run(job: Job, owner: str) -> Pause:
    """Take steps until one has to wait longer than this drive should."""
    moved_at = -PATIENCE_SECONDS
    while True:
        stop_check()
        try:
            pause = _step(job)
            if pause is None or pause.is_party:
                moved_at = time.monotonic()
            if pause is None:
                job_keep(job)
            elif not _wait(job, pause, owner, moved_at + PATIENCE_SECONDS):
                return pause
        except MustWithhold as end:
            _FLOWS[job.kind].withhold(job, end.reason, end.detail)
            moved_at = time.monotonic()


def _step(job: Job) -> Pause | None:
    flow = _FLOWS[job.kind]
    if job.state in _ACTIVE:
        flow.attend(job)
        _check_goes_on(job, flow)
        if not flow.recall(job):
            return Pause(seconds=settings.RECONCILE_SECONDS)
    return flow.steps[JobState(job.state)](job)


def _check_goes_on(job: Job, flow: Flow) -> None:
    """Raise MustWithhold for what a web process noted, and when a node stays away too long."""
    incident = ending_incident(job)
    if incident is not None:
        raise MustWithhold(Reason(incident.code), incident.detail)
    end = flow.gives_up_at(job)
    if end is not None and timezone.now() >= end:
        raise MustWithhold(Reason.NODE_LOST, "The time to wait for all three nodes is over.")


def _wait(job: Job, pause: Pause, owner: str, until: float) -> bool:
    """Wait here for what a step needs; return False when the drive should let go instead."""
    if pause.is_final or pause.until is not None:
        return False
    if pause.seconds:
        is_short = time.monotonic() + pause.seconds <= until
        stop_wait(pause.seconds if is_short else 0)
        return is_short
    asked = time.monotonic()
    while time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
        job_keep(job)
        if _is_over(job, pause):
            return True
        if time.monotonic() - asked >= _ASK_SECONDS:
            asked = time.monotonic()
            if _others_wait(job, owner):
                return False
            if pause.stage:
                stage_tell(job, pause.stage)
    return False


def _is_over(job: Job, pause: Pause) -> bool:
    """Tell whether what a step waited for has come, or something that changes the plan."""
    if ending_incident(job) is not None:
        return True
    is_attempt = pause.is_party or pause.stage.startswith(("ready/", "done/"))
    if is_attempt and peers_ahead(job):
        return True
    if pause.is_party:
        running = job_memory(job.digest).running
        return running is None or running.poll() is not None
    return stage_count(job, pause.stage) == len(NODE_NAMES)


def _others_wait(job: Job, owner: str) -> bool:
    return any(pk != job.pk for pk in jobs_due(now=timezone.now(), owner=owner))


def _put_down(job: Job, pause: Pause) -> None:
    now = timezone.now()
    if pause.is_final:
        job_rest(job, due_at=None)
    elif pause.until is not None:
        job_rest(job, due_at=pause.until)
    elif job_memory(job.digest).running is not None:
        job_hold(job, due_at=now + timedelta(seconds=_ASK_SECONDS))
    else:
        wait = max(pause.seconds, settings.RECONCILE_SECONDS)
        spread = 0.75 + secrets.randbelow(500) / 1000
        job_rest(job, due_at=now + timedelta(seconds=wait * spread))
