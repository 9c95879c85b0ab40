"""The spec of a round of matching comes back as it was sent; anything else is refused."""

from dataclasses import fields, replace

import pytest

from mpcengine.protocol import partywire as wire
from mpcengine.protocol import wordswire
from mpcengine.protocol.canonical import canonical, parse_canonical
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.wordswire import WordsList, WordsSpec
from tests.party.harness import Trio

LISTS = (
    WordsList(owner=0, words=100),
    WordsList(owner=2, words=7),
    WordsList(owner=9, words=7),
)


def body_of(spec: WordsSpec) -> bytes:
    data = wordswire.encode_words(spec)
    assert wire.frame_length(data[: wire.PREFIX_BYTES]) == len(data) - wire.PREFIX_BYTES
    return data[wire.PREFIX_BYTES :]


def test_it_carries_a_spec_of_every_round(trio: Trio) -> None:
    merge = trio.words_spec(2, buckets=4, bucket=3, lists=LISTS, fault="party.computed")
    order = replace(merge, round=wordswire.ORDER, bucket=0, lists=LISTS[1:])
    outcome = replace(merge, round=wordswire.OUTCOME, bucket=0, request={"kind": "match"})
    for spec in (merge, order, outcome):
        body = body_of(spec)
        assert wordswire.is_words(body)
        parsed = wordswire.parse_words(body)
        for field in fields(spec):
            assert getattr(parsed, field.name) == getattr(spec, field.name)
    assert not wordswire.is_words(wire.encode_spec(trio.specs[1])[wire.PREFIX_BYTES :])
    assert "PRIVATE" not in repr(merge)


def test_it_says_which_blocks_follow(trio: Trio) -> None:
    merge = trio.words_spec(1, buckets=2, lists=LISTS)
    assert merge.blocks == (100, 7, 7)
    assert replace(merge, round=wordswire.ORDER).blocks == (100, 100, 7, 7, 7, 7)
    outcome = replace(merge, round=wordswire.OUTCOME)
    assert outcome.blocks == (1,) * 6 + (2,) * 4
    assert [wordswire.flag_words(count) for count in (1, 64, 65)] == [1, 1, 2]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "drempel-words-spec/2"),
        ("round", 3),
        ("round", 7),
        ("index", 4),
        ("buckets", 0),
        ("buckets", 257),
        ("bucket", 4),
        ("bucket", -1),
        ("lists", []),
        ("lists", [{"owner": 0, "words": 1}]),
        ("lists", [{"owner": 1, "words": 1}, {"owner": 2, "words": 1}]),
        ("lists", [{"owner": 0, "words": 1}, {"owner": 0, "words": 1}]),
        ("lists", [{"owner": 0, "words": 0}, {"owner": 1, "words": 1}]),
        ("lists", [{"owner": 0, "words": 1}, {"owner": 1, "words": 2**24 + 1}]),
        ("request", {"kind": "match"}),
        ("deadline_seconds", 0),
        ("peers", []),
        ("fault", "anywhere"),
        ("more", 1),
    ],
)
def test_it_refuses_another_value(trio: Trio, key: str, value: object) -> None:
    spec = trio.words_spec(1, buckets=4, lists=LISTS)
    body = parse_canonical(body_of(spec))
    wordswire.parse_words(canonical(body))
    with pytest.raises(MalformedMessage):
        wordswire.parse_words(canonical({**body, key: value}))


def test_it_asks_for_the_request_in_the_outcome_only(trio: Trio) -> None:
    spec = trio.words_spec(1, round=wordswire.OUTCOME, lists=LISTS)
    with pytest.raises(MalformedMessage):
        wordswire.parse_words(body_of(spec))


def test_it_takes_words_of_any_value_in_rounds_of_matching_only() -> None:
    highest = b"\xff" * 16
    for number, is_taken in ((3, False), (4, True), (6, True)):
        data = wire.encode_outcome(number, [("order", 2)], figures={})
        header = wire.parse_outcome(data[wire.PREFIX_BYTES :])
        if is_taken:
            assert wire.split_arrays(header, highest) == {"order": highest}
            with pytest.raises(MalformedMessage):
                wire.split_arrays(header, highest[:-1])
        else:
            with pytest.raises(MalformedMessage):
                wire.split_arrays(header, highest)


def test_it_cuts_a_block_into_its_two_components() -> None:
    assert wordswire.split_block(bytes(range(32))) == (bytes(range(16)), bytes(range(16, 32)))
    with pytest.raises(MalformedMessage):
        wordswire.split_block(bytes(24))
