"""Cut a list into buckets, pad, sort, share in three, and seal each node's parts.

Source: docs/protocol.md §19.3, §19.4, §19.7; corrections B7, C1. The arithmetic is that of
``protocol.words`` on whole arrays. Parts are sealed once and kept in files until every node has
them: sealing again would give other bytes than the header names.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from connector.list_words import WORD, WordList, Words
from mpcengine.protocol.consent import SignedNonce
from mpcengine.protocol.contribution import (
    Contribution,
    PartPlace,
    Triple,
    seal_part,
    sign_contribution,
)
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.words import (
    SALT_BYTES,
    SEED_BYTES,
    bucket_key,
    component_hash,
    encrypt_blocks,
    expand_seed,
)

NODES = (1, 2, 3)
_SWAPS = ((0x00000000AAAAAAAA, 31), (0x0000CCCC0000CCCC, 14), (0x00F000F000F000F0, 4))
_PIECE = 1 << 20


class BucketFull(Exception):
    """Say that a bucket holds more words than its capacity under this nonce."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Prepared:
    """Hold a contribution that is ready to send: its header, signed, and files of parts.

    ``slots`` has, for each bucket, the real words' places in the padded list, and ``real`` the
    words themselves in the same order: what private outcomes are read with.
    """

    header: bytes
    signature: bytes
    number: int
    folder: Path
    slots: tuple[NDArray[np.int64], ...]
    real: tuple[Words, ...]

    def part(self, bucket: int, index: int) -> Path:
        """Return the file of node ``index``'s sealed part of a bucket."""
        return self.folder / f"{bucket}-{index}.part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitter:
    """Split one owner's list for one request under one nonce."""

    manifest: RequestManifest
    owner: int
    key: Ed25519PrivateKey = field(repr=False)
    nonce: SignedNonce

    def prepare(self, words: WordList, folder: Path) -> Prepared:
        """Return the contribution of a list; its parts are written into ``folder``.

        Raises BucketFull if a bucket is too full; nothing is dropped.
        """
        capacity = self.manifest.capacity(self.owner)
        buckets = self._buckets(words.words)
        if max(map(len, buckets)) > capacity:
            raise BucketFull
        slots, components, parts = [], [], []
        for bucket, real in enumerate(buckets):
            listed = padded(real, capacity)
            slots.append(np.searchsorted(listed, real))
            hashes, sealed = self._seal(bucket, listed, len(real), folder)
            components.append(hashes)
            parts.append(sealed)
        contribution = Contribution(
            manifest=self.manifest.digest,
            owner=self.owner,
            snapshot=words.snapshot,
            number=self.nonce.number,
            components=tuple(components),
            parts=tuple(parts),
        )
        header, signature = sign_contribution(self.key, contribution)
        return Prepared(
            header=header,
            signature=signature,
            number=self.nonce.number,
            folder=folder,
            slots=tuple(slots),
            real=tuple(buckets),
        )

    def _buckets(self, words: Words) -> Sequence[Words]:
        number = self.manifest.buckets
        if number == 1:
            return [words]
        chosen = buckets_of(self.nonce.nonce, words) & np.uint8(number - 1)
        return [words[chosen == bucket] for bucket in range(number)]

    def _seal(
        self, bucket: int, listed: Words, real: int, folder: Path
    ) -> tuple[Triple, Triple]:
        """Write each node's sealed part; return hashes of components and of parts."""
        place = PartPlace(
            manifest=self.manifest.digest,
            owner=self.owner,
            number=self.nonce.number,
            bucket=bucket,
        )
        shared = np.append(bits_moved(listed), np.uint64(real))
        seeds = [secrets.token_bytes(SEED_BYTES) for _ in (0, 1)]
        first = expand_seed(seeds[0], place.context(0), len(shared))
        second = expand_seed(seeds[1], place.context(1), len(shared))
        shared ^= np.frombuffer(first, dtype=WORD)
        shared ^= np.frombuffer(second, dtype=WORD)
        third = shared.astype(WORD, copy=False).tobytes()
        salts = _triple(secrets.token_bytes(SALT_BYTES) for _ in NODES)
        hashes = _triple(
            component_hash(salt, place.context(k), component)
            for k, (salt, component) in enumerate(
                zip(salts, (first, second, third), strict=True)
            )
        )
        bodies = (seeds[0], seeds[1], third)
        digests = []
        for index, node in zip(NODES, self.manifest.nodes, strict=True):
            sealed = seal_part(node.share_key, place, index=index, salts=salts, bodies=bodies)
            (folder / f"{bucket}-{index}.part").write_bytes(sealed)
            digests.append(hashlib.sha256(sealed).digest())
        return hashes, _triple(digests)


def padded(real: Words, capacity: int) -> Words:
    """Return ``capacity`` different words, ascending: the real ones and random others."""
    listed = real
    while len(listed) < capacity:
        drawn = secrets.token_bytes(8 * (capacity - len(listed)))
        dummies = np.frombuffer(drawn, dtype=WORD).astype(np.uint64, copy=False)
        listed = np.union1d(listed, dummies)
    return listed


def bits_moved(words: Words) -> Words:
    """Return words with every bit of significance s at position bitrev6(s)."""
    moved = words.astype(np.uint64, copy=True)
    for mask, shift in _SWAPS:
        low, high = np.uint64(mask), np.uint64(mask << shift)
        moved = (
            moved & ~(low | high)
            | (moved & low) << np.uint64(shift)
            | moved >> np.uint64(shift) & low
        )
    return moved


def buckets_of(nonce: bytes, words: Words) -> NDArray[np.uint8]:
    """Return for each word the byte whose low bits are its bucket."""
    key = bucket_key(nonce)
    found = np.empty(len(words), dtype=np.uint8)
    for start in range(0, len(words), _PIECE):
        piece = words[start : start + _PIECE]
        blocks = np.zeros((len(piece), 2), dtype=WORD)
        blocks[:, 0] = piece
        sealed = np.frombuffer(encrypt_blocks(key, blocks.tobytes()), dtype=np.uint8)
        found[start : start + _PIECE] = sealed[::16]
    return found


def _triple(values: Iterable[bytes]) -> Triple:
    first, second, third = values
    return first, second, third
