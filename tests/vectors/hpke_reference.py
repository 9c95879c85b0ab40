"""HPKE (RFC 9180) written out once more, to check the library and to seal repeatably.

Base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. Made from primitives only; its
figures are checked against RFC 9180, appendix A.3.1. The ephemeral key is an argument, which
is right in tests and fatal anywhere else.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.ec import ECDH, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mpcengine.protocol.signing import parse_point, point_bytes

KEM_SUITE = b"KEM" + (16).to_bytes(2, "big")
HPKE_SUITE = b"HPKE" + b"".join(n.to_bytes(2, "big") for n in (16, 1, 1))


def seal(
    public: bytes,
    ephemeral: EllipticCurvePrivateKey,
    *,
    info: bytes,
    aad: bytes,
    plaintext: bytes,
) -> bytes:
    """Return enc ‖ ciphertext of the first message of a context."""
    enc = point_bytes(ephemeral)
    dh = ephemeral.exchange(ECDH(), parse_point(public))
    key, nonce = key_schedule(shared_secret(dh, enc, public), info)
    return enc + AESGCM(key).encrypt(nonce, plaintext, aad)


def open_sealed(
    private: EllipticCurvePrivateKey, sealed: bytes, *, info: bytes, aad: bytes
) -> bytes:
    """Open the first message of a context."""
    enc, ciphertext = sealed[:65], sealed[65:]
    dh = private.exchange(ECDH(), parse_point(enc))
    key, nonce = key_schedule(shared_secret(dh, enc, point_bytes(private)), info)
    return AESGCM(key).decrypt(nonce, ciphertext, aad)


def shared_secret(dh: bytes, enc: bytes, public: bytes) -> bytes:
    """Return the KEM's shared secret (RFC 9180 §4.1)."""
    prk = labeled_extract(KEM_SUITE, b"", b"eae_prk", dh)
    return labeled_expand(KEM_SUITE, prk, b"shared_secret", enc + public, 32)


def key_schedule(secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Return key and base nonce of base mode (RFC 9180 §5.1)."""
    psk_id_hash = labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", b"")
    info_hash = labeled_extract(HPKE_SUITE, b"", b"info_hash", info)
    context = b"\x00" + psk_id_hash + info_hash
    prk = labeled_extract(HPKE_SUITE, secret, b"secret", b"")
    key = labeled_expand(HPKE_SUITE, prk, b"key", context, 16)
    return key, labeled_expand(HPKE_SUITE, prk, b"base_nonce", context, 12)


def labeled_extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    """Return HKDF-Extract with the version and suite in front (RFC 9180 §4)."""
    material = b"HPKE-v1" + suite + label + ikm
    return hmac.new(salt or bytes(32), material, hashlib.sha256).digest()


def labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """Return HKDF-Expand of at most 32 bytes with the length and suite in front."""
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01"
    return hmac.new(prk, labeled, hashlib.sha256).digest()[:length]
