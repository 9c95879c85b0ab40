"""Make a survey's issuer key, and sign with it what this node does not see (RFC 9474).

The private operation is gmpy2's: ``cryptography`` offers RSA with its own paddings only, and
Python's ``pow`` depends on the secret in time. ``powmod_sec`` takes the same time for every
exponent of a length; what it raises is blinded once more here, so that even the rest of the
arithmetic sees nothing that a caller chose. An answer is checked before anybody gets it: one
wrong half of it would give away the key (Boneh, DeMillo, Lipton 1997).
"""

import secrets
from dataclasses import astuple, dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import SHA384
from gmpy2 import invert, mpz, powmod, powmod_sec

from mpcengine.protocol.blindrsa import EXPONENT, MODULUS_BYTES, SALT_BYTES

_HALF = MODULUS_BYTES // 2
_PARTS = 5


class SigningFault(Exception):
    """The private operation went wrong; its outcome must not leave this process."""


@dataclass(frozen=True, slots=True)
class IssuerPrivate:
    """Hold an issuer key: primes p and q, d mod p-1, d mod q-1, and q inverse mod p."""

    p: int = field(repr=False)
    q: int = field(repr=False)
    d_p: int = field(repr=False)
    d_q: int = field(repr=False)
    q_inverse: int = field(repr=False)

    @property
    def modulus(self) -> bytes:
        """Return the public key, 256 bytes."""
        return (self.p * self.q).to_bytes(MODULUS_BYTES, "big")

    def to_bytes(self) -> bytes:
        """Return the five numbers, 128 bytes each, for wrapping."""
        return b"".join(int(part).to_bytes(_HALF, "big") for part in astuple(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> "IssuerPrivate":
        """Read what ``to_bytes`` wrote; raise ValueError for another length."""
        if len(data) != _PARTS * _HALF:
            raise ValueError("an issuer key has five numbers of 128 bytes")
        places = range(0, len(data), _HALF)
        return cls(*(int.from_bytes(data[at : at + _HALF], "big") for at in places))


def issuer_make(possession: bytes) -> tuple[IssuerPrivate, bytes]:
    """Return a fresh key and its signature over ``possession``, the only other one it makes.

    RSA-2048 with exponent 65537; about 0.1 s of processor time.
    """
    key = rsa.generate_private_key(public_exponent=EXPONENT, key_size=8 * MODULUS_BYTES)
    numbers = key.private_numbers()
    private = IssuerPrivate(numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)
    return private, key.sign(possession, PSS(MGF1(SHA384()), SALT_BYTES), SHA384())


def blind_sign(private: IssuerPrivate, blinded: bytes) -> bytes:
    """Return blinded^d mod n; ``blinded`` is a number 1 … n-1 of the modulus's length.

    Raises SigningFault where the outcome is not the one e-th root.
    """
    modulus, value = mpz(private.p * private.q), mpz(int.from_bytes(blinded, "big"))
    factor, inverse = _factor(modulus)
    signature = _root(private, value * powmod(factor, EXPONENT, modulus) % modulus)
    signature = signature * inverse % modulus
    if powmod(signature, EXPONENT, modulus) != value:
        raise SigningFault
    return int(signature).to_bytes(len(blinded), "big")


def _factor(modulus: mpz) -> tuple[mpz, mpz]:
    """Draw a blinding factor; return it with its inverse."""
    while True:
        factor = mpz(secrets.randbelow(int(modulus)))
        try:
            return factor, invert(factor, modulus)
        except ZeroDivisionError:
            continue


def _root(private: IssuerPrivate, value: mpz) -> mpz:
    """Return value^d mod n by the two primes (Chinese remainder theorem)."""
    p, q = mpz(private.p), mpz(private.q)
    at_p = powmod_sec(value % p, private.d_p, p)
    at_q = powmod_sec(value % q, private.d_q, q)
    return at_q + q * ((at_p - at_q) * private.q_inverse % p)
