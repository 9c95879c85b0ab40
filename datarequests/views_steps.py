"""The interface of a request's steps after it was submitted: one address each."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import answered_once
from accounts.services import Answer
from datarequests import serializers as shapes
from datarequests.models import DataRequest
from datarequests.people import Viewer
from datarequests.selectors import history_of, manifest_of, request_view, result_get
from datarequests.services.deciding import (
    approval_of,
    approval_revoke,
    request_approve,
    request_reject,
    revocation_of,
)
from datarequests.services.preparing import (
    PrepareTerms,
    intake_begin,
    manifest_sign,
    nodes_collect,
    request_prepare,
    request_return,
)
from datarequests.services.running import request_close, request_invite, request_order
from datarequests.services.signing import is_whole
from datarequests.views import LARGEST_ID, REPEAT_KEY, MemberView, to_sign
from mpcengine.protocol.manifest_parts import Window
from mpcengine.protocol.request_manifest import prepare_request_body
from mpcengine.protocol.schemas_request import LARGEST_LIST, MOST_APPROVERS, MOST_OWNERS
from mpcengine.protocol.signing import (
    LABEL_APPROVAL,
    LABEL_PREPARE_REQUEST,
    LABEL_REQUEST_MANIFEST,
    LABEL_REVOCATION,
    SIGNATURE_BYTES,
)
from mpcengine.protocol.strict import Fields, to_base64
from mpcengine.tasks import drive_nudge

LONGEST_REASON = 400
STEP: dict[str, Any] = {"parameters": [REPEAT_KEY], "responses": {200: shapes.RequestOut}}
Step = Callable[[], DataRequest]


class StepView(MemberView):
    """Do one step, once per Idempotency-Key, and answer with the request as it is then."""

    def step(self, request: Request, viewer: Viewer, step: Step) -> Response:
        """Answer with what the step made of the request."""

        def act() -> Answer:
            return Answer(status=200, body=request_view(step(), viewer=viewer))

        return answered_once(request, act=act)


class IntakeView(StepView):
    """Take a question in."""

    @extend_schema(request=None, **STEP)
    def post(self, request: Request, request_id: str) -> Response:
        """Take a submitted question in (coordinator)."""
        row, viewer = self.row(request, request_id)
        return self.step(request, viewer, lambda: intake_begin(row=row, viewer=viewer))


class ReturnView(StepView):
    """Give a question back."""

    @extend_schema(request=shapes.ReasonIn, **STEP)
    def post(self, request: Request, request_id: str) -> Response:
        """Give a question back to who asks, with a reason (coordinator)."""
        row, viewer = self.row(request, request_id)
        reason = _reason(request)
        return self.step(
            request, viewer, lambda: request_return(row=row, viewer=viewer, reason=reason)
        )


class PreparationView(StepView):
    """Build the manifest."""

    @extend_schema(responses={200: shapes.BytesOut})
    def get(self, request: Request, request_id: str) -> Response:
        """Return the bytes that a coordinator signs to have the nodes make their keys."""
        row, viewer = self.row(request, request_id)
        viewer.need("coordinator")
        return Response(to_sign(prepare_request_body(row.pk), LABEL_PREPARE_REQUEST))

    @extend_schema(request=shapes.RequestPrepareIn, **STEP)
    def post(self, request: Request, request_id: str) -> Response:
        """Ask the nodes for keys and build the manifest that everybody signs (coordinator)."""
        row, viewer = self.row(request, request_id)
        viewer.need("coordinator")
        terms = _terms(request)
        nodes = nodes_collect(row=row, viewer=viewer, terms=terms)
        return self.step(
            request,
            viewer,
            lambda: request_prepare(row=row, viewer=viewer, terms=terms, nodes=nodes),
        )


class ManifestView(StepView):
    """Sign the manifest."""

    @extend_schema(responses={200: shapes.BytesOut})
    def get(self, request: Request, request_id: str) -> Response:
        """Return the manifest's bytes."""
        row, _ = self.row(request, request_id)
        return Response(to_sign(manifest_of(row), LABEL_REQUEST_MANIFEST))

    @extend_schema(request=shapes.SignedByKeyIn, **STEP)
    def post(self, request: Request, request_id: str) -> Response:
        """Sign the manifest as requester or as coordinator; with both it goes into review."""
        row, viewer = self.row(request, request_id)
        given = Fields(request.data, required=("key", "signature"))
        key = given.integer("key", 1, LARGEST_ID)
        signature = given.data("signature", SIGNATURE_BYTES)
        return self.step(
            request,
            viewer,
            lambda: manifest_sign(row=row, viewer=viewer, key=key, signature=signature),
        )


class ApprovalView(StepView):
    """Approve."""

    @extend_schema(responses={200: shapes.BytesOut})
    def get(self, request: Request, request_id: str) -> Response:
        """Return the bytes that an approver signs to approve."""
        row, viewer = self.row(request, request_id)
        return Response(to_sign(approval_of(row=row, viewer=viewer), LABEL_APPROVAL))

    @extend_schema(request=shapes.SignatureIn, **STEP)
    def post(self, request: Request, request_id: str) -> Response:
        """Approve, signed by the key that the manifest names (approver)."""
        row, viewer = self.row(request, request_id)
        signature = _signature(request)
        return self.step(
            request,
            viewer,
            lambda: request_approve(row=row, viewer=viewer, signature=signature),
        )


class RejectionView(StepView):
    """Reject."""

    @extend_schema(request=shapes.ReasonIn, **STEP)
    def post(self, request: Request, request_id: str) -> Response:
        """Say no, with a reason (approver)."""
        row, viewer = self.row(request, request_id)
        reason = _reason(request)
        return self.step(
            request, viewer, lambda: request_reject(row=row, viewer=viewer, reason=reason)
        )


class RevocationView(StepView):
    """Take an approval back."""

    @extend_schema(responses={200: shapes.BytesOut})
    def get(self, request: Request, request_id: str) -> Response:
        """Return the bytes that an approver signs to take her approval back."""
        row, viewer = self.row(request, request_id)
        return Response(to_sign(revocation_of(row=row, viewer=viewer), LABEL_REVOCATION))

    @extend_schema(request=shapes.SignatureIn, **STEP)
    def post(self, request: Request, request_id: str) -> Response:
        """Take an approval back; once the nodes have the question, tell them the same."""
        row, viewer = self.row(request, request_id)
        signature = _signature(request)
        return self.step(
            request,
            viewer,
            lambda: approval_revoke(row=row, viewer=viewer, signature=signature),
        )


class InviteView(StepView):
    """Bring it to the nodes."""

    @extend_schema(request=None, **STEP)
    def post(self, request: Request, request_id: str) -> Response:
        """Bring an approved question to the nodes; holders deal with them (coordinator)."""
        row, viewer = self.row(request, request_id)

        def act() -> DataRequest:
            drive_nudge(request_invite(row=row, viewer=viewer))
            row.refresh_from_db()
            return row

        return self.step(request, viewer, act)


class RequestOrdersView(StepView):
    """Order consents or contributions to close."""

    @extend_schema(request=shapes.RequestOrderIn, **STEP)
    def post(self, request: Request, request_id: str) -> Response:
        """Take a coordinator-signed order and forward it to the nodes."""
        row, viewer = self.row(request, request_id)
        given = Fields(request.data, required=("order", "signature"))
        order, signature = given.data("order"), given.data("signature", SIGNATURE_BYTES)

        def act() -> DataRequest:
            drive_nudge(request_order(row=row, viewer=viewer, order=order, signature=signature))
            row.refresh_from_db()
            return row

        return self.step(request, viewer, act)


class ClosingView(StepView):
    """Close what has its end."""

    @extend_schema(request=None, **STEP)
    def post(self, request: Request, request_id: str) -> Response:
        """Close a request that has its end (coordinator)."""
        row, viewer = self.row(request, request_id)
        return self.step(request, viewer, lambda: request_close(row=row, viewer=viewer))


class RequestResultView(MemberView):
    """Read the signed result."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, request_id: str) -> Response:
        """Return the result, verified before it was stored (``drempel-result/1``)."""
        row, _ = self.row(request, request_id)
        return Response(result_get(row))


class HistoryView(MemberView):
    """Read what was signed."""

    @extend_schema(responses={200: shapes.HistoryOut})
    def get(self, request: Request, request_id: str) -> Response:
        """Return what people signed about a request, in order, and whether the chain holds."""
        row, _ = self.row(request, request_id)
        signed = [
            {
                "number": one.number,
                "version": one.version,
                "kind": one.kind,
                "organisation": one.organisation.name,
                "person": one.person.name,
                "key": to_base64(bytes(one.key)),
                "body": to_base64(bytes(one.body)),
                "signature": to_base64(bytes(one.signature)),
                "previous": one.previous,
                "created_at": one.created_at.isoformat(),
            }
            for one in history_of(row)
        ]
        return Response({"whole": is_whole(row), "signed": signed})


def _reason(request: Request) -> str:
    return Fields(request.data, required=("reason",)).text("reason", longest=LONGEST_REASON)


def _signature(request: Request) -> bytes:
    return Fields(request.data, required=("signature",)).data("signature", SIGNATURE_BYTES)


def _terms(request: Request) -> PrepareTerms:
    required = ("key", "signature", "holders", "approvers", "needed", "holder_size")
    times = ("consenting", "contributing", "give_up_after_days")
    given = Fields(request.data, required=(*required, *times))
    return PrepareTerms(
        key=given.integer("key", 1, LARGEST_ID),
        signature=given.data("signature", SIGNATURE_BYTES),
        holders=_numbers(given, "holders", MOST_OWNERS - 1),
        approvers=_numbers(given, "approvers", MOST_APPROVERS),
        needed=given.integer("needed", 0, MOST_APPROVERS),
        holder_size=given.integer("holder_size", 1, LARGEST_LIST),
        consenting=_window(given, "consenting"),
        contributing=_window(given, "contributing"),
        give_up_after_days=given.integer("give_up_after_days", 1, 365),
    )


def _numbers(given: Fields, key: str, most: int) -> tuple[int, ...]:
    found = given.items(key, 1, most)
    if any(type(one) is not int or not 1 <= one <= LARGEST_ID for one in found):
        raise given.refuse(key, "must be numbers of keys")
    return tuple(found)


def _window(given: Fields, key: str) -> Window:
    section = given.fields(key, required=("opens", "closes"))
    return Window(opens=section.moment("opens"), closes=section.moment("closes"))
