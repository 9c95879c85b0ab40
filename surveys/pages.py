"""The first page after signing in: who am I, what are our surveys, which tokens are out."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.authentication import coordinates, signed_in
from accounts.forms import TokenForm
from accounts.selectors import tokens_list
from mpcengine.selectors import job_view
from surveys.draft_selectors import draft_list
from surveys.models import Draft, Survey
from surveys.said import text_said
from surveys.selectors import survey_list
from surveys.standing import Standing, standing_of

SHOWN = 50


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Show a person's place, surveys and tokens."""
    user = signed_in(request)
    surveys = survey_list(organisation=user.organisation_id) if coordinates(user) else None
    shown = surveys[:SHOWN] if surveys is not None else []
    rows = [_row(one) for one in shown]
    context = {
        "person": user,
        "coordinates": coordinates(user),
        "drafts": _drafts(user.organisation_id) if coordinates(user) else [],
        "surveys": rows,
        "tasks": [row for row in rows if row[2].task],
        "more": surveys.count() - len(rows) if surveys is not None else 0,
        "tokens": tokens_list(user=user),
        "form": TokenForm(),
    }
    return render(request, "home.html", context)


def _row(survey: Survey) -> tuple[Survey, str, Standing]:
    job = job_view(digest=survey.manifest_digest) if survey.manifest_digest else None
    return survey, _title(survey), standing_of(survey, job)


def _drafts(organisation: UUID) -> list[tuple[Draft, str]]:
    drafts = draft_list(organisation=organisation).filter(survey=None)[:SHOWN]
    language = get_language() or ""
    return [
        (one, text_said(one.content["title"], language, ()) or str(_("Untitled")))
        for one in drafts
    ]


def _title(survey: Survey) -> str:
    titles = survey.definition.get("title") or {}
    return str(titles.get(get_language() or "") or next(iter(titles.values()), survey.pk))
