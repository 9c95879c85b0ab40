"""What the screens promise: nothing is lost, and what is hidden is not sent."""

import base64
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from mpcengine.protocol.canonical import JSON
from tests.booth.conftest import Open, Publish
from tests.booth.page_surveys import every_kind
from tests.booth.survey import OpenSurvey
from tests.booth.walk import Walk

# The form is in the page from the start; this is there once the booth shows it.
FORM = "#where:not(:empty)"
PASSPHRASE = "zeven kleine geiten"


@pytest.fixture
def survey(published: Publish) -> OpenSurvey:
    definition = every_kind()
    definition["min_count"] = 1
    return published(definition, invited=4)


def started(page: Page, survey: OpenSurvey, language: str = "nl") -> Walk:
    """Return a walk at the second part, with the first filled in."""
    walk = Walk(page)
    walk.read(survey.link(language=language))
    walk.begin()
    walk.fill(walk.here())
    page.click("#next")
    assert walk.here() == [3, 4, 5, 6]
    return walk


def test_the_language_changes_and_answers_and_place_stay(
    survey: OpenSurvey, window: Open
) -> None:
    page = window(survey).page
    walk = started(page, survey)
    walk.fill([5])
    page.click("#switch")
    # The page that is left has a form, too.
    page.wait_for_selector(f"html[lang=en] {FORM}")
    assert (walk.here(), page.input_value("#q5c")) == ([3, 4, 5, 6], "12")
    page.click("[data-go=check]:visible")
    page.click("#switch")
    page.wait_for_selector("html[lang=nl] #check:not([hidden])")


def test_reload_and_back_lose_nothing_and_the_code_is_gone(
    survey: OpenSurvey, window: Open
) -> None:
    page = window(survey).page
    walk = started(page, survey)
    assert survey.codes[0] not in page.url
    page.reload()
    page.wait_for_selector(FORM)
    assert walk.here() == [3, 4, 5, 6]
    page.go_back()
    page.wait_for_selector("#q1:visible")
    assert page.is_checked("[name=q1][value=gp]")
    page.go_forward()
    page.wait_for_selector("#q3:visible")


def test_what_is_hidden_is_neither_asked_nor_sent(survey: OpenSurvey, window: Open) -> None:
    page = window(survey).page
    walk = started(page, survey)
    walk.answer(is_fast=True)
    page.click("[data-to='1'] >> visible=true")
    page.check("[name=q2][value=nobody]")
    page.click("#next")
    assert page.is_visible("#review")
    assert page.is_hidden("#rows tr:nth-child(3)")
    # It is kept, though: a mind that changes back finds it again.
    page.reload()
    page.wait_for_selector("#review:not([hidden])")
    page.click("[data-to='1'] >> visible=true")
    page.check("[name=q2][value=own]")
    page.click("#next")
    assert page.inner_text("#rows tr:nth-child(3) .answer") == "Dag en nacht"


def test_errors_stand_at_the_field_and_on_top_and_clear_nothing(
    survey: OpenSurvey, window: Open
) -> None:
    page = window(survey).page
    walk = started(page, survey)
    walk.fill([5], is_wrong=True)
    page.click("#next")
    said = page.locator("#sum li:visible").all_inner_texts()
    assert [one.split(":")[0] for one in said] == ["Vraag 3", "Vraag 5", "Vraag 6"]
    assert page.input_value("#q5c") == "1.500"
    assert page.get_attribute("#q5c", "aria-invalid") == "true"
    assert said[1].removeprefix("Vraag 5: ") in page.inner_text("#q5e")
    assert page.title().startswith("Fout: ")
    walk.fill(walk.here())
    page.click("#next")
    assert walk.here() == [7, 8]


def test_a_link_without_its_code_asks_for_it(survey: OpenSurvey, window: Open) -> None:
    page = window(survey).page
    page.goto(survey.page("nl"))
    page.wait_for_selector("#go:enabled")
    page.check("#agree")
    page.click("#go")
    assert page.is_visible("#codee")
    page.fill("#code", survey.codes[1].upper().replace("-", " ").replace("0", "O"))
    page.click("#go")
    page.wait_for_selector(FORM)


def test_the_device_keeps_answers_if_asked_and_forgets_them_if_asked(
    survey: OpenSurvey, window: Open
) -> None:
    one = window(survey)
    started(one.page, survey)
    one.page.click("[data-go=keep]:visible")
    one.page.check("[name=keep][value=device]")
    one.page.wait_for_selector("#keepsaid [data-is=device]:visible")
    one.page.close()
    one.page = one.tab()
    one.page.goto(survey.page("nl"))
    one.page.wait_for_selector(FORM)
    assert one.page.is_checked("[name=q1][value=gp]")
    one.page.click("[data-go=keep]:visible")
    one.page.click("#keeperase")
    one.page.wait_for_selector("#sure:visible")
    one.page.click("#keeperase")
    one.page.wait_for_selector("#keepsaid [data-is=erased]:visible")
    one.page.goto(survey.page("en"))
    one.page.wait_for_selector("#go:enabled")
    assert not one.page.is_checked("[name=q1][value=gp]")


def test_a_file_moves_answers_to_another_device(
    survey: OpenSurvey, window: Open, tmp_path: Path
) -> None:
    page = window(survey).page
    started(page, survey)
    page.click("[data-go=keep]:visible")
    page.fill("#pass", PASSPHRASE)
    with page.expect_download() as download:
        page.click("#keepsave")
    file = tmp_path / "answers.json"
    download.value.save_as(file)
    kept = json.loads(file.read_text("utf-8"))
    assert set(kept) == {"format", "survey", "content"}
    assert b'"q1' not in base64.b64decode(kept["content"])
    other = window(survey).page
    Walk(other).read(survey.link(1, language="en"))
    Walk(other).begin()
    other.click("[data-go=keep]:visible")
    other.fill("#pass", PASSPHRASE + "!")
    other.set_input_files("#keepopen", file)
    other.wait_for_selector("#keepopene:visible")
    other.fill("#pass", PASSPHRASE)
    other.set_input_files("#keepopen", file)
    other.wait_for_selector("#keepfile [data-is=opened]:visible")
    assert other.is_checked("[name=q1][value=gp]")


def test_an_empty_answer_is_sent_only_when_asked_for_twice(
    published: Publish, window: Open
) -> None:
    questions = [{"id": "q", "kind": "scale", "min": 1, "max": 3, "title": {"en": "Well?"}}]
    definition: JSON = {
        "format": "drempel-survey/1",
        "title": {"en": "Nothing"},
        "min_count": 1,
        "questions": questions,
    }
    survey = published(definition)
    page = window(survey).page
    walk = Walk(page)
    walk.read(survey.link())
    walk.begin()
    page.click("#next")
    page.click("#send")
    page.wait_for_selector("#blank:visible")
    assert page.is_visible("#review")
    walk.send()


def test_without_a_script_all_can_be_read_and_nothing_sent(
    survey: OpenSurvey, window: Open
) -> None:
    page = window(survey, java_script_enabled=False).page
    page.goto(survey.link())
    assert page.is_visible("#begin")
    assert page.is_disabled("#go")
    assert page.locator(".q:visible").count() >= len(every_kind()["questions"])
    assert page.is_hidden("#send")


def test_doubled_text_and_wide_spacing_need_no_sideways_scrolling(
    survey: OpenSurvey, window: Open
) -> None:
    page = window(survey, width=640).page

    def look(screen: str) -> None:
        # As a reader's own style sheet does it: the page's policy does not reach that far.
        session = page.context.new_cdp_session(page)
        session.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, screen
        session.detach()

    walk = Walk(page, look)
    walk.read(survey.link(language="nl"))
    walk.begin()
    walk.answer()


def test_nothing_leaves_before_send(survey: OpenSurvey, window: Open) -> None:
    one = window(survey)
    started(one.page, survey).answer(is_fast=True)
    assert {told.partition(" ")[0] for told in one.requests} == {"GET"}
    assert not [told for told in one.requests if told.endswith(("/tokens", "/packages"))]
