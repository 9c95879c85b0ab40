"""Vectors of what people sign towards the portal, with the seed of the key that signs."""

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.signing import LABEL_REGISTERED_KEY, point_bytes, public_bytes, sign
from mpcengine.protocol.submission import RegisteredKey
from tests.vectors.cast import ed25519, p256

LABEL = b"drempel/request-manifest/1"
BODY = b'{"a":"body"}'


def desk() -> JSON:
    """Return a labelled signature, and registered keys of every role that sign themselves."""
    private = ed25519("desk Rosa")
    return {
        "origin": "made by tests/vectors/generate.py from keys that are derived from names",
        "seed": private.private_bytes_raw().hex(),
        "key": public_bytes(private).hex(),
        "label": LABEL.decode(),
        "body": BODY.hex(),
        "signature": sign(private, LABEL, BODY).hex(),
        "registered": [_registered(role) for role in ("requester", "holder", "approver")],
    }


def _registered(role: str) -> JSON:
    private, point = ed25519("desk Rosa"), point_bytes(p256("desk seal Rosa"))
    is_sealed_to = role != "approver"
    data = RegisteredKey(
        organisation="Ziekenhuis Oost",
        role=role,
        key=public_bytes(private),
        seal_key=point if is_sealed_to else None,
    ).encode()
    return {
        "organisation": "Ziekenhuis Oost",
        "role": role,
        "seal_key": point.hex(),
        "bytes": data.hex(),
        "signature": sign(private, LABEL_REGISTERED_KEY, data).hex(),
    }
