"""Name enrolled partners and the keys by which they answer (``drempel-partners/1``).

Source: docs/protocol.md §8.1 and §9.6; corrections A6. A partner's entry is the same in the
rosters of all three nodes: each operator confirms the key as this organisation's, on a way of
its own, and that is what the three compare.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON, Digest, canonical, digest
from mpcengine.protocol.errors import MalformedMessage, PolicyRefused
from mpcengine.protocol.signing import POINT_BYTES, parse_point, signed_bytes
from mpcengine.protocol.strict import Fields, to_base64

PARTNERS_FORMAT = "drempel-partners/1"
LABEL_PARTNER = b"drempel/partner/1"
LARGEST_PARTNERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """Name one partner and its P-256 key (65 bytes, uncompressed)."""

    name: str
    key: bytes

    @property
    def fingerprint(self) -> Digest:
        """Return what two people compare when they make sure of a key: the name is in it."""
        return digest(canonical(self.to_json()))

    def to_json(self) -> dict[str, JSON]:
        """Return the partner as a partners file has it."""
        return {"name": self.name, "key": to_base64(self.key)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnersFile:
    """Hold partners whose names and keys are all different."""

    partners: tuple[Partner, ...]

    @property
    def entries(self) -> frozenset[bytes]:
        """Return every partner's roster entry."""
        return frozenset(partner_entry(partner.key) for partner in self.partners)

    def to_json(self) -> dict[str, JSON]:
        """Return the whole file as JSON."""
        return {
            "format": PARTNERS_FORMAT,
            "partners": [partner.to_json() for partner in self.partners],
        }


def parse_partners_file(obj: JSON) -> PartnersFile:
    """Read a partners file; raise MalformedInput with the path of what is wrong."""
    top = Fields(obj, required=("format", "partners"), file=True)
    top.choice("format", (PARTNERS_FORMAT,))
    return PartnersFile(partners=parse_partners(top, "partners", lowest=0))


def parse_partners(top: Fields, key: str, *, lowest: int) -> tuple[Partner, ...]:
    """Return the partners in the list under ``key``, at least ``lowest``; raise as ``top``."""
    rows = top.rows(key, lowest, LARGEST_PARTNERS, required=("name", "key"))
    partners = tuple(_partner(row) for row in rows)
    if not are_distinct(partners):
        raise top.refuse(key, "must have different names and different keys")
    return partners


def are_distinct(partners: Sequence[Partner]) -> bool:
    """Tell whether all names, whatever their case and spaces, and all keys are different."""
    names = {" ".join(partner.name.split()).casefold() for partner in partners}
    keys = {partner.key for partner in partners}
    return len(names) == len(keys) == len(partners)


def partner_entry(key: bytes) -> bytes:
    """Return a partner's entry, 32 bytes, the same for every node and survey.

    SHA-256 of label ‖ 0 ‖ key (65). Raises MalformedMessage for another length.
    """
    if len(key) != POINT_BYTES:
        raise MalformedMessage("partner.key", "A partner's key has 65 bytes.")
    return hashlib.sha256(signed_bytes(LABEL_PARTNER, key)).digest()


def check_confirmed(confirmed: Collection[bytes], roster: Iterable[bytes]) -> None:
    """Raise PolicyRefused if a roster has an entry of no partner this operator confirmed."""
    unknown = sum(entry not in confirmed for entry in roster)
    if unknown:
        raise PolicyRefused(
            "policy.roster_unconfirmed",
            f"This node's operator has not confirmed {unknown} of the partners on the list; "
            "ask the operator to confirm each of them, or leave them out.",
        )


def check_apart(roster: Collection[bytes], other: Collection[bytes], min_count: int) -> None:
    """Raise PolicyRefused if two rosters differ by 1 to ``min_count`` - 1 entries.

    Whoever subtracts the counts of one survey from those of the other would read the answers of
    so few. ``min_count`` is the larger one of the two surveys' (attack A3).
    """
    if 0 < len(set(roster) ^ set(other)) < min_count:
        raise PolicyRefused(
            "policy.roster_near",
            "This node's operator took part in a survey of nearly the same partners: lists "
            f"must be equal, or differ by at least {min_count} partners.",
        )


def _partner(row: Fields) -> Partner:
    partner = Partner(name=row.text("name"), key=row.data("key", POINT_BYTES))
    if not partner.name.isprintable() or not partner.name.strip():
        raise row.refuse("name", "must be printable and not empty")
    try:
        parse_point(partner.key)
    except MalformedMessage:
        raise row.refuse("key", "must be a point on P-256") from None
    return partner
