"""Take a consent or an approval back: before, during and after computing.

Source: docs/protocol.md §19.6; reference/data-requests.md 6.4. Before this node has said whose
lists are whole, a withdrawn list is thrown away and counts at no node. From then on the node
stops and the request is withheld. What it has said of an outcome stands.
"""

from datetime import datetime

from django.db import transaction

from mpcengine.protocol.approval import (
    SignedApproval,
    verify_approval,
    verify_revocation,
    verify_withdrawal,
)
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.strict import parse_base64
from nodes.keystore import node_name
from nodes.models import Job, JobState, StoredContribution
from nodes.models_requests import TakenBack
from nodes.reasons import Reason
from nodes.selectors import request_get, request_of, stage_bodies
from nodes.selectors_requests import COMPLETE, OUTCOME
from nodes.services.asked import withdrawal_note
from nodes.services.incidents import incident_end
from problems import Conflict
from security_events import emit

DISCARDED, STOPPED, STANDS = "discarded", "stopped", "stands"
WITHDRAWAL, REVOCATION = "withdrawal", "revocation"
_NOT_OPEN = (JobState.PREPARED, JobState.REFUSED)
_ENDED = (JobState.RELEASED, JobState.WITHHELD, JobState.ERASED)


def withdrawal_accept(
    *, digest: str, withdrawal: bytes, signature: bytes, now: datetime
) -> tuple[int, str]:
    """Return who withdraws and what that does: ``discarded``, ``stopped`` or ``stands``.

    Again: the same. Raises Missing, MalformedMessage, BadSignature, Conflict while the request
    is not open, or EventsDown.
    """
    job = request_get(digest=digest)
    manifest = request_of(job)
    owner = verify_withdrawal(manifest, withdrawal, signature)
    kept = TakenBack(
        job=job, kind=WITHDRAWAL, place=owner, body=withdrawal, signature=signature
    )
    with transaction.atomic():
        current = _locked(job)
        if current.state in _NOT_OPEN:
            raise Conflict("request.not_open", "Not all three nodes have signed it yet.")
        done = _effect(current)
        if _keep(kept, done):
            _tell(current, kept, done)
            if done == DISCARDED:
                StoredContribution.objects.filter(job=job, owner=owner).delete()
            elif done == STOPPED:
                incident_end(current, Reason.WITHDRAWN, f"Owner {owner} withdrew.")
            else:
                withdrawal_note(manifest, owner)
            _wake(current, now)
    return owner, TakenBack.objects.get(job=job, kind=WITHDRAWAL, place=owner).effect


def revocation_accept(
    *, digest: str, revocation: bytes, signature: bytes, now: datetime
) -> tuple[int, str]:
    """Return the approver who revokes and what that does: ``stopped`` or ``stands``.

    It stands where the outcome is said, or as many others approve as are needed. Raises
    Missing, MalformedMessage, BadSignature, or EventsDown.
    """
    job = request_get(digest=digest)
    manifest = request_of(job)
    place = verify_revocation(manifest, revocation, signature)
    kept = TakenBack(
        job=job, kind=REVOCATION, place=place, body=revocation, signature=signature
    )
    with transaction.atomic():
        current = _locked(job)
        is_enough = len(_approving(current, manifest) - {place}) >= manifest.approvals.needed
        done = STANDS if is_enough or _effect(current) == STANDS else STOPPED
        if _keep(kept, done):
            _tell(current, kept, done)
            if done == STOPPED and current.state not in _NOT_OPEN:
                incident_end(current, Reason.REVOKED, f"Approver {place} revoked.")
                _wake(current, now)
    return place, TakenBack.objects.get(job=job, kind=REVOCATION, place=place).effect


def is_revoked(job: Job) -> bool:
    """Tell whether a request lacks an approval that was taken back."""
    return TakenBack.objects.filter(job=job, kind=REVOCATION, effect=STOPPED).exists()


def _locked(job: Job) -> Job:
    return Job.objects.select_for_update().get(pk=job.pk)


def _effect(job: Job) -> str:
    """Return what taking back does at this moment of a job."""
    if job.state in _ENDED or node_name() in stage_bodies(job, OUTCOME):
        return STANDS
    return STOPPED if node_name() in stage_bodies(job, COMPLETE) else DISCARDED


def _keep(kept: TakenBack, effect: str) -> bool:
    """Store what was taken back, once; tell whether it is new."""
    rows = TakenBack.objects.filter(job=kept.job, kind=kept.kind, place=kept.place)
    if rows.exists():
        return False
    kept.effect = effect
    kept.save()
    return True


def _approving(job: Job, manifest: RequestManifest) -> set[int]:
    revoked = TakenBack.objects.filter(job=job, kind=REVOCATION)
    given = {
        verify_approval(
            manifest,
            SignedApproval(
                approval=parse_base64(one["approval"]) or b"",
                signature=parse_base64(one["signature"]) or b"",
            ),
        )
        for one in job.approvals
    }
    return given - set(revoked.values_list("place", flat=True))


def _wake(job: Job, now: datetime) -> None:
    """Have a worker look: whoever drives the job loses it and can no longer write."""
    Job.objects.filter(pk=job.pk).update(
        epoch=job.epoch + 1, due_at=now, lease_owner="", lease_until=None
    )


def _tell(job: Job, kept: TakenBack, effect: str) -> None:
    code = f"{kept.kind}.{effect}"
    emit("request.taken_back", manifest=job.digest, job=job.pk, reason=code)
