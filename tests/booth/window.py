"""A browser window on a booth, in which nothing may go wrong unseen."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    Request,
    Response,
)

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Without them a developer runs everything else; CI never does without.
IS_LENIENT = os.environ.get("CI") != "true"
# Told by the page itself, so that no violation is missed because a console is quiet.
LISTEN = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


class Window:
    """One window of a browser with a fresh profile, and all that should not have happened.

    ``origins`` are the only ones it may call, ``codes`` stand in no address that it calls.
    What a test expects to go wrong it takes out again, by its own words (``forgive``).
    """

    def __init__(
        self, context: BrowserContext, origins: set[str], codes: Sequence[str] = ()
    ) -> None:
        self.context, self.origins, self.codes = context, origins, codes
        self.faults: list[str] = []
        self.requests: list[str] = []
        context.add_init_script(LISTEN)
        self.page = self.tab()

    def tab(self) -> Page:
        """Open another tab of the same profile; it is watched too."""
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.faults.append(f"error {error.stack}"))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("response", self._response)
        return page

    def _console(self, told: ConsoleMessage) -> None:
        # A call that fails is told by the network's own faults, and tests cut it on purpose.
        is_fault = told.type == "error" and "Failed to load resource" not in told.text
        # A warning: what was fetched ahead is thrown away, and all is fetched twice.
        if is_fault or "integrity" in told.text or "preload" in told.text:
            self.faults.append(f"console {told.text}")

    def _request(self, asked: Request) -> None:
        parts = urlsplit(asked.url)
        self.requests.append(f"{asked.method} {asked.url}")
        # A file that the page makes itself has no host and leaves no trace on the network.
        if parts.netloc and f"{parts.scheme}://{parts.netloc}" not in self.origins:
            self.faults.append(f"foreign {asked.url}")
        is_known = asked.headers.get("referer") or "cookie" in asked.headers
        if is_known or any(code in asked.url for code in self.codes):
            self.faults.append(f"told too much {asked.url}")

    def _response(self, answer: Response) -> None:
        if "set-cookie" in answer.headers:
            self.faults.append(f"cookie {answer.url}")

    def forgive(self, part: str) -> None:
        """Take out the faults that hold these words; fail if there is none."""
        self.faults += self._violations()
        kept = [fault for fault in self.faults if part not in fault]
        assert len(kept) < len(self.faults), (part, self.faults)
        self.faults = kept

    def check(self) -> None:
        """Fail for anything that should not have happened up to now."""
        faults = self.faults + self._violations()
        assert faults == [], faults
        assert self.context.cookies() == [], "a cookie was set"

    def _violations(self) -> list[str]:
        found: list[str] = []
        for page in self.context.pages:
            if page.url.startswith("http"):
                found += page.evaluate("window.violations.splice(0)")
        return [f"violation {one}" for one in found]

    def axe(self) -> list[str]:
        """Return what axe finds on the page as it is shown, by rule and place."""
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        asked = (
            f"axe.run(document, {{runOnly: {tags}}}).then(found => found.violations.flatMap("
            "one => one.nodes.map(node => `${one.id} ${node.target.join(' ')}`)))"
        )
        session = self.context.new_cdp_session(self.page)
        place = {"contextId": self._axe_world(session)}
        found: Any = session.send(
            "Runtime.evaluate",
            {"expression": asked, "awaitPromise": True, "returnByValue": True, **place},
        )
        session.detach()
        assert "exceptionDetails" not in found, found
        return list(found["result"]["value"])

    def _axe_world(self, session: CDPSession) -> int:
        """Return a world of this document with axe in it; reading axe takes longest."""
        # In an isolated world: the page's policy lets no script of ours in.
        tree: Any = session.send("Page.getFrameTree")
        world: Any = session.send(
            "Page.createIsolatedWorld",
            {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "axe"},
        )
        place: int = world["executionContextId"]
        known: Any = session.send(
            "Runtime.evaluate", {"expression": "typeof axe", "contextId": place}
        )
        if known["result"]["value"] == "undefined":
            source = AXE.read_text("utf-8")
            session.send("Runtime.evaluate", {"expression": source, "contextId": place})
        return place
