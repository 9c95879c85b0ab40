"""The page as a browser gets it: whole, strict, the same for everybody, and small."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Request, expect

from tests.booth.conftest import ONE_QUESTION, Open, Publish
from tests.booth.page_surveys import every_kind
from tests.end_to_end.harness import drempel

# Bytes of bodies as they cross the wire, headers not counted, by what the browser reads. The
# bar is what browsers get over https, and over http from the machine itself: brotli. One that
# reads gzip only, as over http from elsewhere, gets some more; program and page are the same.
LARGEST_BOOTH = {"br": 60_000, "gzip": 69_000}


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


@pytest.mark.parametrize("coding", LARGEST_BOOTH)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_grows_no_larger(
    published: Publish,
    window: Open,
    coding: str,
    language: str,
    record_property: Callable[[str, object], None],
) -> None:
    """All bodies of a first visit, as they are sent, until people can begin."""
    survey = published(every_kind(), invited=3)
    one = window(survey)
    if coding == "gzip":
        one.context.set_extra_http_headers({"Accept-Encoding": "gzip, deflate"})
    sizes: list[tuple[int, str, str]] = []

    def count(asked: Request) -> None:
        size, answer = asked.sizes()["responseBodySize"], asked.response()
        # What comes from the browser's own cache is told with a size below 0.
        if size > 0 and answer is not None:
            sizes.append((size, answer.headers.get("content-encoding", ""), asked.url))

    one.page.on("requestfinished", count)
    one.page.goto(survey.link(language=language))
    expect(one.page.locator("#go")).to_be_enabled()
    one.page.wait_for_load_state("networkidle")
    # The state of the survey and health are small, and not packed.
    packed = [(size, used) for size, used, url in sizes if "/surveys/" not in url]
    assert {used for _, used in packed} == {coding}
    total = sum(size for size, _, _ in sizes)
    record_property("bytes", total)
    assert total <= LARGEST_BOOTH[coding], sorted(sizes)


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
