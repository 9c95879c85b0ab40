"""A federation on this machine, and Debian's Chromium to answer its surveys with."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, sync_playwright

from cli.embedded.federation import Federation, Options, running
from cli.embedded.templates import templates_ready
from mpcengine.protocol.canonical import JSON
from tests.booth.survey import OpenSurvey, publish
from tests.booth.window import ARGUMENTS, AXE, CHROMIUM, IS_LENIENT, Window

# These need the browser, and axe; the others need none.
if IS_LENIENT and CHROMIUM is None:
    collect_ignore_glob = ["test_*_browser.py", "test_screens_*.py", "test_flow_*.py"]
elif IS_LENIENT and not AXE.is_file():
    collect_ignore_glob = ["test_screens_*.py"]

Publish = Callable[..., OpenSurvey]
Open = Callable[..., Window]
ONE_QUESTION: JSON = {
    "format": "drempel-survey/1",
    "title": {"en": "One question", "nl": "Eén vraag"},
    "introduction": {"en": "Only to try it.", "nl": "Alleen om te proberen."},
    "min_count": 1,
    "questions": [
        {
            "id": "pick",
            "kind": "single",
            "title": {"en": "Which do you pick?", "nl": "Wat kiest u?"},
            "hint": {"en": "Whatever you like.", "nl": "Wat u maar wilt."},
            "required": True,
            "extremes": "show",
            "options": [
                {"id": "red", "title": {"en": "Red", "nl": "Rood"}},
                {"id": "blue", "title": {"en": "Blue", "nl": "Blauw"}},
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def federation() -> Iterator[Federation]:
    """Return a federation whose nodes allow min_count 1, with kill points."""
    templates_ready()
    with running(Options(is_test=True, has_faults=True)) as found:
        yield found


@pytest.fixture
def published(federation: Federation) -> Publish:
    """Return what publishes a survey: ``published(definition, invited=3, timing=…)``."""
    return partial(publish, federation)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return the browser of a module's tests."""
    if CHROMIUM is None:
        pytest.fail("Chromium (Debian's package) is missing.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser) -> Iterator[Open]:
    """Return what opens a window of a fresh profile: ``window(survey, width=320, …)``.

    At the end nothing may have gone wrong in any of them. Options beside ``width`` are
    Playwright's for a context: color_scheme, forced_colors, locale, java_script_enabled, ….
    """
    opened: list[Window] = []

    def open_one(survey: OpenSurvey, *, width: int = 1280, **options: object) -> Window:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            **options,  # type: ignore[arg-type]  # Playwright's own, handed on
        )
        opened.append(Window(context, survey.origins, survey.codes))
        return opened[-1]

    yield open_one
    for one in opened:
        one.check()
        # A call that is on its way when a test ends is nobody's.
        one.context.unroute_all(behavior="ignoreErrors")
        one.context.close()
