"""The doctor asks nodes over real TLS: who is there, with which pin, key, clock, nodes file?"""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cli.doctoring import peers as asking
from cli.doctoring.peers import peers
from cli.files import read_nodes
from cli.installing.keys import signing_key_load
from mpcengine.protocol.nodesfile import introduction_body, nodes_digest
from mpcengine.protocol.signing import LABEL_INTRODUCTION, sign
from mpcengine.protocol.strict import to_base64
from tests.cli.doctoring.installation import Installation, installation, verdicts


class Node:
    """A node's answer to the doctor, with its own folder and a clock that may be wrong."""

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self.folder, self.listener, self.apart = folder, listener, 0.0
        self.identity = folder / "identity.pem"

    def answer(self, path: str) -> bytes:
        nodes = nodes_digest(read_nodes(self.folder / "nodes.json"))
        challenge = bytes.fromhex(path.rpartition("/")[2])
        body = introduction_body(nodes, challenge)
        signature = sign(signing_key_load(self.identity), LABEL_INTRODUCTION, body)
        return json.dumps({"nodes": nodes, "signature": to_base64(signature)}).encode()

    def serve(self) -> HTTPServer:
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = node.answer(self.path)
                self.send_response_only(200)
                self.send_header("Date", formatdate(time.time() + node.apart, usegmt=True))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        server.socket.close()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(
            self.folder / "tls-certificate.pem", self.folder / "tls-key.pem"
        )
        server.socket = context.wrap_socket(
            self.listener, server_side=True, do_handshake_on_connect=False
        )
        return server


@contextmanager
def served(node: Node) -> Iterator[None]:
    server = node.serve()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[dict[str, Node]]:
    with ExitStack() as stack:
        listeners = {node: stack.enter_context(socket.socket()) for node in "abc"}
        for one in listeners.values():
            one.bind(("127.0.0.1", 0))
            one.listen()
        ports = {node: int(one.getsockname()[1]) for node, one in listeners.items()}
        installation(tmp_path, ports)
        found = {node: Node(tmp_path / node, one) for node, one in listeners.items()}
        for node in found.values():
            stack.enter_context(served(node))
        yield found


def test_it_is_content_with_three_good_nodes(nodes: dict[str, Node], tmp_path: Path) -> None:
    found = list(peers(Installation(tmp_path).service))
    assert {(one.number, one.verdict) for one in found} == {
        (number, "ok") for number in ("D11", "D12", "D13", "D15")
    }
    assert len(found) == 12
    assert nodes


def _pin(one: Installation, _: Node) -> None:
    one.entry("b", pin="sha256:" + "0" * 64)


def _key(one: Installation, node: Node) -> None:
    node.identity = one.home / "c" / "identity.pem"


def _file(_: Installation, node: Node) -> None:
    path = node.folder / "nodes.json"
    path.write_text(path.read_text("utf-8").replace('"C"', '"Another"'), "utf-8")


def _clock(_: Installation, node: Node) -> None:
    node.apart = 9.0


@pytest.mark.parametrize(
    ("spoil", "number", "verdict"),
    [
        (_pin, "D12", "FAIL"),
        (_key, "D13", "FAIL"),
        (_file, "D15", "FAIL"),
        (_clock, "D11", "warn"),
    ],
)
def test_it_names_what_is_wrong_with_one_node(
    spoil: Callable[[Installation, Node], None],
    number: str,
    verdict: str,
    nodes: dict[str, Node],
    tmp_path: Path,
) -> None:
    one = Installation(tmp_path)
    spoil(one, nodes["b"])
    found = [finding for finding in peers(one.service) if "Node b" in finding.seen]
    assert verdicts(found, number) == {verdict}
    wrong = [finding for finding in found if finding.verdict != "ok"]
    assert len(wrong) == 1
    assert wrong[0].do


def test_it_does_not_wait_for_nodes_that_are_down(installed: Installation) -> None:
    """One refuses connections, one takes them and says nothing."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        installed.entry("b", url=f"https://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        found = list(peers(installed.service))
        assert time.monotonic() - started < 2 * asking.READ_SECONDS
    assert verdicts(found, "D12") == {"FAIL"}
    assert len(found) == 3


def test_it_fails_a_nodes_file_that_is_none(installed: Installation) -> None:
    (installed.folder / "nodes.json").write_text("{}", "utf-8")
    assert verdicts(peers(installed.service), "D15") == {"FAIL"}
