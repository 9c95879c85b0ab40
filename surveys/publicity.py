"""Put a result on a public page, or take the page down."""

from uuid import UUID

from django.db import transaction

from security_events import emit, pseudonym
from surveys.models import PublicResult, Survey
from surveys.selectors import survey_result_get


@transaction.atomic
def result_publish(*, survey: Survey, by: UUID) -> None:
    """Let everybody read a survey's result; again changes nothing.

    Raises Missing while there is no result, EventsDown.
    """
    survey_result_get(survey)
    _, is_new = PublicResult.objects.get_or_create(survey=survey)
    if is_new:
        _tell("survey.result_published", survey, by)


@transaction.atomic
def result_hide(*, survey: Survey, by: UUID) -> None:
    """Take the public page down; what others saved stays theirs. Raises EventsDown."""
    deleted, _ = PublicResult.objects.filter(survey=survey).delete()
    if deleted:
        _tell("survey.result_hidden", survey, by)


def _tell(code: str, survey: Survey, by: UUID) -> None:
    emit(
        code,
        outcome="success",
        survey=survey.pk,
        manifest=survey.manifest_digest,
        person=pseudonym(str(by)),
    )
