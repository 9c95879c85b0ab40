"""JSON and binary messages have one form each; every other one is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.protocol.canonical import (
    canonical,
    digest,
    digest_bytes,
    digest_from_bytes,
    is_digest,
    parse_canonical,
    parse_json,
)
from mpcengine.protocol.codec import (
    Reader,
    Writer,
    check_vector,
    pack_batch,
    pack_vector,
    unpack_batch,
    unpack_vector,
)
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.strict import Fields, is_address
from tests.protocol.vectors import load, names

JSON_VECTORS = load("canonical")
CODEC = load("codec")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def bytes_of(written: Any) -> bytes:
    if isinstance(written, dict):
        return bytes.fromhex(written["repeat"]) * int(written["times"])
    return bytes.fromhex(written)


@given(trees)
def test_it_reads_back_what_it_wrote_canonically(tree: Any) -> None:
    assert parse_canonical(canonical(tree)) == tree


@given(st.binary(max_size=60))
def test_it_refuses_or_reproduces_any_bytes(data: bytes) -> None:
    try:
        obj = parse_canonical(data)
    except MalformedMessage:
        return
    assert canonical(obj) == data


@pytest.mark.parametrize("case", JSON_VECTORS["good"])
def test_it_agrees_with_the_canonical_vectors(case: dict[str, Any]) -> None:
    data = bytes_of(case["bytes"])
    assert canonical(case["value"]) == data
    assert parse_canonical(data) == case["value"]
    assert digest(data) == case["digest"]


@pytest.mark.parametrize("case", JSON_VECTORS["bad"], ids=names(JSON_VECTORS["bad"]))
def test_it_refuses_json_that_is_not_canonical(case: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage) as caught:
        parse_canonical(bytes_of(case["bytes"]))
    assert caught.value.code == case["code"]


def test_it_reads_loose_json_but_no_duplicate_key_nor_half_a_pair() -> None:
    assert parse_json(b' {"a": 1.50, "b": "\\ud83d\\ude00"}\n') == {"a": 1.5, "b": "\U0001f600"}
    for data in (b'{"a":1,"a":2}', b'{"\\ud800":1}', b'["\\udc00"]', b"[1e400]", b"[Infinity]"):
        with pytest.raises(MalformedMessage):
            parse_json(data)


def test_it_names_a_duplicate_key_to_the_owner_of_a_file_and_a_value_to_nobody() -> None:
    data = b'{"sector":"secret","sector":"secret"}'
    for file in (True, False):
        with pytest.raises(MalformedMessage) as caught:
            parse_json(data, file=file)
        assert ("sector" in caught.value.sentence) == file
        assert "secret" not in caught.value.sentence


@pytest.mark.parametrize("value", [float("nan"), 2**53, {1: 2}, b"x", "\ud800", {"\ud800": 1}])
def test_it_writes_nothing_that_json_cannot_carry(value: Any) -> None:
    with pytest.raises(MalformedMessage):
        canonical(value)


def test_it_converts_digests_both_ways() -> None:
    value = digest(b"x")
    assert is_digest(value)
    assert digest_from_bytes(digest_bytes(value)) == value
    for bad in (
        "sha256:",
        value.upper(),
        value + "0",
        value[:-1],
        "md5:" + value[7:],
        value + "\n",
    ):
        assert not is_digest(bad)
        with pytest.raises(MalformedMessage):
            digest_bytes(bad)
    with pytest.raises(MalformedMessage):
        digest_from_bytes(bytes(31))


def test_it_reads_fields_in_the_order_they_were_written() -> None:
    data = Writer().u8(1).u32(3).fixed(b"ab", 2).prefixed(b"xyz").end()
    assert data.hex() == "0100000003616200000003" + b"xyz".hex()
    reader = Reader(data)
    assert (reader.u8(), reader.u32()) == (1, 3)
    assert (reader.fixed(2), reader.prefixed(3)) == (b"ab", b"xyz")
    reader.end()
    with pytest.raises(MalformedMessage):
        reader.u8()
    short = Reader(data)
    short.u8()
    with pytest.raises(MalformedMessage):
        short.end()


@pytest.mark.parametrize(
    "write",
    [
        lambda w: w.u8(256),
        lambda w: w.u8(-1),
        lambda w: w.u32(2**32),
        lambda w: w.fixed(b"abc", 2),
    ],
)
def test_it_writes_no_number_or_part_that_does_not_fit(write: Any) -> None:
    with pytest.raises(MalformedMessage):
        write(Writer())


def test_it_limits_a_prefixed_part() -> None:
    with pytest.raises(MalformedMessage) as caught:
        Reader(Writer().prefixed(b"abcd").end()).prefixed(3)
    assert caught.value.code == "codec.limit"


@given(st.lists(st.integers(0, MODULUS - 1), max_size=30))
def test_it_packs_and_unpacks_vectors(values: list[int]) -> None:
    data = pack_vector(values)
    assert data == b"".join(value.to_bytes(8, "little") for value in values)
    assert unpack_vector(data, len(values)) == values
    assert check_vector(data, len(values)) is data


@pytest.mark.parametrize("values", [[MODULUS], [-1], [0, 2**64]])
def test_it_packs_no_value_outside_the_field(values: list[int]) -> None:
    with pytest.raises(MalformedMessage):
        pack_vector(values)


@given(st.lists(st.binary(max_size=20), max_size=8))
def test_it_packs_and_unpacks_batches(items: list[bytes]) -> None:
    assert unpack_batch(pack_batch(items), 8) == items


def test_it_agrees_with_the_codec_vectors() -> None:
    for case in CODEC["vectors"]["good"]:
        values = [int(value) for value in case["values"]]
        assert pack_vector(values).hex() == case["bytes"]
    for case in CODEC["batches"]["good"]:
        items = [bytes.fromhex(item) for item in case["items"]]
        assert pack_batch(items).hex() == case["bytes"]
        assert unpack_batch(bytes.fromhex(case["bytes"]), 4) == items


@pytest.mark.parametrize("case", CODEC["vectors"]["bad"])
def test_it_refuses_vectors_of_wrong_length_or_range(case: dict[str, Any]) -> None:
    for read in (unpack_vector, check_vector):
        with pytest.raises(MalformedMessage) as caught:
            read(bytes.fromhex(case["bytes"]), case["count"])
        assert caught.value.code == case["code"]


@pytest.mark.parametrize("case", CODEC["batches"]["bad"])
def test_it_refuses_batches_cut_short_or_too_long(case: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage) as caught:
        unpack_batch(bytes.fromhex(case["bytes"]), 4)
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("text", CODEC["addresses"]["good"])
def test_it_reads_an_address_in_its_one_form(text: str) -> None:
    assert is_address(text)
    assert Fields({"url": text}, "", required=("url",)).url("url") == text


@pytest.mark.parametrize("text", CODEC["addresses"]["bad"])
def test_it_reads_no_other_form_of_an_address(text: str) -> None:
    """A browser gives it another form, and what is compared by letters would differ."""
    with pytest.raises(MalformedMessage) as caught:
        Fields({"url": text}, "node", required=("url",)).url("url")
    assert caught.value.code == "json.value"
    assert "node.url must be an http or https address in small letters" in str(caught.value)
