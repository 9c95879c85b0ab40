"""Sign and verify labelled bytes: Ed25519 for services, ECDSA P-256 for people's keys.

Source: docs/protocol.md §3; RFC 8032, FIPS 186-5. What is signed is always
label ‖ 0x00 ‖ body, so that no signature serves two purposes. Verifying raises.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mpcengine.protocol.errors import BadSignature, MalformedMessage

LABEL_MANIFEST = b"drempel/manifest/1"
LABEL_PREPARE = b"drempel/prepare/1"
LABEL_KEYS = b"drempel/keys/3"
LABEL_ORDER = b"drempel/order/1"
LABEL_TOKEN = b"drempel/token/2"
LABEL_POSSESSION = b"drempel/issuer-proof/1"
LABEL_ISSUE = b"drempel/issue/1"
LABEL_PACKAGE = b"drempel/package/1"
LABEL_PAD = b"drempel/pad/1"
LABEL_PADDING_SEED = b"drempel/padding-seed/1"
LABEL_PADDING = b"drempel/padding/1"
LABEL_SEEN = b"drempel/seen/1"
LABEL_COMMIT = b"drempel/commit/1"
LABEL_LIST = b"drempel/list/1"
LABEL_HELD = b"drempel/held/1"
LABEL_ROOT = b"drempel/root/1"
LABEL_VERDICT = b"drempel/verdict/1"
LABEL_CHECKED = b"drempel/checked/1"
LABEL_TOSS = b"drempel/toss/1"
LABEL_COIN = b"drempel/coin/1"
LABEL_LINES = b"drempel/lines/1"
LABEL_READY = b"drempel/ready/1"
LABEL_DONE = b"drempel/done/1"
LABEL_PATTERN = b"drempel/pattern/1"
LABEL_OPENING = b"drempel/opening/1"
LABEL_STATEMENT = b"drempel/statement/1"
LABEL_AGREED = b"drempel/agreed/1"
LABEL_DRAW = b"drempel/draw/1"
LABEL_REVEAL = b"drempel/reveal/1"
LABEL_AGAIN = b"drempel/again/1"
LABEL_COMPLETE = b"drempel/complete/1"
LABEL_UNUSABLE = b"drempel/unusable/1"
LABEL_ORDERED = b"drempel/ordered/1"
LABEL_EARLIER = b"drempel/earlier/1"
LABEL_NEAR = b"drempel/near/1"
LABEL_OUTCOME = b"drempel/outcome/1"
LABEL_PEER = b"drempel/peer/1"
LABEL_PROMISE = b"drempel/promise/1"
LABEL_CONFIRMATION = b"drempel/confirmation/1"
LABEL_INTRODUCTION = b"drempel/introduction/1"
LABEL_REQUEST_MANIFEST = b"drempel/request-manifest/1"
LABEL_PREPARE_REQUEST = b"drempel/prepare-request/1"
LABEL_REQUEST_KEYS = b"drempel/request-keys/1"
LABEL_CONSENT = b"drempel/consent/1"
LABEL_CONTRIBUTION = b"drempel/contribution/1"
LABEL_CHUNK = b"drempel/chunk/1"
LABEL_CONTACT = b"drempel/contact/1"
LABEL_CARD = b"drempel/card/1"
LABEL_OVERFLOW = b"drempel/overflow/1"
LABEL_NONCE = b"drempel/nonce/1"
LABEL_PRIVATE = b"drempel/private/1"
LABEL_REQUEST_STATEMENT = b"drempel/request-statement/1"
LABEL_APPROVAL = b"drempel/approval/1"
LABEL_REVOCATION = b"drempel/approval-revocation/1"
LABEL_WITHDRAWAL = b"drempel/withdrawal/1"
LABEL_REGISTERED_KEY = b"drempel/registered-key/1"
LABEL_SUBMISSION = b"drempel/submission/1"

SIGNATURE_BYTES = 64
PUBLIC_KEY_BYTES = 32
POINT_BYTES = 65
_HALF = 32


def signed_bytes(label: bytes, body: bytes) -> bytes:
    """Return label ‖ 0x00 ‖ body, the bytes every signature of the protocol covers."""
    return label + b"\x00" + body


def sign(private: Ed25519PrivateKey, label: bytes, body: bytes) -> bytes:
    """Return the 64-byte Ed25519 signature over label ‖ 0x00 ‖ body."""
    return private.sign(signed_bytes(label, body))


def verify(public: bytes, label: bytes, body: bytes, signature: bytes) -> None:
    """Return nothing if the Ed25519 signature holds; raise BadSignature otherwise."""
    if len(public) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        raise _bad(label)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed_bytes(label, body))
    except (InvalidSignature, ValueError) as error:
        raise _bad(label) from error


def public_bytes(private: Ed25519PrivateKey) -> bytes:
    """Return the 32-byte public key of an Ed25519 private key."""
    return private.public_key().public_bytes_raw()


def generate_p256_key() -> EllipticCurvePrivateKey:
    """Draw a fresh P-256 key from the library's own generator."""
    return generate_private_key(SECP256R1())


def p256_from_scalar(scalar: bytes) -> EllipticCurvePrivateKey:
    """Load a P-256 private key from its 32-byte big-endian scalar.

    Raises MalformedMessage for another length or a scalar outside 1 … n-1.
    """
    if len(scalar) != _HALF:
        raise MalformedMessage("key.form", "A P-256 private key has 32 bytes.")
    try:
        return derive_private_key(int.from_bytes(scalar, "big"), SECP256R1())
    except ValueError as error:
        raise MalformedMessage("key.form", "A P-256 private key is out of range.") from error


def p256_scalar(private: EllipticCurvePrivateKey) -> bytes:
    """Return the 32-byte big-endian scalar of a P-256 private key."""
    return private.private_numbers().private_value.to_bytes(_HALF, "big")


def point_bytes(private: EllipticCurvePrivateKey) -> bytes:
    """Return the 65-byte uncompressed point of a P-256 private key."""
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def parse_point(point: bytes) -> EllipticCurvePublicKey:
    """Load a P-256 public key from its 65-byte uncompressed point.

    Raises MalformedMessage for another length or form, or a point off the curve.
    """
    if len(point) != POINT_BYTES or point[0] != 4:
        raise MalformedMessage("key.form", "A P-256 public key is 65 bytes, uncompressed.")
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError as error:
        raise MalformedMessage("key.form", "A P-256 public key is not on the curve.") from error


def one_time_sign(private: EllipticCurvePrivateKey, label: bytes, body: bytes) -> bytes:
    """Return the 64-byte r ‖ s of ECDSA P-256/SHA-256 over label ‖ 0x00 ‖ body."""
    r, s = decode_dss_signature(private.sign(signed_bytes(label, body), ECDSA(SHA256())))
    return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


def one_time_verify(point: bytes, label: bytes, body: bytes, signature: bytes) -> None:
    """Return nothing if the ECDSA signature r ‖ s holds; raise BadSignature otherwise."""
    if len(signature) != SIGNATURE_BYTES:
        raise _bad(label)
    r = int.from_bytes(signature[:_HALF], "big")
    s = int.from_bytes(signature[_HALF:], "big")
    try:
        key = parse_point(point)
        key.verify(encode_dss_signature(r, s), signed_bytes(label, body), ECDSA(SHA256()))
    except (InvalidSignature, MalformedMessage, ValueError) as error:
        raise _bad(label) from error


def _bad(label: bytes) -> BadSignature:
    name = label.decode("ascii", "replace")
    return BadSignature("signature.invalid", f"A signature with label {name} does not hold.")
