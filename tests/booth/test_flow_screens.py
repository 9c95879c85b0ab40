"""The whole way through the screens, with every kind of question, interruptions included."""

import json
import time
from pathlib import Path

from playwright.sync_api import Page

from cli.respondents import Respondents
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.encoding import parse_answers
from mpcengine.protocol.padding import early_publisher
from tests.booth.conftest import Open, Publish
from tests.booth.flow import KEPT
from tests.booth.page_surveys import every_kind
from tests.booth.survey import OpenSurvey
from tests.booth.walk import ANSWERS, Walk
from tests.booth.window import Window
from tests.end_to_end.harness import QUIET, counts_of, expected_counts

OTHERS = 4
CHANGED = {**ANSWERS, "hours": "office"}


class Second(Walk):
    """Fill in what is sent as the correction."""

    def fill(self, places: list[int], *, is_wrong: bool = False) -> None:
        super().fill(places, is_wrong=is_wrong)
        if 3 in places:
            self.page.check("[name=q3][value=office]")


def answers_of(filled: JSON) -> dict[str, JSON]:
    return parse_answers({"format": "drempel-answers/1", "answers": filled})


def others_answer(survey: OpenSurvey) -> None:
    """Let the others answer as she did at first, without a browser."""
    respondents = Respondents(federation=survey.federation, manifest=survey.manifest)
    with QUIET.counting("", OTHERS) as counter:
        tickets = respondents.tickets(survey.codes[1:], counter)
        respondents.send(tickets, [answers_of(ANSWERS)] * OTHERS, counter)


def signers(page: Page) -> list[str]:
    """Return who has signed for the answer or lists it, as the screen says it."""
    names = ("relay", "a", "b", "c")
    return [name for name in names if page.locator(f"#store-{name}:not(.not)").count()]


def wait_listed(page: Page, node: str) -> None:
    """Press until the screen says that this node has the answer."""
    until = time.monotonic() + 60
    while node not in signers(page):
        assert time.monotonic() < until
        page.click("#refresh")
        page.wait_for_timeout(300)


def reopened(one: Window, link: str) -> Walk:
    """Close the tab and open the invitation in another."""
    before, one.page = one.page, one.tab()
    before.close()
    one.page.goto(link)
    return Walk(one.page)


def filled_in(one: Window, link: str) -> Walk:
    """Fill in everything, in two tabs: the first is closed half-way."""
    walk = Walk(one.page)
    walk.read(link)
    assert "#" not in one.page.url
    walk.begin()
    walk.fill(walk.here())
    one.page.click("#next")
    # She goes when the page says that her answers are kept.
    one.page.click("[data-go=keep]")
    one.page.check("[name=keep][value=device]")
    one.page.wait_for_selector("#keepsaid >> text=locked on this device")
    walk = reopened(one, link)
    # The questions stand in the page before the program runs; where one stands does not.
    one.page.wait_for_selector("#where:not(:empty)")
    assert one.page.is_checked("[name=q1][value=gp]")
    walk.answer(is_fast=True)
    return walk


def check_receipt(one: Window, folder: Path) -> None:
    """Look the answer up, by what the device keeps and by the file that was saved."""
    page = one.page
    with page.expect_download() as saving:
        page.click("#save")
    path = folder / "receipt.json"
    saving.value.save_as(path)
    page.click("#done [data-go=check]")
    page.click("#checkown")
    page.wait_for_selector("#fate .note:visible")
    assert [page.locator(f"#list-{node}:not(.not)").count() for node in "abc"] == [1, 1, 1]
    page.set_input_files("#proof", path)
    page.wait_for_selector("#fate .note:visible")
    assert json.loads(path.read_text("utf-8"))["revision"] == 1
    page.click("#check [data-go=back]")


def check_result(survey: OpenSurvey, document: JSON) -> None:
    """What is released is what they answered, the correction in place of the first."""
    assert document["accepted"] == 1 + OTHERS
    assert document["rejected"] == [{"reason": "superseded", "count": 1}]
    given = [answers_of(one) for one in (CHANGED, *[ANSWERS] * OTHERS)]
    expected = expected_counts(survey.manifest.layout, given)
    shown = {key: count for key, count in counts_of(document).items() if count is not None}
    assert len(shown) > len(expected) / 2
    assert shown == {key: expected[key] for key in shown}


def test_from_the_invitation_to_the_result(
    published: Publish, window: Open, tmp_path: Path
) -> None:
    definition = every_kind()
    definition["min_count"] = 1
    for question in definition["questions"]:
        question |= {"extremes": "show", "nonresponse": "show"}
    survey = published(definition, invited=1 + OTHERS)
    one = window(survey)
    walk = filled_in(one, survey.link())
    one.context.set_offline(True)
    one.page.click("#send")
    one.page.wait_for_selector("#step >> text=we keep trying")
    one.context.set_offline(False)
    one.page.wait_for_selector("#done:not([hidden]) #shape [height]")
    assert signers(one.page) == ["relay"]
    others_answer(survey)
    wait_listed(one.page, early_publisher(survey.manifest.digest))
    one.page.reload()
    one.page.wait_for_selector("#done:not([hidden]) #shape [height]")
    one.page.click("#dochange")
    one.page.click("#changego")
    walk = Second(one.page)
    walk.answer(is_fast=True)
    walk.send()
    survey.close()
    check_result(survey, survey.result())
    one.page.reload()
    one.page.wait_for_selector("#done:not([hidden]) #shape [height]")
    wait_listed(one.page, "a")
    assert signers(one.page) == ["relay", "a", "b", "c"]
    assert one.page.is_hidden("#dochange")
    check_receipt(one, tmp_path)
    one.page.click("#erase")
    one.page.click("#eraseyes")
    one.page.wait_for_selector("#erased:not([hidden])")
    kept = one.page.evaluate(KEPT)
    assert not any(kept.values()), kept
