"""Pages of results: the coordinator's, the public one, and the check of a file."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.authentication import coordinates, signed_in
from accounts.public import public_view, same_for_all
from problems import Missing
from surveys.forms_results import FindForm
from surveys.models import Survey
from surveys.presenting import present, samples
from surveys.publicity import result_hide, result_publish
from surveys.reporting.model import Report
from surveys.result_files import KINDS, file_answer
from surveys.selectors import is_result_public, public_survey_get, survey_get
from surveys.verified import DoubtfulResult, Verified, verified_result


@require_GET
@login_required
def results(request: HttpRequest, survey_id: str) -> HttpResponse:
    """Show the coordinator a survey's result, once it has verified."""
    survey = own_survey(request, survey_id)
    try:
        found = _verified(survey, get_language() or "en")
    except DoubtfulResult as error:
        return _alarm(request, error)
    context = _context(request, found.report)
    context |= {
        "survey": survey,
        "crumbs": [(reverse("home"), _("Overview"))],
        "files": {kind: reverse("result_file", args=[survey.pk, kind]) for kind in KINDS},
        "is_public": is_result_public(survey),
        "public_url": settings.PUBLIC_URL + reverse("results_public", args=[survey.pk]),
    }
    return render(request, "surveys/results.html", context)


@require_GET
@login_required
def result_file(request: HttpRequest, survey_id: str, kind: str) -> HttpResponse:
    """Give the coordinator one of the files."""
    survey = own_survey(request, survey_id)
    if kind not in KINDS:
        raise Http404
    try:
        return file_answer(_verified(survey, get_language() or "en"), kind, survey.pk[:8])
    except DoubtfulResult as error:
        return _alarm(request, error)


@require_POST
@login_required
def result_publicity(request: HttpRequest, survey_id: str) -> HttpResponse:
    """Publish a result, or take its page down."""
    survey = own_survey(request, survey_id)
    person = signed_in(request).pk
    try:
        if request.POST.get("public") == "yes":
            result_publish(survey=survey, by=person)
            messages.success(request, _("Everybody can read these results now."))
        else:
            result_hide(survey=survey, by=person)
            messages.success(request, _("The public page is down."))
    except Missing:
        raise Http404 from None
    return redirect("results", survey_id=survey.pk)


@public_view
@require_GET
def results_find(request: HttpRequest) -> HttpResponse:
    """Ask for a survey's number, and lead to its public page."""
    form = FindForm(request.GET) if "survey" in request.GET else FindForm()
    if form.is_bound and form.is_valid():
        return redirect("results_public", survey_id=form.cleaned_data["survey"])
    return render(request, "surveys/results_find.html", {"form": form})


@public_view
@require_GET
def results_public(_request: HttpRequest, survey_id: str) -> HttpResponse:
    """Lead to the page in the reader's language; that page is the same for all."""
    language = get_language() or "en"
    return redirect("results_public_in", survey_id=survey_id, language=language)


@public_view
@require_GET
def results_public_in(request: HttpRequest, survey_id: str, language: str) -> HttpResponse:
    """Show a public result in one language: the same bytes for everybody, kept by caches."""
    with translation.override(_known(language)):
        context: dict[str, Any] = {"others": _others(survey_id, language)}
        try:
            found = _verified(public_survey_get(survey_id=survey_id), language)
        except (Missing, Http404):
            page = render(request, "surveys/results_none.html", context)
            page.status_code = HTTPStatus.NOT_FOUND
            return same_for_all(page)
        except DoubtfulResult as error:
            return _alarm(request, error)
        address = [survey_id, language]
        context |= _context(request, found.report)
        context["files"] = {
            kind: reverse("result_public_file", args=[*address, kind]) for kind in KINDS
        }
        return same_for_all(render(request, "surveys/results_public.html", context))


@public_view
@require_GET
def result_public_file(
    request: HttpRequest, survey_id: str, language: str, kind: str
) -> HttpResponse:
    """Give anybody one of the files of a public result."""
    _known(language)
    if kind not in KINDS:
        raise Http404
    try:
        found = _verified(public_survey_get(survey_id=survey_id), language)
    except Missing:
        raise Http404 from None
    except DoubtfulResult as error:
        return _alarm(request, error)
    return same_for_all(file_answer(found, kind, survey_id[:8]))


def own_survey(request: HttpRequest, survey_id: str) -> Survey:
    """Return a coordinator's survey; 403 without the role, one 404 for absent and not yours."""
    user = signed_in(request)
    if not coordinates(user):
        raise PermissionDenied
    try:
        return survey_get(survey_id=survey_id, organisation=user.organisation_id)
    except Missing:
        raise Http404 from None


def _verified(survey: Survey, language: str) -> Verified:
    try:
        return verified_result(survey, language=language)
    except Missing:
        raise Http404 from None


def _alarm(request: HttpRequest, error: DoubtfulResult) -> HttpResponse:
    context = {"code": error.code}
    return render(
        request, "surveys/result_alarm.html", context, status=HTTPStatus.INTERNAL_SERVER_ERROR
    )


def _context(request: HttpRequest, report: Report) -> dict[str, Any]:
    by_count = request.GET.get("sort") == "count"
    as_share = request.GET.get("show") == "share"
    return {
        "report": report,
        "sections": present(report, by_count=by_count, as_share=as_share),
        "samples": samples(),
        "by_count": by_count,
        "as_share": as_share,
    }


def _known(language: str) -> str:
    if language not in dict(settings.LANGUAGES):
        raise Http404
    return language


def _others(survey_id: str, language: str) -> list[tuple[str, str, str]]:
    return [
        (code, name, reverse("results_public_in", args=[survey_id, code]))
        for code, name in settings.LANGUAGES
        if code != language
    ]
