"""Wake the flush: by a nudge after intake, and by a reconciler in every worker.

Tasks carry a survey's digest only and may run any number of times.
"""

import logging
import threading
import time

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from liveness import alive_note
from relay.flush import OWNER, survey_flush
from relay.leases import flushes_clear, flushes_give_up
from relay.selectors import manifest_of, surveys_waiting
from stopping import is_stopping, stop_call, stop_wait

logger = logging.getLogger(__name__)

NUDGE_SECONDS = 1.0
JOIN_SECONDS = 3.0
_last_nudge: dict[str, float] = {}


@shared_task(name="relay.flush", ignore_result=True)
def flush(digest: str) -> None:
    """Flush one survey."""
    survey_flush(digest=digest)


def flush_nudge(digest: str, *, is_urgent: bool = False) -> None:
    """Wake the flush of a survey in immediate timing, at most once a second, or after an order.

    In the other timings the reconciler looks often enough. A lost nudge costs a moment only.
    """
    now = time.monotonic()
    if not is_urgent:
        if manifest_of(digest).timing != "immediate":
            return
        if now - _last_nudge.get(digest, -NUDGE_SECONDS) < NUDGE_SECONDS:
            return
    _last_nudge[digest] = now
    try:
        flush.delay(digest)
    except Exception:  # noqa: BLE001 - a nudge is a courtesy: whatever ails the broker, go on
        logger.warning("relay: the broker did not take a nudge")


def flush_all() -> None:
    """Flush every survey that has parcels waiting."""
    for digest in surveys_waiting():
        if is_stopping():
            return
        try:
            survey_flush(digest=digest)
        except Exception:
            # One survey's fault must not stop the others; its parcels stay and come again.
            logger.exception("relay: a survey could not be flushed")


@worker_ready.connect
def reconciler_start(**_: object) -> None:
    """Start the thread that flushes whatever nudges have missed.

    Embedded, a relay has one worker: leases of the one before it need not run out first.
    """
    if settings.EMBEDDED:
        flushes_clear()
    looking = threading.Thread(target=_reconcile, name="relay-reconciler", daemon=True)
    looking.start()
    # A batch under way is given up between two pieces, and marked where it arrived.
    stop_call(lambda: looking.join(JOIN_SECONDS))
    stop_call(lambda: flushes_give_up(OWNER))


def _reconcile() -> None:
    alive_note()
    while not stop_wait(settings.RECONCILE_SECONDS):
        try:
            flush_all()
            alive_note()
        except DatabaseError:
            logger.warning("relay: the database did not answer the reconciler")
        finally:
            close_old_connections()
