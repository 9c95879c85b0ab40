"""The interface of organisations' keys: public halves only."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import answered_once
from accounts.services import Answer
from datarequests import serializers as shapes
from datarequests.models import KeyRole, OrganisationKey
from datarequests.people import Viewer, viewer_of
from datarequests.selectors import keys_of, keys_offered
from datarequests.services.keys import key_register, key_revoke
from datarequests.views import PAGE, REPEAT_KEY, MemberView, RequestPagination
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.signing import SIGNATURE_BYTES
from mpcengine.protocol.strict import Fields, to_base64
from problems import Malformed


class KeysView(MemberView):
    """List and register keys."""

    @extend_schema(
        operation_id="v1_keys_list",
        parameters=[PAGE, OpenApiParameter("offered", str, enum=KeyRole.values)],
        responses={200: shapes.KeyPage},
    )
    def get(self, request: Request) -> Response:
        """List the own organisation's keys; ``offered``: whom a coordinator may name."""
        viewer, offered = viewer_of(request), request.query_params.get("offered")
        if offered is None:
            rows = keys_of(organisation=viewer.organisation)
        else:
            viewer.need("coordinator")
            if offered not in KeyRole.values:
                raise Malformed("query.value", "offered is a role of keys.")
            rows = keys_offered(community=viewer.community, role=offered)
        pages = RequestPagination()
        page = pages.paginate_queryset(rows.select_related("organisation"), request, view=self)
        return pages.get_paginated_response([_seen(row, viewer) for row in page or []])

    @extend_schema(
        parameters=[REPEAT_KEY], request=shapes.KeyIn, responses={201: shapes.KeyOut}
    )
    def post(self, request: Request) -> Response:
        """Register the public half of a key that signed for itself."""
        viewer = viewer_of(request)
        given = Fields(request.data, required=("name", "registered", "signature"))
        name = given.text("name", longest=100)
        registered, signature = (
            given.data("registered"),
            given.data("signature", SIGNATURE_BYTES),
        )

        def act() -> Answer:
            row = key_register(
                viewer=viewer, name=name, registered=registered, signature=signature
            )
            return Answer(status=201, body=_seen(row, viewer))

        return answered_once(request, act=act)


class KeyView(MemberView):
    """Take a key out of use."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key_id: int) -> Response:
        """Revoke one of the person's own keys; what it signed stands."""
        key_revoke(viewer=viewer_of(request), key=key_id)
        return Response(status=204)


def _seen(row: OrganisationKey, viewer: Viewer) -> dict[str, JSON]:
    return {
        "id": row.pk,
        "role": row.role,
        "name": row.name,
        "organisation": row.organisation.name,
        "person": row.person.name,
        "own": row.person_id == viewer.person,
        "sign_key": to_base64(bytes(row.sign_key)),
        "seal_key": to_base64(bytes(row.seal_key)) if row.seal_key else None,
        "created_at": row.created_at.isoformat(),
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
    }
