"""The private operation: right, checked before anybody gets it, and of fresh keys only."""

import json
import math
from pathlib import Path
from typing import Any

import gmpy2
import pytest

from mpcengine.protocol.blindrsa import check_modulus, verify
from nodes import issuing
from nodes.issuing import IssuerPrivate, SigningFault, blind_sign, issuer_make
from tests.vectors.issuers import Issuer, issuer

FILE = Path(__file__).parent.parent / "vectors" / "rfc9474.json"
RFC = json.loads(FILE.read_text("utf-8"))["cases"]
KEY = issuer("issuer 1")
BLINDED = bytes(255) + b"\x07"


def private_of(key: Issuer) -> IssuerPrivate:
    p, q = key.p, key.q
    return IssuerPrivate(p, q, key.d % (p - 1), key.d % (q - 1), pow(q, -1, p))


@pytest.mark.parametrize("case", RFC, ids=[case["name"] for case in RFC])
def test_it_signs_as_the_standard_does(case: dict[str, Any]) -> None:
    private = private_of(Issuer(int(case["p"], 16), int(case["q"], 16)))
    assert blind_sign(private, bytes.fromhex(case["blinded_msg"])).hex() == case["blind_sig"]


def test_it_signs_as_plain_arithmetic_does_and_always_the_same() -> None:
    private = private_of(KEY)
    modulus = KEY.p * KEY.q
    ends = [1, 2, modulus - 1, KEY.p, KEY.q * 5]
    values = [*ends, *(pow(3, place, modulus) for place in range(500, 520))]
    for value in values:
        blinded = value.to_bytes(256, "big")
        assert blind_sign(private, blinded) == blind_sign(private, blinded)
        assert blind_sign(private, blinded) == KEY.blind_sign(blinded)


def test_it_makes_sound_keys_that_differ() -> None:
    (first, proof), (second, _) = issuer_make(b"whose"), issuer_make(b"whose")
    check_modulus(first.modulus)
    verify(first.modulus, b"whose", proof)
    assert first.modulus != second.modulus
    assert math.gcd(first.p * first.q, second.p * second.q) == 1
    assert (first.p - 1) % 65537 != 0 != (first.q - 1) % 65537
    assert IssuerPrivate.from_bytes(first.to_bytes()) == first
    for bad in (b"", first.to_bytes()[1:], first.to_bytes() + b"\x00"):
        with pytest.raises(ValueError, match="five numbers"):
            IssuerPrivate.from_bytes(bad)
    assert str(first.p) not in repr(first)


def wrong_at_p(base: Any, exponent: Any, modulus: Any) -> Any:
    """Raise to a power as gmpy2 does, and have a fault where the modulus is p."""
    right = gmpy2.powmod_sec(base, exponent, modulus)
    return right + 1 if modulus == KEY.p else right


def test_a_faulty_signature_stays_here_because_it_would_give_away_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    private, value = private_of(KEY), int.from_bytes(BLINDED, "big")
    monkeypatch.setattr(issuing, "powmod_sec", wrong_at_p)
    faulty = int(issuing._root(private, gmpy2.mpz(value)))
    # What one faulty answer is worth to whoever gets it: a prime.
    assert math.gcd(pow(faulty, 65537, KEY.p * KEY.q) - value, KEY.p * KEY.q) == KEY.q
    with pytest.raises(SigningFault) as caught:
        blind_sign(private, BLINDED)
    assert caught.value.args == ()
    monkeypatch.undo()
    assert blind_sign(private, BLINDED) == KEY.blind_sign(BLINDED)


def test_what_is_raised_to_the_secret_power_is_another_number_every_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever chooses what is signed must not choose what the secret arithmetic runs on."""
    seen: list[int] = []

    def noting(base: Any, exponent: Any, modulus: Any) -> Any:
        seen.append(int(base))
        return gmpy2.powmod_sec(base, exponent, modulus)

    monkeypatch.setattr(issuing, "powmod_sec", noting)
    for _ in range(10):
        blind_sign(private_of(KEY), BLINDED)
    assert len(seen) == len(set(seen)) == 20
    assert int.from_bytes(BLINDED, "big") not in seen
