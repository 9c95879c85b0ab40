"""A text becomes words, and opened words become a text again or are unreadable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.protocol.encoding import decode_record, encode_answers, encode_texts
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.layout_parts import text_words
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.texts import UNREADABLE, pack_text, unpack_text
from tests.protocol.made_surveys import TEXTS

LAYOUT = build_layout(parse_survey(TEXTS["a required text and a long one"]))


@given(st.text(min_size=1, max_size=40), st.integers(0, 20))
def test_it_reads_what_it_wrote(text: str, room: int) -> None:
    limit = len(text.encode()) + room
    words = pack_text(text, limit)
    assert len(words) == text_words(limit) == -(-(2 + limit) // 7)
    assert all(0 <= word < 1 << 56 for word in words)
    assert unpack_text(words, limit) == text


def test_it_writes_length_bytes_and_zeros() -> None:
    assert pack_text("é!", 12) == [int.from_bytes(b"\0\3\xc3\xa9!\0\0", "little"), 0]
    assert pack_text("", 12) == [0, 0]
    with pytest.raises(MalformedInput) as refused:
        pack_text("é" * 7, 12)
    assert refused.value.code == "text.too_long"
    with pytest.raises(MalformedInput) as refused:
        pack_text("\ud800", 12)
    assert refused.value.code == "text.characters"


def read(whole: bytes, limit: int) -> str:
    """Read bytes as they stand in the words of a text."""
    data = whole.ljust(7 * text_words(limit), b"\0")
    words = [int.from_bytes(data[at : at + 7], "little") for at in range(0, len(data), 7)]
    return unpack_text(words, limit)


@pytest.mark.parametrize(
    "whole",
    [
        b"\0\3abc\0d",
        b"\0\3abc\0\0\0\0d",
        b"\0\2\xff\xfe",
        b"\0\3\xed\xa0\x80",
        b"\0\2\xc0\x80",
        b"\xff\xffab",
        b"\0\0ab",
        b"\0\0",
    ],
)
def test_it_marks_as_unreadable_what_is_no_text(whole: bytes) -> None:
    assert read(whole, 12) == UNREADABLE


def test_it_reads_nothing_longer_than_was_asked() -> None:
    assert read(b"\0\3abc", 3) == "abc"
    assert read(b"\0\4abcd", 3) == UNREADABLE


def test_it_survives_any_words() -> None:
    for words in ([MODULUS - 1, 0], [1 << 56, 0], [0], [0, 0, 0], [], [(1 << 56) - 1] * 2):
        assert unpack_text(words, 12) == UNREADABLE


@given(st.lists(st.integers(0, MODULUS - 1), min_size=2, max_size=2))
def test_it_never_raises(words: list[int]) -> None:
    assert isinstance(unpack_text(words, 12), str)


def test_it_encodes_texts_beside_the_record() -> None:
    answers = {"must": "twelve bytes", "long": "Zo is het ✓"}
    words = encode_texts(LAYOUT, answers)
    assert len(words) == 2 + 9
    record = encode_answers(LAYOUT, answers)
    assert (record, decode_record(LAYOUT, record, words)) == ([1, 1, 0], answers)
    only = {"must": "a"}
    assert encode_texts(LAYOUT, only)[2:] == [0] * 9
    assert encode_answers(LAYOUT, {**only, "long": ""}) == [1, 0, 1]
    with pytest.raises(MalformedInput) as refused:
        decode_record(LAYOUT, record)
    assert refused.value.code == "record.invalid"


@pytest.mark.parametrize(
    ("answers", "code", "where"),
    [
        ({"must": ""}, "required", "must"),
        ({}, "required", "must"),
        ({"must": "thirteen byte"}, "too_long", "must"),
        ({"must": "ééééééé"}, "too_long", "must"),
        ({"must": 7}, "type", "must"),
        ({"must": ["a"]}, "type", "must"),
        ({"must": "\ud800"}, "type", "must"),
        ({"must": "a", "long": "x" * 61}, "too_long", "long"),
    ],
)
def test_it_refuses_a_text_and_never_says_it(
    answers: dict[str, object], code: str, where: str
) -> None:
    with pytest.raises(MalformedInput) as refused:
        encode_answers(LAYOUT, answers)
    assert (refused.value.code, refused.value.where) == (f"answer.{code}", where)
    assert "thirteen" not in refused.value.sentence
