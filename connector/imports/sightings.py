"""Write a holder's own hits for other systems: as MISP sightings, as a STIX 2.1 bundle.

Source: MISP's interface for sightings (``POST /sightings/add``), STIX 2.1 sections 4.7 and 5.2.
Only hits on one's own list are written, to a file; nothing here is sent to anybody.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers import Identifier, canonicalise

_HASHES = {32: "MD5", 40: "SHA-1", 64: "SHA-256", 128: "SHA-512"}
_PATTERNS = {
    "ipv4": "ipv4-addr:value",
    "ipv6": "ipv6-addr:value",
    "domain": "domain-name:value",
    "url": "url:value",
    "email": "email-addr:value",
    "filename": "file:name",
    "mutex": "mutex:name",
}
_NETWORKS = {True: "ipv6-addr:value", False: "ipv4-addr:value"}


def typed(values: Iterable[str], identifiers: Sequence[str]) -> list[Identifier]:
    """Return each value with the first type of the question of which it is a canonical form."""
    found = []
    for value in values:
        for kind in identifiers:
            try:
                if canonicalise(kind, value) == Identifier(kind, value):
                    found.append(Identifier(kind, value))
                    break
            except MalformedInput:
                continue
    return found


def misp_sightings(hits: Sequence[Identifier], *, source: str, moment: datetime) -> JSON:
    """Return what MISP takes as sightings of these values, one for each."""
    seconds = int(moment.timestamp())
    return [
        {"values": [hit.value], "type": "0", "source": source, "timestamp": seconds}
        for hit in hits
    ]


def stix_bundle(hits: Sequence[Identifier], *, source: str, moment: datetime) -> JSON:
    """Return a bundle with an indicator and a sighting of each value that STIX can name.

    Values of other types are in no bundle; MISP's form has all.
    """
    at = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    common: dict[str, JSON] = {"spec_version": "2.1", "created": at, "modified": at}
    me = f"identity--{uuid.uuid4()}"
    objects: list[JSON] = [
        {
            "type": "identity",
            "id": me,
            **common,
            "name": source,
            "identity_class": "organization",
        }
    ]
    for hit in hits:
        if (pattern := stix_pattern(hit)) is None:
            continue
        indicator = f"indicator--{uuid.uuid4()}"
        objects.append(
            {
                "type": "indicator",
                "id": indicator,
                **common,
                "created_by_ref": me,
                "pattern": pattern,
                "pattern_type": "stix",
                "valid_from": at,
            }
        )
        objects.append(
            {
                "type": "sighting",
                "id": f"sighting--{uuid.uuid4()}",
                **common,
                "created_by_ref": me,
                "sighting_of_ref": indicator,
                "where_sighted_refs": [me],
            }
        )
    return {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": objects}


def stix_pattern(hit: Identifier) -> str | None:
    """Return the pattern that matches one value, or None if STIX has no property for it."""
    if hit.type == "asn":
        return f"[autonomous-system:number = {hit.value[2:]}]"
    if hit.type == "hash":
        named = f"file:hashes.'{_HASHES[len(hit.value)]}'"
    elif hit.type == "cidr":
        named = _NETWORKS[":" in hit.value]
    else:
        named = _PATTERNS.get(hit.type, "")
    if not named:
        return None
    escaped = hit.value.replace("\\", "\\\\").replace("'", "\\'")
    return f"[{named} = '{escaped}']"
