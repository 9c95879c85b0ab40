"""Check a list of partners; or make some up for one machine, a key for every row."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from cli.errors import BadInput
from mpcengine.protocol.manifest import ROSTER_KEY, Manifest
from mpcengine.protocol.partners import LARGEST_PARTNERS, Partner, PartnersFile
from mpcengine.protocol.roster import roster_root
from mpcengine.protocol.signing import generate_p256_key, point_bytes

Keys = Sequence[EllipticCurvePrivateKey]


def partners_make(count: int) -> Keys:
    """Return a fresh key for each of ``count`` partners; raise BadInput for too many."""
    if count > LARGEST_PARTNERS:
        raise BadInput(f"A roster of kind key has at most {LARGEST_PARTNERS} partners.")
    return [generate_p256_key() for _ in range(count)]


def partners_check(manifest: Manifest, partners: PartnersFile, path: Path) -> None:
    """Raise BadInput unless the partners are those, all of them, who are invited."""
    entries = sorted(partners.entries)
    if manifest.roster.kind != ROSTER_KEY:
        raise BadInput(f"{path} cannot be checked: this survey invites by codes, not partners.")
    if not entries or roster_root(entries) != manifest.roster.roots[0]:
        raise BadInput(
            f"{path} is not the list of partners that the three operators have signed; nothing "
            "was sent. Ask the coordinator."
        )


def partners_named(keys: Keys) -> PartnersFile:
    """Return the partners file of these keys, each named by its row."""
    return PartnersFile(
        partners=tuple(
            Partner(name=f"Row {row}", key=point_bytes(key)) for row, key in enumerate(keys, 1)
        )
    )
