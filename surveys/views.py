"""The portal's interface for coordinators: translate JSON, call one service, answer."""

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.authentication import (
    SIGN_IN,
    IsCoordinator,
    answered_once,
    signed_in,
)
from accounts.services import Answer
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.partners import parse_partners
from mpcengine.protocol.strict import Fields, to_base64
from mpcengine.protocol.survey import parse_survey
from mpcengine.tasks import drive_nudge
from surveys import serializers as shapes
from surveys.advice import warnings_of
from surveys.models import Survey
from surveys.selectors import (
    partners_of,
    survey_get,
    survey_list,
    survey_result_get,
    survey_view,
)
from surveys.services import (
    PrepareTerms,
    invitations_create,
    partners_invite,
    survey_create,
    survey_keys_collect,
    survey_order,
    survey_prepare,
    survey_publish,
)

# A definition is a part of the manifest, which is base64 on its way to the nodes.
LARGEST_DEFINITION = 4 * 1024 * 1024
REPEAT_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same body gets the same answer again.",
)


class SurveyPagination(PageNumberPagination):
    """Fifty surveys a page."""

    page_size = 50


class CoordinatorView(APIView):
    """Only coordinators, and only surveys of their own organisation."""

    authentication_classes = SIGN_IN
    permission_classes = (IsCoordinator,)

    def survey(self, request: Request, survey_id: str) -> Survey:
        """Return the survey, or raise the same 404 for absent and not yours."""
        organisation = signed_in(request).organisation_id
        return survey_get(survey_id=survey_id, organisation=organisation)


class SurveysView(CoordinatorView):
    """List and create surveys."""

    largest_body = LARGEST_DEFINITION

    @extend_schema(
        operation_id="v1_surveys_list",
        parameters=[OpenApiParameter("page", int)],
        responses={200: shapes.SurveyPage},
    )
    def get(self, request: Request) -> Response:
        """List the organisation's surveys, newest first."""
        pages = SurveyPagination()
        rows = survey_list(organisation=signed_in(request).organisation_id)
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(shapes.SurveyRow(page, many=True).data)

    @extend_schema(
        parameters=[REPEAT_KEY], request=shapes.SurveyIn, responses={201: shapes.CreatedOut}
    )
    def post(self, request: Request) -> Response:
        """Create a survey from its definition."""
        user, given = signed_in(request), _read(shapes.SurveyIn, request)

        def act() -> Answer:
            survey = survey_create(
                organisation_id=user.organisation_id, definition=given["definition"]
            )
            advice = warnings_of(parse_survey(survey.definition), invited=given.get("expected"))
            return Answer(status=201, body={"id": survey.pk, "warnings": advice})

        return answered_once(request, act=act)


class SurveyView(CoordinatorView):
    """Read one survey."""

    @extend_schema(responses={200: shapes.SurveyOut})
    def get(self, request: Request, survey_id: str) -> Response:
        """Return a survey with the state of its job."""
        return Response(survey_view(self.survey(request, survey_id)))


class InvitationsView(CoordinatorView):
    """Make invitation codes."""

    @extend_schema(
        parameters=[REPEAT_KEY],
        request=shapes.InvitationsIn,
        responses={201: shapes.InvitationsOut},
    )
    def post(self, request: Request, survey_id: str) -> Response:
        """Make invitation codes; they are shown once."""
        survey = self.survey(request, survey_id)
        given = _read(shapes.InvitationsIn, request)

        def act() -> Answer:
            codes = invitations_create(survey=survey, count=given["count"])
            survey.refresh_from_db(fields=["invited"])
            advice = warnings_of(parse_survey(survey.definition), invited=survey.invited)
            body = {"codes": codes, "invited": survey.invited, "warnings": advice}
            # Shown once: an answer kept for a repetition would hold codes in the clear.
            return Answer(status=201, body=body, kept=False)

        return answered_once(request, act=act)


class PartnersView(CoordinatorView):
    """Invite partners, who answer with keys of their own, and see who they are."""

    largest_body = LARGEST_DEFINITION

    @extend_schema(
        parameters=[OpenApiParameter("page", int)], responses={200: shapes.PartnersPage}
    )
    def get(self, request: Request, survey_id: str) -> Response:
        """List the partners invited, by name."""
        pages = SurveyPagination()
        rows = partners_of(self.survey(request, survey_id))
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(
            [{"name": one.name, "key": to_base64(bytes(one.key))} for one in page]
        )

    @extend_schema(
        parameters=[REPEAT_KEY],
        request=shapes.PartnersIn,
        responses={201: shapes.PartnersOut},
    )
    def post(self, request: Request, survey_id: str) -> Response:
        """Invite partners in place of making codes; each operator must have confirmed them."""
        survey = self.survey(request, survey_id)
        given = Fields(request.data, required=("partners",), file=True)
        partners = parse_partners(given, "partners", lowest=1)

        def act() -> Answer:
            partners_invite(survey=survey, partners=partners)
            survey.refresh_from_db(fields=["invited"])
            advice = warnings_of(parse_survey(survey.definition), invited=survey.invited)
            return Answer(status=201, body={"invited": survey.invited, "warnings": advice})

        return answered_once(request, act=act)


class PrepareView(CoordinatorView):
    """Build the manifest."""

    @extend_schema(
        parameters=[REPEAT_KEY], request=shapes.PrepareIn, responses={200: shapes.PrepareOut}
    )
    def post(self, request: Request, survey_id: str) -> Response:
        """Ask the nodes for keys and return the manifest to sign."""
        survey = self.survey(request, survey_id)
        terms = _terms(_read(shapes.PrepareIn, request), signed_in(request).organisation.name)
        collected = survey_keys_collect(survey=survey, terms=terms)

        def act() -> Answer:
            manifest = survey_prepare(survey=survey, terms=terms, collected=collected)
            survey.refresh_from_db(fields=["manifest_digest"])
            body = {"manifest": to_base64(manifest), "digest": survey.manifest_digest}
            return Answer(status=200, body=body)

        return answered_once(request, act=act)


class PublishView(CoordinatorView):
    """Publish with the coordinator's signature."""

    @extend_schema(
        parameters=[REPEAT_KEY], request=shapes.PublishIn, responses={200: shapes.SurveyOut}
    )
    def post(self, request: Request, survey_id: str) -> Response:
        """Publish the survey: its signed manifest goes to the nodes."""
        survey, person = self.survey(request, survey_id), signed_in(request).pk
        given = _read(shapes.PublishIn, request)

        def act() -> Answer:
            job_id = survey_publish(survey=survey, signature=given["signature"], by=person)
            drive_nudge(job_id)
            return _seen(survey)

        return answered_once(request, act=act)


class OrdersView(CoordinatorView):
    """Order answering to open, or the survey to close."""

    @extend_schema(
        parameters=[REPEAT_KEY], request=shapes.OrderIn, responses={200: shapes.SurveyOut}
    )
    def post(self, request: Request, survey_id: str) -> Response:
        """Take a coordinator-signed order and forward it."""
        survey, person = self.survey(request, survey_id), signed_in(request).pk
        given = _read(shapes.OrderIn, request)

        def act() -> Answer:
            job_id = survey_order(
                survey=survey, order=given["order"], signature=given["signature"], by=person
            )
            drive_nudge(job_id)
            return _seen(survey)

        return answered_once(request, act=act)


class ResultView(CoordinatorView):
    """Read the signed result."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, survey_id: str) -> Response:
        """Return the result, verified before it was stored (``drempel-result/1``)."""
        return Response(survey_result_get(self.survey(request, survey_id)))


def _seen(survey: Survey) -> Answer:
    survey.refresh_from_db()
    return Answer(status=200, body=survey_view(survey))


def _read(shape: type[Serializer[object]], request: Request) -> dict[str, JSON]:
    given = shape(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _terms(given: dict[str, JSON], coordinator: str) -> PrepareTerms:
    return PrepareTerms(
        coordinator_name=coordinator,
        coordinator_key=given["coordinator_key"],
        prepare_signature=given["prepare_signature"],
        timing=given["timing"],
        issuing=shapes.WindowIn.window(given["issuing"]),
        answering=shapes.WindowIn.window(given["answering"]),
        flush_min=given.get("flush_min"),
        give_up_after_days=given.get("give_up_after_days"),
        max_inconsistent=given.get("max_inconsistent"),
        relay_url=settings.RELAY_URL,
    )
