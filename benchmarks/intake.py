"""What taking a package costs a node: ``python -m benchmarks.intake [--packages 1000]``.

One process, processor time: what one core does, however busy the machine is. A parcel of a
survey of 20 questions with 5 options each, with proof, is opened, its package is read and
checked (three tokens, one-time signature), and one envelope is unsealed, as the product's own
functions do it; storing is not in it. The bound is the library's bare operations on as many
bytes in the same run: two key agreements, three RSA and one ECDSA verification with loaded
keys, two decryptions and one hash.
"""

import argparse
import hashlib
import json
import resource
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ec import ECDH, ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from benchmarks.data import survey
from mpcengine.protocol.blindrsa import EXPONENT, MODULUS_BYTES, SALT_BYTES
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.eligibility import token_message, token_verify
from mpcengine.protocol.envelope import envelope_length, open_vector, seal_envelope
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.outer import CONTENT_KEY_BYTES, open_parcel, parcel_length, seal_parcel
from mpcengine.protocol.package import Package, Three, sign_package
from mpcengine.protocol.signing import (
    LABEL_PACKAGE,
    generate_p256_key,
    one_time_verify,
    point_bytes,
)
from mpcengine.protocol.survey import parse_survey

MANIFEST = "sha256:" + "5" * 64
QUESTIONS, OPTIONS = 20, 5
INDEX = 1
_PADDING = PSS(MGF1(SHA384()), SALT_BYTES)


@dataclass
class Clock:
    """Add up processor seconds by the name of what was done."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def run(self, name: str) -> Iterator[None]:
        """Note what the body costs."""
        start = time.process_time()
        yield
        spent = time.process_time() - start
        self.seconds[name] = self.seconds.get(name, 0.0) + spent


@dataclass(frozen=True)
class Terms:
    """What a manifest says about packages and parcels."""

    digest: str
    issuer_keys: Three
    outer_keys: Three
    envelope_length: int
    parcel_length: int


@dataclass(frozen=True)
class Keys:
    """All private keys of a survey, which no one place holds in the product."""

    issuers: tuple[rsa.RSAPrivateKey, ...]
    outer: tuple[EllipticCurvePrivateKey, ...]
    share: tuple[EllipticCurvePrivateKey, ...]
    words: int

    def terms(self) -> Terms:
        """Return what the manifest would say."""
        length = envelope_length(self.words)
        first, second, third = (
            key.public_key().public_numbers().n.to_bytes(MODULUS_BYTES, "big")
            for key in self.issuers
        )
        one, two, three = (point_bytes(key) for key in self.outer)
        return Terms(
            digest=MANIFEST,
            issuer_keys=(first, second, third),
            outer_keys=(one, two, three),
            envelope_length=length,
            parcel_length=parcel_length(length),
        )


def keys_make() -> Keys:
    """Return fresh keys of a survey of 20 × 5."""
    layout = build_layout(parse_survey(survey(QUESTIONS, OPTIONS)))
    return Keys(
        issuers=tuple(
            rsa.generate_private_key(public_exponent=EXPONENT, key_size=8 * MODULUS_BYTES)
            for _ in range(3)
        ),
        outer=tuple(generate_p256_key() for _ in range(3)),
        share=tuple(generate_p256_key() for _ in range(3)),
        words=layout.proof.words,
    )


def parcel_make(keys: Keys, terms: Terms) -> bytes:
    """Return the parcel of a fresh respondent."""
    private = generate_p256_key()
    point = point_bytes(private)
    first, second, third = (
        key.sign(token_message(modulus, MANIFEST, point), _PADDING, SHA384())
        for key, modulus in zip(keys.issuers, terms.issuer_keys, strict=True)
    )
    one, two, three = (
        seal_envelope(
            point_bytes(share),
            manifest=MANIFEST,
            index=index,
            one_time_key=point,
            revision=0,
            share=bytes(8 * keys.words),
        )
        for index, share in enumerate(keys.share, start=1)
    )
    package = sign_package(
        private,
        manifest=MANIFEST,
        revision=0,
        tokens=(first, second, third),
        envelopes=(one, two, three),
    )
    key = secrets.token_bytes(CONTENT_KEY_BYTES)
    return seal_parcel(terms, package=package.encode(), content_key=key)


def take(clock: Clock, keys: Keys, terms: Terms, parcel: bytes) -> Package:
    """Take one parcel as a node does; return its package."""
    with clock.run("outer"):
        data = open_parcel(keys.outer[INDEX - 1], terms, index=INDEX, parcel=parcel)
    with clock.run("read"):
        package = Package.decode(data, terms.envelope_length)
        named = bytes.fromhex(package.package_id)
    with clock.run("tokens"):
        for issuer, token in zip(terms.issuer_keys, package.tokens, strict=True):
            token_verify(issuer, package.manifest, package.one_time_key, token)
    with clock.run("signature"):
        one_time_verify(package.one_time_key, LABEL_PACKAGE, package.body, package.signature)
    with clock.run("unseal"):
        open_vector(
            keys.share[INDEX - 1],
            manifest=MANIFEST,
            index=INDEX,
            one_time_key=package.one_time_key,
            revision=0,
            sealed=package.envelopes[INDEX - 1],
            words=keys.words,
        )
    if len(named) != SHA256.digest_size:
        raise ValueError("a package id has 32 bytes")
    return package


def bare(clock: Clock, keys: Keys, parcel: bytes, sealed: int) -> None:
    """Do the library's operations of one intake, on keys and bytes that are there already."""
    peer, one_time = keys.share[1].public_key(), keys.share[2]
    message = parcel[:128]
    tokens = [key.sign(message, _PADDING, SHA384()) for key in keys.issuers]
    signature = one_time.sign(message, ECDSA(SHA256()))
    cipher = AESGCM(bytes(16))
    bodies = [cipher.encrypt(bytes(12), parcel[:n], None) for n in (len(parcel), sealed)]
    verifiers = [key.public_key() for key in keys.issuers]
    verifier = one_time.public_key()
    with clock.run("bare"):
        for private in (keys.outer[0], keys.share[0]):
            private.exchange(ECDH(), peer)
        for public, token in zip(verifiers, tokens, strict=True):
            public.verify(token, message, _PADDING, SHA384())
        verifier.verify(signature, message, ECDSA(SHA256()))
        for body in bodies:
            cipher.decrypt(bytes(12), body, None)
        hashlib.sha256(parcel).digest()


def intake(count: int) -> dict[str, JSON]:
    """Return the figures of taking ``count`` parcels."""
    keys, clock, bound = keys_make(), Clock(), Clock()
    terms = keys.terms()
    # The first use of a key prepares what the later ones have.
    warm = parcel_make(keys, terms)
    take(Clock(), keys, terms, warm)
    bare(Clock(), keys, warm, terms.envelope_length)
    for _ in range(count):
        parcel = parcel_make(keys, terms)
        take(clock, keys, terms, parcel)
        bare(bound, keys, parcel, terms.envelope_length)
    total, least = sum(clock.seconds.values()), bound.seconds["bare"]
    return {
        "case": "intake",
        "n": count,
        "seconds": round(total, 3),
        "bytes_sent_per_party": 0,
        "rounds": 0,
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "bound_seconds": round(least, 3),
        "ratio_to_bound": round(total / least, 2),
        "bare_rate": round(count / least),
        "per_second": round(count / total),
        "parcel_bytes": terms.parcel_length,
        **{
            f"microseconds_{name}": round(spent / count * 1e6, 1)
            for name, spent in clock.seconds.items()
        },
        "versions": {name: version(name) for name in ("drempel", "cryptography")},
    }


def main() -> int:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=int, default=1000, help="packages to take")
    parser.add_argument("--seed", help="taken and not used: nothing here depends on answers")
    print(json.dumps(intake(parser.parse_args().packages)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
