"""The rounds of matching with three real parties: right flags, equal traffic, named endings."""

import signal
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from mpcengine.protocol.partywire import EXIT_NAMED
from mpcengine.protocol.wordswire import ORDER, OUTCOME, WordsList, WordsSpec
from tests.circuits.words_cases import distinct, two_lists
from tests.party.harness import Ending, Trio
from tests.party.sharing import INDEXES, opened, opened_flags, share, share_list

PROGRAM, DOUBLE = "mpcengine.party", "tests.party.words_double"


@dataclass
class Given:
    """Blocks for three parties, list by list."""

    lists: list[NDArray[np.uint64]]
    seed: int = 1

    def blocks(self) -> dict[int, bytes]:
        generator = np.random.default_rng(self.seed)
        shared = [share_list(words, generator) for words in self.lists]
        return {index: b"".join(one[index] for one in shared) for index in INDEXES}


def start(trio: Trio, given: Given, **changes: object) -> None:
    blocks = given.blocks()
    for index in INDEXES:
        spec: WordsSpec = trio.words_spec(index, **changes)
        trio.start_words(spec, module=PROGRAM, blocks=blocks[index])


def run(trio: Trio, given: Given, **changes: object) -> dict[int, Ending]:
    start(trio, given, **changes)
    endings = trio.finish_all()
    assert [(e.code, e.failure) for e in endings.values()] == [(0, None)] * 3
    return endings


def blocks_named(endings: dict[int, Ending], name: str) -> dict[int, list[int]]:
    return {index: ending.arrays[name] for index, ending in endings.items()}


def described(*sizes: int) -> tuple[WordsList, ...]:
    return tuple(WordsList(owner=2 * place, words=size) for place, size in enumerate(sizes))


def test_it_flags_what_owners_have_in_common_in_their_own_orders(trio: Trio) -> None:
    first, second = two_lists(300, 1000, 120)
    third = np.sort(np.concatenate([first[5:9], distinct(996, 77)]))
    fourth = distinct(10, 78)
    fourth.sort()
    lists = [first, second, third, fourth]
    endings = run(trio, Given(lists), lists=described(300, 1000, 1000, 10))
    for owner, theirs in ((2, second), (4, third), (6, fourth)):
        flags = opened_flags(blocks_named(endings, f"first/{owner}"), len(first))
        assert (flags == np.isin(first, theirs)).all()
        flags = opened_flags(blocks_named(endings, f"other/{owner}"), len(theirs))
        assert (flags == np.isin(theirs, first)).all()


def test_it_tells_which_lists_increase(trio: Trio) -> None:
    """Two buckets each: right, a word twice in the second bucket, two words swapped."""
    lists = [np.sort(distinct(70, seed)) for seed in range(6)]
    lists[3][11] = lists[3][10]
    lists[4][[0, 1]] = lists[4][[1, 0]]
    endings = run(trio, Given(lists), round=ORDER, buckets=2, lists=described(70, 70, 70))
    bits = opened(blocks_named(endings, "order"))
    assert bits.tolist() == [1, 0, 0]


def traffic(parts: list[NDArray[np.uint64]], seed: int, **changes: object) -> list[object]:
    """What one round shows of itself: arrays by name and size, the lengths of all messages."""
    trio = Trio.make()
    try:
        generator = np.random.default_rng(seed)
        # Sizes and flags stand as they are, only lists have their bits moved.
        sharing = share if changes.get("round") == OUTCOME else share_list
        shared = [sharing(words, generator) for words in parts]
        for index in INDEXES:
            spec = trio.words_spec(index, **changes)
            blocks = b"".join(one[index] for one in shared)
            trio.start_words(spec, "recorded", module=DOUBLE, blocks=blocks)
        endings = trio.finish_all()
        assert [(e.code, e.failure) for e in endings.values()] == [(0, None)] * 3
        return [(e.header.arrays, e.arrays["lengths"]) for e in endings.values() if e.header]
    finally:
        trio.close()


def test_it_has_equal_traffic_in_a_merge_whatever_matches() -> None:
    """Nothing in common, everything in common: the same arrays, the same lengths."""
    pool = distinct(1000, 5)
    first, second = np.sort(pool[:500]), np.sort(pool[500:])
    lists = described(500, 500)
    none = traffic([first, second], 1, lists=lists)
    assert none == traffic([first, first], 2, lists=lists)
    assert len(none) == 3


def test_it_has_equal_traffic_in_order_whatever_increases() -> None:
    words = np.sort(distinct(300, 6))
    for lists in (described(150), described(300)):
        right = traffic([words[: lists[0].words]], 1, round=ORDER, lists=lists)
        reverse = words[: lists[0].words][::-1].copy()
        assert right == traffic([reverse], 2, round=ORDER, lists=lists)


def test_it_has_equal_traffic_in_an_outcome_whatever_is_shown() -> None:
    """Sizes and flags of a match: nobody has anything, everybody has everything."""
    request = {
        "format": "drempel-request/1",
        "kind": "match",
        "title": {"en": "t"},
        "purpose": {"en": "p"},
        "identifier": "domain",
        "min_count": 3,
        "holder_feedback": "hit",
    }
    sizes = [np.array([60], dtype=np.uint64)] * 4
    seen = [
        traffic(
            [*sizes, *[np.array([flags], dtype=np.uint64)] * 3],
            seed,
            round=OUTCOME,
            lists=described(64, 64, 64, 64),
            request=request,
        )
        for seed, flags in ((1, 0), (2, 2**60 - 1))
    ]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("victim", [1, 2, 3])
def test_it_names_a_party_that_dies_in_a_merge(victim: int) -> None:
    trio = Trio.make()
    try:
        blocks = Given(list(two_lists(1000, 1000, 10))).blocks()
        for index in INDEXES:
            spec = trio.words_spec(index, lists=described(1000, 1000))
            if index == victim:
                spec = replace(spec, fault="party.rows_read")
            trio.start_words(spec, module=PROGRAM, blocks=blocks[index])
        endings = trio.finish_all()
        assert endings.pop(victim).code == -signal.SIGKILL
        for ending in endings.values():
            assert ending.code == EXIT_NAMED
            assert ending.failure is not None
            assert (ending.failure.cause, ending.failure.peer) == ("peer_lost", victim)
    finally:
        trio.close()
