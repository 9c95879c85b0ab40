"""Bring an approved question to the nodes, order about it, follow it to its end."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from datarequests.models import DataRequest, SignedKind
from datarequests.people import Viewer
from datarequests.selectors import version_of
from datarequests.services.deciding import approvals_given
from datarequests.services.moving import check_state, request_locked, request_move
from datarequests.services.signing import signed_keep
from datarequests.states import UNDER_WAY, RequestState
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.orders import REQUEST_ORDERS, parse_order
from mpcengine.protocol.request_manifest import parse_request_manifest
from mpcengine.selectors import job_view
from mpcengine.services import job_order_take, request_propose
from problems import Conflict

TOO_FEW_LISTS = "too few lists"
_COMPUTING = frozenset({"frozen", "checked", "computing", "fixed"})
_BEFORE_NODES = (
    RequestState.SUBMITTED,
    RequestState.RETURNED,
    RequestState.INTAKE,
    RequestState.PREPARED,
    RequestState.REVIEW,
    RequestState.APPROVED,
)


@transaction.atomic
def request_invite(*, row: DataRequest, viewer: Viewer) -> int:
    """Hand the signed and approved manifest to the ledger; return its job's number.

    From here on invited holders deal with the nodes. Raises Forbidden, Conflict, BadSignature
    where a signature or an approval is missing, EventsDown.
    """
    viewer.need("coordinator")
    row = request_locked(row)
    check_state(row, RequestState.APPROVED)
    version = version_of(row)
    if version is None or version.manifest is None:
        raise Conflict("request.state", "There is no manifest.")
    data = bytes(version.manifest)
    job = request_propose(
        manifest=data,
        requester_signature=_signature(row, SignedKind.REQUESTER, data),
        coordinator_signature=_signature(row, SignedKind.COORDINATOR, data),
        approvals=approvals_given(row),
    )
    request_move(row, RequestState.INVITING, by=viewer.person)
    return job.pk


@transaction.atomic
def request_order(*, row: DataRequest, viewer: Viewer, order: bytes, signature: bytes) -> int:
    """Keep a coordinator's signed order and have the nodes told; return its job's number.

    Raises Forbidden, Conflict, Malformed, BadSignature, EventsDown.
    """
    viewer.need("coordinator")
    row = request_locked(row)
    check_state(row, *sorted(UNDER_WAY))
    version = version_of(row)
    named = parse_order(order, orders=REQUEST_ORDERS).manifest
    if version is None or named != version.manifest_digest:
        raise Conflict("order.other_request", "The order names another manifest.")
    job = job_order_take(order=order, signature=signature)
    key = parse_request_manifest(bytes(version.manifest or b"")).coordinator.key
    if not row.signed.filter(kind=SignedKind.ORDER, body=order).exists():
        signed_keep(row, SignedKind.ORDER, viewer, key=key, body=order, signature=signature)
    return job.pk


@transaction.atomic
def request_follow(*, request_id: str) -> None:
    """Bring a request's state to where the nodes are, or let it expire. Again: no effect."""
    row = DataRequest.objects.select_for_update().get(pk=request_id)
    version = version_of(row)
    if version is None:
        return
    if row.state in _BEFORE_NODES:
        closes = version.consenting_closes
        if closes is not None and closes < timezone.now():
            request_move(row, RequestState.EXPIRED, code="expired")
        return
    job = job_view(digest=version.manifest_digest)
    if job is None or row.state not in UNDER_WAY:
        return
    to = _state_of(job)
    if to is not None and to != row.state:
        code = str(job["reason_code"] or job["reason"] or "").replace(" ", "_")
        request_move(row, to, code=code, reason=str(job["reason"] or ""))


@transaction.atomic
def request_close(*, row: DataRequest, viewer: Viewer) -> DataRequest:
    """Close a request that has its end; raise Forbidden, Conflict, EventsDown."""
    viewer.need("coordinator")
    row = request_locked(row)
    request_move(row, RequestState.CLOSED, by=viewer.person)
    return row


def _signature(row: DataRequest, kind: SignedKind, data: bytes) -> bytes:
    found = row.signed.filter(kind=kind, body=data).last()
    if found is None:
        raise Conflict("request.unsigned", f"The {kind.value}'s signature is missing.")
    return bytes(found.signature)


def _state_of(job: Mapping[str, JSON]) -> RequestState | None:
    """Return where the nodes are, by the ledger; None while they take consents."""
    match job["state"]:
        case "released":
            return RequestState.RELEASED
        case "withheld" if job["reason"] == TOO_FEW_LISTS:
            return RequestState.INSUFFICIENT
        case "withheld" if job["reason"] == "approval revoked":
            return RequestState.REVOKED
        case "withheld":
            return RequestState.NOT_RELEASED
        case "refused" | "failed":
            return RequestState.ABORTED
    states = set(job["nodes"].values())
    if states & _COMPUTING:
        return RequestState.COMPUTING
    return RequestState.READY if "closing" in states else None
