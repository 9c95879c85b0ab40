"""A browser for tests of pages: Debian's Chromium, in which nothing may go wrong unseen."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.accounts.cast import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Told by the page itself, so that no violation is missed because a console is quiet.
LISTEN = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
IS_THERE = CHROMIUM is not None and AXE.is_file()
# Without a browser a developer runs everything else; CI never does without.
if not IS_THERE and os.environ.get("CI") != "true":
    collect_ignore = ["test_accessible.py", "test_signing_in.py"]
Open = Callable[..., "Watched"]


class Watched:
    """One browser window, and everything in it that should not have happened."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address = context, address
        self.faults: list[str] = []
        context.add_init_script(LISTEN)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("pageerror", lambda error: self.faults.append(f"error {error.stack}"))
        self.page.on("console", lambda told: self._console(told.type, told.text))
        self.page.on("request", lambda asked: self._request(asked.url))

    def _console(self, kind: str, text: str) -> None:
        # The answer to a wrong address or a refused form is not an error of a page.
        if kind == "error" and "Failed to load resource" not in text:
            self.faults.append(f"console {text}")

    def _request(self, url: str) -> None:
        if urlsplit(url).hostname != urlsplit(self.address).hostname:
            self.faults.append(f"foreign {url}")

    def go(self, path: str) -> None:
        """Open one of the portal's paths."""
        self.page.goto(self.address + path)

    def press(self, name: str) -> None:
        """Press a button, and wait for what comes."""
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state("networkidle")

    def sign_in(self, email: str, path: str = "/account/sign-in") -> None:
        """Give address and password."""
        self.go(path)
        self.page.locator("[name=login]").fill(email)
        self.page.locator("[name=password]").fill(PASSWORD)
        self.page.locator("[name=password]").press("Enter")
        self.page.wait_for_load_state("networkidle")

    def place(self) -> str:
        """Return the path that is shown."""
        return urlsplit(self.page.url).path

    def check(self) -> None:
        """Fail for anything that should not have happened up to now."""
        assert self.faults + list(self.page.evaluate("window.violations")) == []


@pytest.fixture(scope="module")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """Return the browser of a module's tests; its loop runs in this thread until they end."""
    del django_db_setup  # first, as it refuses a thread with a loop
    if not IS_THERE:
        pytest.fail("Chromium (Debian's package) or axe-core (npm ci) is missing.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # The tests ask the database in this thread too.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Return what opens a window; at the end nothing may have gone wrong in any."""
    cache.clear()
    opened: list[Watched] = []

    def open_one(*, language: str = "en", width: int = 1280, script: bool = True) -> Watched:
        context = chromium.new_context(
            locale=language,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
        )
        opened.append(Watched(context, live_server.url))
        return opened[-1]

    yield open_one
    for one in opened:
        if one.page.url != "about:blank":
            one.check()
        one.context.close()
