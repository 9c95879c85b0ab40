"""Write a manifest's job row as it is accepted or refused, and open it with three signatures.

For manifests of every kind; what is checked before is each kind's own affair.
"""

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

import faults
from mpcengine.protocol.errors import MalformedMessage, PolicyRefused
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signedmanifest import NamesNodes
from mpcengine.protocol.signing import verify
from mpcengine.protocol.strict import to_base64
from nodes.models import Job, JobKind, JobState
from nodes.services.leases import job_row_change
from problems import Conflict
from security_events import emit, reason_code


def job_store(fresh: Job, refusal: PolicyRefused | None = None) -> None:
    """Write a job's row, or let a refused one follow the operator's change of mind.

    Raises Conflict if another manifest of the same id came in between: the database keeps one.
    Kill points ``nodes.<state>.*``.
    """
    fresh.state = JobState.PREPARED if refusal is None else JobState.REFUSED
    fresh.reason = "" if refusal is None else refusal.code
    fresh.sentence = "" if refusal is None else refusal.sentence[:400]
    point = f"nodes.{fresh.state.value}"
    rows = Job.objects.filter(digest=fresh.digest)
    faults.point(f"{point}.before_write")
    try:
        with transaction.atomic():
            Job.objects.bulk_create([fresh], ignore_conflicts=True)
            rows.filter(state=JobState.REFUSED).update(
                state=fresh.state, reason=fresh.reason, sentence=fresh.sentence
            )
            faults.point(f"{point}.after_write")
    except IntegrityError:
        raise other_manifest() from None
    if not rows.exists():
        raise other_manifest()
    faults.point(f"{point}.after_commit")


def job_open(job: Job, signatures: Mapping[str, bytes]) -> Job:
    """Open a prepared job, and tell that; return the row as it is then.

    The signatures hold. Kill points ``nodes.open.*``.
    """
    named = {name: to_base64(signatures[name]) for name in NODE_NAMES}
    faults.point("nodes.open.before_write")
    with transaction.atomic():
        # Two calls at once both find the job prepared; the second finds here that it is open.
        job = Job.objects.select_for_update().get(pk=job.pk)
        if job.state == JobState.PREPARED:
            # A worker agrees with the peers on the rest; then it comes back by itself.
            now = timezone.now()
            job_row_change(job, state=JobState.OPEN, signatures=named, due_at=now)
            digest, survey = job.digest, job.survey_id
            if job.kind == JobKind.SURVEY:
                emit("survey.opened", manifest=digest, survey=survey, job=job.pk)
            else:
                emit("request.opened", manifest=digest, survey=survey, job=job.pk)
        faults.point("nodes.open.after_write")
    faults.point("nodes.open.after_commit")
    return job


def signatures_check(
    manifest: NamesNodes, label: bytes, body: bytes, signatures: Mapping[str, bytes]
) -> None:
    """Raise MalformedMessage or BadSignature unless all three nodes have signed ``body``."""
    if set(signatures) != set(NODE_NAMES):
        raise MalformedMessage("signatures.names", "Give the signatures of nodes a, b and c.")
    for terms in manifest.nodes:
        verify(terms.identity_key, label, body, signatures[terms.node])


def refused_tell(digest: str, survey_id: str, refusal: PolicyRefused) -> None:
    """Tell that this operator's policy refused a manifest."""
    emit(
        "manifest.refused",
        outcome="failure",
        manifest=digest,
        survey=survey_id,
        reason=reason_code(refusal.code),
    )


def other_manifest() -> Conflict:
    """Return that of one id this node signs one manifest."""
    return Conflict("manifest.other", "This node signed another manifest of the survey.")
