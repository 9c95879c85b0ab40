"""The portal's own pages around signing in: invitation, language, code picture, API tokens."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import check_for_language
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import NewPasswordForm, TokenForm
from accounts.models import User
from accounts.people import (
    invitation_accept,
    invitation_digest,
    invitation_get,
    second_factors_added,
)
from accounts.selectors import factors_list, is_own_path
from accounts.services import language_choose, token_issue, token_revoke
from problems import Missing

INVITATION = "drempel.invitation"
STATIC_SECONDS = 3600
PageView = Callable[..., HttpResponseBase]


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language asked for, and go back to the page."""
    chosen, back = request.POST.get("language", ""), request.POST.get("next", "")
    response = redirect(back if is_own_path(back) else "home")
    if chosen not in dict(settings.LANGUAGES) or not check_for_language(chosen):
        return response
    if isinstance(request.user, User):
        language_choose(user=request.user, language=chosen)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_GET
def invitation_open(request: HttpRequest, token: str) -> HttpResponse:
    """Take the link's secret out of the address, then show the invitation.

    The session keeps its digest: who reads the table of sessions has no link.
    """
    digest = invitation_digest(token)
    with suppress(Missing):
        invitation_get(digest=digest)
        logout(request)  # whoever was signed in here is not who was invited
    request.session[INVITATION] = digest
    return redirect("invitation")


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest) -> HttpResponseBase:
    """Ask an invited person for a password, and sign in."""
    digest = request.session.get(INVITATION, "")
    try:
        user = invitation_get(digest=digest)
        form = NewPasswordForm(request.POST or None, user=user)
        if request.method == "GET" or not form.is_valid():
            return render(request, "accounts/invitation.html", {"form": form, "person": user})
        user = invitation_accept(digest=digest, password=form.cleaned_data["password1"])
    except Missing:
        status = HTTPStatus.NOT_FOUND
        return render(request, "accounts/invitation_unknown.html", status=status)
    logout(request)  # whoever has signed in meanwhile in this browser is not who was invited
    # Whoever has just chosen the password need not type it again to add a second factor.
    record_authentication(request, user, method="password", reauthenticated=True)
    response: HttpResponseBase = perform_login(request, user, email_verification="none")
    return response


def factor_view(view: PageView) -> PageView:
    """Make what changes a second factor one transaction, and tell of new ones within it.

    So nothing has changed where a security event cannot be written.
    """

    @wraps(view)
    @transaction.atomic
    def whole(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return view(request, *args, **kwargs)
        before = factors_list(user=request.user)
        response = view(request, *args, **kwargs)
        second_factors_added(user=request.user, before=before)
        return response

    return whole


@login_required
@require_GET
def totp_picture(request: HttpRequest) -> HttpResponse:
    """Return the QR picture of the secret that is being set up in this session."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret:
        raise Http404
    adapter = get_factor_adapter()
    drawn = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return HttpResponse(drawn, content_type="image/svg+xml")


@require_POST
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def token_make(request: HttpRequest) -> HttpResponse:
    """Make an API token and show it this once."""
    form = TokenForm(request.POST)
    if not form.is_valid() or not isinstance(request.user, User):
        return redirect(f"{reverse('home')}#tokens")
    token = token_issue(user=request.user, name=form.cleaned_data["name"])
    context = {"token": token, "name": form.cleaned_data["name"]}
    return render(request, "accounts/token_made.html", context)


@require_POST
@login_required
def token_take_back(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke one of the person's own tokens."""
    if isinstance(request.user, User):
        try:
            token_revoke(user=request.user, token_id=token_id)
        except Missing:
            raise Http404 from None
    return redirect(f"{reverse('home')}#tokens")


@require_GET
def static_file(_request: HttpRequest, name: str) -> FileResponse:
    """Return one of the files that pages load: the same for everybody, no secret."""
    found = finders.find(name)
    if not isinstance(found, str) or not Path(found).is_file():
        raise Http404
    response = FileResponse(Path(found).open("rb"))  # noqa: SIM115 - the answer closes it
    response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}"
    return response
