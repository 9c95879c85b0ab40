"""One respondent's way through the example with every kind of question, screen by screen."""

from collections.abc import Callable

from playwright.sync_api import Page

from mpcengine.protocol.canonical import JSON

Look = Callable[[str], None]
# What the respondent fills in, by the number of the question, and what that is as an answer.
TICKS = {
    1: ["[name=q1][value=gp]"],
    2: ["[name=q2][value=own]"],
    3: ["[name=q3][value=always]"],
    4: ["[name=q4][value=mfa]", "[name=q4][value=backup]"],
    6: ["[name=q6][value='4']"],
    8: ["[name=q8r1][value=done]", "[name=q8r2][value=none]", "[name=q8r3][value=partly]"],
    12: ["[name=q12][value='7']"],
    13: ["[name=q13][value=red]", "[name=q13][value=blue]"],
}
TYPED = {
    5: {"#q5c": "12"},
    9: {"#q9d": "3", "#q9m": "mrt", "#q9y": "2026"},
    10: {"#q10c": "Wij oefenen elk jaar. Één keer."},
    11: {"#q11c": "8"},
}
CHOSEN = {7: {"#q7o1": "2", "#q7o2": "1", "#q7o3": "3"}}
ANSWERS: JSON = {
    "sector": "gp",
    "watch": "own",
    "hours": "always",
    "tools": ["mfa", "backup"],
    "incidents": 12,
    "confidence": 4,
    "priorities": ["money", "people", "law"],
    "measures": {"mail": "done", "web": "none", "devices": "partly"},
    "exercise": "2026-03-03",
    "remarks": "Wij oefenen elk jaar. Één keer.",
    "spending": 8,
    "mood": 7,
    "both": ["red", "blue"],
}
# What is not right, by question.
WRONG = {
    5: {"#q5c": "1.500"},
    7: {"#q7o1": "1", "#q7o2": "1"},
    9: {"#q9d": "31", "#q9m": "2", "#q9y": "2026"},
    10: {"#q10c": "é" * 51},
    11: {"#q11c": "elf"},
}


class Walk:
    """Lead a page through the booth; ``look`` hears the name of every screen."""

    def __init__(self, page: Page, look: Look = lambda _: None) -> None:
        self.page, self.look = page, look

    def read(self, link: str) -> None:
        """Open an invitation and wait until the booth has checked itself."""
        self.page.goto(link)
        self.page.wait_for_selector("#go:enabled")
        self.look("read")

    def begin(self) -> None:
        """Agree; not at once, so that the error is seen."""
        self.page.click("#go")
        self.page.wait_for_selector("#agreee:not([hidden])")
        self.look("read-wrong")
        self.page.check("#agree")
        self.page.click("#go")
        self.page.wait_for_selector("#where:not(:empty)")

    def here(self) -> list[int]:
        """Return the numbers of the questions that are shown."""
        shown = self.page.locator(".part:not([hidden]) > .q:not([hidden])")
        ids: list[str] = shown.evaluate_all("found => found.map(one => one.id)")
        return [int(name[1:]) for name in ids]

    def fill(self, places: list[int], *, is_wrong: bool = False) -> None:
        """Fill in these questions, rightly or wrongly."""
        for place in places:
            for selector in [] if is_wrong else TICKS.get(place, []):
                self.page.check(selector)
            wanted = WRONG.get(place, {}) if is_wrong else {**TYPED, **CHOSEN}.get(place, {})
            for selector, value in wanted.items():
                if place == 7:
                    self.page.select_option(selector, value)
                else:
                    self.page.fill(selector, value)

    def answer(self, *, is_fast: bool = False) -> None:
        """Fill in every part; unless ``is_fast`` look at each empty, wrong and right."""
        while self.page.is_hidden("#review"):
            places = self.here()
            name = f"part-{places[0]}"
            if not is_fast:
                self.look(name)
                self.fill(places, is_wrong=True)
                self.page.click("#next")
                if self.here() == places and self.page.is_hidden("#review"):
                    self.look(f"{name}-wrong")
                else:
                    self.page.click(
                        "#back" if self.page.is_hidden("#review") else "#review [data-go=form]"
                    )
            self.fill(places)
            if not is_fast:
                self.look(f"{name}-filled")
            self.page.click("#next")
        self.look("review")

    def send(self) -> None:
        """Send, and wait for the receipt."""
        self.page.click("#send")
        self.page.wait_for_selector("#done:not([hidden]) #shape [height]", timeout=30_000)
