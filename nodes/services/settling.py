"""OPEN, CLOSING and FROZEN of a request: consents, nonce, whole lists, equal components.

Source: docs/protocol.md §19.6 and §19.7; corrections B7, C1, C10.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.contribution import contributions_root
from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.words import WORD_BYTES
from nodes.keystore import node_name
from nodes.models import (
    Job,
    JobOutput,
    JobState,
    OwnerConsent,
    StoredContact,
    StoredContribution,
)
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import request_of, stage_bodies
from nodes.selectors_requests import (
    AGREED,
    COMPLETE,
    UNUSABLE,
    job_consents,
    job_nonce,
    settled_headers,
    settled_number,
    used_lists,
    withdrawn_owners,
)
from nodes.services.asked import check_holders, earlier_of, holder_digests
from nodes.services.incidents import incident_note
from nodes.services.leases import StaleJob, job_keep, job_move, job_write
from nodes.services.list_parts import list_parts, true_size
from nodes.services.meeting import stage_tell
from nodes.services.nonces import lists_check, nonce_again, nonce_step
from nodes.services.orders import intake_close
from nodes.services.pausing import Pause
from nodes.services.stages import stage_say
from nodes.services.taking_back import is_revoked
from security_events import emit

SIZES = "sizes"
_SIZES_ROUND = 0
_LOOKS = 2


def taking_step(job: Job) -> Pause | None:
    """Take consents, then draw the nonce, then take lists, until all or their time are over."""
    manifest, now = request_of(job), timezone.now()
    if is_revoked(job):
        raise MustWithhold(Reason.REVOKED, "An approver revoked while lists were taken.")
    if not job.is_answering:
        if not _consenting_over(job, manifest, now):
            return Pause(until=min(manifest.consenting.closes, now + _look()))
        with job_write(job, is_answering=True):
            count = OwnerConsent.objects.filter(job=job).count()
            emit("request.consents_closed", manifest=job.digest, job=job.pk, count=count)
        return None
    pause = nonce_step(job, manifest) or nonce_again(job, manifest)
    is_late = now >= manifest.contributing.closes
    if pause is not None and not is_late:
        return pause
    if not is_late and not _all_complete(job):
        return Pause(until=min(manifest.contributing.closes, now + _look()))
    intake_close(job, reason="time" if is_late else "complete")
    # The row is nobody's now, and due: whoever takes it goes on.
    raise StaleJob


def settling_step(job: Job) -> Pause | None:
    """Say whose lists are whole here, and move to FROZEN when the three nodes have said so."""
    manifest = request_of(job)
    if not job.is_answering:
        with job_write(job, is_answering=True):
            pass
    if node_name() not in stage_bodies(job, COMPLETE):
        pause = None if job_nonce(job) else nonce_step(job, manifest)
        if pause is not None:
            return pause
        _say_complete(job)
    if not stage_tell(job, COMPLETE):
        return Pause(stage=COMPLETE)
    said = [stages.parse_complete(body) for body in stage_bodies(job, COMPLETE).values()]
    if len({one.nonce for one in said}) != 1:
        raise MustWithhold(Reason.PEERS_DISAGREE, "The nodes closed on different nonces.")
    lists_check(manifest, settled_headers(job))
    _check_holders(manifest, settled_headers(job))
    job_move(job, JobState.FROZEN)
    return None


def comparing_step(job: Job) -> Pause | None:
    """Open the lists, say whose components are not those of the header, settle who is left."""
    manifest = request_of(job)
    if node_name() not in stage_bodies(job, UNUSABLE):
        _say_unusable(job)
    if not stage_tell(job, UNUSABLE):
        return Pause(stage=UNUSABLE)
    said = [stages.parse_unusable(body) for body in stage_bodies(job, UNUSABLE).values()]
    if {one.root for one in said} != {request_root(job)}:
        raise MustWithhold(Reason.PEERS_DISAGREE, "The three roots are not equal.")
    lists_check(manifest, used_lists(job))
    job_move(job, JobState.CHECKED)
    return None


def _check_holders(manifest: RequestManifest, owners: Collection[int]) -> None:
    """End a question whose holders differ by too few from those of an earlier outcome (R11)."""
    try:
        check_holders(manifest, holder_digests(manifest, owners), earlier_of(manifest))
    except PolicyRefused as refusal:
        raise MustWithhold(Reason.HOLDER_SET, refusal.sentence) from None


def request_root(job: Job) -> Digest:
    """Return the root of a request: which contributions the three nodes compute with."""
    nonce = job_nonce(job)
    number = settled_number(job)
    if nonce is None or nonce[0] != number:
        raise MustWithhold(Reason.PEERS_DISAGREE, "The nonce is not the one of the lists.")
    headers = {}
    for owner in settled_headers(job):
        row = StoredContribution.objects.get(job=job, owner=owner, number=number)
        headers[owner] = bytes(row.header)
    return contributions_root(job.digest, consents=nonce[1], nonce=nonce[2], headers=headers)


def true_sizes(job: Job) -> dict[tuple[int, int], bytes]:
    """Return this node's share of how many words are real, by owner and bucket (secret)."""
    data = bytes(JobOutput.objects.get(job=job, round=_SIZES_ROUND, name=SIZES).words)
    buckets = request_of(job).buckets
    places = [(owner, bucket) for owner in settled_headers(job) for bucket in range(buckets)]
    step = 2 * WORD_BYTES
    return {place: data[i * step : (i + 1) * step] for i, place in enumerate(places)}


def _consenting_over(job: Job, manifest: RequestManifest, now: datetime) -> bool:
    """Tell whether consenting ends here: by time, or because every owner has consented."""
    if now >= manifest.consenting.closes:
        return True
    owners = set(OwnerConsent.objects.filter(job=job).values_list("owner", flat=True))
    for body in stage_bodies(job, AGREED).values():
        owners.update(stages.parse_agreed(body).consents)
    return len(owners) == len(manifest.owners)


def _all_complete(job: Job) -> bool:
    gone = withdrawn_owners(job)
    owners = {
        owner: one for owner, one in (job_consents(job) or {}).items() if owner not in gone
    }
    rows = StoredContribution.objects.filter(job=job, number=job.coin_round, is_complete=True)
    is_listed = rows.filter(owner__in=owners).count() == len(owners)
    return is_listed and (not request_of(job).decides_before or _all_decided(job, owners))


def _all_decided(job: Job, owners: Collection[int]) -> bool:
    """Tell whether everybody has said a word on contact, where that comes with the list."""
    rows = StoredContact.objects.filter(job=job, owner__in=owners)
    return rows.count() == len(owners)


def _say_complete(job: Job) -> None:
    nonce = job_nonce(job)
    number = job.coin_round if nonce is None else nonce[0]
    rows = StoredContribution.objects.filter(job=job, number=number, is_complete=True)
    rows = rows.exclude(owner__in=withdrawn_owners(job))
    headers = {one.owner: stages.header_hash(bytes(one.header)) for one in rows}
    message = stages.Complete(
        manifest=job.digest, node=node_name(), nonce=number, headers=headers
    )
    stage_say(job, COMPLETE, stages.build_complete(message))


def _say_unusable(job: Job) -> None:
    """Compare every list's components with its header; keep what says how long it is."""
    parts = list_parts(job)
    sizes = bytearray()
    unusable: set[int] = set()
    for owner in settled_headers(job):
        for bucket in range(parts.manifest.buckets):
            job_keep(job)
            opened = parts.opened(owner, bucket)
            if opened is None:
                unusable.add(owner)
            sizes += bytes(2 * WORD_BYTES) if opened is None else true_size(opened)
    message = stages.Unusable(
        manifest=job.digest,
        node=node_name(),
        root=request_root(job),
        owners=tuple(sorted(unusable)),
    )

    def write() -> None:
        JobOutput.objects.create(
            job=job, round=_SIZES_ROUND, attempt=0, name=SIZES, words=bytes(sizes)
        )
        for owner in sorted(unusable):
            incident_note(job, "list not usable", f"Owner {owner}'s components differ.")
        if unusable:
            count = len(unusable)
            emit("validation.batch_failed", manifest=job.digest, job=job.pk, excluded=count)

    stage_say(job, UNUSABLE, stages.build_unusable(message), write=write)


def _look() -> timedelta:
    return timedelta(seconds=_LOOKS * settings.RECONCILE_SECONDS)
