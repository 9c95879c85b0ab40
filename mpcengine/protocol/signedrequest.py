"""Ask for a token with a partner's signature, which is evidence of what was asked.

Source: docs/protocol.md §8.2; corrections A6, attack A27. A node keeps the request it granted
until closing: whoever is told that a token was issued to their key already is shown it, and can
tell their own signature from a lie.
"""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from mpcengine.protocol.blindrsa import MODULUS_BYTES
from mpcengine.protocol.canonical import Digest, digest_bytes, digest_from_bytes
from mpcengine.protocol.errors import BadSignature, MalformedMessage
from mpcengine.protocol.field import POINTS
from mpcengine.protocol.signing import (
    LABEL_ISSUE,
    POINT_BYTES,
    SIGNATURE_BYTES,
    one_time_sign,
    one_time_verify,
    point_bytes,
)

REQUEST_VERSION = 1
_DIGEST = 32
_KEY = 2 + _DIGEST
_BLINDED = _KEY + POINT_BYTES
_SIGNATURE = _BLINDED + MODULUS_BYTES
REQUEST_BYTES = _SIGNATURE + SIGNATURE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """Hold a request for node ``index``'s signature of a blinded message, in a survey."""

    manifest: Digest
    index: int
    key: bytes
    blinded: bytes
    signature: bytes

    def encode(self) -> bytes:
        """Return the request as evidence.

        Version (1) ‖ digest (32) ‖ u8(index) ‖ key (65) ‖ blinded (256) ‖ signature (64).
        """
        head = bytes((REQUEST_VERSION,)) + digest_bytes(self.manifest) + bytes((self.index,))
        return head + self.key + self.blinded + self.signature


def request_body(manifest: Digest, index: int, blinded: bytes) -> bytes:
    """Return what a partner signs: digest (32) ‖ u8(index) ‖ SHA-256 of the blinded message."""
    return digest_bytes(manifest) + bytes((index,)) + hashlib.sha256(blinded).digest()


def sign_request(
    private: EllipticCurvePrivateKey, *, manifest: Digest, index: int, blinded: bytes
) -> SignedRequest:
    """Return the request for a blinded message (256 bytes), signed with a partner's key."""
    return SignedRequest(
        manifest=manifest,
        index=index,
        key=point_bytes(private),
        blinded=blinded,
        signature=one_time_sign(private, LABEL_ISSUE, request_body(manifest, index, blinded)),
    )


def verify_request(request: SignedRequest) -> None:
    """Return nothing if the request is signed with the key in it; raise BadSignature."""
    body = request_body(request.manifest, request.index, request.blinded)
    one_time_verify(request.key, LABEL_ISSUE, body, request.signature)


def parse_request(data: bytes) -> SignedRequest:
    """Read a request as evidence; raise MalformedMessage. Whether it is signed: verify it."""
    if len(data) != REQUEST_BYTES or data[0] != REQUEST_VERSION:
        raise MalformedMessage("request.form", "The bytes are not a signed request.")
    if data[_KEY - 1] not in POINTS:
        raise MalformedMessage("request.form", "A node's index is 1, 2 or 3.")
    return SignedRequest(
        manifest=digest_from_bytes(data[1 : _KEY - 1]),
        index=data[_KEY - 1],
        key=data[_KEY:_BLINDED],
        blinded=data[_BLINDED:_SIGNATURE],
        signature=data[_SIGNATURE:],
    )


def verify_evidence(evidence: bytes, refused: SignedRequest) -> SignedRequest:
    """Return the earlier request that lets a node refuse ``refused``.

    Raises MalformedMessage or BadSignature unless it asks the same node, for the same survey,
    with the same key and its signature, for another message.
    """
    earlier = parse_request(evidence)
    verify_request(earlier)
    named = (earlier.manifest, earlier.index, earlier.key)
    if named != (refused.manifest, refused.index, refused.key):
        raise BadSignature("request.other", "The request shown is not about this one.")
    if earlier.blinded == refused.blinded:
        raise BadSignature("request.same", "The request shown is the one that was refused.")
    return earlier
