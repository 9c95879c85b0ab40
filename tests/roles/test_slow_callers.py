"""A caller who goes on byte by byte is let go of; one with a long body is not."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from config import web_socket
from config.web_socket import PatientSocket
from tests.roles.tls_server import make_paper

Pair = tuple[ssl.SSLSocket, ssl.SSLSocket]


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """The service's end and a caller's end of one connection; a call has 0.5 seconds."""
    monkeypatch.setattr(web_socket, "CALL_SECONDS", 0.5)
    monkeypatch.setattr(web_socket, "SILENCE_SECONDS", 1.0)
    paper = make_paper(tmp_path)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(paper.certificate, paper.key)
    own.sslsocket_class = PatientSocket
    theirs = ssl.create_default_context(cafile=str(paper.certificate))
    one, other = socket.socketpair()
    with (
        own.wrap_socket(one, server_side=True, do_handshake_on_connect=False) as served,
        theirs.wrap_socket(
            other, server_hostname="localhost", do_handshake_on_connect=False
        ) as caller,
    ):
        shaking = threading.Thread(target=caller.do_handshake)
        shaking.start()
        served.do_handshake()
        shaking.join()
        yield served, caller


def read_for(served: ssl.SSLSocket, caller: ssl.SSLSocket, piece: bytes) -> float:
    """Send a piece every 50 ms for two seconds; return how long it was read."""
    began = time.monotonic()

    def send() -> None:
        with suppress(OSError):
            while time.monotonic() - began < 2:
                caller.sendall(piece)
                time.sleep(0.05)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        while sending.is_alive():
            served.recv(65536)
    except TimeoutError:
        pass
    ended = time.monotonic() - began
    sending.join()
    return ended


def test_who_goes_on_byte_by_byte_is_let_go_of(pair: Pair) -> None:
    assert read_for(*pair, b"x") < 1.5


def test_who_has_a_long_body_has_longer(pair: Pair) -> None:
    assert read_for(*pair, bytes(16000)) > 1.9


def test_each_call_on_a_connection_has_its_own_time(pair: Pair) -> None:
    served, caller = pair
    caller.sendall(b"x")
    assert served.recv(10) == b"x"
    time.sleep(0.6)
    served.setblocking(True)
    caller.sendall(b"y")
    assert served.recv(10) == b"y"
