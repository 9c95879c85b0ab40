"""The page as a browser gets it: whole, strict, the same for everybody, and small."""

import json
import logging
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response, expect

from mpcengine.protocol.boothpage import file_path
from tests.booth.conftest import ONE_QUESTION, Open, Publish
from tests.booth.page_surveys import every_kind
from tests.booth.survey import OpenSurvey
from tests.end_to_end.harness import drempel

LOG = logging.getLogger(__name__)
# What the browser counted of every answer, by path. It says 300 for headers, whatever they are,
# and nothing for a body that it had already.
SIZES = """() => {
  const sizes = {};
  for (const kind of ["navigation", "resource"])
    for (const { name, transferSize } of performance.getEntriesByType(kind)) {
      const path = new URL(name).pathname;
      sizes[path] = (sizes[path] ?? 0) + Math.max(0, transferSize - 300);
    }
  return sizes;
}"""
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
    published: Publish, window: Open, coding: str, language: str
) -> None:
    """All bodies of a first visit, as they are sent, until people can begin."""
    survey = published(every_kind(), invited=3)
    one = window(survey)
    if coding == "gzip":
        one.context.set_extra_http_headers({"Accept-Encoding": "gzip, deflate"})
    codings: dict[str, str] = {}

    def note(answer: Response) -> None:
        coding_of = answer.headers.get("content-encoding", "")
        codings.setdefault(urlsplit(answer.url).path, coding_of)

    one.page.on("response", note)
    one.page.goto(survey.link(language=language))
    expect(one.page.locator("#go")).to_be_enabled()
    booth = survey.manifest.booth
    due = {file_path(booth.release, path) for path in booth.files}
    due |= {urlsplit(survey.page(language)).path, manifest_path(survey)}
    sizes: dict[str, int] = one.page.evaluate(SIZES)
    assert {path for path, size in sizes.items() if size > 0} >= due
    assert {codings[path] for path in due} == {coding}
    total = sum(sizes.values())
    # Shown by --log-cli-level=INFO.
    LOG.info("%s, %s: %d bytes of %d addresses", language, coding, total, len(sizes))
    assert total <= LARGEST_BOOTH[coding], sizes


def manifest_path(survey: OpenSurvey) -> str:
    """Return where the page's program reads the manifest."""
    return f"/api/v1/manifests/{survey.manifest.survey_id}/text"


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
