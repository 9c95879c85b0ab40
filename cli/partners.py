"""Make up partners for a survey on one machine: a key for every row, confirmed by all nodes."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from cli.errors import BadInput
from mpcengine.protocol.partners import LARGEST_PARTNERS, Partner, PartnersFile
from mpcengine.protocol.signing import generate_p256_key, point_bytes

Keys = Sequence[EllipticCurvePrivateKey]


def partners_make(count: int) -> Keys:
    """Return a fresh key for each of ``count`` partners; raise BadInput for too many."""
    if count > LARGEST_PARTNERS:
        raise BadInput(f"A roster of kind key has at most {LARGEST_PARTNERS} partners.")
    return [generate_p256_key() for _ in range(count)]


def partners_named(keys: Keys) -> PartnersFile:
    """Return the partners file of these keys, each named by its row."""
    return PartnersFile(
        partners=tuple(
            Partner(name=f"Row {row}", key=point_bytes(key)) for row, key in enumerate(keys, 1)
        )
    )
