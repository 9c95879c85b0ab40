"""A respondent with a keyboard only: from link to receipt, always seeing where she is."""

import pytest
from playwright.sync_api import Page

from tests.booth.conftest import Open, Publish
from tests.booth.page_surveys import every_kind

MOST_TABS = 60
# Where the focus is; and whether it can be seen: inside the window, with a ring.
FOCUS = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.width > 0;
  const ringed = getComputedStyle(one).outlineStyle !== "none";
  return one === document.body || (inside && ringed) ? "" : one.outerHTML;
}"""


class Keys:
    """Press keys, and check after each that the focus can be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        assert self.page.evaluate(FOCUS) == ""

    def reach(self, selector: str) -> None:
        """Press Tab until the focus is there."""
        for _ in range(MOST_TABS):
            if self.page.evaluate("(at) => document.activeElement.matches(at)", selector):
                return
            self.press("Tab")
        pytest.fail(f"no way to {selector}")

    def onward(self) -> None:
        self.reach("#next")
        self.press("Enter")


def test_a_keyboard_is_enough(published: Publish, window: Open) -> None:
    definition = every_kind()
    definition["min_count"] = 1
    survey = published(definition)
    page = window(survey).page
    page.goto(survey.link())
    page.wait_for_selector("#go:enabled")
    keys = Keys(page)
    keys.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.is_visible("#read")
    keys.reach("#agree")
    keys.press("Space")
    keys.reach("#go")
    keys.press("Enter")
    # The heading of the new screen has the focus, so that it is read and Tab goes on from it.
    assert page.evaluate("document.activeElement.id") == "parth"
    keys.onward()
    assert page.evaluate("document.activeElement.id") == "sum"
    keys.press("Tab")
    keys.press("Enter")
    assert page.evaluate("document.activeElement.name") == "q1"
    _answer(keys)
    page.wait_for_selector("#review:not([hidden])")
    keys.reach("#send")
    keys.press("Enter")
    page.wait_for_selector("#done:not([hidden])")
    keys.reach("#erase")
    keys.press("Enter")
    keys.reach("#eraseno")
    keys.press("Enter")
    assert page.evaluate("document.activeElement.id") == "erase"


def _answer(keys: Keys) -> None:
    keys.press("ArrowDown")
    keys.reach("[name=q2]")
    keys.press("Space")
    keys.onward()
    keys.reach("[name=q3]")
    keys.press("Space")
    keys.reach("[name=q4]")
    keys.press("Space")
    keys.reach("#q5c")
    keys.page.keyboard.type("12")
    keys.reach("[name=q6]")
    keys.press("ArrowRight")
    keys.onward()
    for option, rank in (("1", "2"), ("2", "1"), ("3", "3")):
        keys.reach(f"#q7o{option}")
        keys.page.keyboard.type(rank)
    for row in (1, 2, 3):
        keys.reach(f"[name=q8r{row}]")
        keys.press("Space")
    keys.onward()
    # Enter in a field leads onward too, and what is optional may stay empty.
    keys.reach("#q9d")
    keys.press("Enter")
    keys.onward()
