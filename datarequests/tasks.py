"""Follow requests that are under way; the ledger drives their jobs."""

import logging
import threading

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from datarequests.selectors import ids_under_way
from datarequests.services.running import request_follow
from stopping import is_stopping, stop_call, stop_wait

logger = logging.getLogger(__name__)
JOIN_SECONDS = 3.0


@shared_task(name="datarequests.follow", ignore_result=True)
def follow() -> None:
    """Bring every request that is under way to where the nodes are."""
    for request_id in ids_under_way():
        if is_stopping():
            return
        try:
            request_follow(request_id=request_id)
        except DatabaseError:
            raise
        except Exception:
            # One request's fault must not stop the others.
            logger.exception("request %s could not be followed", request_id)


@worker_ready.connect
def follower_start(**_: object) -> None:
    """Start the thread that follows requests."""
    looking = threading.Thread(target=_follow_on, name="requests-follower", daemon=True)
    looking.start()
    stop_call(lambda: looking.join(JOIN_SECONDS))


def _follow_on() -> None:
    while not stop_wait(float(settings.RECONCILE_SECONDS)):
        try:
            follow()
        except DatabaseError:
            logger.warning("requests: the database did not answer the follower")
        finally:
            close_old_connections()
