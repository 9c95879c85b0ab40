"""The interface of data requests: translate JSON, call one service, answer."""

from collections.abc import Mapping

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import SIGN_IN, IsMember, answered_once
from accounts.services import Answer
from datarequests import serializers as shapes
from datarequests.models import DataRequest
from datarequests.people import Viewer, viewer_of
from datarequests.selectors import (
    SORTS,
    register_list,
    request_get,
    request_list,
    request_row,
    request_view,
)
from datarequests.services.drafting import (
    draft_change,
    draft_create,
    request_submit,
    request_withdraw,
    submission_of,
)
from datarequests.states import RequestState
from mpcengine.protocol.canonical import JSON, digest
from mpcengine.protocol.request import KINDS
from mpcengine.protocol.signing import LABEL_SUBMISSION, SIGNATURE_BYTES
from mpcengine.protocol.strict import Fields, to_base64
from problems import Malformed

# A question is a part of the manifest; texts of 16 languages fit.
LARGEST_DEFINITION = 256 * 1024
LARGEST_ID = (1 << 63) - 1
REPEAT_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same body gets the same answer again.",
)
PAGE = OpenApiParameter("page", int)


class RequestPagination(PageNumberPagination):
    """Fifty rows a page."""

    page_size = 50


class MemberView(APIView):
    """Everybody but operators; what each sees and may do is decided for each request."""

    authentication_classes = SIGN_IN
    permission_classes = (IsMember,)

    def row(self, request: Request, request_id: str) -> tuple[DataRequest, Viewer]:
        """Return the request and who looks, or raise the same 404 for absent and not hers."""
        viewer = viewer_of(request)
        return request_get(request_id=request_id, viewer=viewer), viewer


class RequestsView(MemberView):
    """List and draft requests."""

    largest_body = LARGEST_DEFINITION

    @extend_schema(
        operation_id="v1_requests_list",
        parameters=[
            PAGE,
            OpenApiParameter("state", str, enum=RequestState.values, many=True),
            OpenApiParameter("kind", str, enum=list(KINDS)),
            OpenApiParameter("sort", str, enum=[*SORTS, *(f"-{name}" for name in SORTS)]),
        ],
        responses={200: shapes.RequestPage},
    )
    def get(self, request: Request) -> Response:
        """List the requests in which the person has a part."""
        asked = request.query_params
        rows = request_list(
            viewer=viewer_of(request),
            states=[
                _among("state", one, RequestState.values) for one in asked.getlist("state")
            ],
            kind=_among("kind", asked.get("kind", ""), ("", *KINDS)),
            sort=_among(
                "sort", asked.get("sort", "-created"), (*SORTS, *(f"-{one}" for one in SORTS))
            ),
        )
        pages = RequestPagination()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([request_row(row) for row in page])

    @extend_schema(
        parameters=[REPEAT_KEY], request=shapes.DraftIn, responses={201: shapes.RequestOut}
    )
    def post(self, request: Request) -> Response:
        """Draft a question."""
        viewer, given = viewer_of(request), _draft(request)

        def act() -> Answer:
            row = draft_create(viewer=viewer, **given)
            return Answer(status=201, body=request_view(row, viewer=viewer))

        return answered_once(request, act=act)


class RequestView(MemberView):
    """Read or change one request."""

    largest_body = LARGEST_DEFINITION

    @extend_schema(responses={200: shapes.RequestOut})
    def get(self, request: Request, request_id: str) -> Response:
        """Return a request, the state of its job and, once there is one, what was signed."""
        row, viewer = self.row(request, request_id)
        return Response(request_view(row, viewer=viewer))

    @extend_schema(request=shapes.DraftIn, responses={200: shapes.RequestOut})
    def put(self, request: Request, request_id: str) -> Response:
        """Change a draft, or a question that was returned."""
        row, viewer = self.row(request, request_id)
        row = draft_change(row=row, viewer=viewer, **_draft(request))
        return Response(request_view(row, viewer=viewer))


class SubmissionView(MemberView):
    """Submit a question."""

    @extend_schema(
        parameters=[OpenApiParameter("key", int, required=True)],
        responses={200: shapes.BytesOut},
    )
    def get(self, request: Request, request_id: str) -> Response:
        """Return the bytes that the requester signs to submit, with one of her keys."""
        row, viewer = self.row(request, request_id)
        body = submission_of(row=row, viewer=viewer, key=_key(request.query_params))
        return Response(to_sign(body, LABEL_SUBMISSION))

    @extend_schema(
        parameters=[REPEAT_KEY],
        request=shapes.SignedByKeyIn,
        responses={200: shapes.RequestOut},
    )
    def post(self, request: Request, request_id: str) -> Response:
        """Submit: the question is frozen as a new version and enters the public register."""
        row, viewer = self.row(request, request_id)
        given = Fields(request.data, required=("key", "signature"))
        key = given.integer("key", 1, LARGEST_ID)
        signature = given.data("signature", SIGNATURE_BYTES)

        def act() -> Answer:
            after = request_submit(row=row, viewer=viewer, key=key, signature=signature)
            return Answer(status=200, body=request_view(after, viewer=viewer))

        return answered_once(request, act=act)


class WithdrawalView(MemberView):
    """Take a question back."""

    @extend_schema(parameters=[REPEAT_KEY], request=None, responses={200: shapes.RequestOut})
    def post(self, request: Request, request_id: str) -> Response:
        """Take a question back before the nodes have it; the register keeps its title."""
        row, viewer = self.row(request, request_id)

        def act() -> Answer:
            after = request_withdraw(row=row, viewer=viewer)
            return Answer(status=200, body=request_view(after, viewer=viewer))

        return answered_once(request, act=act)


class RegisterView(APIView):
    """The public register of questions."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(parameters=[PAGE], responses={200: shapes.RegisterPage}, auth=[])
    def get(self, request: Request) -> Response:
        """List what was ever submitted: title, purpose, asker, kind and state."""
        pages = RequestPagination()
        page = pages.paginate_queryset(register_list(), request, view=self) or []
        return pages.get_paginated_response(
            [
                {
                    "id": entry.request_id,
                    "title": entry.title,
                    "purpose": entry.purpose,
                    "asker": entry.asker,
                    "kind": entry.kind,
                    "state": entry.request.state,
                    "submitted_at": entry.submitted_at.isoformat(),
                }
                for entry in page
            ]
        )


def _draft(request: Request) -> dict[str, JSON]:
    given = Fields(request.data, required=("definition", "list_size"))
    return {
        "definition": given.raw("definition"),
        "list_size": given.integer("list_size", 1),
    }


def to_sign(body: bytes, label: bytes) -> dict[str, JSON]:
    """Return what a person signs: the bytes, under which label, and their digest."""
    return {"body": to_base64(body), "under": label.decode(), "digest": digest(body)}


def _key(asked: Mapping[str, str]) -> int:
    text = asked.get("key", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Malformed("key.number", "Name one of your keys by its number: ?key=….")
    return int(text)


def _among(name: str, value: str, allowed: tuple[str, ...] | list[str]) -> str:
    if value not in allowed:
        raise Malformed("query.value", f"{name} is one of: {', '.join(filter(None, allowed))}.")
    return value
