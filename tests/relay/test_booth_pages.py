"""Serve the booth's pages and program: the same bytes to everybody, and nothing kept."""

import gzip
from dataclasses import replace
from typing import Any

import brotli
import pytest
from django.http import HttpResponse
from django.test import Client

from booth.files import booth_files, booth_release
from booth.terms import booth_of, booth_pages, page_source
from mpcengine.protocol.boothpage import content_policy, integrity
from relay import booths
from relay.models import BoothFile, BoothPage
from relay.services import survey_register
from tests.mpcengine.cast import Federation, Published, publish

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls_relay")]
OF_A_SURVEY = pytest.mark.usefixtures("survey")


@pytest.fixture
def survey(federation: Federation) -> Published:
    made = publish(federation)
    survey_register(signed_manifest=made.signed.to_json())
    return made


def get(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def body(answer: HttpResponse) -> bytes:
    forms = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}
    return bytes(forms[answer.headers.get("Content-Encoding")](answer.content))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_serves_the_page_that_the_manifest_names(survey: Published, language: str) -> None:
    manifest = survey.manifest
    answer = get(f"/answer/{manifest.survey_id}/{language}")
    assert answer.status_code == 200
    assert integrity(body(answer)) == manifest.booth.pages[language]
    assert body(answer) == booth_pages(page_source(manifest))[language]
    policy = content_policy(page_source(manifest), manifest.booth.release, manifest.booth.files)
    assert answer.headers["Content-Security-Policy"] == policy
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == language


def test_it_has_no_icon_and_says_so_without_an_error() -> None:
    answer = get("/favicon.ico")
    assert (answer.status_code, answer.content) == (204, b"")


def test_it_serves_the_surveys_first_language_where_none_is_named(survey: Published) -> None:
    assert dict(survey.manifest.survey.title).keys() == {"en"}
    named = get(f"/answer/{survey.manifest.survey_id}/en")
    assert get(f"/answer/{survey.manifest.survey_id}").content == named.content


def test_it_serves_every_file_as_it_lies_in_the_repository(survey: Published) -> None:
    files = survey.manifest.booth.files
    assert files.keys() == booth_files().keys()
    for path, digest in files.items():
        answer = get(f"/booth/{booth_release()}/{path}")
        assert answer.status_code == 200
        assert body(answer) == booth_files()[path]
        assert integrity(body(answer)) == digest
        smallest = get(f"/booth/{booth_release()}/{path}", **{"Accept-Encoding": "br"})
        assert smallest.headers["Content-Encoding"] == "br"
        assert body(smallest) == booth_files()[path]
        assert "immutable" in answer.headers["Cache-Control"]


def test_it_sends_the_same_bytes_to_everybody_and_no_cookie(survey: Published) -> None:
    page = f"/answer/{survey.manifest.survey_id}"
    callers = (
        {"Accept-Language": "nl"},
        {"Accept-Language": "en", "User-Agent": "another", "Cookie": "who=anna"},
        {"Referer": "http://elsewhere.example", "Sec-Fetch-Dest": "document"},
        {"Accept-Encoding": "gzip"},
        {"Accept-Encoding": "gzip, deflate, br, zstd"},
    )
    answers = [get(page, **caller) for caller in callers]
    assert len({body(answer) for answer in answers}) == 1
    for answer in answers:
        assert not answer.cookies
        assert answer.headers["Cache-Control"] == "no-cache"
    plain, packed, smallest = answers[-3:]
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert smallest.headers["Content-Encoding"] == "br"
    assert len(smallest.content) < len(packed.content) < len(plain.content)
    assert all("Accept-Encoding" in answer.headers["Vary"] for answer in answers)


@OF_A_SURVEY
@pytest.mark.parametrize(
    "path",
    [
        "/answer/" + "ab" * 16,
        "/answer/" + "0f" * 16 + "/de",
        "/answer/" + "0f" * 16 + "/nl/more",
        "/answer/<script>",
        "/booth/" + "00" * 16 + "/style/booth.css",
        f"/booth/{booth_release()}/../booth.py",
        f"/booth/{booth_release()}/style/absent.css",
    ],
)
def test_it_has_nothing_else(path: str) -> None:
    answer = get(path)
    assert answer.status_code == 404
    assert b"script>" not in answer.content
    assert "/booth/" not in answer.headers["Content-Security-Policy"]


@OF_A_SURVEY
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_can_only_be_read(method: str) -> None:
    for path in ("/answer/" + "0f" * 16, f"/booth/{booth_release()}/style/booth.css"):
        assert getattr(Client(), method)(path).status_code == 405


def test_it_serves_a_survey_as_before_when_another_version_is_installed(
    survey: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, style = "/answer/" + "0f" * 16, f"/booth/{booth_release()}/style/booth.css"
    before = body(get(page)), body(get(style))
    monkeypatch.setattr(booths, "booth_files", lambda: {"booth/app.js": b"another"})
    monkeypatch.setattr(booths, "booth_pages", lambda _document: {"en": b"another"})
    survey_register(signed_manifest=survey.signed.to_json())
    assert (body(get(page)), body(get(style))) == before


def test_it_has_no_page_for_a_survey_that_names_another_booth(federation: Federation) -> None:
    def other(document: Any) -> Any:
        own = booth_of(document)
        return replace(own, pages={**own.pages, "en": integrity(b"another page")})

    made = publish(federation, booth=other)
    survey_register(signed_manifest=made.signed.to_json())
    assert get(f"/answer/{made.manifest.survey_id}").status_code == 404
    assert not BoothFile.objects.exists()
    assert not BoothPage.objects.exists()
    found = get(f"/api/v1/manifests/{made.manifest.survey_id}")
    assert found.json() == made.signed.to_json()


def test_two_surveys_of_one_version_share_its_files(federation: Federation) -> None:
    for survey_id in ("0a" * 16, "0b" * 16):
        made = publish(federation, survey_id=survey_id)
        survey_register(signed_manifest=made.signed.to_json())
    assert BoothFile.objects.count() == len(booth_files())
    assert BoothPage.objects.count() == 4


def test_who_has_the_page_is_told_so(survey: Published) -> None:
    page = f"/answer/{survey.manifest.survey_id}"
    first = get(page)
    assert first.headers["ETag"] == f'"{survey.manifest.booth.pages["en"]}"'
    again = get(page, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    policy = "Content-Security-Policy"
    assert again.headers[policy] == first.headers[policy]
    other = get(f"{page}/nl", **{"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_the_manifest_can_be_had_as_text(survey: Published) -> None:
    path = f"/api/v1/manifests/{survey.manifest.survey_id}/text"
    told = get(path).json()
    assert told.pop("manifest").encode() == survey.manifest.raw
    assert told.items() < survey.signed.to_json().items()
    assert get("/api/v1/manifests/absent/text").status_code == 404


def test_the_manifest_is_packed_for_who_can_read_that(survey: Published) -> None:
    path = f"/api/v1/manifests/{survey.manifest.survey_id}"
    plain = get(path)
    assert plain.json() == survey.signed.to_json()
    for coding in ("gzip", "br"):
        packed = get(path, **{"Accept-Encoding": coding})
        assert packed.headers["Content-Encoding"] == coding
        assert body(packed) == plain.content
