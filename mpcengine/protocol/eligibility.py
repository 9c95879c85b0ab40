"""Prove the right to answer once: each node's blind signature on the hash of a one-time key.

Source: docs/protocol.md §8.2; RFC 9474 (``blindrsa``). A node signs without seeing what, so it
cannot recognise the token in a package. What is signed names the survey (by its manifest), the
issuer key and the one-time key; the key serves one survey, because a blind signer cannot see
which survey it signs for.
"""

import hashlib

from mpcengine.protocol import blindrsa
from mpcengine.protocol.blindrsa import MODULUS_BYTES, SALT_BYTES, Blinded
from mpcengine.protocol.canonical import Digest, digest_bytes
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.signing import (
    LABEL_POSSESSION,
    LABEL_TOKEN,
    POINT_BYTES,
    PUBLIC_KEY_BYTES,
    signed_bytes,
)

TOKEN_BYTES = MODULUS_BYTES
_SURVEY_ID_BYTES = 16


def token_message(issuer: bytes, manifest: Digest, one_time_key: bytes) -> bytes:
    """Return what a token signs.

    Label ‖ 0 ‖ manifest digest (32) ‖ SHA-256 of the issuer key (32) ‖ SHA-256 of the one-time
    key (32).
    """
    if len(one_time_key) != POINT_BYTES:
        raise MalformedMessage("token.key", "A one-time key has 65 bytes.")
    hashes = hashlib.sha256(issuer).digest() + hashlib.sha256(one_time_key).digest()
    return signed_bytes(LABEL_TOKEN, digest_bytes(manifest) + hashes)


def token_blind(
    issuer: bytes, manifest: Digest, one_time_key: bytes, *, salt: bytes, factor: int
) -> Blinded:
    """Return the request for a token. Salt (48 bytes) and factor (1 … n-1) are drawn anew.

    The issuer key is checked before anything is blinded for it. Raises MalformedMessage.
    """
    blindrsa.check_modulus(issuer)
    if len(salt) != SALT_BYTES:
        raise MalformedMessage("blinding.salt", "A token's salt has 48 bytes.")
    message = token_message(issuer, manifest, one_time_key)
    return blindrsa.blind(issuer, message, salt=salt, factor=factor)


def token_finish(
    issuer: bytes,
    manifest: Digest,
    one_time_key: bytes,
    blinded: Blinded,
    blind_signature: bytes,
) -> bytes:
    """Return the token; raise BadSignature if the node answered with anything else."""
    message = token_message(issuer, manifest, one_time_key)
    return blindrsa.finalize(issuer, message, blinded, blind_signature)


def token_verify(issuer: bytes, manifest: Digest, one_time_key: bytes, token: bytes) -> None:
    """Return nothing if the token holds; raise BadSignature otherwise."""
    blindrsa.verify(issuer, token_message(issuer, manifest, one_time_key), token)


def check_blinded(issuer: bytes, blinded: bytes) -> None:
    """Raise MalformedMessage unless ``blinded`` is a number 1 … n-1 of the key's length."""
    value = int.from_bytes(blinded, "big")
    if len(blinded) != len(issuer) or not 0 < value < int.from_bytes(issuer, "big"):
        raise MalformedMessage("token.blinded", "A blinded message is out of range.")


def request_mark(manifest: Digest, blinded: bytes) -> bytes:
    """Return the 32 bytes by which a node knows again a request it has granted."""
    return hashlib.sha256(digest_bytes(manifest) + blinded).digest()


def possession_message(survey_id: bytes, index: int, identity_key: bytes) -> bytes:
    """Return what a fresh issuer key signs once: whose it is, and for which survey.

    Label ‖ 0 ‖ survey id (16) ‖ u8(index) ‖ the node's identity key (32).
    """
    if len(survey_id) != _SURVEY_ID_BYTES or len(identity_key) != PUBLIC_KEY_BYTES:
        raise MalformedMessage("keys.form", "A survey id has 16 bytes, an identity key 32.")
    return signed_bytes(LABEL_POSSESSION, survey_id + bytes((index,)) + identity_key)


def possession_verify(
    issuer: bytes, survey_id: bytes, index: int, identity_key: bytes, proof: bytes
) -> None:
    """Return nothing if the issuer key is this node's for this survey; raise BadSignature."""
    blindrsa.verify(issuer, possession_message(survey_id, index, identity_key), proof)
