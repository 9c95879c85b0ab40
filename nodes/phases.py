"""Say what a survey takes at a moment: tokens, packages, or nothing any more.

Tokens from ``issuing.opens``, packages from ``answering.opens`` or an earlier order. Strict
timing: no more tokens once answering is open. Only the clock and the row decide, whether or
not a worker has closed the intake. A node's own intake ends some time after the manifest's, so
that what the relay promised to deliver still arrives.
"""

from datetime import datetime, timedelta

from django.conf import settings

from mpcengine.protocol.manifest import Manifest
from nodes.models import Job, JobState

STRICT = "strict"


def is_answering(job: Job, manifest: Manifest, now: datetime) -> bool:
    """Tell whether answering has begun."""
    return job.is_answering or now >= manifest.answering.opens


def takes_tokens(job: Job, manifest: Manifest, now: datetime) -> bool:
    """Tell whether a code may be exchanged for a token now."""
    issuing = manifest.issuing
    if job.state != JobState.OPEN or not issuing.opens <= now < issuing.closes:
        return False
    return manifest.timing != STRICT or not is_answering(job, manifest, now)


def is_issuing_over(job: Job, manifest: Manifest, now: datetime) -> bool:
    """Tell whether no token of this survey will be issued any more."""
    if job.state in {JobState.PREPARED, JobState.REFUSED}:
        return False
    return not takes_tokens(job, manifest, max(now, manifest.issuing.opens))


def takes_packages(job: Job, manifest: Manifest, now: datetime) -> bool:
    """Tell whether packages are taken now."""
    is_open = job.state == JobState.OPEN and now < closes_at(manifest)
    return is_open and is_answering(job, manifest, now)


def closes_at(manifest: Manifest) -> datetime:
    """Return when this node ends its intake if no order does so before."""
    return manifest.answering.closes + timedelta(seconds=settings.CLOSING_GRACE_SECONDS)


def gives_up_at(job: Job, days: int) -> datetime | None:
    """Return when this node ends a closed job that lacks a node; None while it is open.

    ``days``: how long the manifest has them wait after closing.
    """
    return None if job.closed_at is None else job.closed_at + timedelta(days=days)
