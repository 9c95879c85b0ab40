"""What people sign towards a portal: the public half of a key, and a question they submit.

Source: docs/protocol.md §19.16. A registered key is signed with itself, so that nobody enters a
key of somebody else; a submission names request and version, so that it is good for no other.
"""

from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON, canonical, parse_canonical
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.request import Request
from mpcengine.protocol.signing import (
    LABEL_REGISTERED_KEY,
    POINT_BYTES,
    PUBLIC_KEY_BYTES,
    parse_point,
    verify,
)
from mpcengine.protocol.strict import Fields, to_base64

REGISTERED_KEY_FORMAT = "drempel-registered-key/1"
SUBMISSION_FORMAT = "drempel-submission/1"
KEY_ROLES = ("requester", "coordinator", "approver", "holder")
# To these, private outcomes are sealed.
SEALED_TO = ("requester", "holder")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredKey:
    """Hold a key as its holder registers it: organisation, role, public halves.

    ``seal_key`` (65 bytes) is None for roles to which nothing is sealed.
    """

    organisation: str
    role: str
    key: bytes
    seal_key: bytes | None

    def encode(self) -> bytes:
        """Return the canonical bytes that the key itself signs."""
        sealed = None if self.seal_key is None else to_base64(self.seal_key)
        return canonical(
            {
                "format": REGISTERED_KEY_FORMAT,
                "organisation": self.organisation,
                "role": self.role,
                "key": to_base64(self.key),
                "seal_key": sealed,
            }
        )


def verify_registered_key(data: bytes, signature: bytes) -> RegisteredKey:
    """Return what a key says of itself; raise MalformedMessage or BadSignature."""
    keys = ("format", "organisation", "role", "key", "seal_key")
    top = Fields(parse_canonical(data), required=keys)
    top.choice("format", (REGISTERED_KEY_FORMAT,))
    role = top.choice("role", KEY_ROLES)
    found = RegisteredKey(
        organisation=top.text("organisation"),
        role=role,
        key=top.data("key", PUBLIC_KEY_BYTES),
        seal_key=_seal_key(top, role),
    )
    verify(found.key, LABEL_REGISTERED_KEY, data, signature)
    return found


def submission_bytes(
    *, request_id: str, version: int, request: Request, key: RegisteredKey, list_size: int
) -> bytes:
    """Return the canonical bytes that a requester signs to submit a version of a question.

    ``list_size`` is the size class of the first list. Label: LABEL_SUBMISSION.
    """
    document: dict[str, JSON] = {
        "format": SUBMISSION_FORMAT,
        "request_id": request_id,
        "version": version,
        "request": request.to_json(),
        "requester": {"name": key.organisation, "key": to_base64(key.key)},
        "list_size": list_size,
    }
    return canonical(document)


def _seal_key(top: Fields, role: str) -> bytes | None:
    if role not in SEALED_TO:
        if top.raw("seal_key") is not None:
            raise top.refuse("seal_key", "must be null: nothing is sealed to this role")
        return None
    point = top.data("seal_key", POINT_BYTES)
    try:
        parse_point(point)
    except MalformedMessage:
        raise top.refuse("seal_key", "must be a point on P-256") from None
    return point
