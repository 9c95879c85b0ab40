"""Approve a question, take that back, withdraw a consent: what people sign towards nodes.

Source: docs/protocol.md §19.5, §19.6. Each names the request manifest's digest, so it is good
for no other question.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpcengine.protocol.canonical import JSON, Digest, canonical, parse_canonical
from mpcengine.protocol.errors import BadSignature, MalformedMessage
from mpcengine.protocol.request_manifest_parts import RequestManifest
from mpcengine.protocol.schemas_request import MOST_APPROVERS, MOST_OWNERS
from mpcengine.protocol.signing import (
    LABEL_APPROVAL,
    LABEL_REVOCATION,
    LABEL_WITHDRAWAL,
    SIGNATURE_BYTES,
    sign,
    verify,
)
from mpcengine.protocol.strict import Fields, to_base64

APPROVAL_FORMAT = "drempel-approval/1"
REVOCATION_FORMAT = "drempel-approval-revocation/1"
WITHDRAWAL_FORMAT = "drempel-withdrawal/1"
APPROVE = "approve"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedApproval:
    """Carry an approval's bytes and the approver's signature."""

    approval: bytes
    signature: bytes

    def to_json(self) -> dict[str, JSON]:
        """Return both, base64."""
        return {"approval": to_base64(self.approval), "signature": to_base64(self.signature)}


def approval_bytes(manifest: Digest, approver: int) -> bytes:
    """Return what the approver in place ``approver`` (from 0) signs under LABEL_APPROVAL."""
    return canonical(
        {
            "format": APPROVAL_FORMAT,
            "manifest": manifest,
            "approver": approver,
            "decision": APPROVE,
        }
    )


def revocation_bytes(manifest: Digest, approver: int) -> bytes:
    """Return what an approver signs under LABEL_REVOCATION to take an approval back."""
    return canonical({"format": REVOCATION_FORMAT, "manifest": manifest, "approver": approver})


def withdrawal_bytes(manifest: Digest, owner: int) -> bytes:
    """Return what an owner signs under LABEL_WITHDRAWAL to withdraw its consent."""
    return canonical({"format": WITHDRAWAL_FORMAT, "manifest": manifest, "owner": owner})


def sign_approval(
    private: Ed25519PrivateKey, manifest: Digest, approver: int
) -> SignedApproval:
    """Return a signed approval of the approver in this place."""
    data = approval_bytes(manifest, approver)
    return SignedApproval(approval=data, signature=sign(private, LABEL_APPROVAL, data))


def parse_signed_approvals(top: Fields) -> tuple[SignedApproval, ...]:
    """Read ``approvals`` of an object; raise MalformedMessage. Verifies nothing yet."""
    rows = top.rows("approvals", 0, MOST_APPROVERS, required=("approval", "signature"))
    return tuple(
        SignedApproval(
            approval=row.data("approval"), signature=row.data("signature", SIGNATURE_BYTES)
        )
        for row in rows
    )


def verify_approval(manifest: RequestManifest, signed: SignedApproval) -> int:
    """Return the place of the approver who signed this approval of this manifest.

    Raises MalformedMessage ``approval.manifest`` or ``approval.approver``, or BadSignature.
    """
    keys = ("format", "manifest", "approver", "decision")
    top = Fields(parse_canonical(signed.approval), required=keys)
    top.choice("format", (APPROVAL_FORMAT,))
    top.choice("decision", (APPROVE,))
    place = _place_of(manifest, top)
    key = manifest.approvals.approvers[place].key
    verify(key, LABEL_APPROVAL, signed.approval, signed.signature)
    return place


def verify_approvals(
    manifest: RequestManifest, approvals: Sequence[SignedApproval]
) -> tuple[int, ...]:
    """Return the places of who approved, if as many different ones did as are needed.

    Raises BadSignature ``request.approvals`` for too few or one twice, and what
    ``verify_approval`` raises for one that does not hold.
    """
    places = [verify_approval(manifest, one) for one in approvals]
    if len(set(places)) != len(places) or len(places) < manifest.approvals.needed:
        raise BadSignature(
            "request.approvals",
            f"The request needs approvals of {manifest.approvals.needed} different approvers "
            "of its manifest.",
        )
    return tuple(places)


def verify_revocation(manifest: RequestManifest, data: bytes, signature: bytes) -> int:
    """Return whose approval of this manifest is taken back; raise as ``verify_approval``."""
    top = Fields(parse_canonical(data), required=("format", "manifest", "approver"))
    top.choice("format", (REVOCATION_FORMAT,))
    place = _place_of(manifest, top)
    verify(manifest.approvals.approvers[place].key, LABEL_REVOCATION, data, signature)
    return place


def verify_withdrawal(manifest: RequestManifest, data: bytes, signature: bytes) -> int:
    """Return the owner who withdraws its consent to this manifest.

    Raises MalformedMessage ``withdrawal.manifest`` or ``withdrawal.owner``, or BadSignature.
    """
    top = Fields(parse_canonical(data), required=("format", "manifest", "owner"))
    top.choice("format", (WITHDRAWAL_FORMAT,))
    if top.digest("manifest") != manifest.digest:
        raise MalformedMessage("withdrawal.manifest", "This withdrawal names another question.")
    owner = top.integer("owner", 0, MOST_OWNERS - 1)
    if owner >= len(manifest.owners):
        raise MalformedMessage("withdrawal.owner", "This withdrawal is of nobody in it.")
    verify(manifest.owners[owner].key, LABEL_WITHDRAWAL, data, signature)
    return owner


def _place_of(manifest: RequestManifest, top: Fields) -> int:
    if top.digest("manifest") != manifest.digest:
        raise MalformedMessage("approval.manifest", "This approval is of another question.")
    place = top.integer("approver", 0, MOST_APPROVERS - 1)
    if place >= len(manifest.approvals.approvers):
        raise MalformedMessage("approval.approver", "This approval is of nobody in it.")
    return place
