"""Have a message signed by somebody who does not see it: RSABSSA-SHA384-PSS-Deterministic.

Source: RFC 9474 (blind, finalize), RFC 8017 §9.1.1 (EMSA-PSS-ENCODE). This is the client's half
and the verifier's; the private operation is the issuer's own (``nodes.issuing``). Public
exponent 65537 always. A *modulus* is its bytes, most significant first, none of them leading
zero. Salt and blinding factor are arguments: uniform, secret, used once.

Why the issuer learns nothing: the message and the factor r are invertible, so message · r^e is
uniform among the blinded values whatever the message is, and what it answers with fits every
message under some r.
"""

import hashlib
import math
from dataclasses import dataclass, field
from functools import cache, lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA384

from mpcengine.protocol.errors import BadSignature, MalformedMessage

EXPONENT = 65537
MODULUS_BYTES = 256
SALT_BYTES = 48
_HASH_BYTES = 48
_SMALLEST_FACTOR = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Blinded:
    """What goes to the issuer, and (secret) the inverse of the factor that takes it off."""

    message: bytes
    inverse: int = field(repr=False)


@lru_cache(maxsize=64)
def check_modulus(modulus: bytes) -> None:
    """Return nothing for a modulus that a client may blind for; raise MalformedMessage else.

    2048 bits exactly, odd, no prime factor below 2^16. That the exponent is 65537 is not a
    matter of the key: no format here has another one.
    """
    value = int.from_bytes(modulus, "big")
    if len(modulus) != MODULUS_BYTES or value.bit_length() != 8 * MODULUS_BYTES:
        raise MalformedMessage("issuer_key.length", "An issuer key has 2048 bits.")
    if math.gcd(_small_primes() % value, value) != 1:
        raise MalformedMessage("issuer_key.factor", "An issuer key has a small factor.")


def encode_message(message: bytes, bits: int, salt: bytes) -> int:
    """Return EMSA-PSS-ENCODE of ``message`` with SHA-384 and MGF1, as an integer of ``bits``.

    Raises MalformedMessage if ``bits`` leaves no room.
    """
    length = (bits + 7) // 8
    if length < _HASH_BYTES + len(salt) + 2:
        raise MalformedMessage("blinding.length", "The key is too short for the salt.")
    digest = hashlib.sha384(message).digest()
    hashed = hashlib.sha384(bytes(8) + digest + salt).digest()
    data = b"\x01" + salt
    data = bytes(length - _HASH_BYTES - 1 - len(data)) + data
    masked = int.from_bytes(data, "big") ^ int.from_bytes(_mgf1(hashed, len(data)), "big")
    masked &= (1 << (8 * len(data) - (8 * length - bits))) - 1
    return int.from_bytes(masked.to_bytes(len(data), "big") + hashed + b"\xbc", "big")


def blind(modulus: bytes, message: bytes, *, salt: bytes, factor: int) -> Blinded:
    """Encode ``message`` with ``salt`` and hide it under ``factor`` (1 … n-1).

    Raises MalformedMessage for a factor out of range or without inverse, and for a message
    that shares a factor with the modulus: the issuer would recognise that.
    """
    value = int.from_bytes(modulus, "big")
    encoded = encode_message(message, value.bit_length() - 1, salt)
    hidden, inverse = hide(value, encoded, factor)
    return Blinded(message=hidden.to_bytes(len(modulus), "big"), inverse=inverse)


def hide(modulus: int, encoded: int, factor: int) -> tuple[int, int]:
    """Return encoded · factor^e mod n, and the factor's inverse; the errors of ``blind``."""
    if not 0 < factor < modulus or math.gcd(factor, modulus) != 1:
        raise MalformedMessage("blinding.factor", "A blinding factor has no inverse.")
    if math.gcd(encoded, modulus) != 1:
        raise MalformedMessage("blinding.message", "A message cannot be hidden from this key.")
    return encoded * pow(factor, EXPONENT, modulus) % modulus, pow(factor, -1, modulus)


def finalize(
    modulus: bytes,
    message: bytes,
    blinded: Blinded,
    blind_signature: bytes,
    *,
    salt_bytes: int = SALT_BYTES,
) -> bytes:
    """Take the factor off and return the signature of ``message``, verified.

    Raises BadSignature for whatever the issuer should not have answered.
    """
    value = int.from_bytes(modulus, "big")
    answered = int.from_bytes(blind_signature, "big")
    if len(blind_signature) != len(modulus) or answered >= value:
        raise _bad()
    signature = (answered * blinded.inverse % value).to_bytes(len(modulus), "big")
    verify(modulus, message, signature, salt_bytes=salt_bytes)
    return signature


def verify(
    modulus: bytes, message: bytes, signature: bytes, *, salt_bytes: int = SALT_BYTES
) -> None:
    """Return nothing if the RSASSA-PSS signature holds; raise BadSignature otherwise."""
    if len(signature) != len(modulus):
        raise _bad()
    try:
        padding = PSS(MGF1(SHA384()), salt_bytes)
        _public(modulus).verify(signature, message, padding, SHA384())
    except (InvalidSignature, ValueError) as error:
        raise _bad() from error


@lru_cache(maxsize=64)
def _public(modulus: bytes) -> RSAPublicKey:
    return RSAPublicNumbers(EXPONENT, int.from_bytes(modulus, "big")).public_key()


@cache
def _small_primes() -> int:
    """Return the product of all primes below 2^16."""
    is_prime = bytearray(b"\x01") * _SMALLEST_FACTOR
    for number in range(2, math.isqrt(_SMALLEST_FACTOR) + 1):
        if is_prime[number]:
            is_prime[number * number :: number] = bytes(
                len(range(number * number, _SMALLEST_FACTOR, number))
            )
    return math.prod(number for number in range(2, _SMALLEST_FACTOR) if is_prime[number])


def _mgf1(seed: bytes, length: int) -> bytes:
    blocks = range(-(-length // _HASH_BYTES))
    parts = (hashlib.sha384(seed + counter.to_bytes(4, "big")).digest() for counter in blocks)
    return b"".join(parts)[:length]


def _bad() -> BadSignature:
    return BadSignature("signature.invalid", "A token's signature does not hold.")
