"""Take indicators out of MISP's JSON: events, attributes, objects, composite types.

Source: MISP core format; docs/protocol.md §19.2. Attributes that are not marked for detection
(``to_ids``) are left out unless asked for; deleted ones always.
"""

import functools
from collections.abc import Iterator
from pathlib import Path

from connector.imports.documents import DocumentFile, Found, Offers, Skipped, address_type
from connector.imports.documents import objects_of as objects
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput

ADDRESS = "address"
"""IPv4, IPv6 or a network, as the value looks."""
TYPES = {
    "ip-src": ADDRESS,
    "ip-dst": ADDRESS,
    "ip": ADDRESS,
    "domain": "domain",
    "hostname": "domain",
    "url": "url",
    "uri": "url",
    "link": "url",
    "email": "email",
    "email-src": "email",
    "email-dst": "email",
    "email-reply-to": "email",
    "md5": "hash",
    "sha1": "hash",
    "sha256": "hash",
    "sha512": "hash",
    "x509-fingerprint-md5": "hash",
    "x509-fingerprint-sha1": "hash",
    "x509-fingerprint-sha256": "hash",
    "filename": "filename",
    "AS": "asn",
    "vulnerability": "cve",
    "mutex": "mutex",
    "user-agent": "user-agent",
    "ja3-fingerprint-md5": "ja3",
    "phone-number": "phone",
    "iban": "iban",
}
_PORT = "port"
_NOT_IDS = "is not marked for detection (to_ids)"


def misp_file(
    path: Path, identifiers: tuple[str, ...], *, is_all: bool = False
) -> DocumentFile:
    """Return a list in a MISP file; ``is_all`` takes what is not marked for detection, too."""
    offers = functools.partial(misp_offers, is_all=is_all)
    return DocumentFile(path=path, identifiers=identifiers, offers=offers)


def misp_offers(document: JSON, *, is_all: bool) -> Offers:
    """Yield the values of all attributes, or why there is none; raise MalformedInput."""
    rows = 0
    for rows, attribute in enumerate(_attributes(document), start=1):
        yield from _offers_of(rows, attribute, is_all=is_all)
    if not rows and not _has_events(document):
        raise MalformedInput("list.misp", "The file holds no MISP event and no attribute.")


def _has_events(document: JSON) -> bool:
    return isinstance(document, dict) and bool(
        {"Event", "response", "Attribute"} & set(document)
    )


def _attributes(document: JSON) -> Iterator[dict[str, JSON]]:
    if isinstance(document, list):
        for one in document:
            yield from _attributes(one)
    elif isinstance(document, dict):
        yield from objects(document.get("Attribute"))
        for one in objects(document.get("Object")):
            if one.get("deleted") is not True:
                yield from objects(one.get("Attribute"))
        for key in ("Event", "response"):
            yield from _attributes(document.get(key))


def _offers_of(row: int, attribute: dict[str, JSON], *, is_all: bool) -> Offers:
    kind, value = attribute.get("type"), attribute.get("value")
    if not isinstance(kind, str) or not isinstance(value, str):
        yield Skipped(row, "has no type or no text")
    elif attribute.get("deleted") is True:
        yield Skipped(row, "was deleted in MISP")
    elif not is_all and attribute.get("to_ids") not in (True, "1", 1):
        yield Skipped(row, _NOT_IDS)
    else:
        yield from _parts(row, kind, value)


def _parts(row: int, kind: str, value: str) -> Offers:
    """Yield one value, or both parts of a composite type such as ``domain|ip``."""
    kinds = kind.split("|")
    values = [value] if len(kinds) == 1 else value.split("|")
    if len(values) != len(kinds):
        yield Skipped(row, f"has other parts than its type {_named(kind)}")
        return
    for one, text in zip(kinds, values, strict=True):
        if one == _PORT:
            continue
        ours = TYPES.get(one)
        if ours is None:
            yield Skipped(row, f"has the MISP type {_named(one)}, which cannot be compared")
        else:
            yield Found(row, address_type(text) if ours == ADDRESS else ours, text)


def _named(kind: str) -> str:
    """Return a type's name for a report: it comes from a file, and may be anything."""
    return kind if kind.isprintable() and len(kind) <= 40 else "of another name"
