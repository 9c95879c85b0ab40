"""What an issuer sees fits every token it ever issued: exhaustively, and with real keys."""

import itertools
import math
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpcengine.protocol.blindrsa import EXPONENT, Blinded, blind, hide
from mpcengine.protocol.eligibility import token_blind, token_finish, token_message
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.signedrequest import sign_request, verify_request
from mpcengine.protocol.signing import point_bytes
from tests.vectors.cast import cast, p256, seed
from tests.vectors.issuers import issuer
from tests.vectors.make_tokens import factor_of

# Small moduli for which 65537 is a permutation, as it is for every key a node makes.
TOYS = [5 * 11, 7 * 13, 11 * 17]
KEY = issuer("issuer 1")
MODULUS = KEY.p * KEY.q
DIGEST = cast().manifest.digest
NAMES = ["Rosa", "Ravi", "Robin", "Rana", "Ruth", "Raj"]


def units(modulus: int) -> list[int]:
    return [number for number in range(1, modulus) if math.gcd(number, modulus) == 1]


def views(modulus: int, message: int, factors: list[int]) -> Counter[int]:
    """Return what the issuer sees for a message, over all factors."""
    return Counter(hide(modulus, message, factor)[0] for factor in factors)


@pytest.mark.parametrize("modulus", TOYS)
def test_every_message_looks_the_same_to_the_issuer(modulus: int) -> None:
    every = units(modulus)
    uniform = Counter(every)
    for message in every:
        assert views(modulus, message, every) == uniform


@pytest.mark.parametrize("modulus", TOYS)
def test_messages_can_be_told_apart_without_the_factor(modulus: int) -> None:
    """The test above must fail when the defence is off: a constant factor, or only a few."""
    every = units(modulus)
    for factors in ([1], every[:3]):
        seen = {tuple(sorted(views(modulus, message, factors).items())) for message in every}
        assert len(seen) > 1


@pytest.mark.parametrize("modulus", TOYS)
def test_every_pair_of_view_and_token_has_exactly_one_factor(modulus: int) -> None:
    every = units(modulus)
    for seen, message in itertools.product(every, repeat=2):
        fitting = [r for r in every if hide(modulus, message, r)[0] == seen]
        assert len(fitting) == 1


def test_a_message_that_shares_a_prime_with_the_modulus_is_not_sent() -> None:
    """It would be recognised under every factor: the prime stays in what is sent."""
    modulus = 5 * 11
    for message in (5, 22, 33, 50):
        prime = math.gcd(message, modulus)
        for factor in units(modulus):
            assert math.gcd(message * pow(factor, EXPONENT, modulus), modulus) == prime
            with pytest.raises(MalformedMessage) as caught:
                hide(modulus, message, factor)
            assert caught.value.code == "blinding.message"


def test_a_key_made_to_have_a_small_prime_of_the_message_is_noticed() -> None:
    message, salt = b"message", bytes(48)
    encoded = _encoded_like(message, salt)
    prime = next(n for n in range(3, 100_000, 2) if encoded % n == 0)
    modulus = prime * ((1 << 2047) // prime + 2 | 1)
    assert modulus.bit_length() == 2048
    with pytest.raises(MalformedMessage) as caught:
        blind(modulus.to_bytes(256, "big"), message, salt=salt, factor=2)
    assert caught.value.code == "blinding.message"


def _encoded_like(message: bytes, salt: bytes) -> int:
    """Return the encoded message: what a factor of 1 leaves unhidden."""
    return int.from_bytes(blind(KEY.public, message, salt=salt, factor=1).message, "big")


class Seen(NamedTuple):
    """What the issuer has of one respondent, and what it later finds in one package."""

    blinded: bytes
    answered: bytes
    key: bytes
    token: bytes


def exchange(name: str, factor: int) -> Seen:
    key = point_bytes(p256(f"one-time {name}"))
    salt = seed(f"salt {name}") + seed(f"more {name}")[:16]
    request = token_blind(KEY.public, DIGEST, key, salt=salt, factor=factor)
    answered = KEY.blind_sign(request.message)
    token = token_finish(KEY.public, DIGEST, key, request, answered)
    return Seen(request.message, answered, key, token)


def test_every_request_fits_every_token_under_a_real_key() -> None:
    """A jealous issuer tries each of its requests on each token, and each fits."""
    seen = [exchange(name, factor_of(name, KEY.public)) for name in NAMES]
    for asked, found in itertools.product(seen, repeat=2):
        inverse = pow(int.from_bytes(asked.answered, "big"), -1, MODULUS)
        inverse = int.from_bytes(found.token, "big") * inverse % MODULUS
        factor = pow(inverse, -1, MODULUS)
        encoded = pow(int.from_bytes(found.token, "big"), EXPONENT, MODULUS)
        hidden, _ = hide(MODULUS, encoded, factor)
        assert hidden.to_bytes(256, "big") == asked.blinded
        # And so the very token of one comes out of the exchange of the other.
        request = Blinded(message=asked.blinded, inverse=inverse)
        assert (
            token_finish(KEY.public, DIGEST, found.key, request, asked.answered) == found.token
        )


def test_a_partner_s_signed_request_fits_every_token() -> None:
    """What is kept as evidence is no more than the blinded message, which fits all of them."""
    partner = p256("partner Hospital North")
    seen = [exchange(name, factor_of(name, KEY.public)) for name in NAMES]
    for asked, found in itertools.product(seen, repeat=2):
        kept = sign_request(partner, manifest=DIGEST, index=1, blinded=asked.blinded)
        inverse = pow(int.from_bytes(asked.answered, "big"), -1, MODULUS)
        factor = pow(int.from_bytes(found.token, "big") * inverse % MODULUS, -1, MODULUS)
        encoded = pow(int.from_bytes(found.token, "big"), EXPONENT, MODULUS)
        # Had she hidden the other's message under this factor, she would have signed the same.
        hidden = hide(MODULUS, encoded, factor)[0].to_bytes(256, "big")
        verify_request(replace(kept, blinded=hidden))
        assert found.key not in kept.encode()


def test_the_request_is_the_message_itself_when_nothing_hides_it() -> None:
    """What the test above would not notice, and the linker of tests/nodes does."""
    seen = exchange("Rosa", 1)
    assert pow(int.from_bytes(seen.token, "big"), EXPONENT, MODULUS) == int.from_bytes(
        seen.blinded, "big"
    )


@settings(max_examples=30, deadline=None)
@given(factor=st.integers(min_value=3, max_value=MODULUS - 1))
def test_no_part_of_a_request_is_the_same_twice(factor: int) -> None:
    first, second = exchange("Rosa", 1 + factor // 2), exchange("Rosa", factor)
    assert first.token == second.token
    assert first.blinded[:16] != second.blinded[:16]
    assert token_message(KEY.public, DIGEST, first.key) not in first.blinded
