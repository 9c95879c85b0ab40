"""Read the relay's own key, once per process, and the files that say whom it serves.

The nodes file is read anew when it changed: a node's next certificate is told there.
"""

import hmac
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from mpcengine.protocol.canonical import parse_json
from mpcengine.protocol.nodesfile import NodesFile, parse_nodes_file
from mpcengine.protocol.signing import public_bytes


@lru_cache(maxsize=4)
def _signing_key(path: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(Path(path).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("The relay's signing key file must hold an Ed25519 key.")
    return key


@lru_cache(maxsize=4)
def _nodes_file(path: str, _changed: int) -> NodesFile:
    return parse_nodes_file(parse_json(Path(path).read_bytes(), file=True))


def signing_key() -> Ed25519PrivateKey:
    """Return the key under which the relay promises to deliver."""
    return _signing_key(str(settings.RELAY_SIGNING_KEY_FILE))


def public_key() -> bytes:
    """Return the 32 bytes of the relay's public key."""
    return public_bytes(signing_key())


def nodes_file() -> NodesFile:
    """Return the nodes this relay forwards to; no others are ever called."""
    path = Path(settings.NODES_FILE)
    return _nodes_file(str(path), path.stat().st_mtime_ns)


def is_portal_token(token: str) -> bool:
    """Tell, in constant time, whether a token is the one in the portal's token file."""
    known = Path(settings.PORTAL_TOKEN_FILE).read_bytes().strip()
    return hmac.compare_digest(known, token.encode("utf-8", "surrogatepass"))
