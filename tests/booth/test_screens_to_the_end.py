"""The whole way as a person goes it: link, answer, receipt, another answer, counted."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.booth.conftest import ONE_QUESTION, Open, Publish
from tests.booth.walk import Walk


def answer(page: Page, colour: str) -> None:
    page.check(f"[name=q1][value={colour}]")
    page.click("#next")
    Walk(page).send()


def receipt(page: Page, file: Path) -> Path:
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(file)
    return file


def outcome_of(page: Page, file: Path) -> str:
    """Return what the page says of a receipt; it is looked for in the nodes' lists."""
    page.set_input_files("#proof", file)
    page.wait_for_selector("#fate [data-is]:visible")
    return page.get_attribute("#fate [data-is]:visible", "data-is") or ""


def test_an_answer_is_sent_replaced_and_found_among_the_counted(
    published: Publish, window: Open, tmp_path: Path
) -> None:
    survey = published(ONE_QUESTION)
    page = window(survey).page
    walk = Walk(page)
    walk.read(survey.link(language="nl"))
    walk.begin()
    answer(page, "red")
    expect(page.locator("#store-relay .end")).to_have_text("belooft af te geven")
    first = receipt(page, tmp_path / "first.json")
    page.reload()
    page.wait_for_selector("#done:not([hidden]) #shape [height]")
    page.go_back()
    page.click("#dochange:visible")
    page.click("#changego")
    page.wait_for_selector("#where:not(:empty)")
    assert page.locator(":checked").count() == 0
    answer(page, "blue")
    expect(page.locator("#version")).to_have_text("2e versie")
    second = receipt(page, tmp_path / "second.json")
    survey.close()
    assert survey.result()["accepted"] == 1
    page.reload()
    expect(page.locator("#outcome [data-is=counted]")).to_be_visible()
    expect(page.locator("#store-c .end")).to_have_text("getekend")
    assert page.is_hidden("#dochange")
    other = window(survey).page
    other.goto(f"{survey.page('en')}#check")
    other.wait_for_selector("#check:not([hidden])")
    assert outcome_of(other, second) == "counted"
    other.reload()
    other.goto(f"{survey.page('nl')}#check")
    other.wait_for_selector("#check:not([hidden])")
    assert outcome_of(other, first) == "superseded"
