"""Take, keep, move and put down a job: the one place where a job row changes hands.

Every change goes through ``job_change``, one UPDATE … WHERE (id, state, epoch) that must
change exactly one row; whoever holds an old epoch cannot write (DESIGN 8).
"""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

import faults
from mpcengine.http_peer import ClientError, Refused
from mpcengine.models import MpcJob
from security_events import emit
from stopping import stop_check

logger = logging.getLogger(__name__)

HIGHEST_MISSES = 8
MOST_TAKEN_OVER = 3
_taken_over: Counter[int] = Counter()


class StaleJob(Exception):  # named for what happened, as in protocol.errors
    """Another worker moved the job since this one read it; write nothing."""


def job_change(job: MpcJob, **changes: object) -> None:
    """Write ``changes`` if the job is still at this state and epoch; raise StaleJob if not."""
    changed = MpcJob.objects.filter(pk=job.pk, state=job.state, epoch=job.epoch).update(
        epoch=job.epoch + 1, **changes
    )
    if changed != 1:
        raise StaleJob
    job.epoch += 1
    for name, value in changes.items():
        setattr(job, name, value)


def job_lease(*, job_id: int, owner: str, now: datetime) -> MpcJob | None:
    """Take a free job for LEASE_SECONDS; return None if it is taken, gone or moved."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    job = MpcJob.objects.filter(free, pk=job_id).first()
    if job is None:
        return None
    is_taken_over = job.lease_owner not in {"", owner}
    try:
        job_change(job, lease_owner=owner, lease_until=now + _lease())
    except StaleJob:
        return None
    if is_taken_over:
        _tell_taken_over(job)
    return job


def leases_clear() -> None:
    """Take every lease from whoever holds it; for a worker that starts as the only one.

    The epochs rise, so that a holder that lives against all expectation can no longer write.
    """
    held = MpcJob.objects.exclude(lease_owner="")
    held.update(lease_owner="", lease_until=None, epoch=F("epoch") + 1, due_at=timezone.now())


def leases_give_up(owner: str) -> list[int]:
    """Put down every job that ``owner`` holds, due now; return their ids.

    The epochs rise, so that whatever still runs for the owner can no longer write.
    """
    held = MpcJob.objects.filter(lease_owner=owner)
    keys = list(held.values_list("pk", flat=True))
    held.update(lease_owner="", lease_until=None, epoch=F("epoch") + 1, due_at=timezone.now())
    return keys


def lease_keep(job: MpcJob) -> None:
    """Renew a lease that has run for LEASE_RENEW_SECONDS; raise StaleJob if it was lost.

    Raises Stopping if this process is to end.
    """
    stop_check()
    now = timezone.now()
    worn = _lease() - timedelta(seconds=settings.LEASE_RENEW_SECONDS)
    if job.lease_until is None or job.lease_until - now < worn:
        job_change(job, lease_until=now + _lease())


def job_rest(job: MpcJob, *, due_at: datetime | None) -> None:
    """Put the job down until ``due_at`` (None: for ever)."""
    job_change(job, lease_owner="", lease_until=None, due_at=due_at)


def job_move(
    job: MpcJob, to: str, *, write: Callable[[], None] | None = None, **changes: object
) -> None:
    """Move a job to another state, with what belongs to the move in the same transaction.

    Kill points ``mpcengine.<state>.before_write``, ``.after_write``, ``.after_commit``.
    """
    point = f"mpcengine.{to}"
    faults.point(f"{point}.before_write")
    with transaction.atomic():
        # Whoever comes late does not even begin: a security event in ``write`` is not undone.
        as_read = MpcJob.objects.filter(pk=job.pk, state=job.state, epoch=job.epoch)
        if as_read.select_for_update().values_list("pk").first() is None:
            raise StaleJob
        if write is not None:
            write()
        job_change(job, state=to, misses=0, **changes)
        faults.point(f"{point}.after_write")
    faults.point(f"{point}.after_commit")


def job_missed(job: MpcJob, error: ClientError) -> None:
    """Note that a receiver did not answer as hoped; the job comes back to it later."""
    name = type(error).__name__.lower()
    code = error.code if isinstance(error, Refused) else "-"
    logger.warning("ledger job %s: %s is %s (%s)", job.pk, error.receiver, name, code)
    job_change(job, misses=min(job.misses + 1, HIGHEST_MISSES))


def job_end(job: MpcJob, to: str, *, code: str, reason: str) -> None:
    """End a job without a result: refused or failed, with a code and a sentence."""
    logger.warning("ledger job %s ends as %s (%s)", job.pk, to, code)
    job_move(job, to, reason_code=code[:100], reason=reason[:400])


def _tell_taken_over(job: MpcJob) -> None:
    """Tell when this process takes one job over again and again."""
    _taken_over[job.pk] += 1
    if (times := _taken_over[job.pk]) > MOST_TAKEN_OVER:
        digest = job.manifest_digest
        emit("job.lease_taken_over", manifest=digest, job=job.pk, takeovers=times)


def _lease() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)
