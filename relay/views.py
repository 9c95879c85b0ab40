"""The relay's interface: no sessions, no cookies, nothing about the sender is kept."""

from collections.abc import Sequence
from typing import IO, Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from health import HealthOut, health_answer
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.strict import parse_base64, to_base64
from problems import Malformed, Problem, TooLarge
from relay import serializers as shapes
from relay.authentication import IsPortal, PortalAuthentication
from relay.keys import public_key
from relay.models import RelayedSurvey
from relay.packed import packed_response
from relay.selectors import has_waiting, intake_of, signed_manifest_packed, survey_get
from relay.services import LARGEST_PARCEL, order_take, parcel_take, survey_register
from relay.tasks import flush_nudge
from security_events import refusal_count

LARGEST_MANIFEST = 8 * 1024 * 1024


class OctetsParser(BaseParser):
    """Read a body of bytes, no longer than any parcel."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: IO[Any],
        _media_type: str | None = None,
        _parser_context: object = None,
    ) -> Any:
        """Return the bytes; raise TooLarge if there are too many."""
        body: bytes = stream.read(LARGEST_PARCEL + 1)
        if len(body) > LARGEST_PARCEL:
            raise TooLarge("body.length", "The parcel is too long.")
        return body


class RelayView(APIView):
    """Anybody may call; nobody is recognised."""

    authentication_classes: Sequence[type[BaseAuthentication]] = ()
    permission_classes: Sequence[type[BasePermission]] = ()


class ManifestsView(RelayView):
    """Register a signed manifest."""

    authentication_classes = (PortalAuthentication,)
    permission_classes = (IsPortal,)
    largest_body = LARGEST_MANIFEST

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: shapes.RegisteredOut})
    def post(self, request: Request) -> Response:
        """Register a signed manifest (the portal only)."""
        survey = survey_register(signed_manifest=request.data)
        return Response({"survey": survey.digest}, status=201)


class ManifestView(RelayView):
    """Read a signed manifest."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, survey_id: str) -> HttpResponse:
        """Return the signed manifest of a survey."""
        packed = signed_manifest_packed(survey_id=survey_id)
        return packed_response(request.headers, packed, "application/json")


class ManifestTextView(RelayView):
    """Read a signed manifest in the form that a browser loads sooner."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, survey_id: str) -> HttpResponse:
        """Return the signed manifest of a survey, the manifest in it as text."""
        packed = signed_manifest_packed(survey_id=survey_id, is_text=True)
        return packed_response(request.headers, packed, "application/json")


class PackagesView(RelayView):
    """Take one package in its parcel."""

    parser_classes = (OctetsParser,)
    largest_body = LARGEST_PARCEL
    is_submission = True

    def handle_exception(self, exc: Exception) -> Response:
        """Count what is refused, and answer as every view does."""
        if isinstance(exc, Problem | ProtocolError):
            refusal_count(exc.code)
        return super().handle_exception(exc)

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: shapes.PromiseOut},
    )
    def post(self, request: Request) -> Response:
        """Store one parcel and promise, signed, to deliver it."""
        body: object = request.data
        if not isinstance(body, bytes):
            raise Malformed("parcel.form", "A parcel is sent as application/octet-stream.")
        promise = parcel_take(parcel=body)
        flush_nudge(promise.survey)
        return Response(
            {
                "parcel": promise.parcel,
                "promise": to_base64(promise.promise),
                "relay_key": to_base64(public_key()),
            },
            status=201,
        )


class OrdersView(RelayView):
    """Take a coordinator's order."""

    @extend_schema(request=shapes.OrderIn, responses={200: shapes.OrderOut})
    def post(self, request: Request) -> Response:
        """Take a signed order to open answering or to close."""
        given = shapes.OrderIn(data=request.data)
        given.is_valid(raise_exception=True)
        order = parse_base64(given.validated_data["order"])
        signature = parse_base64(given.validated_data["signature"])
        if order is None or signature is None:
            raise Malformed("order.base64", "Order and signature must be standard base64.")
        survey = order_take(order=order, signature=signature)
        flush_nudge(survey.digest, is_urgent=True)
        return Response({"survey": survey.digest, "state": _state(survey)})


class SurveyView(RelayView):
    """Read where a survey's intake stands; anybody may, so no number and no time is told."""

    @extend_schema(responses={200: shapes.ProgressOut})
    def get(self, _request: Request, digest: str) -> Response:
        """Return the state, and whether after closing all three nodes have every parcel."""
        state = _state(survey_get(digest=digest))
        is_drained = state == "closed" and not has_waiting(digest=digest)
        return Response({"state": state, "drained": is_drained})


class KeysView(RelayView):
    """Read the relay's key."""

    @extend_schema(responses={200: shapes.RelayKeyOut})
    def get(self, _request: Request) -> Response:
        """Return the key under which the relay signs promises."""
        return Response({"key": to_base64(public_key())})


class HealthView(RelayView):
    """Say that the relay works."""

    @extend_schema(responses={200: HealthOut})
    def get(self, _request: Request) -> Response:
        """Read the key and the database, and say so."""
        public_key()
        RelayedSurvey.objects.exists()
        return health_answer()


def _state(survey: RelayedSurvey) -> str:
    intake = intake_of(survey, now=timezone.now())
    if intake.is_closed:
        return "closed"
    return "open" if intake.is_open else "waiting"
