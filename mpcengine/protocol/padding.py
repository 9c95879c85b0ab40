"""Pad a published list of package ids to the size of the roster, and sign what was seen.

Source: docs/protocol.md §10.7; corrections C8. The dummies follow from three seeds that only
the nodes know, so three nodes pad alike and nobody else can tell a dummy from a package.
"""

import hashlib
from collections.abc import Sequence

from mpcengine.protocol.batch import ID_BYTES, pack_ids
from mpcengine.protocol.canonical import Digest, digest_bytes
from mpcengine.protocol.codec import Writer
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import (
    LABEL_PADDING,
    LABEL_PADDING_SEED,
    LABEL_SEEN,
    signed_bytes,
    verify,
)

SEED_BYTES = 32


def padding_seed(manifest: Digest, seeds: Sequence[bytes]) -> bytes:
    """Return the joint seed: SHA-256(label ‖ 0 ‖ digest ‖ the three nodes' seeds by index).

    Secret: it tells dummies from packages. Raises MalformedMessage unless there are three
    seeds of 32 bytes.
    """
    if len(seeds) != 3 or any(len(seed) != SEED_BYTES for seed in seeds):
        raise MalformedMessage("padding.seeds", "Padding takes three seeds of 32 bytes.")
    body = digest_bytes(manifest) + b"".join(seeds)
    return hashlib.sha256(signed_bytes(LABEL_PADDING_SEED, body)).digest()


def dummy_id(seed: bytes, place: int) -> str:
    """Return the dummy at ``place``, from 0: hex SHA-256(label ‖ 0 ‖ seed ‖ u32 place)."""
    body = Writer().fixed(seed, SEED_BYTES).u32(place).end()
    return hashlib.sha256(signed_bytes(LABEL_PADDING, body)).hexdigest()


def padded_ids(ids: Sequence[str], size: int, seed: bytes) -> tuple[str, ...]:
    """Return ``ids`` and the first dummies, max(``size``, number of ids) in all, ascending.

    ``ids`` are distinct; a dummy equals an id with probability 2^-256.
    """
    dummies = [dummy_id(seed, place) for place in range(size - len(ids))]
    return tuple(sorted([*ids, *dummies]))


def early_publisher(manifest: Digest) -> str:
    """Return the one node that publishes what it has seen before the batch is agreed.

    Two nodes' lists, filled with the same dummies, differ by exactly what was delivered to one
    and not to the other: whoever delivers could read which package is whose.
    """
    return NODE_NAMES[digest_bytes(manifest)[0] % len(NODE_NAMES)]


def seen_body(manifest: Digest, ids: Sequence[str]) -> bytes:
    """Return what a node signs under LABEL_SEEN: digest (32) ‖ u32 number ‖ ids, ascending."""
    packed = pack_ids(ids)
    writer = Writer().fixed(digest_bytes(manifest), 32).u32(len(ids))
    return writer.fixed(packed, ID_BYTES * len(ids)).end()


def verify_seen(
    identity_key: bytes, manifest: Digest, ids: Sequence[str], signature: bytes
) -> None:
    """Return nothing if a node signed this list of seen ids.

    Raises BadSignature, or MalformedMessage if the ids are not ascending and distinct.
    """
    verify(identity_key, LABEL_SEEN, seen_body(manifest, ids), signature)
