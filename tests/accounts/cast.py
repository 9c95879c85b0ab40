"""People of the portal for tests of signing in: Carol coordinates, Olga operates."""

from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from accounts.models import Role, User
from accounts.people import password_set, person_create

PASSWORD = "a doorstep of old sandstone"
SIGN_IN = "/account/sign-in"


def person(
    email: str = "carol@drempel.example",
    *,
    organisation: str = "Council",
    role: Role = Role.COORDINATOR,
) -> User:
    """Return a person who can sign in with PASSWORD."""
    user, _ = person_create(
        email=email, name=email.partition("@")[0].title(), organisation=organisation, role=role
    )
    password_set(user=user, password=PASSWORD)
    return user


def sign_in(user: User, *, password: str = PASSWORD) -> Client:
    """Return a browser in which a person has given address and password."""
    browser = Client()
    browser.post(SIGN_IN, {"login": user.email, "password": password})
    return browser


def app_of(user: User) -> str:
    """Give a person an authenticator app and return its secret."""
    secret: str = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return the code an app shows now, or some steps of half a minute away."""
    counter = next(iter(totp.yield_hotp_counters_from_time())) + 1 + steps
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def is_signed_in(browser: Client) -> bool:
    """Tell whether the first page is open."""
    return browser.get("/").status_code == 200
