"""Take the coordinator's orders: to open answering, to end consenting, to close."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

import faults
from mpcengine.protocol.orders import (
    CLOSE,
    CLOSE_CONSENTS,
    OPEN_ANSWERING,
    ORDERS,
    REQUEST_ORDERS,
    parse_order,
    verify_order,
)
from nodes.models import CoordinatorOrder, Job, JobKind, JobState
from nodes.phases import is_issuing_over
from nodes.selectors import job_get, manifest_of, request_of
from nodes.services.survey_keys import issuer_key_erase
from problems import Conflict
from security_events import emit, emit_anyway


def order_accept(*, order: bytes, signature: bytes) -> Job:
    """Act on an order signed by the manifest's coordinator; the same again when repeated.

    Raises MalformedMessage, Missing, BadSignature, Conflict while the survey is not open, or
    EventsDown.
    """
    job = job_get(digest=parse_order(order, orders=(*ORDERS, *REQUEST_ORDERS)).manifest)
    is_survey = job.kind == JobKind.SURVEY
    coordinator = (manifest_of if is_survey else request_of)(job).coordinator
    orders = ORDERS if is_survey else REQUEST_ORDERS
    parsed = verify_order(order, signature, coordinator.key, orders=orders)
    if job.state in {JobState.PREPARED, JobState.REFUSED}:
        raise Conflict("survey.not_open", "Not all three nodes have signed the manifest yet.")
    kept = CoordinatorOrder(job=job, kind=parsed.order, order=order, signature=signature)
    if parsed.order == OPEN_ANSWERING:
        _answering_open(job, kept)
    elif parsed.order == CLOSE_CONSENTS:
        _consenting_close(job, kept)
    elif parsed.order == CLOSE:
        intake_close(job, kept)
    job.refresh_from_db()
    if is_survey:
        issuing_end(job, now=timezone.now())
    return job


def issuing_end(job: Job, *, now: datetime) -> bool:
    """Destroy the issuer key once nothing more is issued; tell whether that is so."""
    is_over = is_issuing_over(job, manifest_of(job), now)
    if is_over:
        issuer_key_erase(job.survey_id)
    return is_over


def _answering_open(job: Job, kept: CoordinatorOrder) -> None:
    with transaction.atomic():
        CoordinatorOrder.objects.bulk_create([kept], ignore_conflicts=True)
        waiting = Job.objects.filter(pk=job.pk, is_answering=False)
        if waiting.update(is_answering=True):
            emit("survey.answering_opened", manifest=job.digest, job=job.pk)
        # A worker looks once, so that a key is gone even if this process dies before it is.
        Job.objects.filter(pk=job.pk, state=JobState.OPEN).update(due_at=timezone.now())


def _consenting_close(job: Job, kept: CoordinatorOrder) -> None:
    """End consenting; a worker then agrees with the peers on who has consented."""
    with transaction.atomic():
        CoordinatorOrder.objects.bulk_create([kept], ignore_conflicts=True)
        row = Job.objects.select_for_update().get(pk=job.pk)
        waiting = Job.objects.filter(pk=job.pk, state=JobState.OPEN, is_answering=False)
        closed = waiting.update(
            is_answering=True,
            epoch=row.epoch + 1,
            due_at=timezone.now(),
            lease_owner="",
            lease_until=None,
        )
        if closed:
            count = job.consents.count()
            emit("request.consents_closed", manifest=job.digest, job=job.pk, count=count)


def intake_close(
    job: Job, kept: CoordinatorOrder | None = None, *, reason: str = "time"
) -> None:
    """End intake now, by order (``kept``) or for ``reason``; nothing where it has ended.

    Whoever drives the open job loses it: the row changes whatever its epoch is. Kill points
    ``nodes.closing.*``.
    """
    now = timezone.now()
    faults.point("nodes.closing.before_write")
    with transaction.atomic():
        row = Job.objects.select_for_update().get(pk=job.pk)
        if kept is not None:
            CoordinatorOrder.objects.bulk_create([kept], ignore_conflicts=True)
        closed = Job.objects.filter(pk=job.pk, state=JobState.OPEN).update(
            state=JobState.CLOSING,
            epoch=row.epoch + 1,
            closed_at=now,
            due_at=now,
            lease_owner="",
            lease_until=None,
        )
        if closed:
            # Nobody orders what the clock does, so nothing can be refused for its event.
            tell = emit if kept else emit_anyway
            cause = "order" if kept else reason
            if job.kind == JobKind.SURVEY:
                tell("survey.closed", manifest=job.digest, job=job.pk, reason=cause)
            else:
                tell("request.closed", manifest=job.digest, job=job.pk, reason=cause)
        faults.point("nodes.closing.after_write")
    faults.point("nodes.closing.after_commit")
