"""Give an owner what is the owner's alone: two components from each node, compared, joined.

Source: docs/protocol.md §19.10; corrections C4. Each component comes from two nodes; where the
copies differ nothing is opened. The bytes stand in the order of the owner's own bucket.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from mpcengine.protocol.canonical import Digest, digest_bytes
from mpcengine.protocol.codec import Writer
from mpcengine.protocol.envelope import OVERHEAD
from mpcengine.protocol.errors import BadEnvelope, InconsistentShares
from mpcengine.protocol.signing import LABEL_PRIVATE, parse_point, verify
from mpcengine.protocol.words import node_components

LABEL_SEALED_PRIVATE = b"drempel/sealed-private/1"
_DIGEST_BYTES = 32
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)

Pair = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivatePlace:
    """Say whose private outcome of which bucket a sealed message of node ``index`` is."""

    manifest: Digest
    index: int
    owner: int
    bucket: int

    def head(self) -> bytes:
        """Return manifest digest (32) ‖ u8(index) ‖ u8(owner) ‖ u32(bucket)."""
        writer = Writer().fixed(digest_bytes(self.manifest), _DIGEST_BYTES)
        return writer.u8(self.index).u8(self.owner).u32(self.bucket).end()


def private_body(place: PrivatePlace, sealed: bytes) -> bytes:
    """Return what the node signs under LABEL_PRIVATE."""
    return place.head() + hashlib.sha256(sealed).digest()


def private_length(size: int) -> int:
    """Return the length of a sealed private outcome of ``size`` bytes."""
    return OVERHEAD + 2 * size


def seal_private(public: bytes, place: PrivatePlace, pair: Pair) -> bytes:
    """Seal a node's two components, in its order, to an owner's seal key (65 bytes)."""
    info = LABEL_SEALED_PRIVATE + b"\x00" + place.head()
    return _SUITE.encrypt(pair[0] + pair[1], parse_point(public), info)


def open_private(
    private: EllipticCurvePrivateKey,
    place: PrivatePlace,
    *,
    identity_key: bytes,
    size: int,
    sealed: bytes,
    signature: bytes,
) -> Pair:
    """Return a node's two components of ``size`` bytes each.

    Raises BadSignature, or BadEnvelope if it does not open or has another length.
    """
    verify(identity_key, LABEL_PRIVATE, private_body(place, sealed), signature)
    if len(sealed) != private_length(size):
        raise BadEnvelope("private.length", "A private outcome has another length.")
    try:
        plain = _SUITE.decrypt(sealed, private, LABEL_SEALED_PRIVATE + b"\x00" + place.head())
    except (InvalidTag, ValueError) as error:
        raise BadEnvelope("private.open", "A private outcome does not open.") from error
    return plain[:size], plain[size:]


def join_private(pairs: Sequence[Pair]) -> bytes:
    """Return the outcome behind three nodes' components, in order of index.

    Raises InconsistentShares ``private.components`` where two copies of a component differ.
    """
    components: dict[int, bytes] = {}
    for index, pair in enumerate(pairs, start=1):
        for component, data in zip(node_components(index), pair, strict=True):
            if components.setdefault(component, data) != data:
                raise InconsistentShares(
                    "private.components", "Two nodes gave different copies of one component."
                )
    total = 0
    for data in components.values():
        total ^= int.from_bytes(data, "little")
    return total.to_bytes(len(pairs[0][0]), "little")
