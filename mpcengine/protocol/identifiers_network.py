"""Canonical forms of addresses and names on the network.

Source: docs/protocol.md §19.2; RFC 5952, RFC 5890, UTS 46 (non-transitional). Every function
raises ValueError with a reason that completes "The value …" and does not quote it.
"""

import ipaddress
import re
import unicodedata

import idna

LONGEST_DOMAIN = 253
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_DOTS = str.maketrans({"。": ".", "．": ".", "｡": "."})


def ipv4(text: str) -> str:
    """Return an IPv4 address in dotted form; a leading zero in a part is refused."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ipaddress.AddressValueError:
        raise ValueError("is no IPv4 address such as 192.0.2.7") from None


def ipv6(text: str) -> str:
    """Return an IPv6 address as in RFC 5952, without zone; a mapped IPv4 in its own form."""
    try:
        address = ipaddress.IPv6Address(text.partition("%")[0])
    except ipaddress.AddressValueError:
        raise ValueError("is no IPv6 address such as 2001:db8::7") from None
    return str(address if address.ipv4_mapped is None else address.ipv4_mapped)


def cidr(text: str) -> str:
    """Return a network as address/prefix with all host bits zero."""
    if "/" not in text:
        raise ValueError("is no network such as 192.0.2.0/24")
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError("is no network such as 192.0.2.0/24") from None


def domain(text: str) -> str:
    """Return a domain name as lower-case A-labels, without a last dot or a first ``*.``.

    Refused: one label alone, an address, more than 253 characters.
    """
    name = host(text.removeprefix("*.").translate(_DOTS).removesuffix("."))
    if "." not in name:
        raise ValueError("is one label, not a domain such as example.org")
    if name.rpartition(".")[2].isdigit():
        raise ValueError("is an address, not a domain")
    return name


def host(text: str) -> str:
    """Return a name of one or more labels as lower-case A-labels."""
    try:
        name = text.lower() if _is_plain(text) else _encode(text)
    except (idna.IDNAError, UnicodeError):
        raise ValueError("is no name that the domain name system can carry") from None
    if not 1 <= len(name) <= LONGEST_DOMAIN:
        raise ValueError(f"has not 1 to {LONGEST_DOMAIN} characters")
    if not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError("is no name that the domain name system can carry")
    return name


def email(text: str) -> str:
    """Return a mail address in NFC, wholly lower-case, its domain canonical."""
    local, at, rest = text.rpartition("@")
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).lower())
    if not at or not 1 <= len(folded.encode("utf-8", "replace")) <= 64:
        raise ValueError("is no address such as name@example.org")
    if "@" in folded or any(letter.isspace() or not letter.isprintable() for letter in folded):
        raise ValueError("is no address such as name@example.org")
    return f"{folded}@{domain(rest)}"


def _is_plain(text: str) -> bool:
    return text.isascii() and "xn--" not in text.lower()


def _encode(text: str) -> str:
    return idna.encode(text, uts46=True, transitional=False).decode("ascii")
