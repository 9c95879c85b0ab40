"""Blind RSA agrees with RFC 9474 to the byte, and with another implementation of RSASSA-PSS."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)
from cryptography.hazmat.primitives.hashes import SHA384
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.protocol import blindrsa
from mpcengine.protocol.blindrsa import Blinded, blind, check_modulus, encode_message
from mpcengine.protocol.errors import BadSignature, MalformedMessage
from tests.protocol.vectors import load, names
from tests.vectors.issuers import Issuer, issuer

RFC = load("rfc9474")["cases"]
KEY = issuer("issuer 1")
MODULUS = int.from_bytes(KEY.public, "big")
FACTORS = st.integers(min_value=1, max_value=MODULUS - 1)
SALTS = st.binary(min_size=48, max_size=48)


def pss(salt: int = 48) -> PSS:
    return PSS(MGF1(SHA384()), salt)


@pytest.mark.parametrize("case", RFC, ids=names(RFC))
def test_it_gives_the_bytes_of_the_standard(case: dict[str, Any]) -> None:
    part = {k: bytes.fromhex(v) for k, v in case.items() if k != "name"}
    modulus, message, salt = part["n"], part["prepared_msg"], part["salt"]
    assert int.from_bytes(part["e"], "big") == blindrsa.EXPONENT
    assert message == part["msg_prefix"] + part["msg"]
    value = int.from_bytes(modulus, "big")
    encoded = encode_message(message, value.bit_length() - 1, salt)
    assert encoded.to_bytes(len(modulus), "big") == part["encoded_msg"]
    factor = pow(int.from_bytes(part["inv"], "big"), -1, value)
    blinded = blind(modulus, message, salt=salt, factor=factor)
    assert blinded.message == part["blinded_msg"]
    signer = Issuer(int.from_bytes(part["p"], "big"), int.from_bytes(part["q"], "big"))
    answered = signer.blind_sign(blinded.message)
    assert answered == part["blind_sig"]
    signature = blindrsa.finalize(modulus, message, blinded, answered, salt_bytes=len(salt))
    assert signature == part["sig"]
    blindrsa.verify(modulus, message, signature, salt_bytes=len(salt))


@settings(max_examples=40, deadline=None)
@given(message=st.binary(max_size=300), salt=SALTS, factor=FACTORS)
def test_what_it_finishes_another_implementation_accepts(
    message: bytes, salt: bytes, factor: int
) -> None:
    blinded = blind(KEY.public, message, salt=salt, factor=factor)
    signature = blindrsa.finalize(KEY.public, message, blinded, KEY.blind_sign(blinded.message))
    public = RSAPublicNumbers(65537, MODULUS).public_key()
    public.verify(signature, message, pss(), SHA384())
    # The salt, and nothing of the blinding, is in the outcome.
    assert signature == KEY.sign(message, salt)


@settings(max_examples=20, deadline=None)
@given(message=st.binary(max_size=300))
def test_it_accepts_what_another_implementation_signs(message: bytes) -> None:
    p, q = KEY.p, KEY.q
    d = pow(65537, -1, (p - 1) * (q - 1))
    other = RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa_crt_dmp1(d, p),
        dmq1=rsa_crt_dmq1(d, q),
        iqmp=rsa_crt_iqmp(p, q),
        public_numbers=RSAPublicNumbers(65537, MODULUS),
    ).private_key()
    blindrsa.verify(KEY.public, message, other.sign(message, pss(), SHA384()))
    for salt in (0, 32, 64):
        with pytest.raises(BadSignature):
            blindrsa.verify(KEY.public, message, other.sign(message, pss(salt), SHA384()))


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 2047), message=st.binary(max_size=40))
def test_it_refuses_a_signature_with_any_bit_changed(at: int, message: bytes) -> None:
    signature = int.from_bytes(KEY.sign(message), "big") ^ 1 << at
    with pytest.raises(BadSignature):
        blindrsa.verify(KEY.public, message, signature.to_bytes(256, "big"))


def test_it_refuses_other_lengths_and_numbers_above_the_modulus() -> None:
    signature = KEY.sign(b"message")
    blindrsa.verify(KEY.public, b"message", signature)
    grown = (int.from_bytes(signature, "big") + MODULUS).to_bytes(257, "big")
    for bad in (
        b"",
        signature[1:],
        b"\x00" + signature,
        signature + b"\x00",
        grown,
        bytes(256),
    ):
        with pytest.raises(BadSignature):
            blindrsa.verify(KEY.public, b"message", bad)


@pytest.mark.parametrize(
    ("modulus", "code"),
    [
        (b"", "issuer_key.length"),
        (KEY.public[:-1], "issuer_key.length"),
        (b"\x00" + KEY.public, "issuer_key.length"),
        ((MODULUS >> 1 | 1).to_bytes(256, "big"), "issuer_key.length"),
        (bytes(255) + b"\x01", "issuer_key.length"),
        ((MODULUS - 1).to_bytes(256, "big"), "issuer_key.factor"),
        ((MODULUS - MODULUS % 3).to_bytes(256, "big"), "issuer_key.factor"),
        ((MODULUS - MODULUS % 65521).to_bytes(256, "big"), "issuer_key.factor"),
        (b"\xff" * 256, "issuer_key.factor"),
    ],
)
def test_it_blinds_for_no_weak_key(modulus: bytes, code: str) -> None:
    check_modulus(KEY.public)
    with pytest.raises(MalformedMessage) as caught:
        check_modulus(modulus)
    assert caught.value.code == code


@pytest.mark.parametrize("factor", [0, -1, MODULUS, MODULUS + 1, KEY.p])
def test_it_takes_no_factor_without_an_inverse(factor: int) -> None:
    with pytest.raises(MalformedMessage) as caught:
        blind(KEY.public, b"message", salt=bytes(48), factor=factor)
    assert caught.value.code == "blinding.factor"


def test_it_encodes_nothing_for_a_key_without_room() -> None:
    encode_message(b"message", 8 * 98 - 1, bytes(48))
    with pytest.raises(MalformedMessage):
        encode_message(b"message", 8 * 97 - 1, bytes(48))


def test_it_shows_no_inverse_when_it_is_printed() -> None:
    blinded = Blinded(message=b"", inverse=123456789)
    assert "123456789" not in repr(blinded)
