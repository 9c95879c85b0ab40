"""Second factors hang on a key file of their own; its keys change one after another."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import InvalidToken
from django.core.cache import cache
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import User
from accounts.sealing import opened, sealed
from tests.accounts.cast import app_of, code_of, is_signed_in, person, sign_in

pytestmark = pytest.mark.django_db
STEP = "/account/second-factor/code"
FIRST, SECOND = "first key of the portal, long enough", "second key of the portal, long enough"


@pytest.fixture(autouse=True)
def first_key(settings: Settings) -> None:
    cache.clear()
    settings.SECOND_FACTOR_KEYS = (FIRST,)


def signs_in(user: User, secret: str) -> bool:
    cache.clear()
    browser = sign_in(user)
    browser.post(STEP, {"code": code_of(secret)})
    return is_signed_in(browser)


def test_another_secret_key_locks_nobody_out(settings: Settings) -> None:
    user = person()
    secret = app_of(user)
    settings.SECRET_KEY = "another secret key of Django, long enough"
    assert signs_in(user, secret)


def test_an_earlier_key_opens_and_the_first_one_seals(settings: Settings) -> None:
    old = sealed("secret")
    settings.SECOND_FACTOR_KEYS = (SECOND, FIRST)
    new = sealed("secret")
    assert opened(old) == opened(new) == "secret"
    settings.SECOND_FACTOR_KEYS = (SECOND,)
    assert opened(new) == "secret"
    with pytest.raises(InvalidToken):
        opened(old)


def test_an_old_key_can_go_when_all_is_sealed_anew(settings: Settings) -> None:
    user = person()
    secret = app_of(user)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    settings.SECOND_FACTOR_KEYS = (SECOND, FIRST)
    told = StringIO()
    call_command("second_factors_seal", stdout=told)
    assert told.getvalue() == "2 second factors are sealed with the current key.\n"
    settings.SECOND_FACTOR_KEYS = (SECOND,)
    assert signs_in(user, secret)
    kept = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    assert RecoveryCodes(kept).get_unused_codes() == codes
