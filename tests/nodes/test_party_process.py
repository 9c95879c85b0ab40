"""One party is started, fed, limited in time and reaped; how it ended is always known."""

import errno
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mpcengine.protocol.canonical import JSON, digest_bytes
from mpcengine.protocol.partywire import PartySpec, PeerAddress
from nodes import party_process
from nodes.party_process import NowhereToListen, PartyAttempt, PartyOutcome
from tests.nodes.publishing import colour_survey


@pytest.fixture
def attempt() -> Iterator[PartyAttempt]:
    made = PartyAttempt(round_number=1, attempt=1, host="127.0.0.1")
    yield made
    made.stop()


def spec(attempt: PartyAttempt, **changes: JSON) -> PartySpec:
    """Return a spec whose peers are not there."""
    values = {
        "job": "sha256:" + "0" * 64,
        "attempt": 1,
        "round": 1,
        "index": 1,
        "listen_fd": attempt.listen_fd,
        "certificate": attempt.certificate,
        "private_key": attempt.private_key,
        "pin": digest_bytes(attempt.pin).hex(),
        "peers": tuple(
            PeerAddress(index=index, host="127.0.0.1", port=9, pin=f"{index}" * 64)
            for index in (2, 3)
        ),
        "root": "sha256:" + "1" * 64,
        "survey": colour_survey(),
        "rows": 0,
        "width": 3,
        "accepted": 0,
        "min_count": 2,
        "draw_seed": bytes(32),
        "deadline_seconds": 20.0,
        "connect_seconds": 0.5,
    }
    return PartySpec(**(values | changes))


def outcome(attempt: PartyAttempt) -> PartyOutcome:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = attempt.poll()
        if found is not None:
            return found
        time.sleep(0.05)
    raise TimeoutError


def test_it_listens_before_the_party_exists(attempt: PartyAttempt) -> None:
    other = PartyAttempt(round_number=1, attempt=1, host="127.0.0.1")
    assert attempt.port != other.port
    assert attempt.pin != other.pin
    assert attempt.poll() is None
    other.stop()
    other.stop()


def test_it_names_the_cause_when_no_peer_comes(attempt: PartyAttempt) -> None:
    attempt.start(spec(attempt), iter(()))
    found = outcome(attempt)
    assert found.failure is not None
    assert found.failure.cause == "connect_timeout"
    assert found.arrays == {}


def test_it_kills_a_party_that_outlives_its_time(
    attempt: PartyAttempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(party_process, "GRACE_SECONDS", -20.4)
    attempt.start(spec(attempt, connect_seconds=0.5, deadline_seconds=20.0), iter(()))
    found = outcome(attempt)
    assert found.failure is not None
    assert found.failure.cause == "internal"


def test_it_leaves_no_process_behind(attempt: PartyAttempt) -> None:
    attempt.start(spec(attempt, connect_seconds=30.0), iter(()))
    process = attempt._process
    assert process is not None
    attempt.stop()
    assert process.poll() is not None
    assert not Path(f"/proc/{process.pid}").exists()
    assert attempt.private_key not in str(process.args)


def on(ports: range) -> PartyAttempt:
    return PartyAttempt(
        round_number=1, attempt=1, host="node.example", listen_host="127.0.0.1", ports=ports
    )


def free_ports(count: int) -> range:
    """Return neighbouring ports that are free now."""
    for first in range(20_000 + os.getpid() % 10_000, 60_000, count):
        held: list[socket.socket] = []
        try:
            for port in range(first, first + count):
                held.append(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue
        else:
            return range(first, first + count)
        finally:
            for one in held:
                one.close()
    raise AssertionError


def test_it_takes_the_first_free_port_and_tells_another_host_than_it_listens_on() -> None:
    ports = free_ports(2)
    first, second = on(ports), on(ports)
    assert [first.port, second.port] == list(ports)
    assert {first.host, second.host} == {"node.example"}
    with pytest.raises(NowhereToListen) as full:
        on(ports)
    assert full.value.cause == "no_free_port"
    first.stop()
    again = on(ports)
    assert again.port == first.port
    for one in (again, second):
        one.stop()


def test_a_port_is_free_again_when_its_party_had_callers() -> None:
    ports = free_ports(1)
    first = on(ports)
    with socket.create_connection(("127.0.0.1", first.port)) as caller:
        taken = socket.socket(fileno=os.dup(first.listen_fd))
        taken.accept()[0].close()
        taken.close()
        first.stop()
        caller.recv(1)
        again = on(ports)
    assert again.port == first.port
    again.stop()


def test_it_says_when_the_address_is_not_this_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def not_here(*_: object) -> None:
        raise OSError(errno.EADDRNOTAVAIL, "not here")

    monkeypatch.setattr(party_process, "_listen_at", not_here)
    with pytest.raises(NowhereToListen) as nowhere:
        on(range(9001, 9003))
    assert nowhere.value.cause == "no_address"
