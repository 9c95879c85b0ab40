"""Take owners' consents to a request, and their word that a list does not fit its buckets.

Source: docs/protocol.md §19.6 and §19.7; corrections C1, C12.
"""

from datetime import datetime

from django.db import transaction

import faults
from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.consent import verify_consent
from mpcengine.protocol.contribution import verify_overflow
from mpcengine.protocol.request_manifest import RequestManifest
from nodes.models import Job, JobState, Overflow, OwnerConsent
from nodes.selectors import request_get, request_of, stage_bodies
from nodes.selectors_requests import AGREED, job_nonce
from problems import Conflict


def consent_accept(*, digest: str, consent: bytes, signature: bytes, now: datetime) -> int:
    """Store an owner's consent and return the owner's number; the same again when repeated.

    Raises Missing, MalformedMessage, BadSignature, Conflict ``consent.closed`` outside its time
    or ``consent.other`` where the owner has given another one. Kill points ``nodes.consent.*``.
    """
    job = request_get(digest=digest)
    manifest = request_of(job)
    owner = verify_consent(manifest, consent, signature).owner
    fresh = OwnerConsent(job=job, owner=owner, consent=consent, signature=signature)
    faults.point("nodes.consent.before_write")
    with transaction.atomic():
        # The row lock keeps the end of consenting from passing between check and commit.
        current = Job.objects.select_for_update().get(pk=job.pk)
        kept = OwnerConsent.objects.filter(job=job, owner=owner).first()
        if kept is None:
            # A peer that had everybody's may have ended consenting while this was on its way.
            if not _is_told(job, owner, consent):
                _check_takes(current, manifest, now)
            fresh.save()
        elif bytes(kept.consent) != consent:
            raise Conflict("consent.other", "This owner has given another consent.")
        faults.point("nodes.consent.after_write")
    faults.point("nodes.consent.after_commit")
    return owner


def _check_takes(job: Job, manifest: RequestManifest, now: datetime) -> None:
    window = manifest.consenting
    is_open = job.state == JobState.OPEN and not job.is_answering
    if not is_open or not window.opens <= now < window.closes:
        raise Conflict("consent.closed", "This request takes no consents now.")


def _is_told(job: Job, owner: int, consent: bytes) -> bool:
    """Tell whether a node has told, at the end of consenting, of this very consent."""
    told = (stages.parse_agreed(body) for body in stage_bodies(job, AGREED).values())
    return any(one.consents.get(owner, (b"",))[0] == consent for one in told)


def overflow_accept(*, digest: str, owner: int, number: int, signature: bytes) -> None:
    """Note that an owner's list does not fit the latest nonce; the nodes then draw another.

    Raises Missing, MalformedMessage, BadSignature, or Conflict ``overflow.number`` where that
    is not the latest nonce, or nothing is contributed any more.
    """
    job = request_get(digest=digest)
    verify_overflow(request_of(job), owner=owner, number=number, signature=signature)
    fresh = Overflow(job=job, owner=owner, number=number, signature=signature)
    with transaction.atomic():
        current = Job.objects.select_for_update().get(pk=job.pk)
        nonce = job_nonce(current)
        if current.state != JobState.OPEN or nonce is None or nonce[0] != number:
            raise Conflict("overflow.number", "The nonce of now is another one, or none.")
        Overflow.objects.bulk_create([fresh], ignore_conflicts=True)
