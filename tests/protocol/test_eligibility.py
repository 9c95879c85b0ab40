"""A token holds for one survey, one node and one key; other answers give none."""

from typing import Any

import pytest

from mpcengine.protocol.blindrsa import Blinded
from mpcengine.protocol.eligibility import (
    check_blinded,
    possession_message,
    possession_verify,
    request_mark,
    token_blind,
    token_finish,
    token_message,
    token_verify,
)
from mpcengine.protocol.errors import BadSignature, MalformedMessage
from mpcengine.protocol.signing import point_bytes
from tests.protocol.vectors import load, names
from tests.vectors.cast import SURVEY_ID, cast, p256
from tests.vectors.issuers import issuer

VECTORS = load("token")
DIGEST = VECTORS["manifest"]
OTHER_SURVEY = "sha256:" + "00" * 32
ROSA, RAVI = (point_bytes(p256(f"one-time {name}")) for name in ("Rosa", "Ravi"))
FIRST, SECOND, _ = cast().issuer


def request(case: dict[str, Any]) -> Blinded:
    return token_blind(
        bytes.fromhex(case["issuer_key"]),
        DIGEST,
        bytes.fromhex(case["one_time_key"]),
        salt=bytes.fromhex(case["salt"]),
        factor=int(case["factor"], 16),
    )


@pytest.mark.parametrize("place", [0, 1, 2])
def test_it_agrees_with_the_vectors(place: int) -> None:
    case = VECTORS["good"][place]
    part = {name: bytes.fromhex(value) for name, value in case.items()}
    issuer_key, point = part["issuer_key"], part["one_time_key"]
    assert token_message(issuer_key, DIGEST, point) == part["message"]
    blinded = request(case)
    assert blinded.message == part["blinded"]
    assert blinded.inverse == int.from_bytes(part["inverse"], "big")
    assert cast().issuer[place].blind_sign(blinded.message) == part["blind_signature"]
    token = token_finish(issuer_key, DIGEST, point, blinded, part["blind_signature"])
    assert token == part["token"]
    token_verify(issuer_key, DIGEST, point, token)
    identity = cast().manifest.nodes[place].identity_key
    survey = bytes.fromhex(SURVEY_ID)
    possession_verify(issuer_key, survey, place + 1, identity, part["issuer_proof"])


@pytest.mark.parametrize("case", VECTORS["bad"], ids=names(VECTORS["bad"]))
def test_it_makes_no_token_of_a_bad_answer(case: dict[str, Any]) -> None:
    with pytest.raises(BadSignature) as caught:
        token_finish(
            FIRST.public,
            DIGEST,
            ROSA,
            request(VECTORS["good"][0]),
            bytes.fromhex(case["blind_signature"]),
        )
    assert caught.value.code == case["code"]


def test_it_takes_a_token_for_its_survey_key_and_issuer_only() -> None:
    token = FIRST.token(DIGEST, ROSA)
    token_verify(FIRST.public, DIGEST, ROSA, token)
    for issuing, manifest, key in (
        (SECOND.public, DIGEST, ROSA),
        (FIRST.public, OTHER_SURVEY, ROSA),
        (FIRST.public, DIGEST, RAVI),
    ):
        with pytest.raises(BadSignature):
            token_verify(issuing, manifest, key, token)
    with pytest.raises(MalformedMessage):
        token_message(FIRST.public, DIGEST, ROSA[:-1])


def test_a_request_that_was_changed_on_the_way_gives_nothing() -> None:
    blinded = request(VECTORS["good"][0])
    changed = blinded.message[:-1] + bytes([blinded.message[-1] ^ 1])
    with pytest.raises(BadSignature):
        token_finish(FIRST.public, DIGEST, ROSA, blinded, FIRST.blind_sign(changed))


def test_an_answer_to_one_request_finishes_no_other() -> None:
    salt, factors = bytes(48), (2, 3)
    ours, theirs = (
        token_blind(FIRST.public, DIGEST, key, salt=salt, factor=factor)
        for key, factor in zip((ROSA, RAVI), factors, strict=True)
    )
    with pytest.raises(BadSignature):
        token_finish(FIRST.public, DIGEST, ROSA, ours, FIRST.blind_sign(theirs.message))


@pytest.mark.parametrize("salt", [b"", bytes(47), bytes(49)])
def test_it_asks_with_a_full_salt_only(salt: bytes) -> None:
    with pytest.raises(MalformedMessage) as caught:
        token_blind(FIRST.public, DIGEST, ROSA, salt=salt, factor=2)
    assert caught.value.code == "blinding.salt"


def test_it_asks_no_weak_key() -> None:
    weak = FIRST.public[:-1] + bytes([FIRST.public[-1] - 1])
    with pytest.raises(MalformedMessage) as caught:
        token_blind(weak, DIGEST, ROSA, salt=bytes(48), factor=2)
    assert caught.value.code == "issuer_key.factor"


@pytest.mark.parametrize("blinded", [b"", bytes(256), bytes(255), FIRST.public, b"\xff" * 256])
def test_a_node_signs_numbers_below_its_modulus_only(blinded: bytes) -> None:
    check_blinded(FIRST.public, bytes(255) + b"\x01")
    with pytest.raises(MalformedMessage) as caught:
        check_blinded(FIRST.public, blinded)
    assert caught.value.code == "token.blinded"


def test_a_node_knows_a_request_again_within_its_survey() -> None:
    one = bytes(255) + b"\x02"
    assert request_mark(DIGEST, one) == request_mark(DIGEST, one)
    assert len({request_mark(d, b) for d in (DIGEST, OTHER_SURVEY) for b in (one, ROSA)}) == 4


def test_a_key_is_proved_for_one_node_and_one_survey() -> None:
    survey, node = bytes.fromhex(SURVEY_ID), cast().manifest.nodes[0]
    good = (node.issuer_key, survey, 1, node.identity_key)
    possession_verify(*good, node.issuer_proof)
    other = cast().manifest.nodes[1]
    for changed in (
        (issuer("somebody").public, *good[1:]),
        (good[0], bytes(16), *good[2:]),
        (*good[:2], 2, good[3]),
        (*good[:3], other.identity_key),
    ):
        with pytest.raises(BadSignature):
            possession_verify(*changed, node.issuer_proof)
    for bad in ((survey[1:], node.identity_key), (survey, node.identity_key[1:])):
        with pytest.raises(MalformedMessage):
            possession_message(bad[0], 1, bad[1])
