"""Who calls a node calls that node, over TLS, or sends nothing at all."""

import ssl
from pathlib import Path

import pytest
import urllib3
from pytest_django import Settings

from connector.errors import Unreachable as ConnectorUnreachable
from connector.http import Receiver, new_pool
from mpcengine.http_peer import HttpPeer, Unreachable
from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.nodesfile import NodeEntry
from nodes import peer_client
from nodes.peer_client import PeerSilent
from pinned_http import (
    PIN_MISMATCH,
    PLAIN_REFUSED,
    TLS_REFUSED,
    UNREACHABLE,
    cause_of,
    is_loopback,
    new_pools,
)
from tests.roles.tls_server import Paper, Served, make_paper, served

TIMEOUT = urllib3.Timeout(connect=5, read=5)
BODY = b"a share"


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return make_paper(tmp_path)


def call(server: Served, *pins: bytes, plain: bool = False, url: str = "") -> str:
    """Post something; return the cause of the failure, or ``ok``."""
    pools = new_pools(pins=pins, plain=plain, timeout=TIMEOUT)
    try:
        answer = pools.request("POST", url or server.url, body=BODY)
    except urllib3.exceptions.HTTPError as error:
        return cause_of(error)
    finally:
        pools.clear()
    assert answer.data == b"{}"
    return "ok"


def test_it_takes_the_pinned_certificate_over_tls_1_3(paper: Paper) -> None:
    with served(paper) as server:
        assert call(server, paper.pin) == "ok"
        assert call(server, b"\1" * 32, paper.pin) == "ok"
    assert server.versions == ["TLSv1.3", "TLSv1.3"]
    assert all(one.endswith(BODY) for one in server.read)


def test_it_takes_a_pinned_certificate_that_is_old_and_bears_another_name(
    tmp_path: Path,
) -> None:
    expired = make_paper(tmp_path, "elsewhere.example", age_days=400)
    with served(expired) as server:
        assert call(server, expired.pin) == "ok"


def test_it_sends_nothing_to_another_certificate(paper: Paper, tmp_path: Path) -> None:
    other = make_paper(tmp_path)
    with served(paper) as server:
        assert call(server, other.pin) == PIN_MISMATCH
        assert call(server, other.pin, b"\0" * 32) == PIN_MISMATCH
        assert call(server, paper.pin[:31] + bytes([paper.pin[31] ^ 1])) == PIN_MISMATCH
        assert server.read == []
        assert call(server, paper.pin) == "ok"
    assert len(server.read) == 1


def test_it_speaks_nothing_older_than_tls_1_3_with_a_pin(paper: Paper) -> None:
    with served(paper, newest=ssl.TLSVersion.TLSv1_2) as server:
        assert call(server, paper.pin) == TLS_REFUSED
    assert server.read == []


def test_without_a_pin_the_systems_authorities_decide(
    paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger, expired = make_paper(tmp_path), make_paper(tmp_path, age_days=400)
    renamed = make_paper(tmp_path, "elsewhere.example")
    trusted = tmp_path / "authorities.pem"
    known = (paper, expired, renamed)
    trusted.write_bytes(b"".join(one.certificate.read_bytes() for one in known))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    for refused in (stranger, expired, renamed):
        with served(refused) as server:
            assert call(server) == TLS_REFUSED
        assert server.read == []
    with served(paper, newest=ssl.TLSVersion.TLSv1_2) as server:
        assert call(server) == "ok"
    assert server.versions == ["TLSv1.2"]


@pytest.mark.parametrize(
    ("pins", "plain", "host", "outcome"),
    [
        ((), True, "127.0.0.1", "ok"),
        ((), True, "localhost", "ok"),
        ((), False, "127.0.0.1", PLAIN_REFUSED),
        ((b"\1" * 32,), True, "127.0.0.1", PLAIN_REFUSED),
        ((), True, "0.0.0.0", PLAIN_REFUSED),  # noqa: S104 - an address to refuse
        ((), True, "localhost.example", PLAIN_REFUSED),
    ],
)
def test_it_calls_in_the_clear_on_this_machine_only(
    pins: tuple[bytes, ...], plain: bool, host: str, outcome: str
) -> None:
    with served(None) as server:
        url = f"http://{host}:{server.port}"
        assert call(server, *pins, plain=plain, url=url) == outcome
    assert len(server.read) == (outcome == "ok")


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("127.8.0.1", True), ("[::1]", True), ("10.0.0.1", False), ("", False), ("a.b", False)],
)
def test_it_knows_this_machine_by_its_address(host: str, is_here: bool) -> None:
    assert is_loopback(host) is is_here


def test_portal_and_relay_obey(paper: Paper, settings: Settings) -> None:
    settings.EMBEDDED = False
    with served(paper) as server:
        good = HttpPeer(name="b", url=server.url, pins=(paper.pin,))
        assert good.get("health") == {}
        with pytest.raises(Unreachable) as bad:
            HttpPeer(name="b", url=server.url, pins=(b"\1" * 32,)).get("health")
        with pytest.raises(Unreachable) as clear:
            HttpPeer(name="b", url=f"http://localhost:{server.port}").get("health")
    assert (bad.value.cause, clear.value.cause) == (PIN_MISMATCH, PLAIN_REFUSED)
    assert len(server.read) == 1


def test_a_node_obeys(paper: Paper, settings: Settings) -> None:
    settings.EMBEDDED = False
    with served(paper) as server:
        status, content, _ = peer_client._post(_entry(server.url, paper.pin), "x", b"{}", "s")
        assert (status, content) == (200, b"{}")
        for url, pin, cause in (
            (server.url, b"\1" * 32, PIN_MISMATCH),
            (f"http://localhost:{server.port}", None, PLAIN_REFUSED),
        ):
            with pytest.raises(PeerSilent) as bad:
                peer_client._post(_entry(url, pin), "x", b"{}", "s")
            assert bad.value.cause == cause
    assert len(server.read) == 1


def test_a_respondent_obeys_and_is_told_why(paper: Paper) -> None:
    with served(paper) as server:
        good = Receiver(name="Node b", url=server.url, pool=new_pool(1, (paper.pin,)))
        assert good.get("health") == {}
        bad = Receiver(name="Node b", url=server.url, pool=new_pool(1, (b"\1" * 32,)))
        # Refused at once, not tried for the minute of patience that silence gets.
        with pytest.raises(ConnectorUnreachable, match="another certificate") as refused:
            bad.get("health")
        assert refused.value.cause == PIN_MISMATCH
        strange = Receiver(name="Node b", url=server.url, pool=new_pool(1))
        with pytest.raises(ConnectorUnreachable, match="this computer trusts"):
            strange.get("health")
        clear = Receiver(name="Node b", url="http://node.example", pool=new_pool(1))
        with pytest.raises(ConnectorUnreachable, match="without TLS"):
            clear.get("health")
    assert len(server.read) == 1


def test_silence_has_a_cause_of_its_own(paper: Paper) -> None:
    with served(paper) as server:
        pass
    assert call(server, paper.pin) == UNREACHABLE


def _entry(url: str, pin: bytes | None) -> NodeEntry:
    return NodeEntry(
        node="b",
        index=2,
        name="Bram's node",
        url=url,
        identity_key=bytes(32),
        pin=None if pin is None else Digest(f"sha256:{pin.hex()}"),
    )
