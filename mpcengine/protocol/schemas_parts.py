"""Small pieces that the schemas of all formats are made of.

Source: docs/protocol.md §2. A description completes the sentence "… must be".
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LARGEST_INTEGER = 2**53 - 1


def ref(name: str) -> Schema:
    """Refer to a definition of the same document."""
    return {"$ref": f"#/$defs/{name}"}


def document(name: str, body: Schema, definitions: Schema | None = None) -> Schema:
    """Return the whole schema of format ``name``, such as ``drempel-order/1``."""
    head = {"$schema": DRAFT, "$id": f"urn:{name.replace('/', ':')}", "title": name}
    return {**head, **({"$defs": definitions} if definitions else {}), **body}


def constant(value: str) -> Schema:
    """Allow one text only."""
    return {"const": value, "description": f"'{value}'"}


def one_of(*names: str) -> Schema:
    """Allow one of these texts."""
    return {"enum": list(names), "description": f"one of: {', '.join(names)}"}


def whole(lowest: int, highest: int = LARGEST_INTEGER) -> Schema:
    """Allow whole numbers of this range."""
    return {
        "type": "integer",
        "minimum": lowest,
        "maximum": highest,
        "description": f"a whole number from {lowest} to {highest}, without decimals",
    }


def boolean() -> Schema:
    """Allow true and false."""
    return {"type": "boolean", "description": "true or false"}


def string(longest: int) -> Schema:
    """Allow texts of 1 to ``longest`` characters."""
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": longest,
        "description": f"a text of 1 to {longest} characters",
    }


def pattern(expression: str, description: str) -> Schema:
    """Allow texts that match an expression (with ``^`` and ``$`` in it)."""
    return {"type": "string", "pattern": expression, "description": description}


def items(of: Schema, lowest: int, highest: int, what: str) -> Schema:
    """Allow lists of ``lowest`` to ``highest`` entries."""
    count = f"{lowest}" if lowest == highest else f"{lowest} to {highest}"
    return {
        "type": "array",
        "items": of,
        "minItems": lowest,
        "maxItems": highest,
        "description": f"a list of {count} {what}",
    }


def fields(required: Mapping[str, Schema], what: str, /, **optional: Schema) -> Schema:
    """Allow objects with exactly the required keys and, if present, the optional ones."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional},
        "additionalProperties": False,
        "description": what,
    }


def hashes(names: str) -> Schema:
    """Allow objects that give a SHA-384 (``sha384-`` and base64) to each name of this form."""
    digest = pattern("^sha384-[A-Za-z0-9+/]{64}$", "'sha384-' and 64 base64 digits")
    return {
        "type": "object",
        "propertyNames": {"pattern": names, "description": "a name of the allowed form"},
        "additionalProperties": digest,
        "minProperties": 1,
        "description": "an object of names with a SHA-384 each",
    }


def nullable(schema: Schema) -> Schema:
    """Allow null beside what ``schema`` allows."""
    what = schema.get("description", "a value")
    return {
        "anyOf": [schema, {"type": "null", "description": "null"}],
        "description": f"{what}, or null",
    }


def base64_of(size: int) -> Schema:
    """Allow the standard base64 of ``size`` bytes, with padding."""
    padding = -size % 3
    letters = (size + padding) // 3 * 4 - padding
    return pattern(
        f"^[A-Za-z0-9+/]{{{letters}}}{'=' * padding}$", f"standard base64 of {size} bytes"
    )


BASE64 = pattern(
    "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    "standard base64 with padding",
)
DIGEST = pattern("^sha256:[0-9a-f]{64}$", "'sha256:' and 64 hexadecimal digits")
HEX_16_BYTES = pattern("^[0-9a-f]{32}$", "32 lower-case hexadecimal digits")
HEX_32_BYTES = pattern("^[0-9a-f]{64}$", "64 lower-case hexadecimal digits")
MOMENT = pattern(
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
    "a time such as 2026-01-31T12:00:00Z",
)
URL = {
    **pattern(
        "^https?://[A-Za-z0-9.\\-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/\\-]*)?$",
        "an http or https address",
    ),
    "maxLength": 300,
}
NAME = string(200)
