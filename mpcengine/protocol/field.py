"""Compute in the prime field of all shares: p = 2^61 - 1.

Source: docs/protocol.md §4. Node j's share of a value v is v + a·j for j = 1, 2, 3.
The modulus is a parameter so that small fields can be searched exhaustively in tests.
"""

from collections.abc import Sequence

from mpcengine.protocol.errors import MalformedMessage

MODULUS = 2**61 - 1
POINTS = (1, 2, 3)
# x1 - 2·x2 + x3 = 0 holds exactly when three shares lie on one line.
LINE_CHECK = (1, -2, 1)
# Twice the first share minus the second is the line's value at zero.
AT_ZERO = (2, -1)
ELEMENT_BYTES = 8
_LONGEST_DECIMAL = len(str(MODULUS))


def on_line(shares: Sequence[int], *, modulus: int = MODULUS) -> bool:
    """Tell whether the shares of nodes 1, 2, 3 lie on one line modulo ``modulus``."""
    return sum(w * x for w, x in zip(LINE_CHECK, shares, strict=True)) % modulus == 0


def interpolate_at_zero(shares: Sequence[int], *, modulus: int = MODULUS) -> int:
    """Return the line's value at zero from the shares of nodes 1 and 2 (any more are unused).

    Call ``on_line`` first: this function alone notices no wrong share.
    """
    return (AT_ZERO[0] * shares[0] + AT_ZERO[1] * shares[1]) % modulus


def inverse(value: int, *, modulus: int = MODULUS) -> int:
    """Return 1/value modulo the prime ``modulus``; raise ZeroDivisionError for zero."""
    if value % modulus == 0:
        raise ZeroDivisionError("zero has no inverse")
    return pow(value, -1, modulus)


def is_element(value: int, *, modulus: int = MODULUS) -> bool:
    """Tell whether ``value`` is the canonical form of a field element: 0 ≤ value < p."""
    return 0 <= value < modulus


def format_element(value: int) -> str:
    """Write a field element as a decimal string; raise MalformedMessage outside 0 … p-1."""
    if not is_element(value):
        raise MalformedMessage("element.range", "A number is not an element of the field.")
    return str(value)


def parse_element(text: object) -> int:
    """Read a field element from its one decimal string: no sign, no leading zero, below p.

    Raises MalformedMessage for every other input.
    """
    if not isinstance(text, str) or not text.isascii() or not text.isdecimal():
        raise MalformedMessage("element.form", "A share is not written as a decimal string.")
    if len(text) > _LONGEST_DECIMAL or (len(text) > 1 and text[0] == "0"):
        raise MalformedMessage("element.form", "A share has leading zeros or too many digits.")
    value = int(text)
    if value >= MODULUS:
        raise MalformedMessage("element.range", "A share is not below the field's modulus.")
    return value
