"""Take owners' words on contact: a sealed card or random bytes, and this node's sealed part.

Nobody can tell one from the other; who says nothing has no contact. The latest word stands
until the nodes settle whose words they compute with. Source: docs/protocol.md §19.17.
"""

import hashlib

from django.db import transaction

import faults
from mpcengine.protocol.contact import Contact, contact_part_length, verify_contact
from mpcengine.protocol.request_manifest import RequestManifest
from nodes.keystore import node_index
from nodes.models import Job, JobState, StoredContact
from nodes.selectors import request_get, request_of
from nodes.selectors_contact import contact_job
from problems import Conflict, Malformed

_ENDED = frozenset({JobState.PREPARED, JobState.REFUSED, JobState.WITHHELD})


def contact_accept(*, digest: str, contact: bytes, signature: bytes, part: bytes) -> int:
    """Store an owner's word on contact and return the owner's number; the same when repeated.

    A word with a higher number takes the place of the one before: that is how an opt-in is
    withdrawn. Raises Missing, MalformedMessage, BadSignature, Malformed ``contact.part`` for a
    part that is not the one named, or Conflict: ``contact.none`` where the question offers no
    contact, ``contact.early`` and ``contact.closed`` outside its time, ``contact.older``.
    Kill points ``nodes.contact.*``.
    """
    job = request_get(digest=digest)
    manifest = request_of(job)
    if manifest.contact is None:
        raise Conflict("contact.none", "This question offers no contact.")
    parsed = verify_contact(manifest, contact, signature)
    _check_part(parsed, part)
    faults.point("nodes.contact.before_write")
    with transaction.atomic():
        current = Job.objects.select_for_update().get(pk=job.pk)
        kept = StoredContact.objects.filter(job=job, owner=parsed.owner).first()
        if kept is None or bytes(kept.contact) != contact:
            _check_takes(current, manifest)
            if kept is not None and kept.number >= parsed.number:
                raise Conflict("contact.older", "A later word of this owner is here.")
            StoredContact.objects.filter(job=job, owner=parsed.owner).delete()
            StoredContact.objects.create(
                job=job,
                owner=parsed.owner,
                number=parsed.number,
                contact=contact,
                signature=signature,
                part=part,
            )
        faults.point("nodes.contact.after_write")
    faults.point("nodes.contact.after_commit")
    return parsed.owner


def _check_part(contact: Contact, part: bytes) -> None:
    index = node_index()
    is_named = hashlib.sha256(part).digest() == contact.parts[index - 1]
    if len(part) != contact_part_length(index) or not is_named:
        raise Malformed("contact.part", "The part is not the one that the contact names.")


def _check_takes(job: Job, manifest: RequestManifest) -> None:
    """Raise Conflict unless words on contact are still taken.

    The contact's own job, which follows a release, ends it for good when it settles.
    """
    if job.state in _ENDED or job.reason:
        raise Conflict("contact.closed", "This question takes no words on contact now.")
    following = contact_job(job)
    if following is None and not manifest.decides_before:
        raise Conflict(
            "contact.early", "Words on contact are taken once the match is released."
        )
    if following is not None and following.state != JobState.OPEN:
        raise Conflict("contact.closed", "It is settled whose contacts are given out.")
