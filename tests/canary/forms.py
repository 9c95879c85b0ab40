"""Every form in which a secret may lie about in a file.

Raw, hexadecimal in both cases, base64 (standard and for URLs) at each of the three places a
secret can begin in a longer text, percent-encoded; an element of the field also as a decimal
number and as eight bytes in both orders.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

# Shorter ones would be found by chance, in a gigabyte of database pages.
SHORTEST = 8
# A long secret is looked for by its beginning, middle and end: a part of it would do harm too.
PART = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Needle:
    """Bytes to look for: of which canary, and in which form."""

    canary: str
    form: str
    data: bytes


def needles_of(canary: str, secret: bytes) -> Iterator[Needle]:
    """Yield the needles of a secret of bytes or text."""
    for part in _parts(secret):
        for form, data in _forms(part):
            if len(data) >= SHORTEST:
                yield Needle(canary=canary, form=form, data=data)


def element_needles(canary: str, element: int) -> Iterator[Needle]:
    """Yield the needles of an element of the field: decimal, and eight bytes both ways."""
    yield Needle(canary=canary, form="decimal", data=str(element).encode())
    for order in ("little", "big"):
        raw = element.to_bytes(8, order)
        for form, data in _forms(raw):
            if len(data) >= SHORTEST:
                yield Needle(canary=canary, form=f"{order} {form}", data=data)


def _parts(secret: bytes) -> list[bytes]:
    if len(secret) <= 2 * PART:
        return [secret]
    middle = len(secret) // 2
    return [secret[:PART], secret[middle : middle + PART], secret[-PART:]]


def _forms(raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield "raw", raw
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    for place in range(3):
        for name, encode in (
            ("base64", base64.b64encode),
            ("base64url", base64.urlsafe_b64encode),
        ):
            yield f"{name} at {place}", _base64(encode(bytes(place) + raw), place, len(raw))
    quoted = "".join(f"%{byte:02X}" for byte in raw).encode()
    yield "percent", quoted
    yield "utf-16", raw.decode("latin-1").encode("utf-16-le")


def _base64(text: bytes, place: int, length: int) -> bytes:
    """Return the characters that depend on the secret alone, whatever stands around it."""
    first = -(-place * 8 // 6)
    last = (place + length) * 8 // 6
    return text[first:last]
