"""Issuer keys that are the same on every machine, and tokens made with them.

Their primes follow from their names; none may be used anywhere else.
"""

import hashlib
import itertools
from dataclasses import dataclass, field
from functools import cache

from gmpy2 import invert, mpz, next_prime, powmod

from mpcengine.protocol.blindrsa import EXPONENT, SALT_BYTES, encode_message
from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.eligibility import possession_message, token_message

_PRIME_BITS = 1024


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody who issues, by two primes; what ``nodes.issuing`` does, in a plain way."""

    p: int
    q: int
    public: bytes = field(init=False)
    d: int = field(init=False)

    def __post_init__(self) -> None:
        modulus, order = self.p * self.q, (self.p - 1) * (self.q - 1)
        length = (modulus.bit_length() + 7) // 8
        object.__setattr__(self, "public", modulus.to_bytes(length, "big"))
        object.__setattr__(self, "d", int(invert(EXPONENT, order)))

    def blind_sign(self, blinded: bytes) -> bytes:
        """Return blinded^d mod n."""
        value, p, q = int.from_bytes(blinded, "big"), self.p, self.q
        at_p, at_q = powmod(value, self.d % (p - 1), p), powmod(value, self.d % (q - 1), q)
        root = at_q + q * ((at_p - at_q) * invert(q, p) % p)
        return int(root).to_bytes(len(self.public), "big")

    def sign(self, message: bytes, salt: bytes = bytes(SALT_BYTES)) -> bytes:
        """Return the RSASSA-PSS signature of ``message`` with this salt."""
        bits = int.from_bytes(self.public, "big").bit_length() - 1
        encoded = encode_message(message, bits, salt)
        return self.blind_sign(encoded.to_bytes(len(self.public), "big"))

    def token(self, manifest: Digest, one_time_key: bytes) -> bytes:
        """Return the token of this issuer on a one-time key: what a respondent ends with."""
        return self.sign(token_message(self.public, manifest, one_time_key))

    def proof(self, survey_id: str, index: int, identity_key: bytes) -> bytes:
        """Return the proof that the key is this node's for this survey."""
        return self.sign(possession_message(bytes.fromhex(survey_id), index, identity_key))


@cache
def issuer(name: str) -> Issuer:
    """Return the issuer of this name."""
    return Issuer(_prime(f"{name} p"), _prime(f"{name} q"))


_POOL = itertools.cycle(f"pool {number}" for number in range(12))


def fresh_issuer() -> Issuer:
    """Return another issuer than the last eleven calls did; made once a process."""
    return issuer(next(_POOL))


def _prime(name: str) -> int:
    """Return the first fitting prime after a number that follows from the name."""
    drawn = hashlib.shake_256(b"drempel test primes: " + name.encode()).digest(_PRIME_BITS // 8)
    # With both top bits set, two such primes make exactly 2048 bits.
    found = mpz(int.from_bytes(drawn, "big") | 3 << (_PRIME_BITS - 2))
    while True:
        found = next_prime(found)
        if found % EXPONENT != 1:
            return int(found)
