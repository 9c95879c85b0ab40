"""What the pages share: their context, and one page for every refusal.

Programs get problem documents (``problems.py``) from every address under ``/api/``; people get
a page that says what happened and what they can do.
"""

import sys
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

import problems
from accounts.models import User
from accounts.selectors import who
from security_events import emit

API = "/api/"

TEXTS = {
    HTTPStatus.BAD_REQUEST: (
        _("This cannot be read"),
        _("The browser sent something this page does not understand. Go back and try again."),
    ),
    HTTPStatus.FORBIDDEN: (
        _("This is not for you"),
        _("You are signed in, but your role does not include this page."),
    ),
    HTTPStatus.NOT_FOUND: (
        _("There is no such page"),
        _("Check the address, or start again at the first page."),
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        _("Too many attempts"),
        _("Wait a while and try again. Nothing is lost; a passkey still signs you in."),
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        _("This cannot be done now"),
        _("Nothing was changed. Try again in a minute."),
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        _("Something went wrong on our side"),
        _("Try again in a minute. If it stays so, tell your operator the time and the code."),
    ),
}


def page_context(request: HttpRequest) -> dict[str, object]:
    """Return what the frame of every page shows."""
    match = request.resolver_match
    return {
        "here": match.view_name if match is not None else "",
        "languages": settings.LANGUAGES,
        "mail_is_sent": settings.MAIL_IS_SENT,
        "second_factor_required": settings.SECOND_FACTOR_REQUIRED,
    }


def refusal_page(request: HttpRequest, status: HTTPStatus, code: str) -> HttpResponse:
    """Return the page of a refusal, with the code to quote."""
    title, text = TEXTS[status]
    context = {"title": title, "text": text, "code": code, "status": int(status)}
    return render(request, "refusal.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer what Django itself refuses (handler400)."""
    if request.path.startswith(API):
        return problems.bad_request(request, exception)
    return refusal_page(request, HTTPStatus.BAD_REQUEST, "malformed")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer what is forbidden (handler403)."""
    _denied(request, "role")
    if request.path.startswith(API):
        return problems.permission_denied(request, exception)
    return refusal_page(request, HTTPStatus.FORBIDDEN, "forbidden")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that does not come from one of our pages (CSRF_FAILURE_VIEW)."""
    del reason  # it would tell an attacker what to mend
    _denied(request, "csrf")
    context = {
        "title": _("This form is too old"),
        "text": _("It was opened before you signed in or out. Open it again."),
        "code": "csrf",
        "status": 403,
    }
    return render(request, "refusal.html", context, status=HTTPStatus.FORBIDDEN)


def _denied(request: HttpRequest, reason: str) -> None:
    user = getattr(request, "user", None)
    if isinstance(user, User):
        emit("authz.denied", outcome="failure", person=who(user), reason=reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer an unknown address (handler404)."""
    if request.path.startswith(API):
        return problems.not_found(request, exception)
    return refusal_page(request, HTTPStatus.NOT_FOUND, "not_found")


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer who tries too often (allauth's handler429)."""
    response = refusal_page(request, HTTPStatus.TOO_MANY_REQUESTS, "too_many")
    response.headers["Retry-After"] = "3600"
    return response


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer our own fault (handler500), with a page that asks no database."""
    if request.path.startswith(API):
        return problems.server_error(request)
    if problems.is_out_of_reach(sys.exc_info()[1]):
        return problems.server_error(request)
    title, text = TEXTS[HTTPStatus.INTERNAL_SERVER_ERROR]
    context = {"title": title, "text": text, "code": "internal", "status": 500}
    return render(
        None, "refusal_bare.html", context, status=500
    )  # without a request nothing asks who is signed in
