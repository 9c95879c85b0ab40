"""Canonical forms of numbers and codes, of persons and of things.

Source: docs/protocol.md §19.2; ISO 13616 (IBAN), ITU-T E.164 (telephone), the eleven-test of
the Dutch citizen service number. Every function raises ValueError with a reason that completes
"The value …" and does not quote it.
"""

import re
import unicodedata

_HASH_LENGTHS = (32, 40, 64, 128)
_ASN = re.compile(r"(?:as)?\s?([0-9]{1,10})", re.IGNORECASE | re.ASCII)
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_TECHNIQUE = re.compile(r"T[0-9]{4}(\.[0-9]{3})?")
_JA4 = re.compile(r"[tqd][0-9a-z]{2}[di][0-9]{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_LARGEST_ASN = 2**32 - 1
_DUTCH = "31"
_DUTCH_DIGITS = 9
_LONGEST_PLAIN = 1_024
_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def hashed(text: str) -> str:
    """Return MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal; the length tells which."""
    value = text.lower()
    if len(value) not in _HASH_LENGTHS or not _HEX.fullmatch(value):
        raise ValueError("is no MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal")
    return value


def asn(text: str) -> str:
    """Return the number of an autonomous system as ``AS64496``."""
    match = _ASN.fullmatch(text)
    if match is None or int(match[1]) > _LARGEST_ASN:
        raise ValueError("is no number of a network such as AS64496")
    return f"AS{int(match[1])}"


def cve(text: str) -> str:
    """Return the number of a vulnerability as ``CVE-2026-12345``."""
    value = text.upper()
    if not _CVE.fullmatch(value):
        raise ValueError("is no number of a vulnerability such as CVE-2026-12345")
    return value


def attack_technique(text: str) -> str:
    """Return the number of a technique of MITRE ATT&CK as ``T1566`` or ``T1566.001``."""
    value = text.upper()
    if not _TECHNIQUE.fullmatch(value):
        raise ValueError("is no technique such as T1566.001")
    return value


def ja3(text: str) -> str:
    """Return a JA3 fingerprint, 32 hexadecimal digits."""
    value = text.lower()
    if len(value) != 32 or not _HEX.fullmatch(value):
        raise ValueError("is no JA3 fingerprint: 32 hexadecimal digits")
    return value


def ja4(text: str) -> str:
    """Return a JA4 fingerprint in lower case."""
    value = text.lower()
    if not _JA4.fullmatch(value):
        raise ValueError("is no JA4 fingerprint such as t13d1516h2_8daaf6152771_b186095e22b6")
    return value


def plain(text: str) -> str:
    """Return a name in NFC without outer spaces; its case is kept."""
    value = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(value) <= _LONGEST_PLAIN or not value.isprintable():
        raise ValueError(f"has not 1 to {_LONGEST_PLAIN} printable characters")
    return value


def phone(text: str) -> str:
    """Return a telephone number in E.164; one that begins with a single 0 is Dutch."""
    value = re.sub(r"\(0\)|[\s.\-/()]", "", text)
    if value.startswith("00"):
        value = "+" + value[2:]
    elif value.startswith("0"):
        value = f"+{_DUTCH}{value[1:]}"
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", value, re.ASCII):
        raise ValueError("is no telephone number such as +31201234567")
    if value.startswith(f"+{_DUTCH}") and len(value) != 3 + _DUTCH_DIGITS:
        raise ValueError("is a Dutch telephone number with too few or too many digits")
    return value


def iban(text: str) -> str:
    """Return an account number without spaces, in capitals, whose check digits hold."""
    value = re.sub(r"[\s\-]", "", text).upper()
    if not _IBAN.fullmatch(value):
        raise ValueError("is no IBAN such as NL91ABNA0417164300")
    digits = "".join(str(int(letter, 36)) for letter in value[4:] + value[:4])
    if int(digits) % 97 != 1:
        raise ValueError("is an IBAN whose check digits do not hold")
    return value


def bsn(text: str) -> str:
    """Return a citizen service number as nine digits that pass the eleven-test."""
    value = re.sub(r"[\s.\-]", "", text)
    if not re.fullmatch(r"[0-9]{7,9}", value, re.ASCII):
        raise ValueError("is no number of seven to nine digits")
    value = value.zfill(9)
    total = sum(int(d) * weight for d, weight in zip(value, _BSN_WEIGHTS, strict=True))
    if value == "0" * 9 or total % 11:
        raise ValueError("does not pass the eleven-test")
    return value


def opaque(text: str) -> str:
    """Return any text in NFC without outer spaces."""
    value = unicodedata.normalize("NFC", text).strip()
    if not value:
        raise ValueError("is empty")
    return value
