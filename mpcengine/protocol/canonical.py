"""Turn JSON into its one canonical byte string and back, strictly.

Source: docs/protocol.md §2; RFC 8785 (JSON Canonicalization Scheme), RFC 8259.
"""

import hashlib
import json
import math
import re
from typing import Any, NoReturn

import rfc8785

from mpcengine.protocol.errors import MalformedMessage

# JSON as Python reads it; narrowed by strict.Fields, never trusted before that.
JSON = Any
Digest = str

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PREFIX = "sha256:"


def canonical(obj: JSON) -> bytes:
    """Encode ``obj`` as canonical JSON; raise MalformedMessage for what JSON cannot carry.

    Integers beyond ±(2^53 - 1), NaN, infinities, lone surrogates and non-string keys are
    refused.
    """
    try:
        return rfc8785.dumps(obj)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise MalformedMessage(
            "json.value", "A value cannot be written as canonical JSON."
        ) from error


def parse_json(data: bytes, *, file: bool = False) -> JSON:
    """Decode JSON strictly: UTF-8 without byte-order mark, no duplicate key, no NaN.

    Raises MalformedMessage; does not ask that the bytes are canonical. A key that stands twice
    is named only to the owner of a ``file``: in a message it may be anything, also a secret.
    """
    try:
        text = data.decode("utf-8")
        obj: JSON = json.loads(
            text,
            object_pairs_hook=_distinct_named if file else _distinct,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise MalformedMessage(
            "json.utf8", f"The bytes are not UTF-8 (byte {error.start})."
        ) from error
    except json.JSONDecodeError as error:
        raise MalformedMessage(
            "json.syntax",
            f"The text is not JSON (line {error.lineno}, column {error.colno}).",
        ) from error
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(
            "json.syntax", "The JSON is nested too deeply or holds a number that is too long."
        ) from error
    if "\\u" in text:
        _check_surrogates(obj)
    return obj


def parse_canonical(data: bytes) -> JSON:
    """Decode canonical JSON; raise MalformedMessage if re-encoding gives other bytes."""
    obj = parse_json(data)
    if canonical(obj) != data:
        raise MalformedMessage(
            "json.canonical", "The JSON is not in canonical form (RFC 8785)."
        )
    return obj


def digest(data: bytes) -> Digest:
    """Return ``sha256:`` and 64 hexadecimal digits for ``data``."""
    return _PREFIX + hashlib.sha256(data).hexdigest()


def digest_from_bytes(raw: bytes) -> Digest:
    """Write 32 raw bytes of SHA-256 as a digest."""
    if len(raw) != 32:
        raise MalformedMessage("digest.form", "A digest has 32 bytes.")
    return _PREFIX + raw.hex()


def digest_bytes(value: Digest) -> bytes:
    """Return the 32 raw bytes of a digest; raise MalformedMessage if it is not one."""
    if not is_digest(value):
        raise MalformedMessage(
            "digest.form", "A digest is 'sha256:' and 64 lower-case hexadecimal digits."
        )
    return bytes.fromhex(value[len(_PREFIX) :])


def is_digest(value: object) -> bool:
    """Tell whether ``value`` is a digest in its one written form."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _distinct(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise MalformedMessage("json.duplicate_key", "A key stands twice in one JSON object.")
    return result


def _distinct_named(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise MalformedMessage(
                "json.duplicate_key", f"The key {key[:64]!r} stands twice in one JSON object."
            )
        seen.add(key)
    return dict(pairs)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedMessage("json.value", "A number is too large for a double.")
    return number


def _check_surrogates(obj: JSON) -> None:
    # Only an escape can bring in half of a surrogate pair, which no UTF-8 can carry.
    try:
        json.dumps(obj, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedMessage(
            "json.value", "A text holds half of a surrogate pair."
        ) from error


def _no_constant(name: str) -> NoReturn:
    raise MalformedMessage("json.syntax", f"JSON has no number {name}.")
