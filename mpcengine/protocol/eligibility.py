"""Prove the right to answer once: a node's token on a one-time key.

Source: docs/protocol.md §8. A token is the node's per-survey Ed25519 issuer-key signature. The
issuing node sees the one-time key it signs for, so it could link a code to a package; blind
signatures (RFC 9474) replace this module and nothing else.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpcengine.protocol.canonical import Digest, digest_bytes
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.signing import LABEL_TOKEN, POINT_BYTES, sign, verify

TOKEN_BYTES = 64


def token_body(manifest: Digest, one_time_key: bytes) -> bytes:
    """Return what a token signs: manifest digest (32 bytes) ‖ one-time key (65 bytes)."""
    if len(one_time_key) != POINT_BYTES:
        raise MalformedMessage("token.key", "A one-time key has 65 bytes.")
    return digest_bytes(manifest) + one_time_key


def token_issue(
    issuer_private: Ed25519PrivateKey, manifest: Digest, one_time_key: bytes
) -> bytes:
    """Return the 64-byte token of this survey's issuer key for ``one_time_key``."""
    return sign(issuer_private, LABEL_TOKEN, token_body(manifest, one_time_key))


def token_verify(
    issuer_public: bytes, manifest: Digest, one_time_key: bytes, token: bytes
) -> None:
    """Return nothing if the token holds; raise BadSignature otherwise."""
    verify(issuer_public, LABEL_TOKEN, token_body(manifest, one_time_key), token)
