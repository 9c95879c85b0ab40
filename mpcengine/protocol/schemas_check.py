"""Check the shape of a person's file against its schema and say in our words what is off.

Source: docs/protocol.md §5. Every node of a schema carries a ``description`` that completes
"… must be"; the library's own wording, which quotes values, never leaves this module.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput

Schema = dict[str, Any]


def _is_integer(_checker: TypeChecker, value: object) -> bool:
    return type(value) is int


def _pattern(
    _validator: object, pattern: str, instance: object, schema: Schema
) -> Iterator[ValidationError]:
    # Python's "$" also matches before a final line break; JSON Schema's does not.
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError("pattern", validator="pattern", schema=schema)


# The library takes 1.0 for an integer; our formats refuse every decimal.
_StrictValidator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def compile_schema(schema: Schema) -> Validator:
    """Return a reusable validator in which 1.0 is not an integer."""
    Draft202012Validator.check_schema(schema)
    validator: Validator = _StrictValidator(schema)
    return validator


def check_shape(validator: Validator, obj: JSON, *, area: str) -> None:
    """Return nothing if ``obj`` has the schema's shape.

    Raises MalformedInput with code ``<area>.unknown_key``, ``.missing_key`` or ``.value`` for
    the first fault in document order; the sentence holds a path and a rule, never a value.
    """
    errors = sorted(validator.iter_errors(obj), key=_order)
    if errors:
        raise _refusal(errors[0], area)


def _refusal(error: Any, area: str) -> MalformedInput:
    where = path_text(error.absolute_path)
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = next(key for key in error.instance if key not in known)
        where = join_path(where, unknown)
        sentence = f"{where} is not a known key; remove it or correct its spelling."
        return MalformedInput(f"{area}.unknown_key", sentence, where=where)
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        where = join_path(where, missing)
        return MalformedInput(
            f"{area}.missing_key", f"{where} is missing; add it.", where=where
        )
    wanted = error.schema.get("description", "of the form that its schema describes")
    sentence = f"{where or 'The document'} must be {wanted}."
    return MalformedInput(f"{area}.value", sentence, where=where)


def path_text(path: Iterable[str | int]) -> str:
    """Write a path such as ``questions[2].bins``."""
    text = ""
    for part in path:
        text = f"{text}[{part}]" if isinstance(part, int) else join_path(text, part)
    return text


def join_path(where: str, key: str) -> str:
    """Return the path of ``key`` inside ``where``; odd characters and long keys are cut."""
    shown = printable(key)
    return f"{where}.{shown}" if where else shown


def printable(key: object) -> str:
    """Return a key of a person's file so that it fits into one sentence on one line."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(key)[:80])


def _order(error: ValidationError) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (0, part) for part in error.absolute_path]
