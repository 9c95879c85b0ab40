"""A peer that answers without end, in size or in time, is left alone; the lease holds."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from mpcengine.protocol.nodesfile import NodeEntry
from nodes import peer_client
from nodes.models import Job
from nodes.peer_client import PeerMisbehaved, PeerSilent
from nodes.services import meeting
from nodes.services.leases import StaleJob, job_take
from nodes.services.meeting import stage_tell
from tests.nodes.anna import Anna
from tests.nodes.publishing import colour_survey

HEAD = b"HTTP/1.1 200 OK\r\nDrempel-Signature: x\r\nContent-Length: %d\r\n\r\n"


@contextmanager
def peer(anna: Anna, answer: Callable[[socket.socket], object]) -> Iterator[NodeEntry]:
    """Serve one call on a port of this machine with ``answer``."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            # What is left unread at the end would reset the connection.
            asked = b""
            while not asked.endswith(b"{}"):
                asked += connection.recv(65536)
            try:
                answer(connection)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        bram = anna.entries[1]
        yield NodeEntry(
            node=bram.node,
            index=bram.index,
            name=bram.name,
            url=f"http://127.0.0.1:{server.getsockname()[1]}",
            identity_key=bram.identity_key,
            pin=None,
        )
        thread.join(10.0)


def post(entry: NodeEntry) -> bytes:
    return peer_client._post(entry, "exchange", b"{}", "x")[1]


def drip(connection: socket.socket) -> None:
    connection.sendall(HEAD % 1000)
    for _ in range(1000):
        connection.sendall(b"x")
        time.sleep(0.05)


def test_it_reads_an_answer_in_pieces(anna: Anna) -> None:
    whole = bytes(range(256)) * 4096
    with peer(anna, lambda one: one.sendall(HEAD % len(whole) + whole)) as entry:
        assert post(entry) == whole


def test_it_gives_up_a_peer_that_sends_a_byte_at_a_time(anna: Anna, settings: Settings) -> None:
    settings.LONGEST_CALL_SECONDS = 0.4
    began = time.monotonic()
    with peer(anna, drip) as entry, pytest.raises(PeerSilent):
        post(entry)
    assert time.monotonic() - began < 5.0


def test_it_takes_no_answer_longer_than_a_body_may_be(anna: Anna, settings: Settings) -> None:
    settings.MAX_BODY_BYTES = 1000
    with peer(anna, lambda one: one.sendall(HEAD % 1000 + bytes(1000))) as entry:
        assert len(post(entry)) == 1000
    with (
        peer(anna, lambda one: one.sendall(HEAD % 1001 + bytes(1001))) as entry,
        pytest.raises(PeerMisbehaved),
    ):
        post(entry)


@pytest.fixture
def job(anna: Anna) -> Job:
    job = anna.open(anna.draft(colour_survey()))[1]
    taken = job_take(job_pk=job.pk, owner="first", now=timezone.now())
    assert taken is not None
    return taken


@pytest.mark.django_db(databases=["default", "issuing"])
def test_it_renews_a_worn_lease_between_two_peers(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(held: Job, _stage: str, node: str, _body: bytes) -> bool:
        asked.append(node)
        assert held.lease_until is not None
        left.append((held.lease_until - timezone.now()).total_seconds())
        held.lease_until -= timedelta(seconds=60)
        return True

    asked: list[str] = []
    left: list[float] = []
    monkeypatch.setattr(meeting, "_exchange", slow)
    stage_tell(job, "commit")
    assert asked == ["b", "c"]
    assert min(left) > 60


@pytest.mark.django_db(databases=["default", "issuing"])
def test_it_asks_no_second_peer_when_the_first_took_the_whole_lease(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(held: Job, _stage: str, node: str, _body: bytes) -> bool:
        asked.append(node)
        later = timezone.now() + timedelta(days=1)
        assert job_take(job_pk=held.pk, owner="second", now=later) is not None
        held.lease_until = timezone.now()
        return True

    asked: list[str] = []
    monkeypatch.setattr(meeting, "_exchange", endless)
    with pytest.raises(StaleJob):
        stage_tell(job, "commit")
    assert asked == ["b"]
