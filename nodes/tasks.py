"""Wake the job driver: by a nudge after a commit, and by a reconciler in every worker.

The row is the queue: a lost message costs a moment, a repeated one costs nothing. Tasks carry
a job's id only.
"""

import logging
import secrets
import threading
import time
from datetime import date

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from django.utils import timezone

from liveness import alive_note
from nodes.keystore import wrapping_key_make
from nodes.selectors import jobs_due
from nodes.services.difference_sets import sets_forget
from nodes.services.driving import job_drive
from nodes.services.leases import leases_clear, leases_give_up
from nodes.services.memory import jobs_forget
from nodes.services.rosters import rosters_forget
from nodes.wal import wal_truncate
from stopping import is_stopping, stop_call, stop_wait

logger = logging.getLogger(__name__)

# One per process: whoever runs a job's party must be the one to ask how it went.
OWNER = secrets.token_hex(16)
RESEND_SECONDS = 10.0
# When the reconciler sent the message that a job still waits for (monotonic seconds).
_sent: dict[int, float] = {}
# On which day this process last looked for what has grown too old.
_swept: dict[str, date] = {}


@shared_task(name="nodes.node_job_drive", ignore_result=True)
def node_job_drive(job_pk: int) -> None:
    """Bring one job forward."""
    _sent.pop(job_pk, None)
    job_drive(job_pk=job_pk, owner=OWNER)
    if is_stopping():
        _send(job_pk)  # to another worker, if there is one: this one takes no more
    else:
        drive_due()  # what this drive has made due, as the next part of a request


def drive_nudge(job_pk: int) -> None:
    """Wake the driver for a job once the current transaction has committed."""
    transaction.on_commit(lambda: _send(job_pk))


@worker_ready.connect
def reconciler_start(**_: object) -> None:
    """Start the thread that wakes the driver for whatever nudges have missed.

    A worker also makes the node's wrapping key if there is none (web processes never do), and
    empties the write-ahead files, in case the one before it died between erasing and that.
    Embedded, a node has one worker: leases of the one before it need not run out first.
    """
    wrapping_key_make()
    wal_truncate()
    if settings.EMBEDDED:
        leases_clear()
    threading.Thread(target=_reconcile, name="node-reconciler", daemon=True).start()
    stop_call(_put_down)


def old_sweep() -> None:
    """Forget rosters and lists of requesters that are a year old, once a day and process."""
    now = timezone.now()
    if _swept.get("old") != now.date():
        rosters_forget(today=now.date())
        sets_forget(now=now)
        _swept["old"] = now.date()


def drive_due() -> None:
    """Send a message for every due job, but no second one while the first is still waiting."""
    now = time.monotonic()
    for job_pk in jobs_due(now=timezone.now(), owner=OWNER):
        if now - _sent.get(job_pk, -RESEND_SECONDS) >= RESEND_SECONDS:
            _sent[job_pk] = now
            _send(job_pk)


def _send(job_pk: int) -> None:
    try:
        node_job_drive.delay(job_pk)
    except Exception:  # noqa: BLE001 - a nudge is a courtesy: whatever ails the broker, go on
        logger.warning("the broker did not take a nudge for job %s", job_pk)


def _put_down() -> None:
    """End the parties of this process, give up its leases, and wake another worker."""
    jobs_forget()
    for job_pk in leases_give_up(OWNER):
        _send(job_pk)


def _reconcile() -> None:
    alive_note()
    while not stop_wait(settings.RECONCILE_SECONDS):
        try:
            drive_due()
            old_sweep()
            alive_note()
        except DatabaseError:
            logger.warning("the database did not answer the reconciler")
        finally:
            close_old_connections()
