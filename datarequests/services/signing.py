"""Keep what a person signed, once and in a chain."""

import hashlib

from datarequests.models import DataRequest, SignedKind, SignedObject
from datarequests.people import Viewer

LABEL_CHAIN = b"drempel.signed-object/1"


def signed_keep(
    row: DataRequest,
    kind: SignedKind,
    viewer: Viewer,
    *,
    key: bytes,
    body: bytes,
    signature: bytes,
) -> SignedObject:
    """Append a signed object to a request that the caller holds locked; verified before."""
    last = SignedObject.objects.filter(request=row).order_by("-number").first()
    return SignedObject.objects.create(
        request=row,
        number=1 if last is None else last.number + 1,
        version=row.version,
        kind=kind,
        organisation_id=viewer.organisation,
        person_id=viewer.person,
        key=bytes(key),
        body=body,
        signature=signature,
        previous="" if last is None else signed_hash(last),
    )


def signed_hash(one: SignedObject) -> str:
    """Return what stands for a signed object in the next one, hexadecimal."""
    parts = (
        one.previous.encode(),
        str(one.number).encode(),
        one.kind.encode(),
        bytes(one.key),
        hashlib.sha256(bytes(one.body)).digest(),
        bytes(one.signature),
    )
    found = hashlib.sha256(LABEL_CHAIN + b"\x00")
    for part in parts:
        found.update(len(part).to_bytes(4, "big") + part)
    return found.hexdigest()


def is_whole(row: DataRequest) -> bool:
    """Tell whether the chain of a request's signed objects holds: no gap, no change."""
    before = ""
    for number, one in enumerate(row.signed.order_by("number"), start=1):
        if one.number != number or one.previous != before:
            return False
        before = signed_hash(one)
    return True
