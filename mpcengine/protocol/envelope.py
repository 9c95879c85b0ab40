"""Seal one node's share vector to that node, bound to survey, node, key and revision.

Source: docs/protocol.md §7; RFC 9180 base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
AES-128-GCM. The whole context stands in ``info``; associated data is empty. A sealed share is
enc (65 bytes) ‖ ciphertext ‖ tag (16 bytes). Sealing draws its own ephemeral key.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from mpcengine.protocol.canonical import Digest, digest_bytes
from mpcengine.protocol.codec import check_vector
from mpcengine.protocol.errors import BadEnvelope, MalformedMessage
from mpcengine.protocol.field import ELEMENT_BYTES, POINTS
from mpcengine.protocol.signing import (
    POINT_BYTES,
    generate_p256_key,
    p256_from_scalar,
    p256_scalar,
    parse_point,
    point_bytes,
)

LABEL_SHARE = b"drempel/share/1"
HIGHEST_REVISION = 7
OVERHEAD = POINT_BYTES + 16
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)


def generate_share_key() -> EllipticCurvePrivateKey:
    """Draw a fresh private key that opens the envelopes of one survey at one node."""
    return generate_p256_key()


def share_key_to_bytes(private: EllipticCurvePrivateKey) -> bytes:
    """Write a share key as its 32-byte big-endian scalar (secret)."""
    return p256_scalar(private)


def share_key_from_bytes(scalar: bytes) -> EllipticCurvePrivateKey:
    """Load a share key from its 32-byte scalar; raise MalformedMessage if it is none."""
    return p256_from_scalar(scalar)


def share_public(private: EllipticCurvePrivateKey) -> bytes:
    """Return the 65-byte public point to which shares are sealed."""
    return point_bytes(private)


def envelope_length(words: int) -> int:
    """Return the length in bytes of a sealed vector of ``words`` field elements."""
    return OVERHEAD + ELEMENT_BYTES * words


def envelope_info(*, manifest: Digest, index: int, one_time_key: bytes, revision: int) -> bytes:
    """Return the HPKE ``info``: label ‖ 0 ‖ digest ‖ index ‖ revision ‖ one-time key.

    Raises MalformedMessage for an index outside 1 … 3, a revision outside 0 … 7, or a key
    or digest of another form.
    """
    if index not in POINTS:
        raise MalformedMessage("envelope.index", "A node's index is 1, 2 or 3.")
    if not 0 <= revision <= HIGHEST_REVISION:
        raise MalformedMessage("envelope.revision", "A revision is 0 to 7.")
    if len(one_time_key) != POINT_BYTES:
        raise MalformedMessage("envelope.key", "A one-time key has 65 bytes.")
    context = bytes((index, revision)) + one_time_key
    return LABEL_SHARE + b"\x00" + digest_bytes(manifest) + context


def seal_envelope(
    public: bytes,
    *,
    manifest: Digest,
    index: int,
    one_time_key: bytes,
    revision: int,
    share: bytes,
) -> bytes:
    """Seal ``share`` to the node with share key ``public`` (65 bytes).

    Returns len(share) + 81 bytes. Raises MalformedMessage for a key or context of wrong form.
    """
    info = envelope_info(
        manifest=manifest, index=index, one_time_key=one_time_key, revision=revision
    )
    return _SUITE.encrypt(share, parse_point(public), info)


def open_envelope(
    private: EllipticCurvePrivateKey,
    *,
    manifest: Digest,
    index: int,
    one_time_key: bytes,
    revision: int,
    sealed: bytes,
) -> bytes:
    """Open a sealed share; raise BadEnvelope if key, context or bytes differ in anything."""
    info = envelope_info(
        manifest=manifest, index=index, one_time_key=one_time_key, revision=revision
    )
    return _open(private, info, sealed)


def open_vector(
    private: EllipticCurvePrivateKey,
    *,
    manifest: Digest,
    index: int,
    one_time_key: bytes,
    revision: int,
    sealed: bytes,
    words: int,
) -> bytes:
    """Open a sealed share vector and check it: ``words`` little-endian u64, each below p.

    Raises BadEnvelope if it does not open or is not such a vector: both mean "cannot be
    unsealed" in the verdict (docs/protocol.md §10).
    """
    share = open_envelope(
        private,
        manifest=manifest,
        index=index,
        one_time_key=one_time_key,
        revision=revision,
        sealed=sealed,
    )
    try:
        return check_vector(share, words)
    except MalformedMessage as error:
        raise BadEnvelope("envelope.content", "A sealed share is not a vector.") from error


def _open(private: EllipticCurvePrivateKey, info: bytes, sealed: bytes) -> bytes:
    if len(sealed) < OVERHEAD or sealed[0] != 4:
        raise BadEnvelope("envelope.length", "A sealed share is too short or has no key.")
    try:
        return _SUITE.decrypt(sealed, private, info)
    except (InvalidTag, ValueError) as error:
        raise BadEnvelope("envelope.open", "A sealed share does not open.") from error
