"""What tokens cost: ``python -m benchmarks.tokens [--tokens 2000]``, two JSON lines.

One process, processor time: what one core does, however busy the machine is. ``tokens`` makes
tokens of one node, from the draw to the verified token. ``intake`` reads and checks packages
with three tokens each, and unseals one node's envelope.
"""

import argparse
import json
import resource
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version

from benchmarks.data import survey
from mpcengine.protocol.blindrsa import SALT_BYTES
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.eligibility import possession_message, token_blind, token_finish
from mpcengine.protocol.envelope import (
    envelope_length,
    generate_share_key,
    open_vector,
    seal_envelope,
    share_public,
)
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.package import Package, Three, sign_package, verify_package
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from mpcengine.protocol.survey import parse_survey
from nodes.issuing import IssuerPrivate, blind_sign, issuer_make

MANIFEST = "sha256:" + "5" * 64
QUESTIONS, OPTIONS = 20, 5


@dataclass
class Clock:
    """Add up processor seconds by the name of what was done."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def run(self, name: str) -> Iterator[None]:
        """Note what the body costs."""
        start = time.process_time()
        yield
        self.seconds[name] += time.process_time() - start


@dataclass(frozen=True)
class Terms:
    """What a manifest says about packages."""

    digest: str
    issuer_keys: Three
    envelope_length: int


def token_make(clock: Clock, stored: bytes, modulus: bytes, point: bytes) -> bytes:
    """Return one token; ``stored`` is the issuer key as a node reads it for every token."""
    with clock.run("blind"):
        request = token_blind(
            modulus,
            MANIFEST,
            point,
            salt=secrets.token_bytes(SALT_BYTES),
            factor=1 + secrets.randbelow(int.from_bytes(modulus, "big") - 1),
        )
    with clock.run("sign"):
        signed = blind_sign(IssuerPrivate.from_bytes(stored), request.message)
    with clock.run("finish"):
        return token_finish(modulus, MANIFEST, point, request, signed)


def tokens(count: int) -> dict[str, JSON]:
    """Return the figures of ``count`` tokens of one node."""
    clock, (key,) = Clock(), issuers(1)
    point = point_bytes(generate_p256_key())
    # The first use of a key prepares what the later ones have.
    token_make(Clock(), key.to_bytes(), key.modulus, point)
    for _ in range(count):
        token_make(clock, key.to_bytes(), key.modulus, point)
    return figures("tokens", count, clock)


def intake(count: int) -> dict[str, JSON]:
    """Return the figures of ``count`` packages of a survey of 20 × 5."""
    words = build_layout(parse_survey(survey(QUESTIONS, OPTIONS))).proof.words
    keys, share, clock = issuers(3), generate_share_key(), Clock()
    first, second, third = (key.modulus for key in keys)
    terms = Terms(MANIFEST, (first, second, third), envelope_length(words))
    sealed = seal_envelope(
        share_public(share),
        manifest=MANIFEST,
        index=1,
        one_time_key=bytes(65),
        revision=0,
        share=bytes(8 * words),
    )
    for _ in range(count):
        data = package_make(keys, sealed)
        with clock.run("check"):
            verify_package(terms, Package.decode(data, terms.envelope_length))
        with clock.run("unseal"):
            open_vector(
                share,
                manifest=MANIFEST,
                index=1,
                one_time_key=bytes(65),
                revision=0,
                sealed=sealed,
                words=words,
            )
    return figures("intake", count, clock)


def package_make(keys: list[IssuerPrivate], sealed: bytes) -> bytes:
    """Return a package of a fresh respondent; its envelopes are one and the same."""
    private = generate_p256_key()
    point = point_bytes(private)
    first, second, third = (
        token_make(Clock(), key.to_bytes(), key.modulus, point) for key in keys
    )
    return sign_package(
        private,
        manifest=MANIFEST,
        revision=0,
        tokens=(first, second, third),
        envelopes=(sealed, sealed, sealed),
    ).encode()


def issuers(count: int) -> list[IssuerPrivate]:
    """Return fresh issuer keys."""
    return [issuer_make(possession_message(bytes(16), 1, bytes(32)))[0] for _ in range(count)]


def figures(case: str, count: int, clock: Clock) -> dict[str, JSON]:
    """Return the line of a case; ``microseconds_…`` are of one core, for one."""
    total = sum(clock.seconds.values())
    return {
        "case": case,
        "n": count,
        "seconds": round(total, 3),
        "per_second": round(count / total),
        **{
            f"microseconds_{name}": round(spent / count * 1e6, 1)
            for name, spent in clock.seconds.items()
        },
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "versions": {name: version(name) for name in ("drempel", "gmpy2", "cryptography")},
    }


def main() -> int:
    """Print one JSON line for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=2000, help="tokens of one node")
    parser.add_argument("--seed", help="taken and not used: nothing here depends on answers")
    parser.add_argument("--packages", type=int, default=1000, help="packages to take")
    chosen = parser.parse_args()
    print(json.dumps(tokens(chosen.tokens)))
    print(json.dumps(intake(chosen.packages)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
