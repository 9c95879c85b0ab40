"""People sign in with a real browser: keyboard, code, recovery code, passkey, two languages."""

import re

import pytest

from accounts.models import Role, User
from tests.accounts.cast import PASSWORD, code_of, person
from tests.pages.conftest import Open, Watched

pytestmark = pytest.mark.django_db(transaction=True)


def set_up_app(carol: Watched) -> str:
    """Set up an app from the page; return the secret. Ends at the recovery codes."""
    carol.go("/account/second-factor/app")
    if carol.place() == "/account/again":
        again(carol)
    secret = carol.page.locator(".secret").inner_text()
    picture = carol.page.locator("img.qr")
    assert picture.evaluate("image => image.naturalWidth") > 0
    carol.page.locator("[name=code]").fill(code_of(secret))
    carol.press("Set up")
    return secret


def again(carol: Watched) -> None:
    carol.page.locator("[name=password]").fill(PASSWORD)
    carol.press("Go on")


def test_by_keyboard_alone(window: Open) -> None:
    user, carol = person(), window()
    carol.go("/")
    keys = carol.page.keyboard
    keys.press("Tab")
    assert carol.page.evaluate("document.activeElement.className").startswith("skip")
    keys.press("Enter")
    for _ in range(6):  # the passkey's button stands first
        keys.press("Tab")
        if carol.page.evaluate("document.activeElement.name") == "login":
            break
    keys.type(user.email)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Tab")
    keys.press("Enter")
    carol.page.wait_for_url("**/")
    assert carol.page.locator("h1").inner_text() == "Overview"


def test_without_a_script(window: Open) -> None:
    user, carol = person(), window(script=False)
    carol.go("/")
    assert not carol.page.get_by_role("button", name="Sign in with a passkey").is_visible()
    carol.sign_in(user.email)
    assert carol.place() == "/"
    secret = set_up_app(carol)
    carol.context.clear_cookies()
    carol.sign_in(user.email)
    carol.page.locator("[name=code]").fill(code_of(secret, steps=1))
    carol.press("Sign in")
    assert carol.place() == "/"
    carol.page.goto("about:blank")  # without scripts a page cannot tell of violations


def test_with_an_app_and_a_recovery_code_once(window: Open) -> None:
    user, carol = person(), window()
    carol.sign_in(user.email)
    set_up_app(carol)
    codes = carol.page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    for code, place in ((codes[0], "/"), (codes[0], "/account/second-factor/code")):
        carol.context.clear_cookies()
        carol.sign_in(user.email)
        assert carol.place() == "/account/second-factor/code"
        carol.page.locator("[name=code]").fill(code)
        carol.press("Sign in")
        assert carol.place() == place


def test_with_a_passkey_alone(window: Open) -> None:
    user, carol = person(), window()
    devices = carol.context.new_cdp_session(carol.page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    carol.sign_in(user.email)
    carol.go("/account/passkeys/new")
    again(carol)
    carol.page.locator("[name=name]").fill("Telephone")
    carol.press("Add a passkey")
    carol.page.wait_for_url("**/recovery")
    carol.go("/account/passkeys")
    assert "Telephone" in carol.page.locator("tbody").inner_text()
    carol.context.clear_cookies()
    carol.go("/account/sign-in?next=/account/sessions")
    carol.press("Sign in with a passkey")
    carol.page.wait_for_url(re.compile(r"/(account/sessions)?$"))
    carol.context.clear_cookies()
    carol.sign_in(user.email)  # and as the second step after a password
    assert carol.place() == "/account/second-factor/code"
    carol.press("Use a passkey")
    carol.page.wait_for_url("**/")


def test_a_passkey_that_is_not_used_says_so(window: Open) -> None:
    carol = window()
    devices = carol.context.new_cdp_session(carol.page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": False}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    carol.go("/account/sign-in")
    carol.page.get_by_role("button", name="Sign in with a passkey").click()
    carol.page.get_by_role("alert").wait_for()
    assert "was not used" in carol.page.get_by_role("alert").inner_text()


def test_sign_out_ends_it_everywhere(window: Open) -> None:
    user, here, there = person(), window(), window()
    for one in (here, there):
        one.sign_in(user.email)
        assert one.place() == "/"
    here.go("/account/sign-out")
    here.press("Sign out everywhere")
    assert here.place() == "/account/sign-in"
    there.go("/")
    assert there.place() == "/account/sign-in"


def test_the_language_is_the_browsers_then_the_persons(window: Open) -> None:
    user, carol = person(), window(language="nl-NL")
    carol.go("/account/sign-in")
    assert carol.page.locator("html").get_attribute("lang") == "nl"
    assert carol.page.locator("h1").inner_text() == "Aanmelden"
    carol.press("English")
    assert carol.place() == "/account/sign-in"
    assert carol.page.locator("h1").inner_text() == "Sign in"
    carol.sign_in(user.email)
    carol.press("Nederlands")
    assert carol.page.locator("h1").inner_text() == "Overzicht"
    assert User.objects.get().language == "nl"
    other = window(language="en")
    other.sign_in(user.email)
    assert other.page.locator("h1").inner_text() == "Overzicht"


def test_it_makes_and_revokes_a_token(window: Open) -> None:
    user, carol = person(), window()
    carol.sign_in(user.email)
    carol.page.locator("[name=name]").fill("laptop")
    carol.press("Make a token")
    again(carol)
    token = carol.page.locator("#token").inner_text()
    assert re.fullmatch(r"drempel_[\w-]{43}", token)
    carol.page.get_by_role("link", name="I have kept it").click()
    carol.page.get_by_role("button", name="Revoke").click()
    carol.page.get_by_text("No program signs in for you yet.").wait_for()


def test_the_admin_keeps_to_the_page_policy(window: Open) -> None:
    user, olga = person("olga@drempel.example", role=Role.OPERATOR), window()
    olga.sign_in(user.email, "/account/sign-in?next=/admin/")
    assert olga.place() == "/admin/"
    for path in ("accounts/user/", f"accounts/user/{user.pk}/change/", "accounts/user/add/"):
        olga.go(f"/admin/{path}")
        assert olga.page.locator("#content").is_visible()
        olga.check()
