"""Screens before and beside the questions: early, key, too old, nothing kept, somebody else."""

import pytest
from playwright.sync_api import Page, expect

from cli.embedded.federation import Federation
from cli.embedded.house import partners_confirm
from cli.partners import partners_make, partners_named
from tests.booth.conftest import ONE_QUESTION, Open, Publish
from tests.booth.survey import OpenSurvey
from tests.booth.walk import Walk
from tests.booth.window import Window

WIDTHS = (320, 768, 1280)
FORM = "#where:not(:empty)"
WAITING = {"state": "waiting", "drained": False}
OLD = """crypto.subtle.importKey = async (...given) => {
  if (given[2] === "Ed25519") throw new DOMException("", "NotSupportedError");
};"""
NO_LOCKS = 'Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined });'
NO_DATABASE = """Object.defineProperty(window, "indexedDB", {
  get() { throw new DOMException("", "SecurityError"); } });"""
NO_TAB = """Object.defineProperty(window, "sessionStorage", {
  get() { throw new DOMException("", "SecurityError"); } });"""


@pytest.fixture
def survey(published: Publish) -> OpenSurvey:
    return published(ONE_QUESTION, invited=4)


def check_looks(one: Window) -> None:
    """Fail for anything that axe finds in any width, and for scrolling sideways."""
    for width in WIDTHS:
        one.page.set_viewport_size({"width": width, "height": 900})
        assert one.axe() == [], width
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width


def answered(page: Page, link: str) -> None:
    """Answer the one question and send."""
    walk = Walk(page)
    walk.read(link)
    fill(page)
    page.click("#send")
    page.wait_for_selector("#done:not([hidden]) #shape [height]")


def fill(page: Page) -> None:
    page.check("#agree")
    page.click("#go")
    page.wait_for_selector(FORM)
    page.check("[name=q1][value=red]")
    page.click("#next")
    page.wait_for_selector("#review:not([hidden])")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_survey_that_is_not_open_yet_says_when(
    survey: OpenSurvey, window: Open, language: str
) -> None:
    one = window(survey, width=320)
    one.page.route("**/api/v1/surveys/*", lambda route: route.fulfill(json=WAITING))
    one.page.goto(survey.link(language=language))
    one.page.wait_for_selector("#early:not([hidden])")
    assert one.page.locator("#early p").inner_text()
    check_looks(one)
    one.page.unroute_all()
    one.page.reload()
    expect(one.page.locator("#go")).to_be_enabled()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_survey_for_organisations_says_that_a_key_is_needed(
    federation: Federation, published: Publish, window: Open, language: str
) -> None:
    partners = partners_named(partners_make(3))
    partners_confirm(federation.house, partners)
    survey = published(ONE_QUESTION, partners=partners)
    one = window(survey, width=320)
    one.page.goto(survey.page(language))
    one.page.wait_for_selector("#key:not([hidden])")
    assert "drempel" in one.page.locator("#key").inner_text()
    check_looks(one)


@pytest.mark.parametrize(("broken", "language"), [(OLD, "nl"), (OLD, "en"), (NO_LOCKS, "en")])
def test_a_browser_that_is_too_old_is_told_and_can_read(
    survey: OpenSurvey, window: Open, broken: str, language: str
) -> None:
    one = window(survey, width=320)
    one.context.add_init_script(broken)
    one.page.goto(survey.link(language=language))
    told = one.page.locator("#state [data-is=old]")
    expect(told).to_be_visible()
    expect(told).to_contain_text("Firefox")
    assert one.page.is_disabled("#go")
    check_looks(one)
    # Nothing was checked, so nothing is kept.
    assert one.page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_browser_without_a_database_is_told_at_the_door(
    survey: OpenSurvey, window: Open, language: str
) -> None:
    one = window(survey, width=320)
    one.context.add_init_script(NO_DATABASE)
    one.page.goto(survey.link(language=language))
    expect(one.page.locator("#state [data-is=unkept]")).to_be_visible()
    expect(one.page.locator("#retry")).to_be_visible()
    assert one.page.is_disabled("#go")
    check_looks(one)


def test_a_browser_that_keeps_nothing_for_the_tab_goes_on_and_says_so(
    survey: OpenSurvey, window: Open
) -> None:
    one = window(survey)
    one.context.add_init_script(NO_TAB)
    one.page.goto(survey.link(1))
    expect(one.page.locator("#go")).to_be_enabled()
    fill(one.page)
    one.page.click("#review [data-go=form]")
    expect(one.page.locator("#kept [data-is=not]")).to_be_visible()
    one.page.click("#next")
    one.page.click("#send")
    one.page.wait_for_selector("#done:not([hidden])")


def test_a_code_is_kept_only_when_all_is_as_signed(survey: OpenSurvey, window: Open) -> None:
    one = window(survey)
    one.page.route("**/api/v1/manifests/**", lambda route: route.fulfill(json={}))
    one.page.goto(survey.link())
    one.page.wait_for_selector("#stop:not([hidden])")
    assert one.page.evaluate("JSON.stringify(sessionStorage)") == "{}"
    assert survey.codes[0] not in one.page.url


def test_a_code_outlives_a_failure_of_the_network(survey: OpenSurvey, window: Open) -> None:
    one = window(survey)
    one.page.route("**/api/v1/manifests/**", lambda route: route.abort())
    one.page.goto(survey.link())
    expect(one.page.locator("#retry")).to_be_visible(timeout=40_000)
    one.page.unroute_all()
    one.page.click("#retry")
    expect(one.page.locator("#go")).to_be_enabled()
    assert one.page.input_value("#code") == survey.codes[0]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_somebody_else_at_the_same_browser_is_told(
    survey: OpenSurvey, window: Open, language: str
) -> None:
    one = window(survey, width=320)
    answered(one.page, survey.link(0, language))
    expect(one.page.locator("#done .shared")).to_be_hidden()
    one.page.close()
    one.page = one.tab()
    one.page.goto(survey.link(1, language))
    expect(one.page.locator("#done .shared")).to_be_visible()
    check_looks(one)
    assert survey.codes[1] not in one.page.evaluate("JSON.stringify(sessionStorage)")


def test_somebody_elses_code_does_not_go_on_with_what_was_begun(
    survey: OpenSurvey, window: Open
) -> None:
    one = window(survey)
    node = survey.manifest.node("c").url
    one.context.route(f"{node}/**", lambda route: route.abort())
    Walk(one.page).read(survey.link(2))
    fill(one.page)
    one.page.click("#send")
    one.page.wait_for_selector("#wrong:not([hidden])", timeout=40_000)
    one.page.close()
    one.context.unroute_all()
    one.page = one.tab()
    one.page.goto(survey.link(3))
    expect(one.page.locator("#read .shared")).to_be_visible()
    expect(one.page.locator("#go")).to_be_enabled()
    fill(one.page)
    one.page.click("#send")
    expect(one.page.locator("#cause [data-is='code.other']")).to_be_visible()


def test_another_tab_does_not_keep_what_was_sent(survey: OpenSurvey, window: Open) -> None:
    """What is filled in there would be saved as a draft again with the next key."""
    one = window(survey)
    Walk(one.page).read(survey.link())
    other = one.tab()
    Walk(other).read(survey.link())
    fill(other)
    fill(one.page)
    one.page.click("#send")
    one.page.wait_for_selector("#done:not([hidden])")
    other.wait_for_selector("#done:not([hidden])")
    assert not other.is_checked("[name=q1][value=red]")
    kept = other.evaluate("Object.keys(sessionStorage).join()")
    assert "draft" not in kept
    assert "code" not in kept


def test_a_draft_of_a_correction_is_a_first_answer_elsewhere(
    survey: OpenSurvey, window: Open
) -> None:
    page = window(survey).page
    Walk(page).read(survey.link())
    page.evaluate(
        """async (id) => {
          const filled = [["q1", "blue"]];
          const how = { isReviewed: true, isCorrecting: true };
          const draft = { filled, screen: "review", part: 0, ...how };
          sessionStorage.setItem(`drempel/${id}/draft`, JSON.stringify(draft));
        }""",
        survey.manifest.survey_id,
    )
    page.reload()
    page.wait_for_selector("#review:not([hidden])")
    page.click("#send")
    page.wait_for_selector("#done:not([hidden])")


def test_forms_go_nowhere_before_the_program_runs(survey: OpenSurvey, window: Open) -> None:
    """Else a key press would put answers into the address, where no policy forbids it."""
    page = window(survey, java_script_enabled=False, bypass_csp=True).page
    page.goto(survey.page())
    page.check("[name=q1][value=red]")
    page.locator("[name=q1][value=red]").press("Enter")
    page.wait_for_timeout(300)
    assert page.url == survey.page()
    assert set(page.locator("form").evaluate_all("all => all.map((one) => one.method)")) == {
        "dialog"
    }
