"""The page as a browser gets it: whole, strict, the same for everybody, and small."""

import pytest

from tests.booth.conftest import ONE_QUESTION, Open, Publish

LARGEST_BOOTH = 60_000


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_opens_and_nothing_is_violated(
    published: Publish, window: Open, language: str
) -> None:
    survey = published(ONE_QUESTION)
    one = window(survey)
    one.page.goto(survey.link(language=language))
    one.page.wait_for_load_state("networkidle")
    assert ONE_QUESTION["title"][language] in one.page.inner_text("body")
    assert survey.codes[0] not in " ".join(one.requests)


def test_the_page_can_be_read_without_a_script(published: Publish, window: Open) -> None:
    survey = published(ONE_QUESTION)
    one = window(survey, java_script_enabled=False)
    one.page.goto(survey.link())
    shown = one.page.inner_text("body")
    assert ONE_QUESTION["questions"][0]["title"]["en"] in shown
