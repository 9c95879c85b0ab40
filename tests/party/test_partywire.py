"""Spec, outcome and failure come back as they were sent; anything else is refused."""

import struct
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.protocol import partywire as wire
from mpcengine.protocol.canonical import canonical, parse_canonical
from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import MODULUS
from tests.party.harness import Trio

TEXTS = (
    wire.TextColumns(question="why", words=3),
    wire.TextColumns(question="more", words=1),
)


def round_trip(spec: wire.PartySpec) -> wire.PartySpec:
    data = wire.encode_spec(spec)
    assert wire.frame_length(data[: wire.PREFIX_BYTES]) == len(data) - wire.PREFIX_BYTES
    return wire.parse_spec(data[wire.PREFIX_BYTES :])


def values(spec: wire.PartySpec) -> dict[str, object]:
    return {field.name: getattr(spec, field.name) for field in fields(spec)}


def test_it_carries_a_spec_of_every_round(trio: Trio) -> None:
    first = trio.specs[1]
    assert values(round_trip(first)) == values(first)
    second = replace(
        first,
        round=2,
        width=2,
        counts=(0, MODULUS - 1),
        pattern=(0, 1, 1),
        fault="party.computed",
    )
    assert values(round_trip(second)) == values(second)
    third = replace(first, round=3, width=6, texts=TEXTS)
    assert values(round_trip(third)) == values(third)
    assert [text.array for text in TEXTS] == ["texts/why", "texts/more"]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [{"question": "why", "words": 3}],
        [{"question": "why", "words": 3}, {"question": "why", "words": 1}],
        [{"question": "why", "words": 5}, {"question": "more", "words": 0}],
        [{"question": "why", "words": 5, "more": 1}],
        "why",
    ],
)
def test_it_refuses_columns_that_do_not_fill_a_row(trio: Trio, texts: object) -> None:
    spec = replace(trio.specs[1], round=3, width=6, texts=TEXTS)
    body = wire.encode_spec(spec)[wire.PREFIX_BYTES :]
    wire.parse_spec(body)
    with pytest.raises(MalformedMessage):
        wire.parse_spec(canonical({**parse_canonical(body), "texts": texts}))


def test_it_keeps_key_and_shares_out_of_its_representation(trio: Trio) -> None:
    spec = replace(trio.specs[1], round=2, counts=(123456789,))
    assert "PRIVATE" not in repr(spec)
    assert "123456789" not in repr(spec)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "drempel-party-spec/2"),
        ("index", 4),
        ("index", 2),
        ("round", 4),
        ("round", 3),
        ("texts", []),
        ("attempt", 0),
        ("listen_fd", 0),
        ("pin", "00"),
        ("job", "sha256:00"),
        ("rows", -1),
        ("width", 0),
        ("min_count", True),
        ("draw_seed", "00"),
        ("deadline_seconds", 0),
        ("deadline_seconds", True),
        ("stall_seconds", 86_401),
        ("peers", []),
        ("fault", "nodes.frozen.before_write"),
        ("counts", ["0"]),
        ("more", 1),
    ],
)
def test_it_refuses_a_spec_with_one_wrong_key(trio: Trio, key: str, value: object) -> None:
    body = wire.encode_spec(trio.specs[1])[wire.PREFIX_BYTES :]
    wire.parse_spec(body)
    changed = {**parse_canonical(body), key: value}
    with pytest.raises(MalformedMessage):
        wire.parse_spec(canonical(changed))


def test_it_wants_three_different_certificates(trio: Trio) -> None:
    spec = trio.specs[1]
    twin = replace(spec.peers[1], pin=spec.peers[0].pin)
    with pytest.raises(MalformedMessage):
        round_trip(replace(spec, peers=(spec.peers[0], twin)))


@given(st.lists(st.integers(0, MODULUS - 1), max_size=5), st.integers(0, 3))
def test_it_carries_an_outcome(numbers: list[int], peer: int) -> None:
    data = wire.encode_outcome(
        1,
        [("pattern", len(numbers)), ("counts", 1)],
        notices=[("peer_unknown_cert", peer)],
        figures={"rounds": 3.0},
    )
    header = wire.parse_outcome(data[wire.PREFIX_BYTES :])
    body = pack_vector([*numbers, 7])
    assert header.body_bytes == len(body)
    arrays = wire.split_arrays(header, body)
    assert arrays == {"pattern": pack_vector(numbers), "counts": pack_vector([7])}
    assert header.notices == (("peer_unknown_cert", peer),)
    for wrong in (body[:-1], body + bytes(8)):
        with pytest.raises(MalformedMessage):
            wire.split_arrays(header, wrong)


def test_it_refuses_an_array_with_a_word_outside_the_field() -> None:
    header = wire.OutcomeHeader(round=1, arrays=(("pattern", 1),), notices=(), figures={})
    with pytest.raises(MalformedMessage):
        wire.split_arrays(header, struct.pack("<Q", MODULUS))


def test_it_refuses_frames_over_the_limit() -> None:
    assert wire.frame_length(struct.pack("<I", wire.FRAME_LIMIT)) == wire.FRAME_LIMIT
    for prefix in (struct.pack("<I", wire.FRAME_LIMIT + 1), b"", b"123"):
        with pytest.raises(MalformedMessage):
            wire.frame_length(prefix)


def test_it_reads_the_last_line_of_a_failing_party() -> None:
    failure = wire.Failure(cause="peer_lost", peer=2, detail="connection closed")
    line = wire.encode_failure(failure)
    assert wire.parse_failure(line) == failure
    assert wire.parse_failure(b"a warning of a library\n" + line) == failure
    for other in (b"", b"Killed\n", b'{"cause":"rm -rf","detail":"x","peer":1}'):
        assert wire.parse_failure(other) is None
