"""Opt in to contact, or not, with the same bytes: a sealed card, its key and a bit in shares.

Source: docs/protocol.md §19.17; data requests 7; corrections B7, C4. Every owner's connector
makes one for every question that offers contact. Who does not opt in seals no card: the
envelope is random bytes, and no key to it exists.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpcengine.protocol.canonical import (
    JSON,
    Digest,
    canonical,
    digest,
    digest_bytes,
    parse_canonical,
)
from mpcengine.protocol.contact_card import ENVELOPE_BYTES, KEY_BYTES
from mpcengine.protocol.contribution import (
    HASH_BYTES,
    PartPlace,
    Triple,
    part_length,
    seal_part,
)
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.request_manifest_parts import RequestManifest
from mpcengine.protocol.schemas_request import CONTACT_FORMAT, MOST_OWNERS
from mpcengine.protocol.signing import LABEL_CONTACT, sign, verify
from mpcengine.protocol.strict import Fields, is_hex, to_base64
from mpcengine.protocol.words import (
    WORD_BYTES,
    component_hash,
    expand_seed,
)

LABEL_CONTACT_JOB = b"drempel/contact-job/1"
LABEL_CONTACTS = b"drempel/contacts/1"
KEY_WORDS = KEY_BYTES // WORD_BYTES
# The key, then one word whose lowest bit is the opt-in.
CONTACT_WORDS = KEY_WORDS + 1
MOST_CONTACTS = 255
_BUCKET = 0
_NODES = (1, 2, 3)
_KEYS = ("format", "manifest", "owner", "number", "envelope", "components", "parts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Hold an owner's word on contact, the same bytes at all three nodes.

    ``envelope`` is the sealed card, or random bytes; ``components`` the hashes H_0 to H_2 of
    the shared key and bit; ``parts`` the SHA-256 of the parts of nodes 1, 2, 3. Of one owner
    the one with the highest ``number`` stands: so an opt-in is withdrawn, or given after all.
    """

    manifest: Digest
    owner: int
    number: int
    envelope: bytes
    components: Triple
    parts: Triple

    def to_json(self) -> dict[str, JSON]:
        """Return the object whose canonical bytes are signed."""
        return {
            "format": CONTACT_FORMAT,
            "manifest": self.manifest,
            "owner": self.owner,
            "number": self.number,
            "envelope": to_base64(self.envelope),
            "components": [one.hex() for one in self.components],
            "parts": [one.hex() for one in self.parts],
        }

    def encode(self) -> bytes:
        """Return the canonical bytes that the owner signs."""
        return canonical(self.to_json())


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMaterial:
    """Bring what one contact is made of.

    Who is in: an envelope that holds a card, and its key (32 bytes). Who is not: random bytes
    of the same lengths, which nothing ever opens. Random: two seeds (16 bytes each) and three
    salts (32 each).
    """

    is_in: bool
    card_key: bytes = field(repr=False)
    envelope: bytes
    seeds: tuple[bytes, bytes] = field(repr=False)
    salts: Triple = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPrepared:
    """Hold a contact that is ready to send: signed bytes, and each node's sealed part."""

    data: bytes
    signature: bytes
    parts: Triple = field(repr=False)


def contact_digest(manifest: Digest) -> Digest:
    """Return the digest that stands for a manifest's in everything about its contact."""
    return digest(LABEL_CONTACT_JOB + b"\x00" + digest_bytes(manifest))


def contact_place(manifest: Digest, owner: int, number: int) -> PartPlace:
    """Return the place of an owner's contact among what is shared and sealed as lists are."""
    return PartPlace(
        manifest=contact_digest(manifest), owner=owner, number=number, bucket=_BUCKET
    )


def contact_part_length(index: int) -> int:
    """Return the length in bytes of node ``index``'s sealed part of a contact."""
    return part_length(index, KEY_WORDS)


def prepare_contact(
    manifest: RequestManifest,
    *,
    owner: int,
    number: int,
    key: Ed25519PrivateKey,
    material: ContactMaterial,
) -> ContactPrepared:
    """Share a card's key and the opt-in, seal the parts, sign; raise MalformedMessage.

    ``key`` is the owner's own, to sign with.
    """
    if len(material.envelope) != ENVELOPE_BYTES or len(material.card_key) != KEY_BYTES:
        raise MalformedMessage("contact.length", "An envelope or its key has another length.")
    place = contact_place(manifest.digest, owner, number)
    first, second, third = _components(place, material)
    bodies = (*material.seeds, third)
    hashes = [
        component_hash(salt, place.context(k), component)
        for k, (salt, component) in enumerate(
            zip(material.salts, (first, second, third), strict=True)
        )
    ]
    one, two, three = (
        seal_part(node.share_key, place, index=index, salts=material.salts, bodies=bodies)
        for index, node in zip(_NODES, manifest.nodes, strict=True)
    )
    contact = Contact(
        manifest=manifest.digest,
        owner=owner,
        number=number,
        envelope=material.envelope,
        components=(hashes[0], hashes[1], hashes[2]),
        parts=(_sha256(one), _sha256(two), _sha256(three)),
    )
    data = contact.encode()
    return ContactPrepared(
        data=data, signature=sign(key, LABEL_CONTACT, data), parts=(one, two, three)
    )


def _components(place: PartPlace, material: ContactMaterial) -> Triple:
    """Share key and opt-in: two components from seeds, and what is left."""
    plain = material.card_key + int(material.is_in).to_bytes(WORD_BYTES, "little")
    first, second = (
        expand_seed(seed, place.context(k), CONTACT_WORDS)
        for k, seed in enumerate(material.seeds)
    )
    return first, second, _xor(_xor(plain, first), second)


def parse_contact(data: bytes) -> Contact:
    """Read a contact; raise MalformedMessage if it is not exactly one. Verifies nothing."""
    top = Fields(parse_canonical(data), required=_KEYS)
    top.choice("format", (CONTACT_FORMAT,))
    return Contact(
        manifest=top.digest("manifest"),
        owner=top.integer("owner", 0, MOST_OWNERS - 1),
        number=top.integer("number", 1, MOST_CONTACTS),
        envelope=top.data("envelope", ENVELOPE_BYTES),
        components=_triple(top, "components"),
        parts=_triple(top, "parts"),
    )


def verify_contact(manifest: RequestManifest, data: bytes, signature: bytes) -> Contact:
    """Return the contact if an owner of this manifest signed it.

    Raises MalformedMessage ``contact.manifest`` or ``contact.owner``, or BadSignature.
    """
    contact = parse_contact(data)
    if contact.manifest != manifest.digest:
        raise MalformedMessage("contact.manifest", "This is for another question.")
    if contact.owner >= len(manifest.owners):
        raise MalformedMessage("contact.owner", "This is of nobody in the request.")
    verify(manifest.owners[contact.owner].key, LABEL_CONTACT, data, signature)
    return contact


def contacts_root(manifest: Digest, contacts: Mapping[int, bytes]) -> Digest:
    """Return the root of a contact job: whose contacts (SHA-256, by owner) it computes with."""
    body = b"".join(bytes((owner,)) + contacts[owner] for owner in sorted(contacts))
    return digest(LABEL_CONTACTS + b"\x00" + digest_bytes(manifest) + body)


def slot_order(envelopes: Mapping[int, bytes]) -> list[int]:
    """Return holders in the order in which the requester gets their envelopes.

    By SHA-256 of the envelope: every envelope is random to who has no key, so the order says
    nothing of whose it is. Equal ones, which only a copier makes, by owner.
    """
    return sorted(envelopes, key=lambda owner: (_sha256(envelopes[owner]), owner))


def _triple(top: Fields, key: str) -> Triple:
    row = top.items(key, 3, 3)
    if not all(is_hex(one, HASH_BYTES) for one in row):
        raise top.refuse(key, "must be three hashes of 32 bytes")
    first, second, third = (bytes.fromhex(one) for one in row)
    return first, second, third


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
