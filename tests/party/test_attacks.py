"""A peer that holds a valid certificate and misbehaves: each attack is refused by name.

Checked on a copy that every test here fails without its defence; how is said in each docstring.
"""

import contextlib
from pathlib import Path

import pytest

from mpcengine.party.connection import PAIR_KEY
from mpcengine.protocol.partywire import EXIT_NAMED
from tests.party.evil import HEADER, Evil, Line
from tests.party.harness import Ending, Trio


def bomb(marker: Path) -> bytes:
    """Return a pickle that creates a file when it is loaded: builtins.open(marker, "w")."""
    return f"cbuiltins\nopen\n(V{marker}\nVw\ntR.".encode()


def attack(trio: Trio, work: str) -> tuple[Line, Line]:
    """Party 1 is real and runs ``work``; parties 2 and 3 are ours and have said hello."""
    trio.start(1, work)
    lines = []
    for index in (2, 3):
        line = Evil(trio, index).answer()
        line.enter(1)
        lines.append(line)
    return lines[0], lines[1]


def assert_named(ending: Ending, cause: str, peer: int) -> None:
    assert ending.code == EXIT_NAMED, ending.stderr
    assert ending.failure is not None
    assert (ending.failure.cause, ending.failure.peer) == (cause, peer)


@pytest.mark.parametrize("work", ["arrays", "nothing"])
def test_it_runs_no_code_from_a_pickle(trio: Trio, tmp_path: Path, work: str) -> None:
    """M1, MPyC's array path and its barrier at the end.

    Fails (the marker exists) if ``isolated`` leaves MPyC its pickle.
    """
    marker = tmp_path / "ran"
    second, third = attack(trio, work)
    label, _ = second.frame()
    second.send(label, bomb(marker))
    third.send(label, bomb(marker))
    ending = trio.parties[1].finish()
    assert not marker.exists()
    assert ending.failure is not None
    assert ending.failure.peer in (2, 3)
    assert_named(ending, "frame_rejected", ending.failure.peer)


def test_it_refuses_a_frame_that_is_too_long(trio: Trio) -> None:
    """M14. Fails (the victim waits for the rest) without the cap in ``_take_frame``."""
    second, third = attack(trio, "wait")
    second.raw(HEADER.pack(7, 64 * 2**20 + 1))
    assert third.farewell() == {"cause": "frame_rejected", "peer": 2}
    assert_named(trio.parties[1].finish(), "frame_rejected", 2)


def test_it_refuses_a_long_frame_before_the_hello(trio: Trio) -> None:
    """Fails (the victim collects the bytes) if the cap before the hello is the general one."""
    trio.start(1, "wait")
    line = Evil(trio, 2).answer()
    line.raw(HEADER.pack(7, 2**20) + bytes(100))
    assert_named(trio.parties[1].finish(), "frame_rejected", 2)


def test_it_refuses_a_replayed_frame(trio: Trio) -> None:
    """M14. Fails (the victim goes on waiting for party 3) without the set of seen labels."""
    second, _ = attack(trio, "wait")
    label, payload = second.frame()
    second.send(label, payload)
    second.send(label, payload)
    assert_named(trio.parties[1].finish(), "frame_rejected", 2)


def test_it_refuses_to_buffer_without_end(trio: Trio) -> None:
    """M14. Fails (the victim keeps 300 MiB) without the limit in ``_deliver``."""
    second, _ = attack(trio, "wait")
    with contextlib.suppress(OSError):
        for label in range(1000, 1006):
            second.send(label, bytes(60 * 2**20))
    assert second.is_closed()
    assert_named(trio.parties[1].finish(), "frame_rejected", 2)


@pytest.mark.parametrize("payload", [bytes(16), b"\xff" * 8])
def test_it_refuses_a_vector_of_another_length_or_outside_the_field(
    trio: Trio, payload: bytes
) -> None:
    """Fails (the victim computes with it) without the checks in ``vectors._vector``."""
    second, third = attack(trio, "wait")
    label, honest = second.frame()
    assert len(honest) == 8
    third.send(label, honest)
    second.send(label, payload)
    assert_named(trio.parties[1].finish(), "frame_rejected", 2)


def test_it_refuses_a_second_pair_key(trio: Trio) -> None:
    """Fails (the victim waits on) if the key's label is an ordinary one on an open line."""
    second, _ = attack(trio, "wait")
    second.send(PAIR_KEY, bytes(16))
    assert_named(trio.parties[1].finish(), "frame_rejected", 2)


def test_it_ends_when_a_peer_says_done_and_sends_no_more(trio: Trio) -> None:
    """Fails (the victim waits until the deadline) if ``done`` excuses an outstanding value."""
    second, third = attack(trio, "wait")
    label, honest = second.frame()
    third.send(label, honest)
    second.send(-(2**63) + 3, b'{"cause":"done","peer":0}')
    second.sock.close()
    assert_named(trio.parties[1].finish(), "peer_lost", 2)


@pytest.mark.parametrize("word", [b"x", b'{"cause":"rm -rf","peer":2}'])
def test_it_refuses_a_farewell_it_cannot_read(trio: Trio, word: bytes) -> None:
    """Fails (another cause, or free text of a peer in our log) without the closed list."""
    second, _ = attack(trio, "wait")
    second.send(-(2**63) + 3, word)
    assert_named(trio.parties[1].finish(), "frame_rejected", 2)


def test_it_does_not_let_a_leaver_blame_a_peer_that_we_hear(trio: Trio) -> None:
    """Fails (party 3 is blamed) if a farewell's blame is believed without our own evidence."""
    second, _ = attack(trio, "wait")
    second.send(-(2**63) + 3, b'{"cause":"peer_stalled","peer":3}')
    ending = trio.parties[1].finish()
    assert_named(ending, "peer_lost", 2)
    assert ending.failure is not None
    assert ending.failure.detail == "left with peer_stalled of peer 3"
