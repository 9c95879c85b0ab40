"""Every page in both languages, on a telephone and on a desk: axe finds nothing, all fits.

Automatic checks find perhaps a third of what hinders people; they are a floor, no proof.
"""

import json
import re
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator

from accounts.people import invitation_make
from accounts.services import token_issue
from surveys.services import survey_create
from tests.accounts.cast import PASSWORD, code_of, person
from tests.pages.conftest import AXE, ROOT, Open, Watched

pytestmark = pytest.mark.django_db(transaction=True)
SURVEY = ROOT / "examples" / "ict-resilience.survey.json"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """(tags) => axe.run({runOnly: {type: "tag", values: tags}}).then((found) =>
  found.violations.map((one) => `${one.id}: ${one.nodes.map((part) => part.html)}`))"""
STRANGERS = (
    "account/sign-in",
    "account/password/forgotten",
    "account/password/forgotten/sent",
    "account/password/new/done",
    "account/password/new/1-x",
    "account/inactive",
    "account/invitation",
    "account/provider/cancelled",
    "about",
    "about/who-sees-what",
    "about/privacy",
    "about/accessibility",
    "about/security",
    "about/status",
    "about/components",
    "nowhere",
)
SIGNED_IN = (
    "",
    "account/second-factor",
    "account/sessions",
    "account/sign-out",
    "account/password",
    "account/passkeys",
    "account/again",
    "admin/",
)
FRESH = ("account/second-factor/app", "account/passkeys/new")


class Inspector:
    """Look at one page after the other."""

    def __init__(self, window: Watched, width: int, pictures: Path | None) -> None:
        self.window, self.width, self.pictures = window, width, pictures
        self.axe = AXE.read_text("utf-8")
        self.found: dict[str, object] = {}

    def look(self, name: str) -> None:
        """Note what is wrong with the page that is shown."""
        page = self.window.page
        page.evaluate(self.axe)
        wrong = list(page.evaluate(RUN, RULES))
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > self.width:
            wrong.append(f"{wide} px wide")
        if wrong:
            self.found[name] = wrong
        if self.pictures is not None:
            page.screenshot(path=self.pictures / f"{picture_name(name)}.png", full_page=True)
        self.window.check()

    def visit(self, *paths: str) -> None:
        """Open pages and look at them."""
        for path in paths:
            self.window.go(f"/{path}")
            self.look(path or "home")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_is_accessible(window: Open, language: str, width: int) -> None:
    carol, browser = person(), window(language=language, width=width)
    survey_create(
        organisation_id=carol.organisation_id, definition=json.loads(SURVEY.read_text("utf-8"))
    )
    token_issue(user=carol, name="laptop")
    inspector = Inspector(browser, width, pictures(language, width))
    inspector.visit(*STRANGERS)
    browser.go(f"/account/invitation/{invitation_make(user=carol)}")
    inspector.look("invited")
    submit(browser)
    inspector.look("invited-wrong")
    browser.sign_in("nobody@drempel.example")
    inspector.look("refused")
    browser.sign_in(carol.email)
    inspector.visit(*SIGNED_IN)
    _fresh(inspector, browser)
    assert inspector.found == {}


def _fresh(inspector: Inspector, browser: Watched) -> None:
    """Look at what needs a fresh sign-in, and at what a second factor brings."""
    browser.go("/account/again?next=/account/second-factor")
    browser.page.locator("[name=password]").fill(PASSWORD)
    submit(browser)
    inspector.visit(*FRESH)
    browser.go("/account/second-factor/app")
    secret = browser.page.locator(".secret").inner_text()
    browser.page.locator("[name=code]").fill(code_of(secret))
    submit(browser)
    inspector.look("recovery-codes")
    inspector.visit(
        "account/second-factor",
        "account/second-factor/recovery",
        "account/second-factor/recovery/new",
        "account/second-factor/app/remove",
        "account/second-factor/again",
    )
    browser.go("/")
    browser.page.locator("[name=name]").fill("another")
    submit(browser)
    inspector.look("token")
    Authenticator.objects.exclude(type=Authenticator.Type.TOTP).delete()
    browser.context.clear_cookies()
    browser.sign_in("carol@drempel.example")
    inspector.look("second-step")


def submit(browser: Watched) -> None:
    """Press the one button of the page that is the main action."""
    browser.page.locator("main button.btn:not(.alt)").last.click()
    browser.page.wait_for_load_state("networkidle")


def picture_name(path: str) -> str:
    """Return a file name that is the same in every run: without ids."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", re.sub(r"[0-9a-f]{32}", "one", path))


def pictures(language: str, width: int) -> Path | None:
    """Return where to keep pictures for people to look at, if build/pages is there."""
    folder = ROOT / "build" / "pages"
    if not folder.is_dir():
        return None
    own = folder / f"{language}-{width}"
    own.mkdir(exist_ok=True)
    return own
