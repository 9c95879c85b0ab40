"""Bring one job forward: a table of small steps, one a state, each safe to run twice.

A step says what is to be said, then names what it waits for. While this drive has just made
progress and nobody else needs the worker, it waits for the peers here; otherwise the job rests
and comes back by a nudge or by the reconciler.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from nodes.models import JobState, SurveyJob
from nodes.phases import closes_at, gives_up_at
from nodes.reasons import MustWithhold, Reason
from nodes.routers import ISSUING
from nodes.selectors import ending_incident, jobs_due, manifest_of
from nodes.services.attempts import peers_ahead
from nodes.services.checking import checking_step
from nodes.services.computing import computing_step, starting_step
from nodes.services.freezing import freezing_step
from nodes.services.leases import StaleJob, job_hold, job_keep, job_rest, job_take
from nodes.services.meeting import job_recall, stage_count, stage_tell
from nodes.services.memory import job_forget, job_memory
from nodes.services.opening import opening_step
from nodes.services.orders import intake_close, issuing_end
from nodes.services.padding import padding_agree
from nodes.services.pausing import Pause
from nodes.services.seen import seen_interval, seen_look
from nodes.services.statements import job_erase, job_withhold
from nodes.services.tokens import requests_erase
from nodes.wal import wal_truncate
from stopping import Stopping, stop_check, stop_wait

logger = logging.getLogger(__name__)

Step = Callable[[SurveyJob, Manifest], Pause | None]
FINAL = Pause(is_final=True)
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


def _drive(job: SurveyJob, owner: str) -> None:
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


def _rest_if_held(job: SurveyJob, owner: str, *, seconds: float) -> None:
    """Put the job down for some seconds, unless it is somebody else's by now."""
    job.refresh_from_db()
    if job.lease_owner == owner:
        job_rest(job, due_at=timezone.now() + timedelta(seconds=seconds))


def _run(job: SurveyJob, owner: str) -> Pause:
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
            job_withhold(job, end.reason, end.detail)
            moved_at = time.monotonic()


def _step(job: SurveyJob) -> Pause | None:
    manifest = manifest_of(job)
    if job.state in _ACTIVE:
        _issuing_ended(job)
        _requests_erased(job)
        _check_goes_on(job, manifest)
        if not job_recall(job):
            return Pause(seconds=settings.RECONCILE_SECONDS)
    return _STEPS[JobState(job.state)](job, manifest)


def _check_goes_on(job: SurveyJob, manifest: Manifest) -> None:
    """Raise MustWithhold for what a web process noted, and when a node stays away too long."""
    incident = ending_incident(job)
    if incident is not None:
        raise MustWithhold(Reason(incident.code), incident.detail)
    end = gives_up_at(job, manifest)
    if end is not None and timezone.now() >= end:
        raise MustWithhold(Reason.NODE_LOST, "The time to wait for all three nodes is over.")


def _wait(job: SurveyJob, pause: Pause, owner: str, until: float) -> bool:
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


def _is_over(job: SurveyJob, pause: Pause) -> bool:
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


def _others_wait(job: SurveyJob, owner: str) -> bool:
    return any(pk != job.pk for pk in jobs_due(now=timezone.now(), owner=owner))


def _put_down(job: SurveyJob, pause: Pause) -> None:
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


def _open_step(job: SurveyJob, manifest: Manifest) -> Pause | None:
    """Close issuing and intake when their times are over; until then look at what came."""
    is_issuing = not _issuing_ended(job)
    now = timezone.now()
    is_early = is_issuing and now < manifest.issuing.closes
    end = manifest.issuing.closes if is_early else closes_at(manifest)
    if now < end:
        if padding_agree(job):
            seen_look(job, manifest)
        return Pause(until=min(end, now + seen_interval()))
    intake_close(job)
    job.refresh_from_db()
    return None


def _issuing_ended(job: SurveyJob) -> bool:
    """Tell whether issuing is over; see, once a process, that its key is in no file then."""
    memory = job_memory(job.digest)
    if not memory.is_issuing_over and issuing_end(job, now=timezone.now()):
        wal_truncate(ISSUING)
        memory.is_issuing_over = True
    return memory.is_issuing_over


def _requests_erased(job: SurveyJob) -> None:
    """See, once a process, that the evidence of who asked for tokens is gone after closing."""
    memory = job_memory(job.digest)
    if not memory.has_erased_requests:
        requests_erase(job.digest)
        memory.has_erased_requests = True


def _ended_step(job: SurveyJob, _manifest: Manifest) -> Pause | None:
    """Erase what a job no longer needs once its end is signed."""
    job_erase(job)
    return FINAL


def _final_step(_job: SurveyJob, _manifest: Manifest) -> Pause | None:
    return FINAL


_STEPS: dict[JobState, Step] = {
    JobState.PREPARED: _final_step,
    JobState.REFUSED: _final_step,
    JobState.OPEN: _open_step,
    JobState.CLOSING: freezing_step,
    JobState.FROZEN: checking_step,
    JobState.CHECKED: starting_step,
    JobState.COMPUTING: computing_step,
    JobState.FIXED: opening_step,
    JobState.RELEASED: _ended_step,
    JobState.WITHHELD: _ended_step,
    JobState.ERASED: _final_step,
}
