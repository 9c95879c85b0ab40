"""Results for people: verified or not at all; a public page is the same for everybody."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from mpcengine.models import SignedResult
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.strict import to_base64
from surveys.models import Survey
from tests.accounts.cast import person
from tests.events.conftest import Events, events, events_file
from tests.surveys.reports import (
    answers,
    manifest_of,
    nodes_file,
    signed_result,
    store_result,
    withheld_result,
)
from tests.vectors.cast import ed25519

__all__ = ["events", "events_file"]
pytestmark = pytest.mark.django_db
Stored = tuple[Client, Survey]


@pytest.fixture
def stored(settings: Settings, tmp_path: Path) -> Stored:
    """Return Carol's browser and a survey of hers with its result."""
    settings.NODES_FILE = nodes_file(tmp_path)
    carol, browser = person(), Client()
    browser.force_login(carol)
    manifest = manifest_of(200)
    document = signed_result(manifest, answers())
    return browser, store_result(carol.organisation, manifest, document)


def tamper(change: Callable[[Any], None]) -> None:
    row = SignedResult.objects.get()
    change(row.document)
    row.save()


def strange_nodes(settings: Settings, folder: Path) -> str:
    """Write a nodes file in which one node is somebody else."""
    nodes = json.loads(Path(settings.NODES_FILE).read_text("utf-8"))
    nodes["nodes"][0]["identity_key"] = to_base64(public_bytes(ed25519("a stranger")))
    other = folder / "other.json"
    other.write_text(json.dumps(nodes), "utf-8")
    return str(other)


def publish(browser: Client, survey: Survey, public: str = "yes") -> None:
    address = f"/surveys/{survey.pk}/results/publicity"
    assert browser.post(address, {"public": public}).status_code == 302


def test_it_shows_no_number_of_a_result_that_does_not_verify(
    stored: Stored, events: Events
) -> None:
    browser, survey = stored
    publish(browser, survey)
    address = f"/surveys/{survey.pk}/results"
    assert ">60<" in browser.get(address).content.decode()
    tamper(lambda document: document["tables"][0]["cells"][0].update(count=61))
    files = [f"{address}/drempel.{kind}" for kind in ("csv", "xlsx", "sps", "pdf", "json")]
    public = [f"/results/{survey.pk}/nl", f"/results/{survey.pk}/nl/drempel.csv"]
    for one in (address, *files, *public):
        answer = browser.get(one)
        assert answer.status_code == 500
        assert "Content-Disposition" not in answer.headers
        for number in ("61", "60", "36"):
            assert f">{number}<" not in answer.content.decode()
    assert len(events("survey.result_doubtful")) == 8


def test_it_shows_no_result_signed_by_other_nodes(
    stored: Stored, settings: Settings, tmp_path: Path
) -> None:
    browser, survey = stored
    settings.NODES_FILE = strange_nodes(settings, tmp_path)
    assert browser.get(f"/surveys/{survey.pk}/results").status_code == 500


def test_a_public_result_is_the_same_for_everybody(stored: Stored, events: Events) -> None:
    carol, survey = stored
    address = f"/results/{survey.pk}/nl"
    before = Client().get(address)
    assert before.status_code == 404
    publish(carol, survey)
    english = Client(headers={"accept-language": "en"})
    pages = [one.get(address) for one in (carol, Client(), english)]
    assert {one.status_code for one in pages} == {200}
    assert len({one.content for one in pages}) == 1
    for one in pages:
        assert one.headers["Cache-Control"] == "public, max-age=300"
        assert not one.cookies
        assert "Vary" not in one.headers
    publish(carol, survey, "no")
    after = Client().get(address)
    assert after.content == before.content
    unknown = Client().get(f"/results/{'0' * 32}/nl").content
    assert unknown == before.content.replace(survey.pk.encode(), b"0" * 32)
    told = events("survey.result_published", "survey.result_hidden")
    assert [one["event.code"] for one in told] == [
        "survey.result_published",
        "survey.result_hidden",
    ]


def test_nobody_else_reads_or_publishes_a_result(stored: Stored) -> None:
    _, survey = stored
    other = Client()
    other.force_login(person("dana@drempel.example", organisation="Hospital"))
    assert other.get(f"/surveys/{survey.pk}/results").status_code == 404
    address = f"/surveys/{survey.pk}/results/publicity"
    assert other.post(address, {"public": "yes"}).status_code == 404
    assert Client().get(f"/results/{survey.pk}/en").status_code == 404


def test_it_says_why_nothing_was_released(settings: Settings, tmp_path: Path) -> None:
    settings.NODES_FILE = nodes_file(tmp_path)
    carol, browser = person(), Client(headers={"accept-language": "nl"})
    browser.force_login(carol)
    manifest = manifest_of(190)
    survey = store_result(
        carol.organisation, manifest, withheld_result(manifest, "fewer than min_count")
    )
    page = browser.get(f"/surveys/{survey.pk}/results").content.decode()
    assert "minder antwoorden dan de drempel" in page
    assert "min_count" not in page
    assert "<table" not in page


def brought(data: bytes) -> str:
    browser = Client(headers={"accept-language": "en"})
    answer = browser.post("/verify", {"result": SimpleUploadedFile("result.json", data)})
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_anybody_verifies_a_file(stored: Stored) -> None:
    browser, survey = stored
    file = browser.get(f"/surveys/{survey.pk}/results/drempel.json").content
    good = brought(file)
    assert "follows from what the nodes signed" in good
    assert "The keys are those of the nodes" in good
    document = json.loads(file)
    document["tables"][0]["cells"][0]["count"] = 61
    bad = brought(json.dumps(document).encode())
    assert "Do not use this file." in bad
    assert "tables[0].cells[0].count" in bad
    assert "follows from what the nodes signed" not in bad
    for data in (b"{", b"[]", b'{"kind": "survey"}', b'{"kind": "match"}', b"\xff", b"{}"):
        assert "Do not use this file." in brought(data)


def test_it_does_not_say_that_strange_nodes_are_known(
    stored: Stored, settings: Settings, tmp_path: Path
) -> None:
    browser, survey = stored
    file = browser.get(f"/surveys/{survey.pk}/results/drempel.json").content
    settings.NODES_FILE = strange_nodes(settings, tmp_path)
    page = brought(file)
    assert "Who the nodes are was not checked." in page
