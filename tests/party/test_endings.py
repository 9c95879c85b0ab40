"""Every way in which a peer may vanish ends the others in time, with its name.

Checked on a copy that every test with such a sentence fails without its defence.
"""

import os
import signal
import time

import psutil
import pytest

from mpcengine.protocol.partywire import EXIT_NAMED
from tests.party.harness import Ending, Trio


def wait_until_connected(trio: Trio) -> None:
    """Until all three processes have both connections, and have computed for a moment."""
    limit = time.monotonic() + 60
    for process in (psutil.Process(party.process.pid) for party in trio.parties.values()):
        while True:
            lines = process.net_connections("tcp")
            if sum(line.status == "ESTABLISHED" for line in lines) == 2:
                break
            assert time.monotonic() < limit
            time.sleep(0.05)
    time.sleep(0.7)


def survivors(trio: Trio, victim: int) -> dict[int, Ending]:
    return {index: trio.parties[index].finish() for index in (1, 2, 3) if index != victim}


@pytest.mark.parametrize("victim", [1, 2, 3])
def test_it_names_a_killed_peer_within_two_seconds(trio: Trio, victim: int) -> None:
    """M5. Fails (survivors hang) if ``connection_lost`` tells nobody."""
    trio.start_all("wait")
    wait_until_connected(trio)
    trio.parties[victim].process.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    for ending in survivors(trio, victim).values():
        assert ending.code == EXIT_NAMED
        assert ending.failure is not None
        assert (ending.failure.cause, ending.failure.peer) == ("peer_lost", victim)
        assert ending.ended_at - killed_at < 2.0


@pytest.mark.parametrize("victim", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_it_names_a_frozen_peer_at_its_deadline(victim: int) -> None:
    """M6. Fails (survivors hang until the total deadline) without ``_check_silence``.

    At least one survivor names the frozen peer; the other may name the first one's leaving,
    and then says whom that one blamed.
    """
    trio = Trio.make(stall_seconds=3.0)
    try:
        trio.start_all("wait")
        wait_until_connected(trio)
        os.kill(trio.parties[victim].process.pid, signal.SIGSTOP)
        stopped_at = time.monotonic()
        endings = survivors(trio, victim)
        named = [ending.failure for ending in endings.values() if ending.failure]
        assert len(named) == 2
        assert ("peer_stalled", victim) in [(f.cause, f.peer) for f in named]
        for failure in named:
            assert failure.peer == victim or f"peer {victim}" in failure.detail
        assert max(ending.ended_at for ending in endings.values()) - stopped_at < 3.0 + 5.0
    finally:
        trio.close()


def test_it_does_not_take_arithmetic_for_silence() -> None:
    """A party that computes for most of the stall limit is waited for.

    Fails (peer_stalled) if silence is counted from a shorter limit than the spec's.
    """
    trio = Trio.make(stall_seconds=4.0)
    try:
        trio.start_all("busy")
        assert [ending.code for ending in trio.finish_all().values()] == [0, 0, 0]
    finally:
        trio.close()


def test_it_gives_up_alone_at_the_connect_limit(trio: Trio) -> None:
    """M7. Fails (it waits for ever) without the limit around ``connect``."""
    for index in (1, 3):
        trio.change(index, connect_seconds=1.0)
        party = trio.start(index, "product")
        ending = party.finish()
        assert ending.code == EXIT_NAMED
        assert ending.failure is not None
        assert ending.failure.cause == "connect_timeout"
        assert ending.failure.peer in {1, 2, 3} - {index}


def test_it_ends_at_the_total_deadline(trio: Trio) -> None:
    """Fails (endless) without the timeout in ``run``."""
    for index in (1, 2, 3):
        trio.change(index, deadline_seconds=4.0)
    trio.start_all("wait")
    causes = [ending.failure.cause for ending in trio.finish_all().values() if ending.failure]
    assert len(causes) == 3
    assert "deadline" in causes
    assert set(causes) <= {"deadline", "peer_lost"}


def test_it_ends_when_its_node_dies(trio: Trio) -> None:
    """A party whose worker is gone ends by itself, so that no process is left behind.

    Fails (it runs on) without the look at the parent in ``_watch``.
    """
    for index in (1, 2, 3):
        trio.change(index, stall_seconds=2.0)
    for index in (2, 3):
        trio.start(index, "wait")
    worker, orphan = trio.start_below_a_worker(1, "wait")
    wait_until_connected(trio)
    worker.kill()
    worker.wait()
    orphan.wait(timeout=30)
    for ending in survivors(trio, 1).values():
        assert ending.failure is not None
        assert ending.failure.peer == 1
