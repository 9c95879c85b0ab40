"""``drempel watch-booth``: whatever is served otherwise than it was signed is told."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest

from cli.main import main
from connector import watching
from connector.http import Receiver, new_pool
from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.strict import to_base64
from tests.booth.relay_double import Answer, Relay, running
from tests.vectors.cast import cast, codes


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running() as found:
        yield found


def watched(relay: Relay, lie: Callable[[str, Answer], None]) -> list[tuple[str, str]]:
    """Return what is told, by what and where, while the relay lies."""
    relay.lie = lie
    receiver = Receiver(name="The relay", url=relay.url, pool=new_pool(2))
    return [(o.what, o.where) for o in watching.booth_watch(receiver, relay.manifest)]


def script(*arguments: object) -> int:
    return main(["watch-booth", *map(str, arguments)])


def test_it_finds_nothing_where_all_is_as_signed(
    relay: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script(relay.link) == 0
    told = capsys.readouterr().out
    assert f"those of the manifest {relay.manifest.digest}" in told
    assert "Who the nodes are was not checked" in told
    asked = {path for path, _ in relay.asked}
    assert asked == set(relay.answers)


def test_it_compares_with_the_nodes_of_the_file(
    relay: Relay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes = cast().nodes.to_json()
    path = tmp_path / "nodes.json"
    path.write_text(json.dumps(nodes))
    assert script(relay.link, "--nodes", path, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "same": True,
        "manifest": relay.manifest.digest,
        "release": relay.manifest.booth.release,
        "nodes_checked": True,
        "differences": [],
    }
    nodes["nodes"][0]["identity_key"] = to_base64(cast().manifest.coordinator.key)
    path.write_text(json.dumps(nodes))
    assert script(relay.link, "--nodes", path, "--json") == 1
    (told,) = json.loads(capsys.readouterr().out)["differences"]
    assert told["what"] == "manifest"


def changed(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        assert old in body
        return body.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed(b"Sector", b"Sectors"),
        changed(b"</body>", b"<!-- for you --></body>"),
        lambda body: body + b"\n",
        lambda body: body[:-1],
        lambda _body: b"",
    ],
    ids=["another question", "a remark", "a byte more", "a byte less", "nothing"],
)
def test_it_tells_another_page(relay: Relay, change: Callable[[bytes], bytes]) -> None:
    for page in relay.pages:

        def lie(path: str, answer: Answer, page: str = page) -> None:
            answer.body = change(answer.body) if path == page else answer.body

        assert watched(relay, lie) == [("page", page)]


def test_it_tells_another_file(relay: Relay) -> None:
    for name in relay.manifest.booth.files:
        place = relay.module(name)

        def lie(path: str, answer: Answer, place: str = place) -> None:
            answer.body += b"\n" if path == place else b""

        assert watched(relay, lie) == [("file", place)]


def test_it_tells_a_file_that_is_missing_or_elsewhere(relay: Relay) -> None:
    place = relay.module("style/booth.css")

    def missing(path: str, answer: Answer) -> None:
        answer.status = 404 if path == place else answer.status

    def moved(path: str, answer: Answer) -> None:
        if path == place:
            answer.status, answer.headers["Location"] = 302, "http://elsewhere.example/"

    assert watched(relay, missing) == [("file", place)]
    assert watched(relay, moved) == [("file", place)]


@pytest.mark.parametrize(
    "change",
    [
        changed(b"connect-src 'self'", b"connect-src 'self' https://elsewhere.example"),
        changed(b"script-src ", b"script-src 'unsafe-inline' "),
        changed(b"; form-action 'none'", b""),
        changed(b"default-src 'none'; ", b""),
        lambda _policy: b"",
        lambda policy: policy + b", default-src *",
    ],
    ids=["foreign host", "inline scripts", "forms", "no default", "none", "a second one"],
)
def test_it_tells_another_policy(relay: Relay, change: Callable[[bytes], bytes]) -> None:
    page = relay.pages[0]

    def lie(path: str, answer: Answer) -> None:
        if path == page:
            name = "Content-Security-Policy"
            answer.headers[name] = change(answer.headers[name].encode()).decode()

    assert watched(relay, lie) == [("policy", page)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Set-Cookie", "who=anna"),
        ("ETag", '"anna"'),
        ("Last-Modified", "Wed, 01 Jan 2020 00:00:07 GMT"),
        ("Clear-Site-Data", '"storage"'),
        ("Content-Security-Policy-Report-Only", "report-uri https://elsewhere.example"),
        ("Speculation-Rules", '"/who/anna.json"'),
        ("Link", "<https://elsewhere.example/a.js>; rel=modulepreload"),
        ("Refresh", "0; url=https://elsewhere.example"),
        ("Report-To", "{}"),
        ("Service-Worker-Allowed", "/"),
        ("Referrer-Policy", "unsafe-url"),
        ("X-Content-Type-Options", ""),
        ("Content-Type", "image/svg+xml"),
    ],
)
def test_it_tells_a_header_that_does_more(relay: Relay, name: str, value: str) -> None:
    for place in (relay.pages[1], relay.module("style/booth.css")):

        def lie(path: str, answer: Answer, place: str = place) -> None:
            if path == place:
                answer.headers[name] = value

        assert watched(relay, lie) == [("header", place)]


def test_it_tells_a_header_that_is_sent_twice(relay: Relay) -> None:
    place = relay.module("style/booth.css")
    digest = relay.manifest.booth.files["style/booth.css"]

    def lie(path: str, answer: Answer) -> None:
        if path == place:
            # Browsers keep the first; names of headers are alike in any case.
            answer.headers |= {"etag": '"anna"', "ETag": f'"{digest}"'}

    assert watched(relay, lie) == [("header", place)]


def test_it_tells_a_manifest_that_nobody_signed(
    relay: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    document: Any = relay.signed.to_json()
    document["signatures"]["b"] = document["signatures"]["a"]

    def lie(path: str, answer: Answer) -> None:
        answer.body = canonical(document) if "/manifests/" in path else answer.body

    relay.lie = lie
    assert script(relay.link, "--json") == 1
    (told,) = json.loads(capsys.readouterr().out)["differences"]
    assert told["what"] == "manifest"


def test_it_tells_a_manifest_that_leads_elsewhere(
    relay: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    with running() as other:
        relay.answers = {**other.answers}
        assert script(relay.link, "--json") == 1
    told = json.loads(capsys.readouterr().out)["differences"]
    assert ("manifest", "The manifest sends respondents to another relay than this link.") in [
        (one["what"], one["sentence"]) for one in told
    ]


@pytest.mark.parametrize(
    "change",
    [
        changed(b"Sector", b"Sectors"),
        changed(b'"signatures"', b'"signature"'),
        lambda body: body[:-1],
        lambda _body: b"[]",
        lambda _body: b'{"manifest": null}',
    ],
    ids=["another question", "no signatures", "a byte less", "a list", "no text"],
)
def test_it_tells_another_manifest_where_browsers_read_it(
    relay: Relay, change: Callable[[bytes], bytes]
) -> None:
    """The connector reads another form of it, which may well be the signed one."""
    place = f"/api/v1/manifests/{relay.manifest.survey_id}/text"

    def lie(path: str, answer: Answer) -> None:
        answer.body = change(answer.body) if path == place else answer.body

    assert watched(relay, lie) == [("manifest", place)]


def test_it_tells_a_signed_manifest_in_the_place_of_this_one(relay: Relay) -> None:
    place = f"/api/v1/manifests/{relay.manifest.survey_id}/text"
    with running() as other:
        own = other.answers[place]

        def lie(path: str, answer: Answer) -> None:
            answer.body = own.body if path == place else answer.body

        assert watched(relay, lie) == [("manifest", place)]


@pytest.mark.parametrize("name", ["ETag", "Set-Cookie", "Last-Modified"])
def test_it_tells_a_header_beside_the_manifest(relay: Relay, name: str) -> None:
    place = f"/api/v1/manifests/{relay.manifest.survey_id}/text"

    def lie(path: str, answer: Answer) -> None:
        if path == place:
            answer.headers[name] = '"anna"'

    assert watched(relay, lie) == [("header", place)]


PACKERS = {"gzip": gzip.compress, "br": brotli.compress}


@pytest.mark.parametrize("coding", PACKERS)
def test_it_reads_packed_answers_and_bounds_them(
    relay: Relay, monkeypatch: pytest.MonkeyPatch, coding: str
) -> None:
    def packed(_path: str, answer: Answer) -> None:
        answer.body = PACKERS[coding](answer.body)
        answer.headers["Content-Encoding"] = coding

    assert watched(relay, packed) == []
    # A small answer may unpack to anything: it is given up, not filled up with.
    monkeypatch.setattr(watching, "LARGEST_BODY", 60)
    assert {what for what, _ in watched(relay, packed)} == {"page", "file", "manifest"}


@pytest.mark.parametrize("coding", [*PACKERS, "zstd", "gzip, br"])
def test_it_tells_what_is_not_packed_as_it_says(relay: Relay, coding: str) -> None:
    def packed(_path: str, answer: Answer) -> None:
        answer.body += b"not packed"
        answer.headers["Content-Encoding"] = coding

    assert {what for what, _ in watched(relay, packed)} == {"page", "file", "manifest"}


def test_it_asks_for_what_browsers_ask_for(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a relay could keep another page for who reads brotli: that is every browser."""
    offered = "gzip, deflate, br, zstd"
    assert watching.codings_offered("https://relay.example") == offered
    assert watching.codings_offered("http://relay.example") == "gzip, deflate"
    watched(relay, lambda *_: None)
    asked = [headers["Accept-Encoding"] for _, headers in relay.asked]
    assert set(asked) == {"gzip, deflate"}
    monkeypatch.setattr(watching, "brotli", None)
    assert watching.codings_offered("https://relay.example") == "gzip, deflate"


def test_it_looks_like_anybody_and_sends_no_code(relay: Relay) -> None:
    assert script(f"{relay.link}#{codes()[0]}") == 0
    for path, headers in relay.asked:
        assert codes()[0] not in f"{path} {headers}"
        if not path.startswith("/api/"):
            assert headers["User-Agent"].startswith("Mozilla/5.0 ")
            assert {"Cookie", "Referer", "Authorization"}.isdisjoint(headers)


@pytest.mark.parametrize(
    "arguments",
    [
        ("http://127.0.0.1:1/answer/short",),
        ("http://127.0.0.1:1/answer/" + "0f" * 16, "--every", "1"),
        ("http://127.0.0.1:1/answer/" + "0f" * 16, "--nodes", "absent.json"),
    ],
)
def test_it_refuses_bad_input(arguments: tuple[str, ...]) -> None:
    assert script(*arguments) == 2


def test_it_goes_on_looking_until_something_differs(
    relay: Relay, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            relay.answers[relay.pages[0]].body += b"\n"

    monkeypatch.setattr("cli.commands.watch_booth.time.sleep", pause)
    assert script(relay.link, "--every", 100, "--json") == 1
    looks = [json.loads(line)["same"] for line in capsys.readouterr().out.splitlines()]
    assert looks == [True, True, False]
    assert len(pauses) == 2
    assert all(50 <= seconds <= 150 for seconds in pauses)
