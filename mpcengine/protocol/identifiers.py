"""Write values by which lists are compared in their one canonical form, type by type.

Source: docs/protocol.md §19.2; ``tests/vectors/canonicalisers.json``. A canonicaliser is a pure
function with a name and a version; a value that it does not take is refused, never guessed. No
refusal quotes the value. Undoing what people do to defuse indicators is the reader's work.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers_codes import (
    asn,
    attack_technique,
    bsn,
    cve,
    hashed,
    iban,
    ja3,
    ja4,
    opaque,
    phone,
    plain,
)
from mpcengine.protocol.identifiers_network import cidr, domain, email, ipv4, ipv6
from mpcengine.protocol.identifiers_url import url

_IPV4 = "ipv4"
_IPV6 = "ipv6"
_CANONICALISERS: Mapping[str, Callable[[str], str]] = {
    _IPV4: ipv4,
    _IPV6: ipv6,
    "cidr": cidr,
    "domain": domain,
    "url": url,
    "email": email,
    "hash": hashed,
    "asn": asn,
    "cve": cve,
    "attack-technique": attack_technique,
    "ja3": ja3,
    "ja4": ja4,
    "filename": plain,
    "mutex": plain,
    "user-agent": plain,
    "phone": phone,
    "iban": iban,
    "bsn": bsn,
    "opaque": opaque,
}
TYPES = tuple(_CANONICALISERS)
VERSIONS: Mapping[str, int] = dict.fromkeys(TYPES, 1)
LONGEST_VALUE = 8_192


@dataclass(frozen=True, slots=True)
class Identifier:
    """Hold a canonical value and the type under which it is compared."""

    type: str
    value: str


def canonicalise(kind: str, text: str) -> Identifier:
    """Return the canonical form of a value of type ``kind`` (version of ``VERSIONS``).

    The type may change: an IPv6 address that maps an IPv4 one is compared as ``ipv4``. Raises
    MalformedInput with code ``identifier.<kind>`` and a reason that does not quote the value;
    ``identifier.type`` for an unknown type.
    """
    canonicaliser = _CANONICALISERS.get(kind)
    if canonicaliser is None:
        raise MalformedInput("identifier.type", "This type of identifier is not known.")
    if len(text) > LONGEST_VALUE:
        raise MalformedInput(f"identifier.{kind}", f"is longer than {LONGEST_VALUE} characters")
    try:
        value = canonicaliser(text.strip())
        value.encode()
    except UnicodeEncodeError:
        raise MalformedInput(f"identifier.{kind}", "holds a character that is none") from None
    except ValueError as error:
        raise MalformedInput(f"identifier.{kind}", str(error)) from None
    if kind == _IPV6 and "." in value:
        return Identifier(_IPV4, value)
    return Identifier(kind, value)
