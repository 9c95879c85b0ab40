"""How allauth behaves here: no sign-up, own paths only, one sign-out for all sessions."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render, resolve_url
from django.urls import reverse

from accounts.models import User
from accounts.people import password_set, sessions_end
from accounts.sealing import opened, sealed
from accounts.selectors import is_own_path, who
from security_events import emit

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """E-mail and password: accounts come by invitation, and one sign-out ends all sessions."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Say no: accounts come by invitation."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Allow a redirect to our own paths only, never to another host or scheme."""
        return is_own_path(url)

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign a person in, unless it cannot be written that it happened."""
        records = get_authentication_records(request, user)
        last = records[-1] if records else {}
        emit(
            "auth.login.ok",
            person=who(user),
            method=str(last.get("type", last.get("method", "other"))),
        )
        super().login(request, user)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse, with the same words for everybody, whoever has failed too often."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            emit("auth.login.locked", outcome="failure", reason="rate", **_known(credentials))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Tell that an address and a password did not fit."""
        super().authentication_failed(request, **credentials)
        known = _known(credentials)
        emit("auth.login.fail", outcome="failure", method="password", **known)

    def logout(self, request: HttpRequest) -> None:
        """Sign the person out here and everywhere else."""
        if isinstance(request.user, User):
            sessions_end(user=request.user)
            emit("auth.session.ended", person=who(request.user))
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """Set a password that a person has changed or reset."""
        password_set(user=user, password=password)

    def get_password_change_redirect_url(self, _request: HttpRequest) -> str:
        """Lead to the first page after a password change."""
        return resolve_url("home")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the address of a reset link, on the host this portal is known by."""
        place = reverse(
            "account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}
        )
        return str(settings.PUBLIC_URL) + place.replace("UID-KEY", key)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail where mail is set up; elsewhere an operator prints a link.

        One that cannot be sent is logged and answered as all are: only people who are here
        are written to.
        """
        if not settings.MAIL_IS_SENT:
            return
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:  # smtplib's are of this class, too
            logger.warning("a mail could not be sent (%s)", type(error).__name__)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Second factors: their secrets are sealed in the database."""

    def encrypt(self, text: str) -> str:
        """Seal a TOTP secret or a recovery seed with the portal's own key."""
        return sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open what ``encrypt`` sealed."""
        return opened(encrypted_text)

    def _get_site_name(self) -> str:
        return "Drempel"


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """OpenID Connect: only people who are here already, each by the own organisation."""

    def is_open_for_signup(self, _request: HttpRequest, _login: SocialLogin) -> bool:
        """Say no: accounts come by invitation."""
        return False

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """Find who an address is of; only ``true`` verifies it, not a text such as "false"."""
        for address in sociallogin.email_addresses:
            address.verified = address.verified is True
        found: tuple[User, str] | None = super().authenticate_by_email(sociallogin)
        return found

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse whoever is not an active person of the organisation this provider is for.

        One answer for every reason: who is known here is not told to a provider's people.
        """
        user = sociallogin.user
        is_sign_in = sociallogin.state.get("process") == AuthProcess.LOGIN
        is_known = bool(sociallogin.is_existing) and isinstance(user, User) and user.is_active
        own = sociallogin.provider.app.settings.get("organisation")
        if not (is_sign_in and is_known and user.organisation.name == own):
            known = {"person": who(user)} if sociallogin.is_existing else {}
            emit("auth.login.fail", outcome="failure", method="openid_connect", **known)
            page = render(request, "socialaccount/authentication_error.html", status=403)
            raise ImmediateHttpResponse(page)


def _known(credentials: dict[str, Any]) -> dict[str, str]:
    """Return the pseudonym of the person an address is of, or nothing; one look-up for all."""
    address = str(credentials.get("email", "")).lower()
    user = User.objects.filter(email=address).first()
    return {} if user is None else {"person": who(user)}
