"""Take an owner's list, split and sealed: a signed header, then this node's parts in chunks.

What comes is stored as it is; only a worker can open it. Source: docs/protocol.md §19.7.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

import faults
from mpcengine.protocol.consent import parse_consent
from mpcengine.protocol.contribution import (
    Contribution,
    PartPlace,
    parse_contribution,
    part_length,
    verify_chunk,
    verify_contribution,
)
from mpcengine.protocol.request_manifest import RequestManifest
from nodes.keystore import node_index
from nodes.models import Job, JobState, ListChunk, ListPart, StoredContribution
from nodes.selectors import request_get, request_of
from nodes.selectors_requests import contribution_get, job_consents, job_nonce, withdrawn_owners
from problems import Conflict, Malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Say how much of a contribution is here: bytes of each bucket's part, and whether all."""

    owner: int
    received: tuple[int, ...]
    is_complete: bool


def contribution_accept(
    *, digest: str, header: bytes, signature: bytes, now: datetime
) -> Progress:
    """Store the header of an owner's list; the same again when repeated.

    Raises Missing, MalformedMessage, BadSignature, or Conflict: ``contribution.closed`` outside
    its time, ``contribution.no_consent``, ``contribution.snapshot``, ``contribution.number``,
    or ``contribution.other`` where another header of that nonce is here. Kill points
    ``nodes.contribution.*``.
    """
    job = request_get(digest=digest)
    manifest = request_of(job)
    parsed = verify_contribution(manifest, header, signature)
    faults.point("nodes.contribution.before_write")
    with transaction.atomic():
        current = Job.objects.select_for_update().get(pk=job.pk)
        rows = StoredContribution.objects.filter(
            job=job, owner=parsed.owner, number=parsed.number
        )
        row = rows.first()
        if row is None:
            _check_takes(current, manifest, now)
            _check_agrees(current, parsed)
            if parsed.owner in withdrawn_owners(current):
                raise Conflict("contribution.withdrawn", "This owner has withdrawn.")
            row = StoredContribution.objects.create(
                job=job,
                owner=parsed.owner,
                number=parsed.number,
                header=header,
                signature=signature,
            )
            ListPart.objects.bulk_create(
                ListPart(contribution=row, bucket=bucket) for bucket in range(manifest.buckets)
            )
        elif bytes(row.header) != header:
            raise Conflict("contribution.other", "This owner has contributed something else.")
        faults.point("nodes.contribution.after_write")
    faults.point("nodes.contribution.after_commit")
    return _progress(row)


def contribution_progress(*, digest: str, owner: int) -> Progress:
    """Return how much of an owner's latest contribution is here; raise Missing if nothing."""
    return _progress(contribution_get(digest=digest, owner=owner))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Carry a piece of this node's part of a bucket of a list, signed by the list's owner."""

    owner: int
    bucket: int
    offset: int
    data: bytes
    signature: bytes


def chunk_accept(*, digest: str, chunk: Chunk, now: datetime) -> tuple[int, bool]:
    """Store a chunk of this node's part; return the bytes received and if all parts are here.

    A chunk that is here already is taken again. Raises Missing without a header, Malformed,
    MalformedMessage, BadSignature, Conflict ``contribution.offset`` (with ``received``) or
    ``contribution.closed``, or Malformed ``contribution.part`` for a whole part that is not
    the header's: it is thrown away. Kill points ``nodes.chunk.*``.
    """
    row = contribution_get(digest=digest, owner=chunk.owner)
    manifest = request_of(row.job)
    _check_signed(row, manifest, chunk)
    length = part_length(node_index(), manifest.capacity(chunk.owner))
    faults.point("nodes.chunk.before_write")
    with transaction.atomic():
        current = Job.objects.select_for_update().get(pk=row.job_id)
        part = ListPart.objects.get(contribution=row, bucket=chunk.bucket)
        if _is_here(part, chunk):
            return part.received, _is_complete(row)
        _check_takes(current, manifest, now)
        is_good = _append(row, part, chunk, length)
        is_complete = is_good and _complete(row, length)
        faults.point("nodes.chunk.after_write")
    faults.point("nodes.chunk.after_commit")
    if not is_good:
        raise Malformed("contribution.part", "The part is not the one in the header.")
    return part.received, is_complete


def _check_signed(row: StoredContribution, manifest: RequestManifest, chunk: Chunk) -> None:
    """Raise unless the chunk is for a bucket of the request and its owner signed it."""
    if not 0 <= chunk.bucket < manifest.buckets:
        raise Malformed("contribution.bucket", "The request has no such bucket.")
    place = PartPlace(
        manifest=manifest.digest, owner=chunk.owner, number=row.number, bucket=chunk.bucket
    )
    verify_chunk(
        manifest.owners[chunk.owner].key,
        place,
        index=node_index(),
        offset=chunk.offset,
        chunk=chunk.data,
        signature=chunk.signature,
    )


def _append(row: StoredContribution, part: ListPart, chunk: Chunk, length: int) -> bool:
    """Add a chunk to a part; throw a whole part that is not the header's away, return False."""
    end = chunk.offset + len(chunk.data)
    if chunk.offset != part.received:
        raise Conflict(
            "contribution.offset",
            "The chunk does not begin where the last one ended.",
            received=part.received,
        )
    if end > length:
        raise Malformed("contribution.length", "The part is longer than it can be.")
    ListChunk.objects.create(part=part, offset=chunk.offset, data=chunk.data)
    part.received = end
    is_bad = end == length and not _is_the_headers(row, part)
    if is_bad:
        part.chunks.all().delete()
        part.received = 0
    part.save(update_fields=["received"])
    return not is_bad


def _check_takes(job: Job, manifest: RequestManifest, now: datetime) -> None:
    window = manifest.contributing
    if job.state != JobState.OPEN or not window.opens <= now < window.closes:
        raise Conflict("contribution.closed", "This request takes no lists now.")


def _check_agrees(job: Job, header: Contribution) -> None:
    """Raise Conflict unless the header is of an owner that consented, to the nonce of now."""
    consents, nonce = job_consents(job), job_nonce(job)
    if consents is None or nonce is None:
        raise Conflict("contribution.number", "The nodes have drawn no nonce yet.")
    if header.owner not in consents:
        raise Conflict("contribution.no_consent", "This owner has given no consent.")
    if parse_consent(consents[header.owner]).snapshot != header.snapshot:
        raise Conflict("contribution.snapshot", "This is not the list that was consented to.")
    if nonce[0] != header.number:
        raise Conflict("contribution.number", "The nonce of now is another one.")


def _is_here(part: ListPart, chunk: Chunk) -> bool:
    kept = part.chunks.filter(offset=chunk.offset).first()
    return kept is not None and bytes(kept.data) == chunk.data


def _is_the_headers(row: StoredContribution, part: ListPart) -> bool:
    found = hashlib.sha256()
    for data in part.chunks.order_by("offset").values_list("data", flat=True).iterator():
        found.update(data)
    header = parse_contribution(bytes(row.header))
    return found.digest() == header.parts[part.bucket][node_index() - 1]


def _complete(row: StoredContribution, length: int) -> bool:
    if row.parts.exclude(received=length).exists():
        return False
    row.is_complete = True
    row.save(update_fields=["is_complete"])
    return True


def _is_complete(row: StoredContribution) -> bool:
    return StoredContribution.objects.get(pk=row.pk).is_complete


def _progress(row: StoredContribution) -> Progress:
    received = row.parts.order_by("bucket").values_list("received", flat=True)
    return Progress(owner=row.owner, received=tuple(received), is_complete=_is_complete(row))
