"""Close a package for its way: the relay carries a parcel and reads nothing of the package.

Source: docs/protocol.md §8.4. A parcel is its head (version ‖ manifest digest ‖ three wraps),
then the package under a content key used once: AES-128-GCM with the head as associated data. A
wrap is HPKE (RFC 9180) of the content key to one node's outer key of this survey. All parcels
of a survey have the same length.
"""

import hashlib
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from mpcengine.protocol.canonical import Digest, digest_bytes, digest_from_bytes
from mpcengine.protocol.codec import Reader, Writer
from mpcengine.protocol.errors import BadEnvelope, MalformedMessage
from mpcengine.protocol.field import POINTS
from mpcengine.protocol.package import Three, package_length
from mpcengine.protocol.signing import POINT_BYTES, parse_point

LABEL_OUTER = b"drempel/outer/1"
VERSION = 1
DIGEST_BYTES = 32
DIGEST_PLACE = slice(1, 1 + DIGEST_BYTES)
CONTENT_KEY_BYTES = 16
TAG_BYTES = 16
WRAP_BYTES = POINT_BYTES + CONTENT_KEY_BYTES + TAG_BYTES
HEAD_BYTES = 1 + DIGEST_BYTES + 3 * WRAP_BYTES
# The content key is drawn for one parcel, so it never meets a second nonce.
_NONCE = bytes(12)
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)


class ParcelTerms(Protocol):
    """What a manifest says about its parcels; ``manifest.Manifest`` satisfies it."""

    @property
    def digest(self) -> Digest:
        """Digest of the manifest."""

    @property
    def outer_keys(self) -> Three:
        """The three nodes' 65-byte outer keys, in order of index."""

    @property
    def parcel_length(self) -> int:
        """Length in bytes of every parcel."""


def parcel_length(envelope_length: int) -> int:
    """Return the length in bytes of every parcel of a survey."""
    return HEAD_BYTES + package_length(envelope_length) + TAG_BYTES


def parcel_hash(parcel: bytes) -> bytes:
    """Return the SHA-256 of a parcel: what a relay promises and a node confirms."""
    return hashlib.sha256(parcel).digest()


def parcel_manifest(parcel: bytes) -> Digest | None:
    """Return the digest of the manifest a parcel names, before anything else is read of it."""
    raw = parcel[DIGEST_PLACE]
    return digest_from_bytes(raw) if len(raw) == DIGEST_BYTES else None


def outer_info(*, manifest: Digest, index: int) -> bytes:
    """Return the HPKE ``info`` of a wrap: label ‖ 0 ‖ digest ‖ index.

    Raises MalformedMessage for an index outside 1 … 3 or a digest of another form.
    """
    if index not in POINTS:
        raise MalformedMessage("parcel.index", "A node's index is 1, 2 or 3.")
    return LABEL_OUTER + b"\x00" + digest_bytes(manifest) + bytes((index,))


def seal_parcel(terms: ParcelTerms, *, package: bytes, content_key: bytes) -> bytes:
    """Close an encoded package for the three nodes under a fresh content key (16 bytes).

    Raises MalformedMessage if the package does not have the survey's length.
    """
    writer = Writer().u8(VERSION).fixed(digest_bytes(terms.digest), DIGEST_BYTES)
    for index, public in zip(POINTS, terms.outer_keys, strict=True):
        info = outer_info(manifest=terms.digest, index=index)
        writer.fixed(_SUITE.encrypt(content_key, parse_point(public), info), WRAP_BYTES)
    head = writer.end()
    parcel = head + AESGCM(content_key).encrypt(_NONCE, package, head)
    check_parcel(terms, parcel)
    return parcel


def check_parcel(terms: ParcelTerms, parcel: bytes) -> None:
    """Check what anybody can see of a parcel: length, version, and which survey it names.

    Returns nothing; raises MalformedMessage. Whether it opens is known to the nodes only.
    """
    if len(parcel) != terms.parcel_length:
        raise MalformedMessage("parcel.length", "The parcel has another length.")
    if parcel[0] != VERSION:
        raise MalformedMessage("parcel.version", "This parcel version is not known.")
    if parcel_manifest(parcel) != terms.digest:
        raise MalformedMessage("parcel.manifest", "This parcel is for another survey.")


def open_parcel(
    private: EllipticCurvePrivateKey, terms: ParcelTerms, *, index: int, parcel: bytes
) -> bytes:
    """Return the package in a parcel, opened with node ``index``'s outer key.

    Raises MalformedMessage for what anybody can see, and BadEnvelope, always the same one, if
    the wrap or the package does not open. Nothing in the package is checked yet.
    """
    check_parcel(terms, parcel)
    reader = Reader(parcel)
    reader.fixed(DIGEST_PLACE.stop)
    wraps = [reader.fixed(WRAP_BYTES) for _ in POINTS]
    info = outer_info(manifest=terms.digest, index=index)
    head, sealed = parcel[:HEAD_BYTES], parcel[HEAD_BYTES:]
    try:
        content_key = _SUITE.decrypt(wraps[index - 1], private, info)
        return AESGCM(content_key).decrypt(_NONCE, sealed, head)
    except (InvalidTag, ValueError) as error:
        raise BadEnvelope("parcel.open", "A parcel does not open.") from error
