"""Hand a list, split in three and sealed, to three nodes; the same signed header to all.

Source: docs/protocol.md §19.4 and §19.7; corrections B7. The header holds salted hashes of all
components, so that two nodes can tell that they hold the same one without showing it, and the
hashes of the sealed parts, so that nobody but the owner can fill them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from mpcengine.protocol.canonical import (
    JSON,
    Digest,
    canonical,
    digest,
    digest_bytes,
    parse_canonical,
)
from mpcengine.protocol.codec import Reader, Writer
from mpcengine.protocol.consent import MOST_NONCES
from mpcengine.protocol.envelope import OVERHEAD
from mpcengine.protocol.errors import BadEnvelope, MalformedMessage
from mpcengine.protocol.request_manifest_parts import RequestManifest
from mpcengine.protocol.schemas_request import CONTRIBUTION_FORMAT, MOST_BUCKETS, MOST_OWNERS
from mpcengine.protocol.signing import (
    LABEL_CHUNK,
    LABEL_CONTRIBUTION,
    LABEL_OVERFLOW,
    parse_point,
    sign,
    verify,
)
from mpcengine.protocol.strict import Fields, is_hex
from mpcengine.protocol.words import (
    SALT_BYTES,
    SEED_BYTES,
    SEEDED_COMPONENTS,
    WORD_BYTES,
    component_context,
    component_hash,
    expand_seed,
    node_components,
)

LABEL_PART = b"drempel/part/1"
LABEL_CONTRIBUTIONS = b"drempel/contributions/1"
LARGEST_CHUNK = 4 * 2**20
HASH_BYTES = 32
_KEYS = ("format", "manifest", "owner", "snapshot", "number", "components", "parts")
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)

Triple = tuple[bytes, bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """Hold a contribution's header.

    ``components`` has, for each bucket, the hashes H_0, H_1, H_2; ``parts`` the SHA-256 of the
    sealed parts of nodes 1, 2, 3. ``number`` is that of the nonce.
    """

    manifest: Digest
    owner: int
    snapshot: Digest
    number: int
    components: tuple[Triple, ...]
    parts: tuple[Triple, ...]

    def encode(self) -> bytes:
        """Return the canonical bytes that the owner signs."""
        return canonical(
            {
                "format": CONTRIBUTION_FORMAT,
                "manifest": self.manifest,
                "owner": self.owner,
                "snapshot": self.snapshot,
                "number": self.number,
                "components": [[one.hex() for one in triple] for triple in self.components],
                "parts": [[one.hex() for one in triple] for triple in self.parts],
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPlace:
    """Say which bucket of which owner's list a part is, for which nonce."""

    manifest: Digest
    owner: int
    number: int
    bucket: int

    def context(self, component: int) -> bytes:
        """Return what names one component here."""
        return component_context(
            manifest=self.manifest,
            owner=self.owner,
            component=component,
            number=self.number,
            bucket=self.bucket,
        )

    def info(self, index: int) -> bytes:
        """Return the HPKE ``info`` of node ``index``'s part."""
        node_components(index)
        writer = Writer().fixed(digest_bytes(self.manifest), HASH_BYTES)
        writer.u8(index).u8(self.owner).u8(self.number).u32(self.bucket)
        return LABEL_PART + b"\x00" + writer.end()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPart:
    """Hold a node's two components of a bucket, in its order, with their hashes.

    ``components`` are the words as bytes: the list, then the number of its real words.
    """

    components: tuple[bytes, bytes]
    hashes: tuple[bytes, bytes]


def parse_contribution(data: bytes) -> Contribution:
    """Read a header; raise MalformedMessage if it is not exactly one. Verifies nothing."""
    top = Fields(parse_canonical(data), required=_KEYS)
    top.choice("format", (CONTRIBUTION_FORMAT,))
    components, parts = _triples(top, "components"), _triples(top, "parts")
    if len(components) != len(parts):
        raise top.refuse("parts", "must have as many buckets as components")
    return Contribution(
        manifest=top.digest("manifest"),
        owner=top.integer("owner", 0, MOST_OWNERS - 1),
        snapshot=top.digest("snapshot"),
        number=top.integer("number", 1, MOST_NONCES),
        components=components,
        parts=parts,
    )


def sign_contribution(
    private: Ed25519PrivateKey, contribution: Contribution
) -> tuple[bytes, bytes]:
    """Return the header's bytes and the owner's signature."""
    data = contribution.encode()
    return data, sign(private, LABEL_CONTRIBUTION, data)


def verify_contribution(
    manifest: RequestManifest, data: bytes, signature: bytes
) -> Contribution:
    """Return the header if an owner of this manifest signed it, with the right buckets.

    Whether it is the snapshot consented to, and the nonce of now, is the node's to compare.
    Raises MalformedMessage or BadSignature.
    """
    header = parse_contribution(data)
    if header.manifest != manifest.digest:
        raise MalformedMessage("contribution.manifest", "This is for another question.")
    if header.owner >= len(manifest.owners):
        raise MalformedMessage("contribution.owner", "This is of nobody in the request.")
    if len(header.parts) != manifest.buckets:
        raise MalformedMessage("contribution.buckets", "This has another number of buckets.")
    verify(manifest.owners[header.owner].key, LABEL_CONTRIBUTION, data, signature)
    return header


def part_length(index: int, capacity: int) -> int:
    """Return the length in bytes of node ``index``'s sealed part of a bucket."""
    bodies = sum(
        SEED_BYTES if component in SEEDED_COMPONENTS else WORD_BYTES * (capacity + 1)
        for component in node_components(index)
    )
    return OVERHEAD + 2 * SALT_BYTES + bodies


def seal_part(
    public: bytes, place: PartPlace, *, index: int, salts: Triple, bodies: Triple
) -> bytes:
    """Seal node ``index``'s part to its share key (65 bytes).

    ``salts`` and ``bodies`` are those of all three components: seeds of 0 and 1, words of 2.
    """
    first, second = node_components(index)
    plain = salts[first] + salts[second] + bodies[first] + bodies[second]
    return _SUITE.encrypt(plain, parse_point(public), place.info(index))


def open_part(
    private: EllipticCurvePrivateKey,
    place: PartPlace,
    *,
    index: int,
    capacity: int,
    sealed: bytes,
) -> OpenedPart:
    """Open node ``index``'s part and expand its components to capacity + 1 words each.

    Raises BadEnvelope if it does not open or has another length: the owner is not usable.
    """
    if len(sealed) != part_length(index, capacity):
        raise BadEnvelope("part.length", "A part has another length.")
    try:
        plain = _SUITE.decrypt(sealed, private, place.info(index))
    except (InvalidTag, ValueError) as error:
        raise BadEnvelope("part.open", "A part does not open.") from error
    reader = Reader(plain)
    salts = reader.fixed(SALT_BYTES), reader.fixed(SALT_BYTES)
    words = capacity + 1
    found: list[bytes] = []
    hashes: list[bytes] = []
    for component, salt in zip(node_components(index), salts, strict=True):
        context = place.context(component)
        if component in SEEDED_COMPONENTS:
            found.append(expand_seed(reader.fixed(SEED_BYTES), context, words))
        else:
            found.append(reader.fixed(words * WORD_BYTES))
        hashes.append(component_hash(salt, context, found[-1]))
    reader.end()
    return OpenedPart(components=(found[0], found[1]), hashes=(hashes[0], hashes[1]))


def matches_header(part: OpenedPart, header: Contribution, *, index: int, bucket: int) -> bool:
    """Tell whether a node's two components of a bucket are those of the header."""
    hashes = header.components[bucket]
    return all(
        found == hashes[component]
        for component, found in zip(node_components(index), part.hashes, strict=True)
    )


def chunk_body(place: PartPlace, *, index: int, offset: int, chunk: bytes) -> bytes:
    """Return what an owner signs of a chunk under LABEL_CHUNK."""
    writer = Writer().fixed(digest_bytes(place.manifest), HASH_BYTES).u8(index).u8(place.owner)
    writer.u8(place.number).u32(place.bucket).u32(offset)
    return writer.fixed(hashlib.sha256(chunk).digest(), HASH_BYTES).end()


def verify_chunk(
    key: bytes, place: PartPlace, *, index: int, offset: int, chunk: bytes, signature: bytes
) -> None:
    """Return nothing if the owner signed this chunk; raise BadSignature or MalformedMessage."""
    if not 1 <= len(chunk) <= LARGEST_CHUNK:
        raise MalformedMessage("chunk.length", "A chunk has 1 byte to 4 MiB.")
    verify(
        key, LABEL_CHUNK, chunk_body(place, index=index, offset=offset, chunk=chunk), signature
    )


def overflow_body(manifest: Digest, *, owner: int, number: int) -> bytes:
    """Return what an owner signs under LABEL_OVERFLOW: its list does not fit this nonce."""
    return Writer().fixed(digest_bytes(manifest), HASH_BYTES).u8(owner).u8(number).end()


def verify_overflow(
    manifest: RequestManifest, *, owner: int, number: int, signature: bytes
) -> None:
    """Return nothing if that owner said so; raise BadSignature or MalformedMessage."""
    if not 0 <= owner < len(manifest.owners):
        raise MalformedMessage("contribution.owner", "This is of nobody in the request.")
    body = overflow_body(manifest.digest, owner=owner, number=number)
    verify(manifest.owners[owner].key, LABEL_OVERFLOW, body, signature)


def contributions_root(
    manifest: Digest, *, consents: bytes, nonce: bytes, headers: Mapping[int, bytes]
) -> Digest:
    """Return the root of a job: which contributions, by owner, three nodes compute with."""
    body = b"".join(
        bytes((owner,)) + hashlib.sha256(headers[owner]).digest() for owner in sorted(headers)
    )
    head = digest_bytes(manifest) + consents + nonce
    return digest(LABEL_CONTRIBUTIONS + b"\x00" + head + body)


def _triples(top: Fields, key: str) -> tuple[Triple, ...]:
    rows = top.items(key, 1, MOST_BUCKETS)
    if not all(_is_triple(row) for row in rows):
        raise top.refuse(key, "must be lists of three hashes of 32 bytes")
    return tuple(_triple(row) for row in rows)


def _is_triple(row: JSON) -> bool:
    return (
        isinstance(row, list) and len(row) == 3 and all(is_hex(one, HASH_BYTES) for one in row)
    )


def _triple(row: Sequence[str]) -> Triple:
    first, second, third = (bytes.fromhex(one) for one in row)
    return first, second, third
