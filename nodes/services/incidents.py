"""Note what an operator should look at, and what must end a job."""

import logging

from nodes.models import Incident, Job
from nodes.reasons import Reason

logger = logging.getLogger(__name__)


def incident_note(job: Job, code: str, detail: str) -> None:
    """Write an incident that does not end the job; the log names job and code only."""
    Incident.objects.create(job=job, code=code, detail=detail[:400])
    logger.warning("job %s: incident %s", job.pk, code)


def incident_end(job: Job, reason: Reason, detail: str) -> None:
    """Write an incident for which the job's driver must end the job with ``reason``.

    For callers that do not drive the job themselves (a web process hearing a peer).
    """
    Incident.objects.create(job=job, code=reason.value, detail=detail[:400], ends_job=True)
    logger.warning("job %s: incident %s ends the job", job.pk, reason.value)
