"""The node's interface: no sessions, no cookies, nothing about the sender is kept or logged."""

from collections.abc import Sequence
from typing import cast

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from health import HealthOut, health_answer
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.codec import unpack_batch
from mpcengine.protocol.manifest import LARGEST_ROSTER
from mpcengine.protocol.nodesfile import introduction_body, nodes_digest
from mpcengine.protocol.roster import ENTRY_BYTES
from mpcengine.protocol.signedrequest import SignedRequest
from mpcengine.protocol.signing import (
    LABEL_INTRODUCTION,
    POINT_BYTES,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
)
from mpcengine.protocol.strict import Fields, is_hex, parse_base64, to_base64
from nodes import serializers as shapes
from nodes.keystore import identity_public, node_index, node_name, node_sign, node_title
from nodes.parsers import OctetsParser, RawJSONParser
from nodes.peer_client import SIGNATURE_HEADER
from nodes.policy import federation
from nodes.selectors import (
    databases_read,
    job_get,
    outcome_get,
    signed_manifest_get,
)
from nodes.services.answering_peers import (
    exchange_answer,
    packages_answer,
    peer_message_read,
)
from nodes.services.intake import Place, parcels_accept
from nodes.services.manifests import manifest_accept, manifest_open
from nodes.services.orders import order_accept
from nodes.services.survey_keys import survey_keys_create
from nodes.services.tokens import partner_token_issue_once, token_issue_once
from nodes.tasks import drive_nudge
from problems import Malformed

CHALLENGE_BYTES = 32
LARGEST_BATCH = 2_000
# Of a batch of packages, of a peer's message and of a manifest with its roster.
LARGEST_BODY = 64 * 1024 * 1024


class NodeView(APIView):
    """Anybody may call; what needs authority carries a signature in its body."""

    authentication_classes = ()
    permission_classes = ()


class KeysView(NodeView):
    """Read who this node is."""

    @extend_schema(responses={200: shapes.IdentityOut})
    def get(self, _request: Request) -> Response:
        """Return name, index and identity key; whom to believe is in your own nodes file."""
        return Response(
            {
                "node": node_name(),
                "index": node_index(),
                "name": node_title(),
                "identity_key": to_base64(identity_public()),
            }
        )


class IntroductionView(NodeView):
    """Prove who this node is, and which nodes file it has."""

    @extend_schema(responses={200: shapes.IntroductionOut})
    def get(self, _request: Request, challenge: str) -> Response:
        """Return the digest of this node's nodes file, signed with the caller's challenge."""
        if not is_hex(challenge, CHALLENGE_BYTES):
            raise Malformed("challenge", "The challenge must be 32 bytes in hexadecimal.")
        nodes = nodes_digest(federation())
        body = introduction_body(nodes, bytes.fromhex(challenge))
        return Response(
            {
                "node": node_name(),
                "nodes": nodes,
                "signature": to_base64(node_sign(LABEL_INTRODUCTION, body)),
            }
        )


class SurveyKeysView(NodeView):
    """Have keys made for a survey."""

    @extend_schema(request=shapes.SurveyKeysIn, responses={200: shapes.SurveyKeysOut})
    def post(self, request: Request, survey_id: str) -> Response:
        """Return this node's share, outer and issuer keys of a survey, signed."""
        given = Fields(request.data, required=("coordinator", "signature"))
        keys = survey_keys_create(
            survey_id=survey_id,
            coordinator=given.data("coordinator", PUBLIC_KEY_BYTES),
            signature=given.data("signature", SIGNATURE_BYTES),
        )
        return Response(
            {
                "share_key": to_base64(keys.share_key),
                "outer_key": to_base64(keys.outer_key),
                "issuer_key": to_base64(keys.issuer_key),
                "issuer_proof": to_base64(keys.issuer_proof),
                "signature": to_base64(keys.signature),
            }
        )


class ManifestsView(NodeView):
    """Propose a manifest."""

    largest_body = LARGEST_BODY

    @extend_schema(request=shapes.ManifestIn, responses={200: shapes.ManifestSignatureOut})
    def post(self, request: Request) -> Response:
        """Check a manifest against the operator's policy and return this node's signature."""
        given = Fields(request.data, required=("manifest", "coordinator_signature", "roster"))
        entries = given.items("roster", 1, LARGEST_ROSTER)
        if not all(is_hex(entry, ENTRY_BYTES) for entry in entries):
            raise given.refuse("roster", "must be hexadecimal entries of 32 bytes")
        signature = manifest_accept(
            manifest=given.data("manifest"),
            coordinator_signature=given.data("coordinator_signature", SIGNATURE_BYTES),
            roster=[bytes.fromhex(entry) for entry in entries],
        )
        return Response({"node": node_name(), "signature": to_base64(signature)})


class ManifestView(NodeView):
    """Read a manifest."""

    @extend_schema(responses={200: shapes.SignedManifestOut})
    def get(self, _request: Request, digest: str) -> Response:
        """Return a manifest with all its signatures."""
        return Response(signed_manifest_get(digest=digest))


class SignaturesView(NodeView):
    """Give the three nodes' signatures."""

    @extend_schema(request=shapes.SignaturesIn, responses={200: shapes.StateOut})
    def put(self, request: Request, digest: str) -> Response:
        """Open the survey once all three nodes have signed."""
        given = Fields(request.data, required=("signatures",)).raw("signatures")
        named = Fields(given, "signatures", required=("a", "b", "c"))
        job = manifest_open(
            digest=digest,
            signatures={name: named.data(name, SIGNATURE_BYTES) for name in ("a", "b", "c")},
        )
        drive_nudge(job.pk)
        return Response({"state": job.state})


class OrdersView(NodeView):
    """Take a coordinator's order."""

    @extend_schema(request=shapes.OrderIn, responses={200: shapes.StateOut})
    def post(self, request: Request) -> Response:
        """Open answering, or close; signed by the manifest's coordinator."""
        given = Fields(request.data, required=("order", "signature"))
        job = order_accept(
            order=given.data("order"), signature=given.data("signature", SIGNATURE_BYTES)
        )
        drive_nudge(job.pk)
        return Response({"state": job.state})


class TokensView(NodeView):
    """Exchange a code, or a partner's signed request, for a blind signature."""

    @extend_schema(request=shapes.TokenIn, responses={200: shapes.TokenOut})
    def post(self, request: Request) -> Response:
        """Sign a blinded message unseen; a code or partner's key serves one message only.

        Give ``code``, or ``partner_key`` and ``signature``. The refusal of a partner as
        "token.already_issued" has a member ``evidence``: the request that was granted before.
        """
        if isinstance(request.data, dict) and "partner_key" in request.data:
            signature = _partner_token(request.data)
        else:
            given = Fields(request.data, required=("manifest", "code", "blinded"))
            signature = token_issue_once(
                digest=given.digest("manifest"),
                node_code=given.data("code", ENTRY_BYTES),
                blinded=given.data("blinded"),
                now=timezone.now(),
            )
        return Response({"blind_signature": to_base64(signature)})


class PackagesView(NodeView):
    """Take packages in their parcels."""

    parser_classes: Sequence[type[BaseParser]] = (OctetsParser,)
    largest_body = LARGEST_BODY

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={200: shapes.IntakeOut},
    )
    def post(self, request: Request) -> Response:
        """Store a batch, and say of each: taken (safe on disk, signed), later or never."""
        answers = parcels_accept(
            parcels=unpack_batch(octets_of(request), LARGEST_BATCH), now=timezone.now()
        )
        return Response({"answers": [_place(one) for one in answers]})


class ResultView(NodeView):
    """Read how a job ended."""

    @extend_schema(responses={200: shapes.OutcomeOut})
    def get(self, _request: Request, digest: str) -> Response:
        """Return this node's signed statement; 404 while there is none."""
        return Response(outcome_get(digest=digest))


class JobView(NodeView):
    """Read where a job stands."""

    @extend_schema(responses={200: shapes.JobOut})
    def get(self, _request: Request, digest: str) -> Response:
        """Return the state of a job at this node."""
        job = job_get(digest=digest)
        return Response(
            {
                "state": job.state,
                "reason": job.reason or None,
                "sentence": job.sentence or None,
                "round": job.round,
                "attempt": job.attempt,
            }
        )


class HealthView(NodeView):
    """Say that the node works."""

    @extend_schema(responses={200: HealthOut})
    def get(self, _request: Request) -> Response:
        """Read the keys and both databases, and say so."""
        identity_public()
        databases_read()
        return health_answer()


class PeerView(NodeView):
    """Only the two other nodes may call: every message and answer is signed."""

    parser_classes: Sequence[type[BaseParser]] = (RawJSONParser,)
    largest_body = LARGEST_BODY

    def answered(self, answer: tuple[bytes, bytes] | None) -> HttpResponse:
        """Return a signed answer as it is, or 202 for "not yet"."""
        if answer is None:
            return HttpResponse(status=202)
        data, signature = answer
        headers = {SIGNATURE_HEADER: to_base64(signature)}
        return HttpResponse(data, content_type="application/json", headers=headers)


class PeerExchangeView(PeerView):
    """Exchange the messages of a stage."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses={200: OpenApiTypes.OBJECT, 202: None})
    def post(self, request: Request) -> HttpResponse:
        """Hear a peer's message of a stage and answer with this node's, once it has one."""
        message, job = peer_message_read(octets_of(request), signature_of(request))
        answer = exchange_answer(message, job)
        if message.body:
            drive_nudge(job.pk)
        return self.answered(answer)


class PeerPackagesView(PeerView):
    """Give a peer packages it lacks."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses={200: OpenApiTypes.OBJECT, 202: None})
    def post(self, request: Request) -> HttpResponse:
        """Return the packages asked for that this node holds, after its own closing."""
        message, job = peer_message_read(octets_of(request), signature_of(request))
        return self.answered(packages_answer(message, job))


def _partner_token(data: JSON) -> bytes:
    given = Fields(data, required=("manifest", "partner_key", "blinded", "signature"))
    asked = SignedRequest(
        manifest=given.digest("manifest"),
        index=node_index(),
        key=given.data("partner_key", POINT_BYTES),
        blinded=given.data("blinded"),
        signature=given.data("signature", SIGNATURE_BYTES),
    )
    return partner_token_issue_once(request=asked, now=timezone.now())


def _place(one: Place) -> dict[str, str]:
    if one.confirmation:
        return {"state": one.state, "confirmation": to_base64(one.confirmation)}
    return {"state": one.state, "code": one.code}


def octets_of(request: Request) -> bytes:
    """Return a body of bytes; raise Malformed where there is none."""
    # What a parser of ours returned, or an empty QueryDict where the call had no body.
    body = cast("object", request.data)
    if not isinstance(body, bytes):
        raise Malformed("body.empty", "The body is missing.")
    return body


def signature_of(request: Request) -> bytes:
    """Return the caller's signature from its header; raise Malformed where there is none."""
    signature = parse_base64(request.headers.get(SIGNATURE_HEADER, ""))
    if not signature:
        raise Malformed("peer.signature", f"The header {SIGNATURE_HEADER} is missing.")
    return signature
