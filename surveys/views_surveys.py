"""Pages of a survey on its way: whom it asks, who signs, what is open, how it closes."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.authentication import signed_in
from accounts.desk import desk_render
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.orders import CLOSE, build_order, prepare_body
from mpcengine.protocol.strict import to_base64
from mpcengine.protocol.survey import parse_survey
from mpcengine.selectors import job_view
from problems import Problem
from surveys.advice import warnings_of
from surveys.coordinating import (
    coordinator_page,
    draft_of,
    now,
    reader_language,
    survey_of,
    tell,
)
from surveys.draft_selectors import checks_of, draft_of_survey, plan_of
from surveys.drafts import draft_publish
from surveys.forms_people import AddressesForm, LettersForm
from surveys.inviting import invitations_mail, reminders_mail
from surveys.letters import Occasion, letter_of
from surveys.models import Survey, SurveyState
from surveys.said import text_said
from surveys.services import invitations_create


@require_POST
@coordinator_page
def draft_final(request: HttpRequest, draft_id: str) -> HttpResponse:
    """Make a survey of a draft that is ready; its questions stand from then on."""
    draft = draft_of(request, draft_id)
    if not all(check.done for check in checks_of(draft, now=now())):
        tell(request, _("Some lines of the list are still to do."), wrong=True)
        return redirect("draft", draft.pk)
    try:
        survey = draft_publish(draft=draft)
    except ProtocolError as error:
        tell(request, error, wrong=True)
        return redirect("draft", draft.pk)
    return redirect("survey_page", survey.pk)


@require_GET
@coordinator_page
def survey_page(request: HttpRequest, survey_id: str) -> HttpResponse:
    """Show where a survey stands, what is to be done next, and what only the job knows."""
    survey = survey_of(request, survey_id)
    plan = plan_of(draft_of_survey(survey), now=now())
    job = job_view(digest=survey.manifest_digest) if survey.manifest_digest else None
    order = build_order(survey.manifest_digest, CLOSE) if survey.manifest_digest else b""
    context = {
        **_head(survey),
        "plan": plan,
        "job": job,
        "step": _step(survey),
        "present": _steps()[_step(survey) - 1],
        "steps": _steps(),
        "prepare": to_base64(prepare_body(survey.pk)),
        "order": to_base64(order),
        "opens": plan.opens and plan.opens.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "closes": plan.closes and plan.closes.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "advice": warnings_of(parse_survey(survey.definition), invited=survey.invited)
        if survey.invited
        else [],
    }
    return desk_render(request, "surveys/survey.html", context, entry="desk/publishing.js")


@require_http_methods(["GET", "POST"])
@coordinator_page
def survey_people(request: HttpRequest, survey_id: str) -> HttpResponse:
    """Invite: letters to print, or mail; codes are shown or sent once and kept nowhere."""
    survey = survey_of(request, survey_id)
    which = request.POST.get("form", "")
    letters = LettersForm(request.POST if which == "letters" else None)
    given = (request.POST, request.FILES) if which == "mail" else (None, None)
    mail = AddressesForm(given[0], given[1], prefix="mail")
    occasion = _occasion(request, survey)
    try:
        if which == "letters" and letters.is_valid():
            codes = invitations_create(survey=survey, count=letters.cleaned_data["count"])
            printed = {
                **_head(survey),
                "letters": [letter_of(occasion, code) for code in codes],
                "occasion": occasion,
            }
            answer = render(request, "surveys/letters.html", printed)
            answer.headers["Cache-Control"] = "no-store"
            return answer
        if which == "mail" and mail.is_valid():
            listed = mail.addresses()
            sent = invitations_mail(survey=survey, occasion=occasion, addresses=listed.good)
            words = {"sent": sent, "all": len(listed.good), "twice": listed.twice}
            tell(
                request,
                _("Sent %(sent)s of %(all)s; %(twice)s stood twice. No address was kept.")
                % words,
            )
            return redirect("survey_page", survey.pk)
    except (Problem, ProtocolError) as error:
        tell(request, error, wrong=True)
        return redirect("survey_people", survey.pk)
    context = {
        **_head(survey),
        "letters_form": letters,
        "mail_form": mail,
        "may": survey.state == SurveyState.DRAFT,
    }
    return render(request, "surveys/survey_people.html", context)


@require_http_methods(["GET", "POST"])
@coordinator_page
def survey_remind(request: HttpRequest, survey_id: str) -> HttpResponse:
    """Remind everybody alike: nobody knows who answered, and the list is not kept."""
    survey = survey_of(request, survey_id)
    form = AddressesForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.addresses()
        try:
            sent = reminders_mail(occasion=_occasion(request, survey), addresses=given.good)
        except Problem as error:
            tell(request, error, wrong=True)
        else:
            words = {"sent": sent, "all": len(given.good)}
            tell(request, _("Reminded %(sent)s of %(all)s.") % words)
            return redirect("survey_page", survey.pk)
    context = {**_head(survey), "form": form}
    return render(request, "surveys/survey_remind.html", context)


def _head(survey: Survey) -> dict[str, object]:
    titles = survey.definition["title"]
    languages = survey.definition.get("languages", ())
    return {"survey": survey, "title": text_said(titles, reader_language(), languages)}


def _steps() -> list[str]:
    return [_("Written"), _("Inviting"), _("Open"), _("Closed")]


def _step(survey: Survey) -> int:
    if survey.state == SurveyState.CLOSED:
        return 4
    if survey.state == SurveyState.PUBLISHED:
        return 3
    return 2


def _occasion(request: HttpRequest, survey: Survey) -> Occasion:
    plan = plan_of(draft_of_survey(survey), now=now())
    return Occasion(
        titles=dict(survey.definition["title"]),
        languages=tuple(survey.definition.get("languages", ())),
        coordinator=signed_in(request).organisation.name,
        relay_url=settings.RELAY_URL,
        survey_id=survey.pk,
        opens=plan.opens,
        closes=plan.closes,
    )
