"""The node's interface for requests: manifests, consents, nonce, lists in chunks, sealed parts.

What needs authority carries a signature; what is given out is public, sealed, or both.
Source: docs/protocol.md §19.12.
"""

from collections.abc import Sequence

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from mpcengine.protocol.approval import parse_signed_approvals
from mpcengine.protocol.consent import MOST_NONCES
from mpcengine.protocol.contribution import LARGEST_CHUNK
from mpcengine.protocol.request_manifest import ASKED_KEYS
from mpcengine.protocol.schemas_request import MOST_OWNERS
from mpcengine.protocol.signing import PUBLIC_KEY_BYTES, SIGNATURE_BYTES
from mpcengine.protocol.strict import Fields, to_base64
from nodes import serializers as shapes
from nodes.parsers import OctetsParser
from nodes.peer_client import SIGNATURE_HEADER
from nodes.selectors import request_get
from nodes.selectors_requests import consents_get, nonce_get, private_get, signed_request_get
from nodes.services.consents import consent_accept, overflow_accept
from nodes.services.contributions import (
    Chunk,
    Progress,
    chunk_accept,
    contribution_accept,
    contribution_progress,
)
from nodes.services.request_keys import request_key_create
from nodes.services.request_manifests import request_accept, request_open
from nodes.services.taking_back import revocation_accept, withdrawal_accept
from nodes.tasks import drive_nudge
from nodes.views import NodeView, octets_of, signature_of

_SIGNATURE = OpenApiParameter(SIGNATURE_HEADER, str, OpenApiParameter.HEADER, required=True)
# Of a header: three hashes of a component and of a part for each of 256 buckets, in base64.
LARGEST_HEADER = 512 * 1024


class RequestKeysView(NodeView):
    """Have a key made for a request."""

    @extend_schema(request=shapes.SurveyKeysIn, responses={200: shapes.RequestKeyOut})
    def post(self, request: Request, request_id: str) -> Response:
        """Return this node's share key of a request, signed."""
        given = Fields(request.data, required=("coordinator", "signature"))
        made = request_key_create(
            request_id=request_id,
            coordinator=given.data("coordinator", PUBLIC_KEY_BYTES),
            signature=given.data("signature", SIGNATURE_BYTES),
        )
        return Response(
            {
                "share_key": to_base64(made.share_key),
                "signature": to_base64(made.signature),
            }
        )


class RequestsView(NodeView):
    """Propose a request manifest."""

    @extend_schema(request=shapes.RequestIn, responses={200: shapes.RequestSignatureOut})
    def post(self, request: Request) -> Response:
        """Check a request against the operator's policy and return this node's signature."""
        given = Fields(request.data, required=ASKED_KEYS)
        digest, signature = request_accept(
            manifest=given.data("manifest"),
            requester_signature=given.data("requester_signature", SIGNATURE_BYTES),
            coordinator_signature=given.data("coordinator_signature", SIGNATURE_BYTES),
            approvals=parse_signed_approvals(given),
            now=timezone.now(),
        )
        return Response({"digest": digest, "signature": to_base64(signature)})


class RequestView(NodeView):
    """Read a request manifest."""

    @extend_schema(responses={200: shapes.SignedRequestOut})
    def get(self, _request: Request, digest: str) -> Response:
        """Return a request manifest with all its signatures."""
        return Response(signed_request_get(digest=digest))


class RequestSignaturesView(NodeView):
    """Give the three nodes' signatures."""

    @extend_schema(request=shapes.SignaturesIn, responses={200: shapes.StateOut})
    def put(self, request: Request, digest: str) -> Response:
        """Open the request once all three nodes have signed."""
        given = Fields(request.data, required=("signatures",)).raw("signatures")
        named = Fields(given, "signatures", required=("a", "b", "c"))
        job = request_open(
            digest=digest,
            signatures={name: named.data(name, SIGNATURE_BYTES) for name in ("a", "b", "c")},
        )
        drive_nudge(job.pk)
        return Response({"state": job.state})


class ConsentsView(NodeView):
    """Give and read consents."""

    @extend_schema(request=shapes.ConsentIn, responses={200: shapes.OwnerOut})
    def post(self, request: Request, digest: str) -> Response:
        """Take an owner's signed consent; of one owner the first one stands."""
        given = Fields(request.data, required=("consent", "signature"))
        owner = consent_accept(
            digest=digest,
            consent=given.data("consent"),
            signature=given.data("signature", SIGNATURE_BYTES),
            now=timezone.now(),
        )
        drive_nudge(request_get(digest=digest).pk)
        return Response({"owner": owner})

    @extend_schema(responses={200: shapes.ConsentsOut})
    def get(self, _request: Request, digest: str) -> Response:
        """Return the consents this node has taken, in order of owner."""
        return Response({"consents": consents_get(digest=digest)})


class NonceView(NodeView):
    """Read the nonce that places words in buckets."""

    @extend_schema(responses={200: shapes.NonceOut})
    def get(self, _request: Request, digest: str) -> Response:
        """Return the latest nonce, signed; 404 while there is none."""
        return Response(nonce_get(digest=digest))


class OverflowView(NodeView):
    """Say that a list does not fit its buckets."""

    @extend_schema(request=shapes.OverflowIn, responses={200: shapes.OwnerOut})
    def post(self, request: Request, digest: str) -> Response:
        """Take an owner's word for it; the nodes then draw another nonce for everybody."""
        given = Fields(request.data, required=("owner", "number", "signature"))
        owner = given.integer("owner", 0, MOST_OWNERS - 1)
        overflow_accept(
            digest=digest,
            owner=owner,
            number=given.integer("number", 1, MOST_NONCES),
            signature=given.data("signature", SIGNATURE_BYTES),
        )
        drive_nudge(request_get(digest=digest).pk)
        return Response({"owner": owner})


class ContributionsView(NodeView):
    """Announce a list."""

    largest_body = LARGEST_HEADER

    @extend_schema(request=shapes.ContributionIn, responses={200: shapes.ContributionOut})
    def post(self, request: Request, digest: str) -> Response:
        """Take the signed header of an owner's list, and say how much of it is here."""
        given = Fields(request.data, required=("header", "signature"))
        progress = contribution_accept(
            digest=digest,
            header=given.data("header"),
            signature=given.data("signature", SIGNATURE_BYTES),
            now=timezone.now(),
        )
        return Response(_progress(progress))


class ContributionView(NodeView):
    """Read how much of a list is here."""

    @extend_schema(responses={200: shapes.ContributionOut})
    def get(self, _request: Request, digest: str, owner: int) -> Response:
        """Return the bytes received of each bucket's part, and whether all are here."""
        return Response(_progress(contribution_progress(digest=digest, owner=owner)))


class ChunkView(NodeView):
    """Take a list's parts in chunks."""

    parser_classes: Sequence[type[BaseParser]] = (OctetsParser,)
    largest_body = LARGEST_CHUNK

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        parameters=[_SIGNATURE],
        responses={200: shapes.ChunkOut},
    )
    def put(
        self, request: Request, digest: str, owner: int, bucket: int, offset: int
    ) -> Response:
        """Store a chunk where the part ends now; elsewhere 409, with ``received``."""
        chunk = Chunk(
            owner=owner,
            bucket=bucket,
            offset=offset,
            data=octets_of(request),
            signature=signature_of(request),
        )
        received, is_complete = chunk_accept(digest=digest, chunk=chunk, now=timezone.now())
        if is_complete:
            drive_nudge(request_get(digest=digest).pk)
        return Response({"received": received, "complete": is_complete})


class WithdrawalsView(NodeView):
    """Withdraw a consent."""

    @extend_schema(request=shapes.WithdrawalIn, responses={200: shapes.TakenBackOut})
    def post(self, request: Request, digest: str) -> Response:
        """Take an owner's signed withdrawal; say what it does at this moment."""
        given = Fields(request.data, required=("withdrawal", "signature"))
        owner, effect = withdrawal_accept(
            digest=digest,
            withdrawal=given.data("withdrawal"),
            signature=given.data("signature", SIGNATURE_BYTES),
            now=timezone.now(),
        )
        drive_nudge(request_get(digest=digest).pk)
        return Response({"place": owner, "effect": effect})


class RevocationsView(NodeView):
    """Take an approval back."""

    @extend_schema(request=shapes.RevocationIn, responses={200: shapes.TakenBackOut})
    def post(self, request: Request, digest: str) -> Response:
        """Take an approver's signed revocation; say what it does at this moment."""
        given = Fields(request.data, required=("revocation", "signature"))
        place, effect = revocation_accept(
            digest=digest,
            revocation=given.data("revocation"),
            signature=given.data("signature", SIGNATURE_BYTES),
            now=timezone.now(),
        )
        drive_nudge(request_get(digest=digest).pk)
        return Response({"place": place, "effect": effect})


class PrivateView(NodeView):
    """Fetch what a released request tells one owner, sealed to her."""

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, _request: Request, digest: str, owner: int, bucket: int) -> HttpResponse:
        """Return the sealed bytes, signed in a header; 404 before the release."""
        found = private_get(digest=digest, owner=owner, bucket=bucket)
        headers = {SIGNATURE_HEADER: to_base64(bytes(found.signature))}
        return HttpResponse(
            bytes(found.sealed), content_type="application/octet-stream", headers=headers
        )


def _progress(progress: Progress) -> dict[str, object]:
    return {
        "owner": progress.owner,
        "received": list(progress.received),
        "complete": progress.is_complete,
    }
