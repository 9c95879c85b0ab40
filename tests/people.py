"""The cast: who does what in every test, so that a name tells a role.

Carol coordinates, Rosa and Ravi respond, Dana requests data, Mallory attacks. Anna, Bram and
Chris each operate one node. Nobody's key is real: each comes from the name.
"""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpcengine.protocol.signing import public_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a name, an address and a signing key."""

    name: str
    email: str

    @property
    def signing_key(self) -> Ed25519PrivateKey:
        """Return the key this person signs with: always the same, and known to everybody."""
        seed = hashlib.sha256(f"test person {self.name}".encode()).digest()
        return Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes of the public half."""
        return public_bytes(self.signing_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator(Person):
    """Somebody who operates a node."""

    node: str
    index: int


CAROL = Person(name="Carol", email="carol@drempel.example")
ROSA = Person(name="Rosa", email="rosa@drempel.example")
RAVI = Person(name="Ravi", email="ravi@drempel.example")
DANA = Person(name="Dana", email="dana@drempel.example")
MALLORY = Person(name="Mallory", email="mallory@elsewhere.example")
ANNA = Operator(name="Anna", email="anna@node-a.example", node="a", index=1)
BRAM = Operator(name="Bram", email="bram@node-b.example", node="b", index=2)
CHRIS = Operator(name="Chris", email="chris@node-c.example", node="c", index=3)
OPERATORS = (ANNA, BRAM, CHRIS)
