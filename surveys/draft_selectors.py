"""Find drafts, for the organisation that owns them and nobody else."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.strict import parse_time
from problems import Missing
from surveys.drafting.readiness import Check, Plan, readiness
from surveys.models import Draft, DraftVersion, Survey


def draft_list(*, organisation: UUID) -> QuerySet[Draft]:
    """Return an organisation's drafts, last changed first."""
    return Draft.objects.filter(organisation=organisation)


def draft_get(*, draft_id: str, organisation: UUID) -> Draft:
    """Return a draft of this organisation; raise the same Missing for absent and not yours."""
    draft = draft_list(organisation=organisation).filter(pk=draft_id).first()
    if draft is None:
        raise Missing("draft.unknown", "There is no such draft.")
    return draft


def draft_versions(draft: Draft) -> QuerySet[DraftVersion]:
    """Return a draft's versions, newest first."""
    return draft.versions.all()


def draft_of_survey(survey: Survey) -> Draft | None:
    """Return the draft a survey was made of, or None for one made through the API."""
    return Draft.objects.filter(survey=survey).first()


def plan_of(draft: Draft | None, *, now: datetime) -> Plan:
    """Return what is decided beside a draft's questions; nothing without a draft."""
    plan = draft.plan if draft is not None else {}
    return Plan(
        expected=plan.get("expected"),
        opens=_moment(plan.get("opens")),
        closes=_moment(plan.get("closes")),
        now=now,
        looked_at=bool(plan.get("looked_at")),
    )


def checks_of(draft: Draft, *, now: datetime) -> list[Check]:
    """Return the list "ready to open" of a draft."""
    return readiness(draft.content, plan_of(draft, now=now))


def _moment(text: object) -> datetime | None:
    try:
        return parse_time(text)
    except MalformedMessage:
        return None
