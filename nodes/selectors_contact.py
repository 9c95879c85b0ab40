"""Read what a node holds of the contact that follows a match; nothing here writes."""

from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.contact import parse_contact, slot_order
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.strict import to_base64
from nodes.models import Job, JobKind, JobState, PrivateOutcome, StoredContact
from nodes.selectors import request_get, stage_bodies
from nodes.selectors_requests import COMPLETE, UNUSABLE
from problems import Conflict, Missing

_GIVEN = frozenset({JobState.RELEASED, JobState.ERASED})


def contact_job(whole: Job) -> Job | None:
    """Return the contact that follows a match; None before the release or without contact."""
    return Job.objects.filter(parent=whole, kind=JobKind.CONTACT).first()


def settled_contacts(job: Job) -> dict[int, bytes]:
    """Return SHA-256 of the words on contact that three nodes hold alike, by owner."""
    bodies = stage_bodies(job, COMPLETE).values()
    return stages.complete_headers([stages.parse_complete(body) for body in bodies])


def used_contacts(job: Job) -> tuple[int, ...]:
    """Return the owners whose words on contact are computed with, ascending."""
    excluded: set[int] = set()
    for body in stage_bodies(job, UNUSABLE).values():
        excluded.update(stages.parse_unusable(body).owners)
    return tuple(owner for owner in settled_contacts(job) if owner not in excluded)


def contact_envelopes(job: Job) -> dict[int, bytes]:
    """Return the envelopes of the owners whose words are computed with, by owner."""
    owners = used_contacts(job)
    rows = StoredContact.objects.filter(job=job.parent, owner__in=owners).order_by("owner")
    return {row.owner: parse_contact(bytes(row.contact)).envelope for row in rows}


def slot_owners(job: Job) -> list[int]:
    """Return the holders in the order in which the requester gets their envelopes."""
    envelopes = contact_envelopes(job)
    return slot_order({owner: one for owner, one in envelopes.items() if owner != FIRST})


def envelopes_get(*, digest: str) -> dict[str, JSON]:
    """Return the requester's envelope, and the holders' in an order that names nobody.

    Raises Missing ``contact.none`` before keys are given out and where there is no contact,
    Conflict ``contact.ended`` where it ended without.
    """
    job = _given(digest)
    envelopes = contact_envelopes(job)
    return {
        "requester": to_base64(envelopes[FIRST]),
        "holders": [to_base64(envelopes[owner]) for owner in slot_owners(job)],
    }


def contact_keys_get(*, digest: str, owner: int) -> PrivateOutcome:
    """Return what is sealed to one owner: keys, or chance; raise as `envelopes_get`."""
    row = PrivateOutcome.objects.filter(job=_given(digest), owner=owner).first()
    if row is None:
        raise Missing("contact.none", "There is nothing of that owner here.")
    return row


def _given(digest: str) -> Job:
    whole = request_get(digest=digest)
    job = contact_job(whole)
    if whole.reason or (job is not None and job.reason):
        raise Conflict("contact.ended", "This question ended without contact.")
    if job is None or job.state not in _GIVEN:
        raise Missing("contact.none", "No contact is given out yet; ask again later.")
    if job.state == JobState.ERASED:
        raise Conflict("contact.ended", "What was given out is erased by now.")
    return job
