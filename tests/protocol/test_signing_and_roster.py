"""Signatures hold for one key, one label and one body; codes are read as they were written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine.protocol import signing
from mpcengine.protocol.errors import BadSignature, MalformedInput, MalformedMessage
from mpcengine.protocol.roster import (
    code_from_bytes,
    node_code,
    parse_code,
    roster_entry,
    roster_root,
)
from mpcengine.protocol.signing import (
    generate_p256_key,
    one_time_sign,
    one_time_verify,
    p256_from_scalar,
    p256_scalar,
    parse_point,
    point_bytes,
    public_bytes,
    sign,
    verify,
)
from tests.protocol.vectors import load, names
from tests.vectors.cast import SURVEY_ID, codes, ed25519, p256, roster

SIGNING = load("signing")
ROSTER = load("roster")
LABELS = [value for name, value in vars(signing).items() if name.startswith("LABEL_")]


def check(case: dict[str, Any]) -> None:
    function = verify if case["kind"] == "ed25519" else one_time_verify
    key, body, signature = (bytes.fromhex(case[k]) for k in ("key", "body", "signature"))
    function(key, case["label"].encode(), body, signature)


@pytest.mark.parametrize("case", SIGNING["good"])
def test_it_accepts_the_good_signatures(case: dict[str, Any]) -> None:
    check(case)


@pytest.mark.parametrize("case", SIGNING["bad"], ids=names(SIGNING["bad"]))
def test_it_refuses_the_bad_signatures(case: dict[str, Any]) -> None:
    with pytest.raises(BadSignature) as caught:
        check(case)
    assert caught.value.code == case["code"]


def test_it_gives_every_purpose_a_label_of_its_own() -> None:
    assert len(set(LABELS)) == len(LABELS) >= 19
    assert all(label.startswith(b"drempel/") and b"\x00" not in label for label in LABELS)


@pytest.mark.parametrize("label", LABELS)
def test_it_verifies_under_the_signed_label_only(label: bytes) -> None:
    private = ed25519("coordinator")
    signature = sign(private, label, b"body")
    verify(public_bytes(private), label, b"body", signature)
    for other in LABELS:
        if other != label:
            with pytest.raises(BadSignature):
                verify(public_bytes(private), other, b"body", signature)


def test_it_signs_with_a_fresh_one_time_key() -> None:
    private = generate_p256_key()
    signature = one_time_sign(private, signing.LABEL_PACKAGE, b"body")
    assert len(signature) == 64
    one_time_verify(point_bytes(private), signing.LABEL_PACKAGE, b"body", signature)
    assert p256_scalar(p256_from_scalar(p256_scalar(private))) == p256_scalar(private)


@pytest.mark.parametrize("scalar", [bytes(32), b"\xff" * 32, bytes(31), bytes(33)])
def test_it_loads_no_scalar_out_of_range(scalar: bytes) -> None:
    with pytest.raises(MalformedMessage):
        p256_from_scalar(scalar)


def test_it_loads_no_point_at_infinity_nor_off_the_curve() -> None:
    point = point_bytes(p256("share 1"))
    parse_point(point)
    for bad in (b"\x00", b"\x04" + bytes(64), point[:-1], point + b"\x00", b"\x06" + point[1:]):
        with pytest.raises(MalformedMessage):
            parse_point(bad)


@given(st.binary(min_size=17, max_size=17))
def test_it_reads_back_every_code(seed: bytes) -> None:
    code = code_from_bytes(seed)
    value = int.from_bytes(seed, "big") % 2**130
    assert parse_code(code) == value.to_bytes(17, "big")
    assert code_from_bytes(parse_code(code)) == code
    assert [len(group) for group in code.split("-")] == [5, 5, 5, 5, 6]


def test_it_forgives_look_alikes_case_and_grouping() -> None:
    code = "0" * 13 + "1" * 13
    for typed in ("O" * 13 + "iI" * 6 + "l", "o" * 13 + "L" * 13, " ".join(code), code.upper()):
        assert parse_code(typed) == parse_code(code)


@pytest.mark.parametrize("case", ROSTER["good"])
def test_it_agrees_with_the_code_vectors(case: dict[str, Any]) -> None:
    assert code_from_bytes(bytes.fromhex(case["seed"])) == case["code"]
    for written in (case["code"], *case["also_read"]):
        assert parse_code(written).hex() == case["bytes"]
    for index, expected in enumerate(case["node_codes"], start=1):
        assert node_code(case["code"], ROSTER["survey_id"], index).hex() == expected
    for secret, entry in zip(case["node_codes"], case["entries"], strict=True):
        assert roster_entry(bytes.fromhex(secret)).hex() == entry


@pytest.mark.parametrize("case", ROSTER["bad"])
def test_it_refuses_a_mistyped_code_without_quoting_it(case: dict[str, str]) -> None:
    with pytest.raises(MalformedInput) as caught:
        parse_code(case["text"])
    assert caught.value.code == case["code"]
    assert not case["text"] or case["text"] not in caught.value.sentence


@pytest.mark.parametrize("seed", [bytes(16), bytes(18)])
def test_it_makes_codes_from_seventeen_bytes_only(seed: bytes) -> None:
    with pytest.raises(MalformedMessage):
        code_from_bytes(seed)


def test_it_shows_each_node_and_survey_another_code() -> None:
    code = codes()[0]
    seen = {node_code(code, survey, j) for survey in (SURVEY_ID, "0" * 32) for j in (1, 2, 3)}
    assert len(seen) == 6
    assert node_code(parse_code(code), SURVEY_ID, 1) == node_code(code, SURVEY_ID, 1)
    for arguments in (
        (code, SURVEY_ID, 0),
        (code, SURVEY_ID, 4),
        (code, "00", 1),
        (b"", "0" * 32, 1),
    ):
        with pytest.raises(MalformedMessage):
            node_code(*arguments)


def test_it_roots_sorted_distinct_rosters_only() -> None:
    for case in ROSTER["rosters"]:
        assert roster_root([bytes.fromhex(e) for e in case["entries"]]) == case["root"]
    for case in ROSTER["bad_rosters"]:
        with pytest.raises(MalformedMessage) as caught:
            roster_root([bytes.fromhex(e) for e in case["entries"]])
        assert caught.value.code == case["code"]
    with pytest.raises(MalformedMessage):
        roster_entry(bytes(31))
    assert roster_root(roster(1)) != roster_root(roster(2)) != roster_root(roster(1)[1:])
