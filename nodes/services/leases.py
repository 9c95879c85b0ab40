"""Take, keep, write under and put down a job: the one place where a job row changes hands.

A driver owns a job by a lease (LEASE_SECONDS) and writes under its epoch only: every write is
one transaction that ends in UPDATE … WHERE (id, state, epoch), which must change exactly one
row. Taking a job over and moving it raise the epoch, so whoever comes late cannot write
(docs/protocol.md §10, DESIGN 8).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

import faults
from nodes.models import Incident, Job, JobState
from security_events import emit
from stopping import stop_check

TAKEN_OVER = "lease taken over"
MOST_TAKEN_OVER = 3


class StaleJob(Exception):
    """Somebody else moved or took the job since this process read it; write nothing."""


def job_row_change(job: Job, **changes: object) -> None:
    """Write ``changes`` and raise the epoch if the row is as read; raise StaleJob if not."""
    changed = Job.objects.filter(pk=job.pk, state=job.state, epoch=job.epoch).update(
        epoch=job.epoch + 1, **changes
    )
    if changed != 1:
        raise StaleJob
    job.epoch += 1
    for name, value in changes.items():
        setattr(job, name, value)


def job_lock(job: Job) -> None:
    """Hold the row as it was read until the transaction ends; raise StaleJob if it moved.

    For what is written beside the row and leaves its epoch alone.
    """
    as_read = Job.objects.filter(pk=job.pk, state=job.state, epoch=job.epoch)
    if as_read.select_for_update().values_list("pk").first() is None:
        raise StaleJob


def job_take(*, job_pk: int, owner: str, now: datetime) -> Job | None:
    """Take a job that is free, or this owner's already; return None if it is not to be had."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now) | Q(lease_owner=owner)
    job = Job.objects.filter(free, pk=job_pk).first()
    if job is None:
        return None
    is_taken_over = job.lease_owner not in {"", owner}
    try:
        job_row_change(job, lease_owner=owner, lease_until=now + _lease())
    except StaleJob:
        return None
    if is_taken_over:
        _note_taken_over(job)
    return job


def job_keep(job: Job, *, now: datetime | None = None) -> None:
    """Renew a lease that has run for LEASE_RENEW_SECONDS; raise StaleJob if it was lost.

    Raises Stopping if this process is to end: every long step comes by here.
    """
    stop_check()
    moment = timezone.now() if now is None else now
    renew_below = _lease() - timedelta(seconds=settings.LEASE_RENEW_SECONDS)
    if job.lease_until is None or job.lease_until - moment < renew_below:
        job_row_change(job, lease_until=moment + _lease())


def job_rest(job: Job, *, due_at: datetime | None) -> None:
    """Put the job down until ``due_at``; None puts it down for good."""
    job_row_change(job, lease_owner="", lease_until=None, due_at=due_at)


def job_hold(job: Job, *, due_at: datetime) -> None:
    """Stay the owner until ``due_at``: this process runs the job's party."""
    job_row_change(job, lease_until=timezone.now() + _lease(), due_at=due_at)


def leases_clear() -> None:
    """Take every lease from whoever holds it; for a worker that starts as the only one.

    The epochs rise, so that a holder that lives against all expectation can no longer write.
    """
    held = Job.objects.exclude(lease_owner="")
    for job in held:
        _note_taken_over(job)
    held.update(lease_owner="", lease_until=None, epoch=F("epoch") + 1, due_at=timezone.now())


def leases_give_up(owner: str) -> list[int]:
    """Put down every job that ``owner`` holds, due now; return their ids.

    The epochs rise, so that whatever still runs for the owner can no longer write.
    """
    held = Job.objects.filter(lease_owner=owner)
    keys = list(held.values_list("pk", flat=True))
    held.update(lease_owner="", lease_until=None, epoch=F("epoch") + 1, due_at=timezone.now())
    return keys


@contextmanager
def job_write(job: Job, **changes: object) -> Iterator[None]:
    """Run the body and write ``changes`` in one transaction, or neither if the job is stale.

    Whoever comes late does not even begin: a security event in the body is not undone.
    """
    with transaction.atomic():
        job_lock(job)
        yield
        job_row_change(job, **changes)


def job_move(
    job: Job,
    to: JobState,
    *,
    write: Callable[[], object] | None = None,
    **changes: object,
) -> None:
    """Move a job to another state, with what belongs to the move in the same transaction.

    Kill points ``nodes.<state>.before_write``, ``.after_write`` and ``.after_commit``.
    """
    point = f"nodes.{to.value}"
    faults.point(f"{point}.before_write")
    with job_write(job, state=to, **changes):
        if write is not None:
            write()
        faults.point(f"{point}.after_write")
    faults.point(f"{point}.after_commit")


def _note_taken_over(job: Job) -> None:
    """Note that whoever held the job has died or hung; tell when it happens again and again."""
    Incident.objects.create(job=job, code=TAKEN_OVER, detail="A lease was not put down.")
    times = Incident.objects.filter(job=job, code=TAKEN_OVER).count()
    if times > MOST_TAKEN_OVER:
        emit("job.lease_taken_over", manifest=job.digest, job=job.pk, takeovers=times)


def _lease() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)
