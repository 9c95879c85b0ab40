"""The round `outcome` with three real parties shows what the plain rules say, bit for bit."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mpcengine.protocol.partywire import EXIT_BAD_SPEC, EXIT_NAMED
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.request_rules import (
    Verdict,
    compare_outcome,
    compare_rules,
    match_outcome,
    match_rules,
)
from mpcengine.protocol.wordswire import OUTCOME, WordsList, byte_words, flag_words
from tests.party.harness import Ending, Trio
from tests.party.sharing import INDEXES, opened, share

PROGRAM = "mpcengine.party"
BUCKETS, CAPACITY = 2, 70
REQUEST: dict[str, Any] = {
    "format": "drempel-request/1",
    "title": {"en": "t"},
    "purpose": {"en": "p"},
    "identifier": "domain",
    "min_count": 3,
}
Flags = NDArray[np.bool_]


def blocks(sizes: list[list[int]], flags: Flags) -> dict[int, bytes]:
    """What nodes hand in: sizes of (lists, buckets), flags of (others, buckets, slots)."""
    generator = np.random.default_rng(4)
    parts = [np.array([size], dtype=np.uint64) for each in sizes for size in each]
    for other in flags:
        for bucket in other:
            bits = np.zeros(64 * flag_words(CAPACITY), dtype=bool)
            bits[:CAPACITY] = bucket
            parts.append(np.packbits(bits, bitorder="little").view("<u8").astype(np.uint64))
    shared = [share(part, generator) for part in parts]
    return {index: b"".join(one[index] for one in shared) for index in INDEXES}


def run(trio: Trio, request: object, sizes: list[list[int]], flags: Flags) -> dict[int, Ending]:
    lists = tuple(WordsList(owner=o, words=CAPACITY) for o in range(len(sizes)))
    data = blocks(sizes, flags)
    for index in INDEXES:
        spec = trio.words_spec(
            index, round=OUTCOME, buckets=BUCKETS, lists=lists, request=request
        )
        trio.start_words(spec, module=PROGRAM, blocks=data[index])
    return trio.finish_all()


def words(endings: dict[int, Ending], name: str) -> list[int]:
    assert [(e.code, e.failure) for e in endings.values()] == [(0, None)] * 3
    blocks_of = {index: ending.arrays[name] for index, ending in endings.items()}
    return [int(word) for word in opened(blocks_of)]


def verdicts(endings: dict[int, Ending]) -> list[Verdict]:
    shown = [word & 1 for word in words(endings, "shown")]
    pairs = zip(shown, words(endings, "values"), strict=True)
    return [Verdict(bool(show), value) for show, value in pairs]


def slots(flags: Flags) -> list[list[bool]]:
    return [list(map(bool, other.ravel())) for other in flags]


@pytest.mark.parametrize("feedback", ["hit", "items"])
def test_it_shows_of_a_match_what_the_rules_say(trio: Trio, feedback: str) -> None:
    flags = np.zeros((4, BUCKETS, CAPACITY), dtype=bool)
    flags[:3, 0, :9] = True
    flags[3, 1, 69] = flags[0, 1, 64:68] = True
    request = {
        **REQUEST,
        "kind": "match",
        "min_organisations": 3,
        "holder_feedback": feedback,
    }
    sizes = [[40, 30], [70, 70], [1, 2], [3, 4], [5, 6]]
    endings = run(trio, request, sizes, flags)
    expected = match_outcome(match_rules(parse_request(request), 4), 70, slots(flags))
    assert expected.organisations.shown
    assert expected.indicators.shown
    assert verdicts(endings) == [expected.organisations, expected.indicators]
    counts = []
    for bucket in range(BUCKETS):
        found = np.array(words(endings, f"counts/{bucket}"), dtype="<u8").view(np.uint8)
        assert len(found) == 8 * byte_words(CAPACITY)
        assert not found[CAPACITY:].any()
        counts += found[:CAPACITY].tolist()
    assert tuple(counts) == expected.counts
    assert max(counts) == 3
    names = {"values", "shown", "counts/0", "counts/1"}
    assert set(endings[1].arrays) == names | ({"hits"} if feedback == "hit" else set())
    if feedback == "hit":
        hits = [bool(word & 1) for word in words(endings, "hits")]
        assert tuple(hits) == expected.hits


def test_it_opens_nothing_of_a_match_below_the_minimum(trio: Trio) -> None:
    """Two organisations have 20 values each, three were asked for: all that opens is 0."""
    flags = np.zeros((4, BUCKETS, CAPACITY), dtype=bool)
    flags[:2, :, :10] = True
    request = {**REQUEST, "kind": "match", "min_organisations": 3}
    endings = run(trio, request, [[40, 30]] * 5, flags)
    assert verdicts(endings) == [Verdict(False, 0)] * 2
    assert not any(words(endings, "counts/0"))


@pytest.mark.parametrize(("lists", "list_sizes"), [(2, True), (2, False), (3, True)])
def test_it_shows_of_a_comparison_what_the_rules_say(
    trio: Trio, lists: int, list_sizes: bool
) -> None:
    flags = np.ones((lists - 1, BUCKETS, CAPACITY), dtype=bool)
    flags[0, 0, 20:] = False
    flags[-1, 1, :60] = False
    request = {**REQUEST, "kind": "compare", "list_sizes": list_sizes}
    sizes = [[60, 70], [50, 45], [70, 70]][:lists]
    endings = run(trio, request, sizes, flags)
    totals = [sum(each) for each in sizes]
    rules = compare_rules(parse_request(request), lists)
    expected = compare_outcome(rules, totals, slots(flags))
    assert expected.intersection.shown
    assert verdicts(endings) == [expected.intersection, expected.union]
    assert set(endings[1].arrays) == {"values", "shown"}


def test_it_refuses_what_is_no_request(trio: Trio) -> None:
    flags = np.zeros((1, BUCKETS, CAPACITY), dtype=bool)
    endings = run(trio, {**REQUEST, "kind": "guess"}, [[1, 1]] * 2, flags)
    codes = {ending.code for ending in endings.values()}
    assert EXIT_BAD_SPEC in codes
    assert codes <= {EXIT_BAD_SPEC, EXIT_NAMED}
