"""Words between three real parties: what arrives, what is masked, and how it ends badly.

Checked on a copy that every test with such a sentence fails without its defence.
"""

import signal
import time
from collections.abc import Iterator

import numpy as np
import pytest

from mpcengine.party.landing import MOST_EARLY_BYTES
from mpcengine.protocol.partywire import EXIT_BAD_SPEC, EXIT_NAMED
from mpcengine.protocol.wordswire import WordsList
from tests.party.harness import Ending, Trio
from tests.party.test_endings import wait_until_connected
from tests.party.words_double import LENGTHS

DOUBLE = "tests.party.words_double"


def run(trio: Trio, work: str, **changes: object) -> dict[int, Ending]:
    for index in (1, 2, 3):
        trio.start_words(trio.words_spec(index, **changes), work, module=DOUBLE)
    return trio.finish_all()


def arrays(endings: dict[int, Ending]) -> list[list[int]]:
    assert [(e.code, e.failure) for e in endings.values()] == [(0, None)] * 3
    return [endings[index].arrays["order"] for index in (1, 2, 3)]


def test_it_passes_messages_of_all_lengths_on(trio: Trio) -> None:
    """Whatever is sent may be overwritten at once; what arrives is what was sent, in order."""
    endings = run(trio, "ring")
    assert arrays(endings) == [[0, 2 * len(LENGTHS)]] * 3
    header = endings[1].header
    assert header is not None
    assert header.figures["bytes_sent"] >= 2 * sum(LENGTHS)


def test_it_puts_messages_in_their_places_before_their_turn(trio: Trio) -> None:
    """Fails if a message of a full box goes to the place of another."""
    assert arrays(run(trio, "early")) == [[0]] * 3


def test_it_refuses_messages_in_another_order(trio: Trio) -> None:
    """Fails (one chunk takes the words of another) without ``Landing._check``."""
    failure = run(trio, "crossed", deadline_seconds=30.0)[1].failure
    assert failure is not None
    assert (failure.cause, failure.peer) == ("frame_rejected", 2)
    assert failure.detail == "a message of words has another length"


def test_it_exchanges_with_both_neighbours(trio: Trio) -> None:
    assert arrays(run(trio, "both")) == [[0]] * 3


def test_it_masks_with_shares_of_zero(trio: Trio) -> None:
    """The three shares cancel, and no party's is its neighbour's."""
    first, second, third = arrays(run(trio, "masks"))
    assert [a ^ b ^ c for a, b, c in zip(first, second, third, strict=True)] == [0] * 8
    assert len({*first, *second, *third}) == 24


def test_it_never_uses_a_stream_twice() -> None:
    """B1. Two processes of the same job, attempt, round and bucket have other streams.

    Fails if pair keys are derived from the spec.
    """
    seen = []
    for _ in range(2):
        trio = Trio.make()
        try:
            seen.append(arrays(run(trio, "masks")))
        finally:
            trio.close()
    assert seen[0] != seen[1]


def test_it_reads_blocks_of_shares(trio: Trio) -> None:
    lists = (WordsList(owner=0, words=3), WordsList(owner=1, words=600_000))
    blocks = [
        np.arange(2 * one.words, dtype="<u8").reshape(2, one.words) << np.uint64(40)
        for one in lists
    ]
    data = b"".join(block.tobytes() for block in blocks)
    for index in (1, 2, 3):
        spec = trio.words_spec(index, lists=lists)
        trio.start_words(spec, "blocks", module=DOUBLE, blocks=data)
    sums = [int(row) for block in blocks for row in block.sum(axis=1, dtype=np.uint64)]
    assert arrays(trio.finish_all()) == [sums] * 3


def test_it_refuses_blocks_that_end_too_early(trio: Trio) -> None:
    for index in (1, 2, 3):
        trio.start_words(trio.words_spec(index), "blocks", module=DOUBLE, blocks=bytes(31))
    endings = trio.finish_all()
    assert {ending.code for ending in endings.values()} <= {EXIT_BAD_SPEC, EXIT_NAMED}
    assert EXIT_BAD_SPEC in {ending.code for ending in endings.values()}


def test_it_refuses_a_message_of_another_length(trio: Trio) -> None:
    """Fails (it waits for the rest until its deadline) without ``Landing._check``."""
    endings = run(trio, "short", deadline_seconds=30.0)
    failure = endings[1].failure
    assert failure is not None
    assert (failure.cause, failure.peer) == ("frame_rejected", 2)
    assert failure.detail == "a message of words has another length"


def test_it_refuses_parties_of_two_buckets(trio: Trio) -> None:
    for index in (1, 2, 3):
        spec = trio.words_spec(index, buckets=2, bucket=int(index == 3))
        trio.start_words(spec, "ring", module=DOUBLE)
    failures = [ending.failure for ending in trio.finish_all().values() if ending.failure]
    assert ("digest_mismatch", "bucket") in [(f.cause, f.detail) for f in failures]


def test_it_holds_back_a_peer_that_is_faster() -> None:
    """160 MiB for a party that does not look: it holds 64, and calls nobody silent.

    Fails (peak) without ``pause_reading``, fails (peer_stalled) without the sentence on held
    back connections in ``Session._check_silence``.
    """
    trio = Trio.make(stall_seconds=2.0)
    try:
        peaks = arrays(run(trio, "flood"))
        assert MOST_EARLY_BYTES <= peaks[0][0] < MOST_EARLY_BYTES + 2**21
    finally:
        trio.close()


@pytest.fixture
def passing(request: pytest.FixtureRequest) -> Iterator[Trio]:
    trio = Trio.make(stall_seconds=3.0)
    work = getattr(request, "param", "forever")
    for index in (1, 2, 3):
        trio.start_words(trio.words_spec(index), work, module=DOUBLE)
    wait_until_connected(trio)
    yield trio
    trio.close()


@pytest.mark.parametrize(
    ("passing", "victim"),
    [("forever", 1), ("forever", 2), ("forever", 3), ("deep", 1), ("deep", 2)],
    indirect=["passing"],
)
def test_it_names_a_killed_peer_within_two_seconds(passing: Trio, victim: int) -> None:
    passing.parties[victim].process.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    for index in {1, 2, 3} - {victim}:
        ending = passing.parties[index].finish()
        assert ending.failure is not None
        assert (ending.failure.cause, ending.failure.peer) == ("peer_lost", victim)
        assert ending.ended_at - killed_at < 2.0


def test_it_names_a_frozen_peer_at_its_deadline(passing: Trio) -> None:
    passing.parties[2].process.send_signal(signal.SIGSTOP)
    failures = [passing.parties[index].finish().failure for index in (1, 3)]
    named = [(failure.cause, failure.peer) for failure in failures if failure]
    assert ("peer_stalled", 2) in named
