"""Take indicators and observables out of a STIX 2.1 bundle.

Source: STIX 2.1 (OASIS), sections 6 and 9; docs/protocol.md §19.2. Of a pattern every
comparison of a known property with ``=`` or ``IN`` counts as one value, however comparisons are
joined: what a list compares is values. Everything else is reported, and left out.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from stix2patterns.exceptions import ParseException
from stix2patterns.v21.pattern import Pattern

from connector.imports.documents import DocumentFile, Found, Offers, Skipped, address_type
from connector.imports.documents import objects_of as objects
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput

ADDRESS = "address"
LONGEST_PATTERN = 20_000
# Object type, then the property's path; "*" is any one step.
_PROPERTIES = {
    ("ipv4-addr", "value"): ADDRESS,
    ("ipv6-addr", "value"): ADDRESS,
    ("network-traffic", "src_ref", "value"): ADDRESS,
    ("network-traffic", "dst_ref", "value"): ADDRESS,
    ("domain-name", "value"): "domain",
    ("url", "value"): "url",
    ("email-addr", "value"): "email",
    ("email-message", "from_ref", "value"): "email",
    ("email-message", "sender_ref", "value"): "email",
    ("file", "hashes", "*"): "hash",
    ("file", "name"): "filename",
    ("mutex", "name"): "mutex",
    ("autonomous-system", "number"): "asn",
}
_OBSERVABLES = frozenset(path[0] for path in _PROPERTIES)
_HASHES = frozenset({"MD5", "SHA-1", "SHA-256", "SHA-512"})
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'|(-?[0-9]+)")
# What describes, joins or tells, and names no value.
_SKIPPED = frozenset(
    {
        *("identity", "relationship", "marking-definition", "sighting", "report", "grouping"),
        *("note", "opinion", "malware", "campaign", "intrusion-set", "threat-actor", "tool"),
        *("course-of-action", "infrastructure", "location", "malware-analysis", "incident"),
        *("extension-definition", "language-content"),
    }
)


def stix_file(path: Path, identifiers: tuple[str, ...]) -> DocumentFile:
    """Return a list in a STIX 2.1 bundle."""
    return DocumentFile(path=path, identifiers=identifiers, offers=stix_offers)


def stix_offers(document: JSON) -> Offers:
    """Yield the values of all objects, or why there is none; raise MalformedInput."""
    if not isinstance(document, dict) or document.get("type") != "bundle":
        raise MalformedInput("list.stix", "The file is no STIX bundle.")
    for row, one in enumerate(objects(document.get("objects")), start=1):
        kind = one.get("type")
        if kind in _SKIPPED:
            continue
        read = _READERS.get(kind) if isinstance(kind, str) else None
        if read is not None:
            yield from read(row, one)
        elif kind in _OBSERVABLES:
            yield from _observable(row, str(kind), one)
        else:
            yield Skipped(row, "is an object that cannot be compared")


def _indicator(row: int, one: dict[str, JSON]) -> Offers:
    pattern = one.get("pattern")
    if one.get("revoked") is True:
        yield Skipped(row, "is an indicator that was revoked")
    elif one.get("pattern_type", "stix") != "stix" or not isinstance(pattern, str):
        yield Skipped(row, "is a pattern in another language than STIX")
    else:
        yield from _pattern(row, pattern)


def _pattern(row: int, pattern: str) -> Offers:
    comparisons = _comparisons(pattern)
    if comparisons is None:
        yield Skipped(row, "is a pattern that cannot be read")
        return
    for kind, found in comparisons.items():
        for path, operator, right in found:
            yield from _comparison(row, kind, path, operator, right)


def _comparisons(pattern: str) -> dict[str, list[tuple[list[object], str, str]]] | None:
    if len(pattern) > LONGEST_PATTERN:
        return None
    try:
        found: dict[str, list[tuple[list[object], str, str]]] = (
            Pattern(pattern).inspect().comparisons
        )
    except (ParseException, RecursionError):
        return None
    return found


def _comparison(
    row: int, kind: str, path: Sequence[object], operator: str, right: str
) -> Offers:
    ours = _type_of(kind, path)
    if ours is None:
        yield Skipped(row, "is a comparison of a property that no list is compared by")
    elif operator not in {"=", "IN"}:
        yield Skipped(row, "is a comparison that is not = or IN")
    else:
        for match in _LITERAL.finditer(right):
            text = match[2] or re.sub(r"\\(.)", r"\1", match[1])
            yield _found(row, ours, text)


def _type_of(kind: str, path: Sequence[object]) -> str | None:
    steps = tuple(step if isinstance(step, str) else "*" for step in path)
    if (kind, steps[0]) == ("file", "hashes"):
        return "hash" if len(steps) == 2 and steps[1] in _HASHES else None
    return _PROPERTIES.get((kind, *steps))


def _observable(row: int, kind: str, one: dict[str, JSON]) -> Offers:
    hashes = one.get("hashes")
    if isinstance(hashes, dict):
        for name, text in hashes.items():
            if name in _HASHES and isinstance(text, str):
                yield Found(row, "hash", text)
            else:
                yield Skipped(row, "is a hash that cannot be compared")
    for name in ("value", "name", "number"):
        ours, text = _PROPERTIES.get((kind, name)), one.get(name)
        if ours is not None and isinstance(text, str | int):
            yield _found(row, ours, str(text))


def _named(prefix: str, ours: str) -> Callable[[int, dict[str, JSON]], Offers]:
    """Return a reader of objects that carry a number of a public register."""

    def read(row: int, one: dict[str, JSON]) -> Offers:
        numbers = [
            reference["external_id"]
            for reference in objects(one.get("external_references"))
            if reference.get("source_name") == prefix
            and isinstance(reference.get("external_id"), str)
        ]
        if not numbers:
            yield Skipped(row, "has no number in a public register")
        for number in numbers:
            yield Found(row, ours, str(number))

    return read


def _found(row: int, ours: str, text: str) -> Found:
    return Found(row, address_type(text) if ours == ADDRESS else ours, text)


_READERS: dict[str, Callable[[int, dict[str, JSON]], Offers]] = {
    "indicator": _indicator,
    "vulnerability": _named("cve", "cve"),
    "attack-pattern": _named("mitre-attack", "attack-technique"),
}
