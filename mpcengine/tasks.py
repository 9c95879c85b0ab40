"""Wake the job driver: by a nudge after a commit, and by a reconciler in every worker.

The row is the queue: a lost message costs a moment, a repeated one costs nothing. Tasks carry
a job's id only.
"""

import logging
import secrets
import threading
import time

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from mpcengine.job_driver import job_drive
from mpcengine.leases import leases_clear
from mpcengine.selectors import jobs_due, seconds_until_due

logger = logging.getLogger(__name__)

OWNER = secrets.token_hex(16)
# A job that another worker holds stays due: look for it no more often than this.
SHORTEST_PART = 10


@shared_task(name="mpcengine.drive", ignore_result=True)
def drive(job_id: int) -> None:
    """Bring one job forward."""
    job_drive(job_id=job_id, owner=OWNER)


def drive_nudge(job_id: int) -> None:
    """Wake the driver for a job once the current transaction has committed."""
    transaction.on_commit(lambda: _send(job_id))


def drive_due() -> None:
    """Drive every job that is due and held by nobody."""
    for job_id in jobs_due(now=timezone.now()):
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
    threading.Thread(target=_reconcile, name="ledger-reconciler", daemon=True).start()


def _send(job_id: int) -> None:
    try:
        drive.delay(job_id)
    except (OperationalError, OSError):
        logger.warning("ledger: the broker did not take a nudge for job %s", job_id)


def _reconcile() -> None:
    wait = settings.RECONCILE_SECONDS
    while True:
        time.sleep(wait)
        try:
            drive_due()
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
