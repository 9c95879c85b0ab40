"""Agree to one question with one fixed list, and draw the nonce that places words in buckets.

Source: docs/protocol.md §19.6; corrections C1, C5, C12. A consent names the digest of the
request manifest, so it is good for no other question. A refusal looks the same: the snapshot of
an empty list.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpcengine.protocol.canonical import Digest, canonical, digest_bytes, parse_canonical
from mpcengine.protocol.codec import Writer
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.request_manifest_parts import RequestManifest
from mpcengine.protocol.schemas_request import CONSENT_FORMAT, MOST_OWNERS
from mpcengine.protocol.signing import LABEL_CONSENT, LABEL_NONCE, sign, verify
from mpcengine.protocol.strict import Fields
from mpcengine.protocol.words import NONCE_BYTES

LABEL_CONSENTS = b"drempel/consents/1"
LABEL_NONCES = b"drempel/nonces/1"
MOST_NONCES = 3
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Hold an owner's consent: manifest, owner's number, digest of the salted list."""

    manifest: Digest
    owner: int
    snapshot: Digest

    def encode(self) -> bytes:
        """Return the canonical bytes that the owner signs."""
        return canonical(
            {
                "format": CONSENT_FORMAT,
                "manifest": self.manifest,
                "owner": self.owner,
                "snapshot": self.snapshot,
            }
        )


def parse_consent(data: bytes) -> Consent:
    """Read a consent; raise MalformedMessage if it is not exactly one. Verifies nothing."""
    keys = ("format", "manifest", "owner", "snapshot")
    top = Fields(parse_canonical(data), required=keys)
    top.choice("format", (CONSENT_FORMAT,))
    return Consent(
        manifest=top.digest("manifest"),
        owner=top.integer("owner", 0, MOST_OWNERS - 1),
        snapshot=top.digest("snapshot"),
    )


def sign_consent(private: Ed25519PrivateKey, consent: Consent) -> tuple[bytes, bytes]:
    """Return the consent's bytes and the owner's signature."""
    data = consent.encode()
    return data, sign(private, LABEL_CONSENT, data)


def verify_consent(manifest: RequestManifest, data: bytes, signature: bytes) -> Consent:
    """Return the consent if an owner of this manifest signed it.

    Raises MalformedMessage ``consent.manifest`` or ``consent.owner``, or BadSignature.
    """
    consent = parse_consent(data)
    if consent.manifest != manifest.digest:
        raise MalformedMessage("consent.manifest", "This consent is for another question.")
    if consent.owner >= len(manifest.owners):
        raise MalformedMessage("consent.owner", "This consent is of nobody in the request.")
    verify(manifest.owners[consent.owner].key, LABEL_CONSENT, data, signature)
    return consent


def consents_digest(manifest: Digest, consents: Mapping[int, bytes]) -> bytes:
    """Return the 32 bytes that stand for the consents taken, by owner."""
    body = b"".join(
        bytes((owner,)) + hashlib.sha256(consents[owner]).digest() for owner in sorted(consents)
    )
    return hashlib.sha256(LABEL_CONSENTS + b"\x00" + digest_bytes(manifest) + body).digest()


def draw_nonce(
    manifest: Digest, *, number: int, consents: bytes, parts: Sequence[bytes]
) -> bytes:
    """Return nonce ``number`` (1 to 3) from three nodes' parts (32 bytes each, by index).

    Raises MalformedMessage for another number or length.
    """
    if len(parts) != 3 or any(len(part) != NONCE_BYTES for part in parts):
        raise MalformedMessage("nonce.form", "A nonce is drawn from three times 32 bytes.")
    head = _nonce_head(manifest, number, consents)
    return hashlib.sha256(LABEL_NONCES + b"\x00" + head + b"".join(parts)).digest()


def nonce_body(manifest: Digest, *, number: int, consents: bytes, nonce: bytes) -> bytes:
    """Return what each node signs under LABEL_NONCE.

    Manifest digest (32) ‖ u8(number) ‖ consents (32) ‖ nonce (32).
    """
    if len(nonce) != NONCE_BYTES:
        raise MalformedMessage("nonce.form", "A nonce has 32 bytes.")
    return _nonce_head(manifest, number, consents) + nonce


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNonce:
    """Hold what one node gives out: the number, the consents it stands on, the nonce."""

    number: int
    consents: bytes
    nonce: bytes
    signature: bytes

    @classmethod
    def from_json(cls, obj: object) -> "SignedNonce":
        """Read a node's answer; raise MalformedMessage. Verifies nothing yet."""
        top = Fields(obj, required=("number", "consents", "nonce", "signature"))
        return cls(
            number=top.integer("number", 1, MOST_NONCES),
            consents=bytes.fromhex(top.hexadecimal("consents", _HASH_BYTES)),
            nonce=bytes.fromhex(top.hexadecimal("nonce", NONCE_BYTES)),
            signature=top.data("signature", 64),
        )


def verify_nonces(manifest: RequestManifest, nonces: Sequence[SignedNonce]) -> SignedNonce:
    """Return the nonce if all three nodes (by index) signed the same one.

    Raises BadSignature, or MalformedMessage ``nonce.differs``.
    """
    for node, signed in zip(manifest.nodes, nonces, strict=True):
        body = nonce_body(
            manifest.digest, number=signed.number, consents=signed.consents, nonce=signed.nonce
        )
        verify(node.identity_key, LABEL_NONCE, body, signed.signature)
    if len({(one.number, one.consents, one.nonce) for one in nonces}) != 1:
        raise MalformedMessage("nonce.differs", "The nodes gave out different nonces.")
    return nonces[0]


def _nonce_head(manifest: Digest, number: int, consents: bytes) -> bytes:
    if not 1 <= number <= MOST_NONCES:
        raise MalformedMessage("nonce.number", "A nonce has number 1, 2 or 3.")
    writer = Writer().fixed(digest_bytes(manifest), _HASH_BYTES).u8(number)
    return writer.fixed(consents, _HASH_BYTES).end()
