"""Keep this node's shares of the lists that requesters asked with, and forget them in time.

A list is kept from the moment this node says its outcome: from then on another node may
release. It is kept as it was contributed, by buckets, under a key of its own that only a worker
can open. Source: docs/protocol.md §19.15; corrections B8.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db.models import QuerySet

from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.codec import Writer
from mpcengine.protocol.difference import GRACE_DAYS, KEPT_DAYS, LAST_SETS, MOST_SETS
from mpcengine.protocol.errors import BadEnvelope
from mpcengine.protocol.identifiers import VERSIONS
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.words import WORD_BYTES, federation_salt
from nodes.keystore import KeystoreError, retained_key_unwrap, retained_key_wrap
from nodes.models import Job, RetainedChunk, RetainedSet
from nodes.services.list_parts import list_parts
from nodes.wal import wal_truncate

_KEY_BITS = 256
_CHUNK_BYTES = 4 * 2**20
_COMPONENTS = 2


def set_retain(job: Job, manifest: RequestManifest, *, now: datetime) -> None:
    """Keep the requester's list of a match; to be called in the transaction of its outcome.

    Of a requester's lists no more are kept than can still count.
    """
    key = AESGCM.generate_key(_KEY_BITS)
    requester = manifest.requester.key
    federation, canonicalisers = word_keys(manifest)
    row = RetainedSet.objects.create(
        request=job.digest,
        requester=requester,
        federation=federation,
        canonicalisers=canonicalisers,
        min_count=manifest.request.min_count,
        words=manifest.capacity(FIRST),
        buckets=manifest.buckets,
        key=retained_key_wrap(key, job.digest),
        retained_at=now,
    )
    parts = list_parts(job)
    for bucket in range(manifest.buckets):
        opened = parts.opened(FIRST, bucket)
        if opened is None:
            raise BadEnvelope("part.changed", "A part that opened opens no more.")
        _seal(row, key, bucket, opened.components)
    old = sets_of(requester).values_list("pk", flat=True)[MOST_SETS:]
    RetainedSet.objects.filter(pk__in=list(old)).delete()


def word_keys(manifest: RequestManifest) -> tuple[str, dict[str, int]]:
    """Return what the words of a request's lists are made under: federation, and versions."""
    salt = federation_salt([node.identity_key for node in manifest.nodes])
    return salt.hex(), {name: VERSIONS[name] for name in manifest.request.identifiers}


def sets_of(requester: bytes) -> QuerySet[RetainedSet]:
    """Return what is kept of a requester's key, the latest first."""
    rows = RetainedSet.objects.filter(requester=requester)
    return rows.order_by("-retained_at", "request")


def sets_named(
    requester: bytes, *, now: datetime
) -> tuple[tuple[Digest, ...], tuple[Digest, ...]]:
    """Return the requests whose lists count at this node, and those it holds besides.

    Those that count: the last ones, of the last year. One whose key does not open is not held.
    """
    since = now - timedelta(days=KEPT_DAYS)
    rows = list(sets_of(requester))
    last = [row for row in rows if row.retained_at > since][:LAST_SETS]
    counting = {row.pk for row in last}
    others = [row for row in rows if row.pk not in counting][:MOST_SETS]
    return _held(last), _held(others)


def set_blocks(row: RetainedSet) -> Iterator[bytes]:
    """Yield a kept list as the party reads it: words of each bucket, then their true sizes.

    Raises KeystoreError where something of it does not open.
    """
    sizes = []
    key = retained_key_unwrap(bytes(row.key), row.request)
    for bucket in range(row.buckets):
        both = b"".join(_opened(row, key, bucket))
        half = (row.words + 1) * WORD_BYTES
        if len(both) != _COMPONENTS * half:
            raise KeystoreError("Something of a retained list is missing.")
        yield both[: half - WORD_BYTES] + both[half:-WORD_BYTES]
        sizes.append(both[half - WORD_BYTES : half] + both[-WORD_BYTES:])
    yield from sizes


def sets_forget(*, now: datetime) -> None:
    """Erase what was kept for a year, and a day in which another node may still count it."""
    limit = now - timedelta(days=KEPT_DAYS + GRACE_DAYS)
    old = RetainedSet.objects.filter(retained_at__lt=limit)
    if old.exists():
        old.delete()
        wal_truncate()


def requester_forget(requester: bytes) -> int:
    """Erase what is kept of a requester's key, and return how many lists that were."""
    rows = RetainedSet.objects.filter(requester=requester)
    count = rows.count()
    rows.delete()
    wal_truncate()
    return count


def _held(rows: list[RetainedSet]) -> tuple[Digest, ...]:
    return tuple(sorted(row.request for row in rows if _is_whole(row)))


def _is_whole(row: RetainedSet) -> bool:
    try:
        retained_key_unwrap(bytes(row.key), row.request)
    except KeystoreError:
        return False
    chunks = row.chunks.order_by("bucket", "number").values_list("bucket", "number")
    length = _COMPONENTS * (row.words + 1) * WORD_BYTES
    count = -(-length // _CHUNK_BYTES)
    return list(chunks) == [(b, n) for b in range(row.buckets) for n in range(count)]


def _seal(row: RetainedSet, key: bytes, bucket: int, components: tuple[bytes, bytes]) -> None:
    both = b"".join(components)
    for number, start in enumerate(range(0, len(both), _CHUNK_BYTES)):
        piece = both[start : start + _CHUNK_BYTES]
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(key).encrypt(nonce, piece, _place(row, bucket, number))
        RetainedChunk.objects.create(
            retained=row, bucket=bucket, number=number, sealed=nonce + sealed
        )


def _opened(row: RetainedSet, key: bytes, bucket: int) -> Iterator[bytes]:
    chunks = row.chunks.filter(bucket=bucket).order_by("number")
    for chunk in chunks.iterator(chunk_size=1):
        data = bytes(chunk.sealed)
        try:
            yield AESGCM(key).decrypt(data[:12], data[12:], _place(row, bucket, chunk.number))
        except InvalidTag as error:
            raise KeystoreError("Something of a retained list does not open.") from error


def _place(row: RetainedSet, bucket: int, number: int) -> bytes:
    return row.request.encode("ascii") + Writer().u32(bucket).u32(number).end()
