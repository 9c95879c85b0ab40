"""Bring one job forward: idempotent steps, one per state, each safe to run twice.

A step talks to nodes and relay over HTTP outside any transaction, then writes what it learned
in one transaction together with a compare-and-set on the job. A receiver that is silent
delays the job and breaks nothing; a node that refuses ends it with its code and sentence.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from mpcengine.job_agreement import agreement_collect, agreement_spread
from mpcengine.job_orders import orders_while_closing, orders_while_open
from mpcengine.job_outcome import outcome_collect
from mpcengine.leases import StaleJob, job_lease, job_rest, lease_keep, leases_give_up
from mpcengine.models import TERMINAL_STATES, MpcJob
from stopping import Stopping

logger = logging.getLogger(__name__)

STEPS: Mapping[str, Callable[[MpcJob], bool]] = {
    "proposed": agreement_collect,
    "agreed": agreement_spread,
    "open": orders_while_open,
    "closing": orders_while_closing,
    "running": outcome_collect,
}


def job_drive(*, job_id: int, owner: str) -> None:
    """Bring a job as far as it goes now, then put it down until it is due again.

    Run by a worker, for a nudge or by the reconciler. Does nothing if another worker holds
    the job, and stops without a word when another one took it over meanwhile.
    """
    job = job_lease(job_id=job_id, owner=owner, now=timezone.now())
    if job is None:
        return
    try:
        while job.state not in TERMINAL_STATES and STEPS[job.state](job):
            lease_keep(job)
        job_rest(job, due_at=None if job.state in TERMINAL_STATES else _next_look(job))
    except StaleJob:
        logger.info("ledger job %s was taken over", job_id)
    except Stopping:
        logger.info("ledger job %s is put down: this process ends", job_id)
        leases_give_up(owner)


def _next_look(job: MpcJob) -> datetime:
    """Return when to look again: soon, or after silence later and later, never in step."""
    wait = settings.RECONCILE_SECONDS / 2 * 2 ** min(job.misses, 5)
    return timezone.now() + timedelta(seconds=wait * (0.75 + secrets.randbelow(500) / 1000))
