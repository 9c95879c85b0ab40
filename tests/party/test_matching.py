"""The rounds of matching with three real parties: right flags, equal traffic, named endings."""

import signal
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from mpcengine.protocol.partywire import EXIT_NAMED, OutcomeHeader
from mpcengine.protocol.wordswire import ORDER, WordsList, WordsSpec
from tests.circuits.words_cases import distinct, two_lists
from tests.party.harness import Ending, Trio
from tests.party.sharing import INDEXES, opened, opened_flags, share_list

PROGRAM = "mpcengine.party"


@dataclass
class Given:
    """Blocks for three parties, list by list."""

    lists: list[np.ndarray[Any, np.dtype[np.uint64]]]
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


def traffic(trio: Trio, given: Given, sizes: tuple[int, ...]) -> list[object]:
    endings = run(trio, given, lists=described(*sizes))
    headers: list[OutcomeHeader] = [e.header for e in endings.values() if e.header]
    keys = ("bytes_sent", "messages", "rounds")
    return [(h.arrays, h.notices, {key: h.figures[key] for key in keys}) for h in headers]


def test_it_has_equal_traffic_whatever_matches() -> None:
    """Nothing in common, everything in common: the same arrays, messages and bytes."""
    pool = distinct(1000, 5)
    given = (
        Given([np.sort(pool[:500]), np.sort(pool[500:])]),
        Given([np.sort(pool[:500]), np.sort(pool[:500])], seed=2),
    )
    seen = []
    for one in given:
        trio = Trio.make()
        try:
            seen.append(traffic(trio, one, (500, 500)))
        finally:
            trio.close()
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
