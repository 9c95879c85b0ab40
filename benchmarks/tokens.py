"""What tokens cost: ``python -m benchmarks.tokens [--tokens 2000]``, one JSON line.

One process, processor time: what one core does, however busy the machine is. Makes tokens of
one node, from the draw to the verified token. What checking them costs is in ``intake``.
"""

import argparse
import json
import resource
import secrets
import sys
from importlib.metadata import version

from benchmarks.intake import Clock
from mpcengine.protocol.blindrsa import SALT_BYTES
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.eligibility import possession_message, token_blind, token_finish
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from nodes.issuing import IssuerPrivate, blind_sign, issuer_make

MANIFEST = "sha256:" + "5" * 64


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
    chosen = parser.parse_args()
    print(json.dumps(tokens(chosen.tokens)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
