"""Delete kept answers and ended sessions when their time is over, in every worker."""

import logging
import threading
import time

from celery.signals import worker_ready
from django.db import DatabaseError, close_old_connections

from accounts.people import sessions_purge
from accounts.services import kept_answers_purge

logger = logging.getLogger(__name__)

PURGE_SECONDS = 3600.0


@worker_ready.connect
def reconciler_start(**_: object) -> None:
    """Start the thread that deletes answers by their age, also where nobody writes any more."""
    threading.Thread(target=_reconcile, name="answers-reconciler", daemon=True).start()


def answers_reconcile() -> None:
    """Delete what is old; a database that does not answer is asked again an hour later."""
    try:
        kept_answers_purge()
        sessions_purge()
    except DatabaseError:
        logger.warning("accounts: the database did not answer the reconciler")


def _reconcile() -> None:
    while True:
        answers_reconcile()
        close_old_connections()
        time.sleep(PURGE_SECONDS)
