"""What can happen to a draft: made, changed, undone, published as a survey.

Every change makes a version, and states which version it started from: of two people who
write at once, the second is told and loses nothing that the first one wrote.
"""

from collections.abc import Sequence
from copy import deepcopy
from uuid import UUID

from django.db import transaction

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.survey import parse_survey
from problems import Conflict
from surveys.drafting.content import Content, content_of, definition_of, new_content
from surveys.models import Draft, DraftVersion, Survey
from surveys.services import survey_create

MOST_VERSIONS = 100
COPY = {"nl": "Kopie van", "en": "Copy of"}


@transaction.atomic
def draft_create(
    *, organisation_id: UUID, languages: Sequence[str], definition: JSON = None
) -> Draft:
    """Make a draft, empty in these languages or from a definition of ours.

    Raises MalformedInput for a definition that breaks a rule (protocol §5).
    """
    if definition is None:
        content = new_content(languages)
    else:
        content = content_of(parse_survey(definition).to_json())
    draft = Draft.objects.create(organisation_id=organisation_id, content=content)
    _version_add(draft, "created")
    return draft


@transaction.atomic
def draft_duplicate(*, draft: Draft) -> Draft:
    """Make a draft with the same questions; its period is decided anew."""
    content = deepcopy(draft.content)
    content["title"] = {
        language: f"{COPY.get(language, COPY['en'])} {text}"
        for language, text in content["title"].items()
        if text
    }
    copy = Draft.objects.create(organisation_id=draft.organisation_id, content=content)
    _version_add(copy, "duplicated")
    return copy


@transaction.atomic
def draft_change(*, draft: Draft, number: int, content: Content, change: str) -> Draft:
    """Store a version made from version ``number``; raise Conflict unless it is the last."""
    row = _locked(draft)
    if row.number != number:
        raise Conflict("draft.changed", "The draft was changed elsewhere; look again.")
    if row.content == content:
        return row
    row.content, row.number = content, row.number + 1
    row.save(update_fields=["content", "number", "updated_at"])
    _version_add(row, change)
    return row


@transaction.atomic
def draft_plan(*, draft: Draft, plan: dict[str, JSON]) -> Draft:
    """Store what is decided beside the questions."""
    row = _locked(draft)
    row.plan = {**row.plan, **plan}
    row.save(update_fields=["plan", "updated_at"])
    return row


@transaction.atomic
def draft_restore(*, draft: Draft, number: int) -> Draft:
    """Make an earlier version the newest one; raise Conflict if it is not kept any more."""
    row = _locked(draft)
    version = row.versions.filter(number=number).first()
    if version is None:
        raise Conflict("draft.version", "This version is not kept any more.")
    row.content, row.number = version.content, row.number + 1
    row.save(update_fields=["content", "number", "updated_at"])
    _version_add(row, "restored")
    return row


@transaction.atomic
def draft_publish(*, draft: Draft) -> Survey:
    """Make a survey of a draft, once: its questions stand from then on.

    Publishing again returns the same survey. Raises MalformedInput for a draft that breaks a
    rule.
    """
    row = _locked(draft)
    if row.survey is not None:
        return row.survey
    definition = definition_of(row.content)
    row.survey = survey_create(organisation_id=row.organisation_id, definition=definition)
    row.save(update_fields=["survey"])
    return row.survey


@transaction.atomic
def draft_delete(*, draft: Draft) -> None:
    """Delete a draft and its versions; a survey made of it stays."""
    _locked(draft).delete()


def _locked(draft: Draft) -> Draft:
    return Draft.objects.select_for_update().get(pk=draft.pk)


def _version_add(draft: Draft, change: str) -> None:
    DraftVersion.objects.create(
        draft=draft, number=draft.number, content=draft.content, change=change
    )
    draft.versions.filter(number__lte=draft.number - MOST_VERSIONS).delete()
