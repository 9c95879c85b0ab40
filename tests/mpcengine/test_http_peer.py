"""Call a receiver that is slow, dead, rude or lying: named, limited, without its bytes."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest
import urllib3

from mpcengine import http_peer
from mpcengine.http_peer import ClientError, HttpPeer, Misbehaved, Refused, Unreachable


class Rude:
    """Answer every call with the same raw bytes, and count the calls."""

    def __init__(self, raw: bytes) -> None:
        rude, self.calls = self, 0

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None: ...

            def do_GET(self) -> None:  # http.server looks for this name
                rude.calls += 1
                self.wfile.write(raw)

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()


@pytest.fixture
def rude() -> Iterator[list[Rude]]:
    made: list[Rude] = []
    yield made
    for one in made:
        one.server.shutdown()
        one.server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_peer, "WAIT_SECONDS", 0.001)


def http(status: str, body: bytes, *headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(rude: list[Rude], raw: bytes) -> object:
    rude.append(Rude(raw))
    return HttpPeer(name="b", url=rude[-1].url).get("health")


def test_it_returns_the_object(rude: list[Rude]) -> None:
    assert ask(rude, http("200 OK", b'{"state": "open"}')) == {"state": "open"}
    assert rude[0].calls == 1


@pytest.mark.parametrize(
    "raw",
    [
        http("302 Found", b"", "Location: http://127.0.0.1:9/elsewhere"),
        http("200 OK", b"<html>"),
        http("200 OK", b"[1]"),
        http("200 OK", b'{"a": 1, "a": 2}'),
        http("200 OK", b"\xff"),
    ],
)
def test_it_refuses_what_the_interface_does_not_know(rude: list[Rude], raw: bytes) -> None:
    with pytest.raises(Misbehaved):
        ask(rude, raw)
    assert rude[0].calls == 1


def test_it_reads_no_more_than_its_limit(
    rude: list[Rude], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_peer, "MAX_ANSWER_BYTES", 100)
    body = json.dumps({"state": "x" * 100}).encode()
    with pytest.raises(Misbehaved):
        ask(rude, http("200 OK", body))


@pytest.mark.parametrize(
    "raw", [b"", b"garbage\r\n\r\n", http("503 Busy", b"x"), b"HTTP/1.1 2"]
)
def test_it_tries_again_on_silence_and_then_says_so(rude: list[Rude], raw: bytes) -> None:
    with pytest.raises(Unreachable) as caught:
        ask(rude, raw)
    assert rude[0].calls == http_peer.TRIES
    assert (str(caught.value), caught.value.__suppress_context__) == (
        "b",
        raw[:12] != b"HTTP/1.1 503",
    )


def test_a_call_that_must_not_be_repeated_is_not(rude: list[Rude]) -> None:
    rude.append(Rude(b""))
    peer = HttpPeer(name="b", url=rude[-1].url)
    with pytest.raises(Unreachable):
        peer.send("GET", "health", {}, repeat=False)
    assert rude[0].calls == 1


def test_a_slow_receiver_is_left(rude: list[Rude], monkeypatch: pytest.MonkeyPatch) -> None:
    timeout = urllib3.Timeout(connect=0.2, read=0.2)
    pool = urllib3.PoolManager(retries=False, timeout=timeout)
    monkeypatch.setattr(http_peer, "_pools", lambda *_: pool)
    with pytest.raises(Unreachable):
        ask(rude, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{")


def test_a_refusal_carries_code_and_sentence_and_nothing_else(rude: list[Rude]) -> None:
    body = {"code": "policy.min_count", "detail": "Too low.", "secret": "abc"}
    with pytest.raises(Refused) as caught:
        ask(rude, http("403 Forbidden", json.dumps(body).encode()))
    refusal = caught.value
    assert (refusal.status, refusal.code, refusal.sentence) == (
        403,
        "policy.min_count",
        "Too low.",
    )
    assert "abc" not in repr(vars(refusal))


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"code": "A B", "detail": "a\\nb"}'])
def test_a_refusal_of_another_form_is_named_so(rude: list[Rude], body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        ask(rude, http("400 Bad Request", body))
    assert (caught.value.code, caught.value.sentence) == ("refused", "No reason was given.")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", "http://127.0.0.1/?x=1", "x"])
def test_it_calls_http_addresses_only(url: str) -> None:
    with pytest.raises(ClientError):
        HttpPeer(name="b", url=url).get("health")


@pytest.fixture
def dripping() -> Iterator[str]:
    """Return the address of a receiver that takes a body and answers a byte at a time."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:  # http.server looks for this name
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2000")
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(2000):
                    self.wfile.write(b" ")
                    time.sleep(0.02)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_receiver_that_answers_a_byte_at_a_time_is_left(dripping: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable):
        HttpPeer(name="b", url=dripping, seconds=0.3).send("POST", "orders", {})
    assert time.monotonic() - began < 5


def test_a_receiver_that_never_reads_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(Unreachable):
            HttpPeer(name="b", url=url, seconds=0.5).send_octets("packages", bytes(40_000_000))
        assert time.monotonic() - began < 15
