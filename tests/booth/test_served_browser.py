"""The page as a browser gets it: whole, strict, the same for everybody, and small."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.booth.conftest import ONE_QUESTION, Open, Publish
from tests.booth.page_surveys import every_kind
from tests.end_to_end.harness import drempel

# Bytes; the design's bar is 60,000, which is not met (docs/decisions/0017 says by what).
LARGEST_BOOTH = 76_000


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


def test_it_grows_no_larger(published: Publish, window: Open) -> None:
    """All bodies of a first visit, as they are sent, until people can begin."""
    survey = published(every_kind(), invited=3)
    one = window(survey)
    sizes: list[tuple[int, str]] = []
    one.page.on(
        "requestfinished",
        lambda asked: sizes.append((asked.sizes()["responseBodySize"], asked.url)),
    )
    one.page.goto(survey.link())
    expect(one.page.locator("#go")).to_be_enabled()
    one.page.wait_for_load_state("networkidle")
    # What comes from the browser's own cache is told with a size below 0.
    total = sum(max(0, size) for size, _ in sizes)
    assert total <= LARGEST_BOOTH, sorted(sizes)


def test_the_page_can_be_read_without_a_script(published: Publish, window: Open) -> None:
    survey = published(ONE_QUESTION)
    one = window(survey, java_script_enabled=False)
    one.page.goto(survey.link())
    shown = one.page.inner_text("body")
    assert ONE_QUESTION["questions"][0]["title"]["en"] in shown


def test_watching_the_real_relay_finds_nothing(published: Publish, tmp_path: Path) -> None:
    survey = published(every_kind())
    nodes = tmp_path / "nodes.json"
    nodes.write_text(json.dumps(survey.federation.nodes_file.to_json()))
    for language in (None, "nl"):
        link = survey.link(language=language)
        done = drempel("watch-booth", link, "--nodes", nodes, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["same"]
        assert survey.codes[0] not in done.stdout + done.stderr
