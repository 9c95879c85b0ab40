"""Approve, reject, take an approval back: what approvers decide about a question."""

from django.db import transaction

from datarequests.models import ApproverSeat, DataRequest, RequestVersion, SignedKind
from datarequests.people import Viewer
from datarequests.selectors import version_of
from datarequests.services.moving import check_state, request_locked, request_move
from datarequests.services.signing import signed_keep
from datarequests.states import RequestState
from mpcengine.protocol.approval import (
    SignedApproval,
    approval_bytes,
    revocation_bytes,
    verify_approval,
    verify_revocation,
)
from mpcengine.protocol.request_manifest import RequestManifest, parse_request_manifest
from problems import Conflict

APPROVED, REJECTED, REVOKED = "approve", "reject", "revoke"


def approval_of(*, row: DataRequest, viewer: Viewer) -> bytes:
    """Return the bytes that an approver signs to approve; raise Forbidden, Conflict."""
    viewer.need("approver")
    check_state(row, RequestState.REVIEW)
    _, manifest, seat = _seat(row, viewer)
    return approval_bytes(manifest.digest, seat.place)


def revocation_of(*, row: DataRequest, viewer: Viewer) -> bytes:
    """Return the bytes that an approver signs to take her approval back."""
    _, manifest, seat = _seat(row, viewer)
    if seat.decision != APPROVED:
        raise Conflict("approval.none", "You have not approved this question.")
    return revocation_bytes(manifest.digest, seat.place)


@transaction.atomic
def request_approve(*, row: DataRequest, viewer: Viewer, signature: bytes) -> DataRequest:
    """Keep an approver's signed approval; with as many as are needed it is approved.

    Raises Forbidden for who is not asked, Conflict for who has decided, BadSignature,
    EventsDown.
    """
    row = request_locked(row)
    check_state(row, RequestState.REVIEW)
    version, manifest, seat = _seat(row, viewer)
    _check_undecided(seat)
    body = approval_bytes(manifest.digest, seat.place)
    verify_approval(manifest, SignedApproval(approval=body, signature=signature))
    _keep(row, SignedKind.APPROVAL, viewer, seat, body=body, signature=signature)
    _decide(seat, APPROVED)
    if version.seats.filter(decision=APPROVED).count() >= version.needed:
        request_move(row, RequestState.APPROVED, by=viewer.person)
    return row


@transaction.atomic
def request_reject(*, row: DataRequest, viewer: Viewer, reason: str) -> DataRequest:
    """Note that an approver says no; once too few are left the question is rejected.

    Raises Forbidden for who is not asked, Conflict for who has decided, EventsDown.
    """
    row = request_locked(row)
    check_state(row, RequestState.REVIEW)
    version, _, seat = _seat(row, viewer)
    _check_undecided(seat)
    _decide(seat, REJECTED)
    if version.seats.exclude(decision=REJECTED).count() < version.needed:
        request_move(
            row, RequestState.REJECTED, by=viewer.person, code="rejected", reason=reason
        )
    return row


@transaction.atomic
def approval_revoke(*, row: DataRequest, viewer: Viewer, signature: bytes) -> DataRequest:
    """Keep a signed revocation; before the nodes have the question this ends it.

    Once they have it, the approver gives the same bytes to the nodes, who stop by themselves.
    Raises Forbidden, Conflict, BadSignature, EventsDown.
    """
    row = request_locked(row)
    under_way = (RequestState.INVITING, RequestState.READY, RequestState.COMPUTING)
    check_state(row, RequestState.REVIEW, RequestState.APPROVED, *under_way)
    body = revocation_of(row=row, viewer=viewer)
    _, manifest, seat = _seat(row, viewer)
    verify_revocation(manifest, body, signature)
    _keep(row, SignedKind.REVOCATION, viewer, seat, body=body, signature=signature)
    _decide(seat, REVOKED)
    if row.state == RequestState.APPROVED:
        request_move(row, RequestState.REVOKED, by=viewer.person, code="revoked")
    return row


def approvals_given(row: DataRequest) -> tuple[SignedApproval, ...]:
    """Return the approvals of the present manifest that stand."""
    version = version_of(row)
    if version is None:
        return ()
    stands = {bytes(one.key.sign_key) for one in version.seats.filter(decision=APPROVED)}
    found = row.signed.filter(kind=SignedKind.APPROVAL, version=row.version)
    manifest = parse_request_manifest(bytes(version.manifest or b""))
    due = {
        approval_bytes(manifest.digest, place)
        for place in range(len(manifest.approvals.approvers))
    }
    return tuple(
        SignedApproval(approval=bytes(one.body), signature=bytes(one.signature))
        for one in found
        if bytes(one.key) in stands and bytes(one.body) in due
    )


def _seat(
    row: DataRequest, viewer: Viewer
) -> tuple[RequestVersion, RequestManifest, ApproverSeat]:
    viewer.need("approver")
    version = version_of(row)
    if version is None or version.manifest is None:
        raise Conflict("request.state", "There is no manifest to decide about.")
    seats = version.seats.select_related("key")
    seat = seats.filter(key__person_id=viewer.person).first()
    if seat is None or row.author_id == viewer.person:
        viewer.refuse()
    return version, parse_request_manifest(bytes(version.manifest)), seat


def _check_undecided(seat: ApproverSeat) -> None:
    if seat.decision:
        raise Conflict("approval.decided", "You have decided about this question.")


def _decide(seat: ApproverSeat, decision: str) -> None:
    seat.decision = decision
    seat.save(update_fields=["decision"])


def _keep(
    row: DataRequest,
    kind: SignedKind,
    viewer: Viewer,
    seat: ApproverSeat,
    *,
    body: bytes,
    signature: bytes,
) -> None:
    key = bytes(seat.key.sign_key)
    signed_keep(row, kind, viewer, key=key, body=body, signature=signature)
