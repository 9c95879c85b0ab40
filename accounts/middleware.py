"""What a call to the portal passes: page policy, a session's ends, second factor."""

import time
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import translation

from accounts.models import User
from accounts.pages import refusal_page
from accounts.selectors import lacks_second_factor
from problems import PROBLEM_TYPE, Unavailable, problem

GetResponse = Callable[[HttpRequest], HttpResponse]

SIGNED_IN_AT = "drempel.signed_in_at"
SEEN_AT = "drempel.seen_at"
# A session is written at most this often for having been seen.
SEEN_SECONDS = 20

# All that is open to a person who still has to set up a second factor.
SETTING_UP = frozenset(
    {
        "account_logout",
        "account_reauthenticate",
        "language",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_index",
        "mfa_reauthenticate",
        "static",
        "totp_picture",
    }
)


class PagePolicy:
    """Let the admin's own scripts make markup, and answer refusals of services with a page.

    Every other page has settings.PAGE_POLICY (config/middleware.py).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Give pages their referrer policy, and the admin the policy it can live with."""
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            # With no-referrer a browser names no origin in a form, and CSRF cannot be checked.
            response.headers["Referrer-Policy"] = "same-origin"
        if getattr(response, "is_same_for_all", False):
            # The session was looked at on the way, and changed nothing in what is answered.
            del response.headers["Vary"]
        if request.path.startswith("/admin/"):
            response.headers["Content-Security-Policy"] = settings.ADMIN_POLICY
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what one of our services refuses with a page, where a page was asked for."""
        if not isinstance(error, Unavailable) or request.path.startswith("/api/"):
            return None
        return refusal_page(request, HTTPStatus.SERVICE_UNAVAILABLE, error.code)


class SessionLimits:
    """End a session that is too old, or that nobody has used for too long."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign out whose time is over, then pass the call on."""
        if request.user.is_authenticated:
            _limit(request)
        return self.get_response(request)


def _limit(request: HttpRequest) -> None:
    now = int(time.time())
    session = request.session
    began, seen = session.get(SIGNED_IN_AT, now), session.get(SEEN_AT, now)
    if (
        now - began >= settings.SESSION_ABSOLUTE_SECONDS
        or now - seen >= settings.SESSION_IDLE_SECONDS
    ):
        logout(request)
        return
    if SIGNED_IN_AT not in session:
        session[SIGNED_IN_AT] = now
    if SEEN_AT not in session or now - seen >= SEEN_SECONDS:
        session[SEEN_AT] = now


class OwnLanguage:
    """Speak the language a person has chosen, on every machine."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take the person's language before the browser's."""
        if isinstance(request.user, User) and request.user.language:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language
        return self.get_response(request)


class SecondFactor:
    """Let a person without the second factor that is obligatory only set one up."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the call on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, *_: object
    ) -> HttpResponse | None:
        """Refuse, or lead to where a second factor is set up; what is for everybody is open."""
        if getattr(view, "is_public", False):
            return None
        user = request.user
        if not isinstance(user, User) or not lacks_second_factor(user):
            return None
        match = request.resolver_match
        if match is not None and match.view_name in SETTING_UP:
            return None
        if request.path.startswith("/api/"):
            body = problem(
                403, "account.second_factor", "Set up a second factor on the portal first."
            )
            return JsonResponse(body, status=403, content_type=PROBLEM_TYPE)
        return redirect("mfa_index")
