"""Vectors of identifiers: values as people write them, canonical forms, and what is refused.

Expected forms are written by hand here, not computed by the code under test.
"""

from mpcengine.protocol.canonical import JSON
from tests.vectors.canonical_bad import BAD
from tests.vectors.canonical_good import GOOD

ORIGIN = "cases written by hand; laid out by tests/vectors/generate.py"


def canonicalisers() -> JSON:
    """Return good cases (``as`` where another type results) and refused ones."""
    return {
        "origin": ORIGIN,
        "good": [
            {"type": kind, "version": 1, "text": text, "value": value}
            | ({"as": other} if other else {})
            for kind, cases in GOOD.items()
            for text, value, other in ((*case, "")[:3] for case in cases)
        ],
        "bad": [
            {"type": kind, "version": 1, "text": text, "code": f"identifier.{kind}"}
            for kind, cases in BAD.items()
            for text in cases
        ],
    }
