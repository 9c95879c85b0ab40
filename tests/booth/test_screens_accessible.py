"""Every screen in both languages, from a telephone to a desk: axe finds nothing, all fits.

Automatic checks find perhaps a third of what hinders people; they are a floor, no proof.
With DREMPEL_PICTURES=folder every screen is also kept as a picture, to be looked at.
"""

import os
from pathlib import Path

import pytest

from tests.booth.conftest import Open, Publish
from tests.booth.page_surveys import every_kind
from tests.booth.walk import Walk
from tests.booth.window import AXE, Window

WIDTHS = (320, 768, 1280)
SMALL = """() => [...document.querySelectorAll("button, .opt, select, input, summary")]
  .filter((one) => one.checkVisibility())
  .map((one) => one.closest(".opt, .scale label") ?? one)
  .filter((one) => one.offsetHeight < 24 || one.offsetWidth < 24)
  .map((one) => one.outerHTML)"""


class Inspector:
    """Look at each screen in every width, and note what is wrong with it."""

    def __init__(self, window: Window, language: str, scheme: str) -> None:
        self.window, self.name = window, f"{language}-{scheme}"
        self.found: dict[str, object] = {}
        folder = os.environ.get("DREMPEL_PICTURES")
        self.pictures = Path(folder) if folder else None

    def look(self, screen: str) -> None:
        """Note what is wrong with the screen that is shown."""
        page = self.window.page
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wrong = self.window.axe()
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                wrong.append(f"scrolls sideways: {wide}")
            wrong += [f"too small {one}" for one in page.evaluate(SMALL)]
            if wrong:
                self.found[f"{screen} {width}"] = wrong
            if self.pictures:
                name = f"{self.name}-{width}-{screen}.png"
                page.screenshot(path=self.pictures / name, full_page=True)


# A hundred looks by axe; a busy machine takes its time.
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("language", "scheme"), [("nl", "light"), ("en", "dark")])
def test_every_screen_is_accessible(
    published: Publish, window: Open, language: str, scheme: str
) -> None:
    definition = every_kind()
    definition["min_count"] = 1
    survey = published(definition, invited=2)
    one = window(survey, color_scheme=scheme, locale="en-US" if language == "nl" else "nl-NL")
    inspector = Inspector(one, language, scheme)
    page, walk = one.page, Walk(one.page, inspector.look)
    walk.read(survey.page(language))
    page.click("#decline")
    inspector.look("declined")
    walk.read(survey.link(language=language))
    walk.begin()
    page.click("[data-go=keep]")
    page.click("#keepsave")
    inspector.look("keep-wrong")
    page.click("#keep [data-go=form]")
    walk.answer()
    _send(one, inspector)
    _afterwards(one, inspector)
    # As the relay says it of a survey that has ended.
    page.route("**/api/v1/surveys/*", lambda route: route.fulfill(json={"state": "closed"}))
    page.goto(survey.page(language))
    page.wait_for_selector("#closed:not([hidden]) h1")
    inspector.look("closed")
    assert inspector.found == {}


def _send(one: Window, inspector: Inspector) -> None:
    page = one.page
    page.route(
        "**/api/v1/packages",
        lambda route: route.fulfill(status=503, json={"code": "relay.full"}),
    )
    page.click("#send")
    page.wait_for_selector("#wrong .note:visible")
    inspector.look("sending-wrong")
    page.reload()
    page.wait_for_selector("#sealed:not([hidden])")
    inspector.look("sealed")
    page.unroute("**/api/v1/packages")
    page.click("#resume")
    page.wait_for_selector("#done:not([hidden]) #shape [height]")
    inspector.look("done")


def _afterwards(one: Window, inspector: Inspector) -> None:
    page = one.page
    page.click("#done [data-go=check]")
    page.click("#checkown")
    page.wait_for_selector("#fate .note:visible")
    inspector.look("check")
    page.set_input_files("#proof", AXE.parent / "package.json")
    page.wait_for_selector("#proofe:not([hidden])")
    inspector.look("check-wrong")
    page.click("#check [data-go=back]")
    page.click("#dochange")
    inspector.look("change")
    page.click("#change [data-go=back]")
    page.click("#erase")
    inspector.look("erase")
    page.click("#eraseyes")
    page.wait_for_selector("#erased:not([hidden])")
    inspector.look("erased")
