"""A web process as operators run it: TLS of its own, silent about callers, soon gone."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
import urllib3

from config import web_socket
from config.web_socket import SILENCE_SECONDS
from pinned_http import new_pools
from tests.mpcengine.cast import Federation
from tests.mpcengine.conftest import federation
from tests.relay.relay_process import RelayProcess
from tests.roles.tls_server import Paper, make_paper

__all__ = ["federation"]

TIMEOUT = urllib3.Timeout(connect=5, read=10)
GONE_SECONDS = 30.0
# Of the one worker process (config/gunicorn.py).
THREADS = 8


def group_of(leader: int) -> list[str]:
    """Return what a process group still has, the dead left out."""
    found = []
    for one in psutil.process_iter():
        try:
            if os.getpgid(one.pid) == leader and one.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{one.pid} {one.status()} {one.cmdline()}")
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


class Web:
    """A relay's web process under config/gunicorn.py, with a certificate."""

    def __init__(self, relay: RelayProcess, paper: Paper) -> None:
        self.relay, self.paper = relay, paper
        named = relay.folder / "service.json"
        service = json.loads(named.read_text()) | {
            "tls_certificate_file": str(paper.certificate),
            "tls_key_file": str(paper.key),
        }
        named.write_text(json.dumps(service))
        arguments = ["-m", "gunicorn", "-c", "python:config.gunicorn", "--workers", "1"]
        self.process = relay._run(arguments)
        self.pools = new_pools(pins=(paper.pin,), plain=False, timeout=TIMEOUT)
        self.url = f"https://127.0.0.1:{relay.port}"

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.pools.request("GET", f"{self.url}{path}", headers=headers)

    def wait(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                if self.get("/api/v1/health").status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                time.sleep(0.1)
        raise TimeoutError(self.relay.log, self.output)

    @property
    def output(self) -> str:
        return (self.relay.folder / "output").read_text()

    @contextmanager
    def connected(
        self, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ) -> Iterator[ssl.SSLSocket]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = newest
        with (
            socket.create_connection(("127.0.0.1", self.relay.port), 10) as plain,
            context.wrap_socket(plain) as secure,
        ):
            yield secure

    def stop(self) -> float:
        """Send SIGTERM; return how many seconds the whole group took to be gone."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(GONE_SECONDS) == 0, self.output
        assert group_of(self.process.pid) == []
        return time.monotonic() - began


@pytest.fixture
def web(federation: Federation, tmp_path: Path) -> Iterator[Web]:
    relay = RelayProcess(federation=federation, folder=tmp_path / "relay")
    relay.prepare()
    made = Web(relay, make_paper(tmp_path / "tls"))
    made.wait()
    yield made
    relay.stop()


def post(length: int) -> bytes:
    """Return the head of a call whose body is to follow."""
    head = f"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n"
    return f"{head}Content-Type: application/json\r\n\r\n".encode()


def test_it_speaks_tls_and_gives_every_answer_its_headers(web: Web) -> None:
    for path, status in (("/api/v1/health", 200), ("/nowhere", 404)):
        answer = web.get(path)
        assert answer.status == status
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    with web.connected(ssl.TLSVersion.TLSv1_2) as old:
        assert old.version() == "TLSv1.2"
        assert "GCM" in str(old.cipher()) or "CHACHA20" in str(old.cipher())
    with web.connected(ssl.TLSVersion.TLSv1_3) as new:
        assert new.version() == "TLSv1.3"
    with (
        pytest.warns(DeprecationWarning, match="TLSv1_1"),
        pytest.raises(ssl.SSLError),
        web.connected(ssl.TLSVersion.TLSv1_1),
    ):
        pass


def test_it_refuses_long_heads_and_believes_no_proxy(web: Web) -> None:
    assert web.get("/" + "x" * 5000).status == 414
    assert web.get("/api/v1/health", **{f"X-{n}": "x" for n in range(60)}).status >= 400
    told = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http"}
    answer = web.get("/api/v1/health", **told)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_it_writes_nowhere_who_called_for_what(web: Web) -> None:
    web.get("/secret-path", **{"X-Forwarded-For": "203.0.113.7", "User-Agent": "telltale"})
    web.get("/" + "x" * 5000)
    web.stop()
    written = web.output + web.relay.log
    for one in ("secret-path", "203.0.113.7", "telltale", "127.0.0.1"):
        assert one not in written, written


def test_idle_it_is_gone_at_once_though_callers_stay_connected(web: Web) -> None:
    web.get("/api/v1/health")
    assert web.stop() < 10


def test_busy_it_answers_what_is_under_way_and_is_gone(web: Web) -> None:
    with web.connected() as caller:
        caller.sendall(post(100) + b"{")
        time.sleep(0.5)
        web.process.send_signal(signal.SIGTERM)
        time.sleep(1.0)
        assert web.process.poll() is None
        caller.sendall(b" " * 98 + b"}")
        answer = caller.recv(4096)
        assert answer.startswith(b"HTTP/1.1 400"), answer
        assert b"problem+json" in answer
        assert web.process.wait(GONE_SECONDS) == 0


def test_callers_who_never_speak_or_never_end_do_not_keep_it(web: Web) -> None:
    with web.connected(), web.connected() as caller:
        caller.sendall(post(100) + b"{")
        time.sleep(0.5)
        assert web.stop() < GONE_SECONDS


@pytest.mark.slow
def test_callers_who_fall_silent_do_not_keep_others_out(web: Web) -> None:
    with ExitStack() as stack:
        for _ in range(THREADS):  # the first byte of a handshake, and no more
            silent = socket.create_connection(("127.0.0.1", web.relay.port), 10)
            stack.enter_context(silent).sendall(b"\x16")
        time.sleep(0.5)
        answer = new_pools(
            pins=(web.paper.pin,), plain=False, timeout=urllib3.Timeout(connect=60, read=60)
        ).request("GET", f"{web.url}/api/v1/health")
        assert answer.status == 200
    with web.connected() as caller:
        caller.sendall(post(100) + b"{")
        caller.settimeout(2 * SILENCE_SECONDS)
        answered = b""
        while b"body.unfinished" not in answered:
            piece = caller.recv(4096)
            assert piece, answered
            answered += piece
    web.stop()
    assert "rror" not in web.output + web.relay.log, web.output + web.relay.log


def test_a_silent_handshake_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_socket, "SILENCE_SECONDS", 0.2)
    paper = make_paper(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paper.certificate, paper.key)
    context.sslsocket_class = web_socket.PatientSocket
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"\x16")
        with context.wrap_socket(
            near, server_side=True, do_handshake_on_connect=False
        ) as secure:
            for blocking in (True, False):
                secure.setblocking(blocking)
                assert secure.gettimeout() == (0.2 if blocking else 0.0)
            secure.setblocking(True)
            with pytest.raises(TimeoutError):
                secure.do_handshake()


def test_it_says_what_is_missing_before_it_starts() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn"],
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings.relay"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode != 0
    assert "Set DREMPEL_CONFIG" in done.stderr
