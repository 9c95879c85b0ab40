"""Make the keys of a service: each a file of its own that only its owner can read.

Randomness comes from the system; no key is printed, logged or handed out but by its file.
"""

import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cli.errors import BadInput
from cli.folders import write_private
from mpcengine.protocol.signing import generate_p256_key, p256_scalar, point_bytes

SECRET_BYTES = 32
IDENTITY = "identity.pem"
SIGNING = "signing.pem"
WRAPPING = "wrapping.key"
PUBLIC_SUFFIX = ".pub"

Write = Callable[[Path, str], None]


def signing_key_make(path: Path, write: Write = write_private) -> Ed25519PrivateKey:
    """Write a fresh Ed25519 key (PKCS#8, PEM) and return it."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write(path, pem.decode("ascii"))
    return key


def signing_key_load(path: Path) -> Ed25519PrivateKey:
    """Return the Ed25519 key in a PEM file; raise BadInput if there is none."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise BadInput(f"{path} cannot be read as a signing key; name another file.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"{path} does not hold a signing key (Ed25519); name another file.")
    return key


def partner_key_make(path: Path, write: Write = write_private) -> EllipticCurvePrivateKey:
    """Write a fresh P-256 key (PKCS#8, PEM), by which a partner answers, and return it."""
    key = generate_p256_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write(path, pem.decode("ascii"))
    return key


def partner_key_load(path: Path) -> EllipticCurvePrivateKey:
    """Return the P-256 key in a PEM file; raise BadInput if there is none."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise BadInput(
            f"{path} cannot be read as a partner's key; name another file."
        ) from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise BadInput(f"{path} does not hold a partner's key (P-256); name another file.")
    return key


def wrapping_key_make(path: Path, write: Write = write_private) -> None:
    """Write what seals a node's share keys: a private half for its worker, and ``….pub``."""
    key = generate_p256_key()
    write(path, p256_scalar(key).hex())
    write(path.with_name(path.name + PUBLIC_SUFFIX), point_bytes(key).hex())


def secret_make(path: Path, write: Write = write_private) -> None:
    """Write 32 fresh bytes in hexadecimal: a password, a token or Django's secret."""
    write(path, secrets.token_hex(SECRET_BYTES))
