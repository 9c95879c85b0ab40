"""Read what a node holds of requests; nothing here writes."""

from django.db.models import QuerySet

from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.consent import MOST_NONCES, consents_digest, draw_nonce, nonce_body
from mpcengine.protocol.contribution import Contribution, parse_contribution
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import LABEL_NONCE
from mpcengine.protocol.strict import to_base64
from nodes.keystore import node_sign
from nodes.models import Job, JobKind, OwnerConsent, PrivateOutcome, StoredContribution
from nodes.models_requests import TakenBack
from nodes.selectors import request_get, stage_bodies
from problems import Missing

# The stage in which consents are agreed on, and the one that settles whose lists are whole.
AGREED, COMPLETE = "agreed", "complete"
# The stage whose three messages tell whose components differ from their header.
UNUSABLE = "unusable"
# The stages whose three messages are opened values: of lists' order, and of the outcome.
ORDERED, OUTCOME = "ordered", "outcome"
# The stages before anything is merged: which earlier questions count, and the bit that says no.
EARLIER, NEAR = "earlier", "near"


def buckets_of(whole: Job) -> QuerySet[Job]:
    """Return the parts of a request that are its buckets."""
    return Job.objects.filter(parent=whole, kind=JobKind.PART)


def job_consents(job: Job) -> dict[int, bytes] | None:
    """Return the consents that stand, by ascending owner; None before three nodes agree."""
    bodies = stage_bodies(job, AGREED)
    if len(bodies) != len(NODE_NAMES):
        return None
    return stages.agreed_consents([stages.parse_agreed(body) for body in bodies.values()])


def job_nonce(job: Job) -> tuple[int, bytes, bytes] | None:
    """Return number, consents digest and nonce of the last nonce three nodes revealed."""
    consents = job_consents(job)
    if consents is None:
        return None
    standing = consents_digest(job.digest, consents)
    for number in range(MOST_NONCES, 0, -1):
        bodies = stage_bodies(job, f"reveal/{number}")
        if len(bodies) == len(NODE_NAMES):
            parts = [stages.parse_reveal(body).part for body in bodies.values()]
            nonce = draw_nonce(job.digest, number=number, consents=standing, parts=parts)
            return number, standing, nonce
    return None


def signed_request_get(*, digest: str) -> dict[str, object]:
    """Return a request manifest with the signatures this node has under it; raise Missing."""
    job = request_get(digest=digest)
    return {
        "manifest": to_base64(bytes(job.manifest)),
        "requester_signature": to_base64(bytes(job.requester_signature)),
        "coordinator_signature": to_base64(bytes(job.coordinator_signature)),
        "approvals": job.approvals,
        "signatures": job.signatures,
    }


def consents_get(*, digest: str) -> list[dict[str, str]]:
    """Return the consents this node holds, by ascending owner; raise Missing."""
    rows = OwnerConsent.objects.filter(job=request_get(digest=digest)).order_by("owner")
    return [
        {"consent": to_base64(bytes(one.consent)), "signature": to_base64(bytes(one.signature))}
        for one in rows
    ]


def nonce_get(*, digest: str) -> dict[str, JSON]:
    """Return the latest nonce with this node's signature; raise Missing before there is one."""
    job = request_get(digest=digest)
    found = job_nonce(job)
    if found is None:
        raise Missing("nonce.none", "The nodes have drawn no nonce yet; ask again later.")
    number, consents, nonce = found
    body = nonce_body(digest, number=number, consents=consents, nonce=nonce)
    return {
        "number": number,
        "consents": consents.hex(),
        "nonce": nonce.hex(),
        "signature": to_base64(node_sign(LABEL_NONCE, body)),
    }


def contribution_get(*, digest: str, owner: int) -> StoredContribution:
    """Return the contribution of an owner for the latest nonce; raise Missing."""
    rows = StoredContribution.objects.filter(job=request_get(digest=digest), owner=owner)
    row = rows.order_by("-number").first()
    if row is None:
        raise Missing("contribution.none", "This node has no contribution of that owner.")
    return row


def private_get(*, digest: str, owner: int, bucket: int) -> PrivateOutcome:
    """Return what a released request tells one owner of one bucket; raise Missing."""
    rows = PrivateOutcome.objects.filter(job=request_get(digest=digest))
    row = rows.filter(owner=owner, bucket=bucket).first()
    if row is None:
        raise Missing("private.none", "There is nothing of that owner here.")
    return row


def withdrawn_owners(job: Job) -> set[int]:
    """Return the owners who withdrew from a request before this node said whose lists count."""
    rows = TakenBack.objects.filter(job=job, kind="withdrawal", effect="discarded")
    return set(rows.values_list("place", flat=True))


def settled_headers(job: Job) -> dict[int, bytes]:
    """Return SHA-256 of the headers that are whole at all three nodes, by ascending owner."""
    bodies = stage_bodies(job, COMPLETE).values()
    return stages.complete_headers([stages.parse_complete(body) for body in bodies])


def settled_number(job: Job) -> int:
    """Return the number of the nonce on which the contributions that count were made."""
    (number,) = {
        stages.parse_complete(body).nonce for body in stage_bodies(job, COMPLETE).values()
    }
    return number


def header_of(job: Job, owner: int, number: int) -> Contribution:
    """Return an owner's header that this node holds."""
    row = StoredContribution.objects.get(job=job, owner=owner, number=number)
    return parse_contribution(bytes(row.header))


def excluded_owners(job: Job) -> set[int]:
    """Return whose list is not used: components that differ, or words not ascending."""
    found: set[int] = set()
    for body in stage_bodies(job, UNUSABLE).values():
        found.update(stages.parse_unusable(body).owners)
    bodies = stage_bodies(job, ORDERED)
    if len(bodies) == len(NODE_NAMES):
        ordered = stages.open_ordered([stages.parse_ordered(body) for body in bodies.values()])
        found.update(owner for owner, is_ordered in ordered.items() if not is_ordered)
    return found


def used_lists(job: Job) -> tuple[int, ...]:
    """Return the owners whose lists are used as far as is known now, ascending."""
    excluded = excluded_owners(job)
    return tuple(owner for owner in settled_headers(job) if owner not in excluded)
