"""Hold this node's keys: who it is, what signs, what opens. Files are read once per process.

The share key of a survey is wrapped to a P-256 wrapping key, which is made with the node's
other keys or when a worker starts. A web process reads that key's public half (``….pub``) and
never makes or reads the private one. It does hold a survey's share key at the moment it makes
it, until it has sealed it; what is stored, only a worker opens. A survey's issuer key and outer
key are wrapped under keys derived from the identity key: web processes use them.
"""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from mpcengine.protocol.envelope import share_key_from_bytes, share_key_to_bytes
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import (
    generate_p256_key,
    p256_from_scalar,
    p256_scalar,
    parse_point,
    point_bytes,
    public_bytes,
    sign,
)
from problems import Unavailable

_WRAP = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
_SHARE_LABEL = b"drempel/node/share-key/1\x00"
_ISSUER_LABEL = b"drempel/node/issuer-key/1"
_OUTER_LABEL = b"drempel/node/outer-key/1"
_RETAINED_LABEL = b"drempel/node/retained-key/1\x00"
_NONCE_BYTES = 12


class KeystoreError(Exception):
    """A key file is missing, or a stored key does not open under it."""


def node_name() -> str:
    """Return this node's name: ``a``, ``b`` or ``c``."""
    return str(settings.NODE_NAME)


def node_title() -> str:
    """Return what this node's operator calls it."""
    return str(settings.NODE_TITLE)


def node_index() -> int:
    """Return this node's index, 1 to 3: its point x in every sharing."""
    return NODE_NAMES.index(node_name()) + 1


def peer_names() -> tuple[str, str]:
    """Return the names of the two other nodes, in order."""
    first, second = (name for name in NODE_NAMES if name != node_name())
    return first, second


def identity_key() -> Ed25519PrivateKey:
    """Return the key by which this node is known to everybody."""
    return _identity(str(settings.IDENTITY_KEY_FILE))


def identity_public() -> bytes:
    """Return the 32 bytes of this node's identity key."""
    return public_bytes(identity_key())


def node_sign(label: bytes, body: bytes) -> bytes:
    """Return this node's signature over label ‖ 0 ‖ body."""
    return sign(identity_key(), label, body)


def share_key_wrap(private: EllipticCurvePrivateKey, survey_id: str) -> bytes:
    """Seal a survey's share key so that only a worker can use it.

    Raises Unavailable while the public half of the wrapping key is not there.
    """
    info = _SHARE_LABEL + survey_id.encode("ascii")
    return _WRAP.encrypt(share_key_to_bytes(private), parse_point(_wrapping_public()), info)


def share_key_unwrap(wrapped: bytes, survey_id: str) -> EllipticCurvePrivateKey:
    """Open a survey's share key (workers only); raise KeystoreError if it does not open."""
    info = _SHARE_LABEL + survey_id.encode("ascii")
    try:
        return share_key_from_bytes(_WRAP.decrypt(wrapped, _wrapping_private(), info))
    except (InvalidTag, ValueError) as error:
        raise KeystoreError("A survey's share key does not open.") from error


def retained_key_wrap(raw: bytes, request: str) -> bytes:
    """Seal the key of what is kept of a request's list so that only a worker can use it."""
    info = _RETAINED_LABEL + request.encode("ascii")
    return _WRAP.encrypt(raw, parse_point(_wrapping_public()), info)


def retained_key_unwrap(wrapped: bytes, request: str) -> bytes:
    """Open such a key (workers only); raise KeystoreError if it does not open."""
    info = _RETAINED_LABEL + request.encode("ascii")
    try:
        return _WRAP.decrypt(wrapped, _wrapping_private(), info)
    except (InvalidTag, ValueError) as error:
        raise KeystoreError("The key of a retained list does not open.") from error


def issuer_key_wrap(raw: bytes, survey_id: str) -> bytes:
    """Encrypt a survey's issuer key: nonce ‖ AES-256-GCM with the survey id as context."""
    return _encrypt(_ISSUER_LABEL, raw, survey_id)


def issuer_key_unwrap(wrapped: bytes, survey_id: str) -> bytes:
    """Open a survey's issuer key; raise KeystoreError if it does not open.

    Opened anew for every token: a process that kept it would have it after it was erased.
    """
    return _decrypt(_ISSUER_LABEL, wrapped, survey_id)


def outer_key_wrap(private: EllipticCurvePrivateKey, survey_id: str) -> bytes:
    """Encrypt a survey's outer key, as an issuer key is."""
    return _encrypt(_OUTER_LABEL, p256_scalar(private), survey_id)


def outer_key_unwrap(wrapped: bytes, survey_id: str) -> EllipticCurvePrivateKey:
    """Open a survey's outer key; raise KeystoreError if it does not open.

    Opened anew for every call that brings parcels, as an issuer key is.
    """
    return p256_from_scalar(_decrypt(_OUTER_LABEL, wrapped, survey_id))


@lru_cache(maxsize=4)
def _identity(path: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(Path(path).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeystoreError("The identity key file must hold an Ed25519 key.")
    return key


def _encrypt(label: bytes, raw: bytes, survey_id: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(_wrapping(label)).encrypt(nonce, raw, survey_id.encode("ascii"))


def _decrypt(label: bytes, wrapped: bytes, survey_id: str) -> bytes:
    nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
    try:
        return AESGCM(_wrapping(label)).decrypt(nonce, sealed, survey_id.encode("ascii"))
    except (InvalidTag, ValueError) as error:
        raise KeystoreError("A survey's key does not open.") from error


def _wrapping(label: bytes) -> bytes:
    seed = identity_key().private_bytes_raw()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=label).derive(seed)


def _wrapping_public() -> bytes:
    try:
        text = Path(f"{settings.WRAPPING_KEY_FILE}.pub").read_text("ascii")
    except OSError as error:
        raise Unavailable(
            "node.no_wrapping_key",
            "This node cannot make keys before its worker has been started; try again later.",
        ) from error
    return bytes.fromhex(text)


def _wrapping_private() -> EllipticCurvePrivateKey:
    try:
        text = Path(settings.WRAPPING_KEY_FILE).read_text("ascii")
    except OSError as error:
        raise KeystoreError("The wrapping key cannot be read.") from error
    return p256_from_scalar(bytes.fromhex(text))


def wrapping_key_make() -> None:
    """Make the wrapping key's two files unless they exist; for workers, safe in two at once."""
    path = Path(settings.WRAPPING_KEY_FILE)
    if not path.exists():
        _write_once(path, p256_scalar(generate_p256_key()).hex(), 0o600)
    private = p256_from_scalar(bytes.fromhex(path.read_text("ascii")))
    # Keys that were made beforehand may lie where nothing can be written.
    public = Path(f"{path}.pub")
    if not public.exists():
        _write_once(public, point_bytes(private).hex(), 0o644)


def _write_once(path: Path, text: str, mode: int) -> None:
    """Let a whole file appear at ``path`` at once, or leave the one that is there."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
