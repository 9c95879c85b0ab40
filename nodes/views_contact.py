"""The node's interface for contact: words of owners, envelopes, keys sealed to one owner each.

Source: docs/protocol.md §19.12 and §19.17.
"""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from mpcengine.protocol.signing import SIGNATURE_BYTES
from mpcengine.protocol.strict import Fields, to_base64
from nodes import serializers as shapes
from nodes.peer_client import SIGNATURE_HEADER
from nodes.selectors import request_get
from nodes.selectors_contact import contact_job, contact_keys_get, envelopes_get
from nodes.services.contacts import contact_accept
from nodes.tasks import drive_nudge
from nodes.views import NodeView


class ContactsView(NodeView):
    """Say whether to be found, and read the sealed cards."""

    @extend_schema(request=shapes.ContactIn, responses={200: shapes.OwnerOut})
    def post(self, request: Request, digest: str) -> Response:
        """Take an owner's word on contact; yes and no have the same form and size."""
        given = Fields(request.data, required=("contact", "signature", "part"))
        owner = contact_accept(
            digest=digest,
            contact=given.data("contact"),
            signature=given.data("signature", SIGNATURE_BYTES),
            part=given.data("part"),
        )
        whole = request_get(digest=digest)
        following = contact_job(whole)
        drive_nudge(whole.pk if following is None else following.pk)
        return Response({"owner": owner})

    @extend_schema(responses={200: shapes.EnvelopesOut})
    def get(self, _request: Request, digest: str) -> Response:
        """Return every envelope; 404 before keys are given out, 409 where contact ended."""
        return Response(envelopes_get(digest=digest))


class ContactView(NodeView):
    """Fetch the keys that are sealed to one owner."""

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, _request: Request, digest: str, owner: int) -> HttpResponse:
        """Return the sealed bytes, signed in a header; 404 and 409 as for the envelopes."""
        found = contact_keys_get(digest=digest, owner=owner)
        headers = {SIGNATURE_HEADER: to_base64(bytes(found.signature))}
        return HttpResponse(
            bytes(found.sealed), content_type="application/octet-stream", headers=headers
        )
