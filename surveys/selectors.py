"""Find surveys, for the organisation that owns them and nobody else."""

from uuid import UUID

from django.db.models import QuerySet

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.manifest import ROSTER_CODE, ROSTER_KEY
from mpcengine.selectors import job_view, result_document_get
from problems import Missing
from surveys.models import InvitedPartner, PublicResult, Survey


def survey_list(*, organisation: UUID) -> QuerySet[Survey]:
    """Return an organisation's surveys, newest first."""
    return Survey.objects.filter(organisation=organisation)


def survey_get(*, survey_id: str, organisation: UUID) -> Survey:
    """Return a survey of this organisation; raise the same Missing for absent and not yours."""
    survey = survey_list(organisation=organisation).filter(pk=survey_id).first()
    if survey is None:
        raise Missing("survey.unknown", "There is no such survey.")
    return survey


def survey_view(survey: Survey) -> dict[str, JSON]:
    """Return what a coordinator sees of a survey: its state and the state of its job."""
    job = job_view(digest=survey.manifest_digest) if survey.manifest_digest else None
    return {
        "id": survey.pk,
        "state": survey.state,
        "invited": survey.invited,
        "roster": roster_kind(survey),
        "manifest": survey.manifest_digest or None,
        "definition": survey.definition,
        "job": job,
    }


def survey_result_get(survey: Survey) -> JSON:
    """Return the verified result; raise Missing while there is none."""
    document = result_document_get(digest=survey.manifest_digest)
    if document is None:
        raise Missing("result.not_yet", "The survey has no result yet.")
    return document


def roster_kind(survey: Survey) -> str:
    """Return ``key`` if partners are invited, else ``code``."""
    return ROSTER_KEY if survey.partners.exists() else ROSTER_CODE


def partners_of(survey: Survey) -> QuerySet[InvitedPartner]:
    """Return the partners invited to a survey, by name."""
    return survey.partners.all()


def entries_held(survey: Survey) -> dict[str, list[str]]:
    """Return each node's roster entries, sorted, while they are held here."""
    return {item.node: list(item.entries) for item in survey.entry_lists.all()}


def public_survey_get(*, survey_id: str) -> Survey:
    """Return a survey whose result is public; raise the same Missing for every other id."""
    found = Survey.objects.filter(pk=survey_id, public_result__isnull=False).first()
    if found is None:
        raise Missing("result.not_public", "There are no results here.")
    return found


def is_result_public(survey: Survey) -> bool:
    """Tell whether everybody may read a survey's result."""
    return PublicResult.objects.filter(survey=survey).exists()
