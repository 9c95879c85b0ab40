"""The forms of signing in: allauth's, with our words, and each code taken once."""

from typing import Any

from allauth.account.forms import ChangePasswordForm as StockChangeForm
from allauth.account.forms import LoginForm as StockLoginForm
from allauth.account.forms import ReauthenticateForm as StockAgainForm
from allauth.account.forms import ResetPasswordKeyForm
from allauth.mfa import app_settings
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.password_validation import (
    validate_password,
)
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from accounts.models import User

CODE_CHARACTERS = 20
PASSWORD_HINT = _("At least 12 characters. A few words in a row are easy to remember.")


class LoginForm(StockLoginForm):  # type: ignore[misc]  # allauth has no types
    """Ask for address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class ChangePasswordForm(StockChangeForm):  # type: ignore[misc]  # allauth has no types
    """Ask for the old password once and a new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""
        self.fields["password1"].help_text = PASSWORD_HINT


class ResetPasswordForm(ResetPasswordKeyForm):  # type: ignore[misc]  # allauth has no types
    """Ask for a new password twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = PASSWORD_HINT


class PasswordAgainForm(StockAgainForm):  # type: ignore[misc]  # allauth has no types
    """Ask for the password again before something weighty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class CodeForm(AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """Ask for a code of the authenticator app, or a recovery code, at sign-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say_code(self.fields["code"])

    def clean_code(self) -> str:
        """Take a code once, for as long as it could be right."""
        return _taken_once(str(super().clean_code()), self.authenticator)


class CodeAgainForm(ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """Ask for a code again before something weighty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say_code(self.fields["code"])

    def clean_code(self) -> str:
        """Take a code once, for as long as it could be right."""
        return _taken_once(str(super().clean_code()), self.authenticator)


class ActivateCodeForm(ActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    """Ask for the first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say_code(self.fields["code"])
        self.fields["code"].label = _("Code of six digits that the app shows")

    def clean_code(self) -> str:
        """Take the code, which is then used: it does not sign anybody in later."""
        code = str(super().clean_code())
        made = Authenticator(user=self.user, type=Authenticator.Type.TOTP)
        return _taken_once(code, made)


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """Name a new passkey; it always signs in without a password too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("passwordless", None)
        self.fields["name"].label = _("Name of this passkey")
        self.fields["name"].help_text = _("For you: which device or key it is.")
        self.fields["name"].max_length = 100


class NewPasswordForm(forms.Form):
    """Ask for a new password, twice."""

    password1 = forms.CharField(
        label=_("New password"),
        strip=False,
        help_text=PASSWORD_HINT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password1(self) -> str:
        """Refuse a password that is short, common or the person's own name."""
        password = str(self.cleaned_data["password1"])
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        """Refuse two different passwords."""
        given = super().clean() or {}
        if "password1" in given and given["password1"] != given.get("password2"):
            self.add_error("password2", _("The two passwords differ."))
        return given


class TokenForm(forms.Form):
    """Name a new API token."""

    name = forms.CharField(
        label=_("Name of the new token"),
        max_length=100,
        help_text=_("Which program will use it, on which machine."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _say_code(field: forms.Field) -> None:
    field.label = _("Code")
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs |= {"inputmode": "numeric", "maxlength": CODE_CHARACTERS}


def _taken_once(code: str, authenticator: Authenticator) -> str:
    """Remember a used code for the whole time in which it could be right.

    allauth remembers it for one period, which is enough without a tolerance only.
    """
    if authenticator.type == Authenticator.Type.TOTP:
        periods = 2 * app_settings.TOTP_TOLERANCE + 2
        key = TOTP(authenticator)._get_used_cache_key(code)  # noqa: SLF001 - allauth's own mark
        cache.set(key, "y", timeout=app_settings.TOTP_PERIOD * periods)
    return code
