"""Wake the job driver: by a nudge after a commit, and by a reconciler in every worker.

The row is the queue: a lost message costs a moment, a repeated one costs nothing. Tasks carry
a job's id only.
"""

import logging
import secrets
import threading

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from django.utils import timezone

from liveness import alive_note
from mpcengine.job_driver import job_drive
from mpcengine.leases import leases_clear, leases_give_up
from mpcengine.selectors import jobs_due, seconds_until_due
from stopping import is_stopping, stop_call, stop_wait

logger = logging.getLogger(__name__)

OWNER = secrets.token_hex(16)
# A job that another worker holds stays due: look for it no more often than this.
SHORTEST_PART = 10
# How long an ending process waits for its reconciler to give up by itself.
JOIN_SECONDS = 3.0


@shared_task(name="mpcengine.drive", ignore_result=True)
def drive(job_id: int) -> None:
    """Bring one job forward."""
    job_drive(job_id=job_id, owner=OWNER)
    if is_stopping():
        _send(job_id)  # to another worker, if there is one: this one takes no more


def drive_nudge(job_id: int) -> None:
    """Wake the driver for a job once the current transaction has committed."""
    transaction.on_commit(lambda: _send(job_id))


def drive_due() -> None:
    """Drive every job that is due and held by nobody."""
    for job_id in jobs_due(now=timezone.now()):
        if is_stopping():
            return
        alive_note()
        try:
            job_drive(job_id=job_id, owner=OWNER)
        except Exception:
            # One job's fault must not stop the others; its lease runs out and it comes back.
            logger.exception("ledger: job %s could not be driven", job_id)


@worker_ready.connect
def reconciler_start(**_: object) -> None:
    """Start the thread that drives whatever nudges have missed.

    Embedded, a portal has one worker: leases of the one before it need not run out first.
    """
    if settings.EMBEDDED:
        leases_clear()
    looking = threading.Thread(target=_reconcile, name="ledger-reconciler", daemon=True)
    looking.start()
    stop_call(lambda: looking.join(JOIN_SECONDS))
    stop_call(_put_down)


def _send(job_id: int) -> None:
    try:
        drive.delay(job_id)
    except Exception:  # noqa: BLE001 - a nudge is a courtesy: whatever ails the broker, go on
        logger.warning("ledger: the broker did not take a nudge for job %s", job_id)


def _put_down() -> None:
    """Give up the leases of this process and wake another worker."""
    for job_id in leases_give_up(OWNER):
        _send(job_id)


def _reconcile() -> None:
    wait = settings.RECONCILE_SECONDS
    alive_note()
    while not stop_wait(wait):
        try:
            drive_due()
            alive_note()
            wait = reconcile_wait()
        except DatabaseError:
            logger.warning("ledger: the database did not answer the reconciler")
        finally:
            close_old_connections()


def reconcile_wait() -> float:
    """Return how long to sleep: until the next job is due, RECONCILE_SECONDS at most."""
    most = float(settings.RECONCILE_SECONDS)
    due = seconds_until_due(now=timezone.now())
    return most if due is None else min(most, max(due, most / SHORTEST_PART))
