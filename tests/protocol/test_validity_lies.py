"""What a crooked client might want to say with bits alone: every lie breaks a constraint.

Corrections B4 and C13: a value is tied to its bin and to "answered", a table to both of
its margins, a follow-up to its condition. Each lie is proven honestly, so only sums speak.
"""

import pytest

from mpcengine.protocol.batch import CONSTRAINT
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.validity_check import coin_weights
from tests.protocol.made_reports import COIN, laid_out, report_of, shares_of, verdict
from tests.protocol.made_surveys import JSON, definition, when

SURVEY = definition(
    {"id": "sector", "kind": "single", "options": ["gp", "other"], "required": True},
    {"id": "n", "kind": "number", "min": 0, "max": 500, "bins": [0, 1, 5, 20, 100]},
    {"id": "free", "kind": "number", "min": 10, "max": 15, "required": True},
    {"id": "m", "kind": "multiple", "options": ["a", "b", "c", "d"], "min": 2, "max": 3},
    {"id": "r", "kind": "ranking", "options": ["x", "y", "z"]},
    {"id": "g", "kind": "matrix", "rows": ["mail", "web"], "options": ["low", "high"]},
    {"id": "then", "kind": "scale", "min": 1, "max": 3},
    show_if=when(then=("sector", "=", "gp")),
    tables=[{"questions": ["sector", "g.mail"]}],
)
ANSWERS: dict[str, JSON] = {
    "sector": "other",
    "n": 77,
    "free": 12,
    "m": ["a", "b"],
    "r": ["x", "y", "z"],
    "g": {"mail": "low"},
}
LAYOUT, PLAN = laid_out(SURVEY)
SLOTS = {name: slot for slot, name in enumerate(LAYOUT.slots)}
RECORD = encode_answers(LAYOUT, ANSWERS)
WEIGHTS = coin_weights(PLAN, COIN)
# 77 = 20 + 57, and 22 are left of 79; the lowest bin has room for nothing.
OFFSET = {f"n.off={w}": 0 for w in (1, 8, 16, 32)}
SLACK = {f"n.slack={w}": 0 for w in (2, 4, 16)}

LIES: dict[str, dict[str, int]] = {
    "two options": {"sector=gp": 1},
    "no option of a required question": {"sector=other": 0},
    "an option and no answer": {"g.web=low": 1},
    "another bin with this value": {"n=20": 0, "n=0": 1},
    "the lowest bin with the value 256": {
        "n=20": 0,
        "n=0": 1,
        **OFFSET,
        **SLACK,
        "n.off=256": 1,
    },
    "two bins": {"n=1": 1},
    "no answer, and a value": {"n=20": 0, "n=null": 1},
    "no answer, and its slack": {"n=20": 0, "n=null": 1, **OFFSET},
    "a value beyond its bin": {"n.off=2": 1, "n.off=4": 1, "n.off=64": 1},
    "a value above the largest": {"free.off=4": 1},
    "a value without its cell": {"free=10": 0},
    "too few ticks": {"m=b": 0},
    "too many ticks": {"m=c": 1, "m=d": 1},
    "one tick more, the count as before": {"m=c": 1},
    "ticks and no answer": {"m=null": 1},
    "an option on two ranks": {"r=x,2": 1},
    "two options on one rank": {"r=y,2": 0, "r=y,1": 1},
    "half a ranking": {"r=z,3": 0},
    "a ranking and no answer": {"r=null": 1},
    "an answer to what was not asked": {"then=2": 1},
    "no answer to what was not asked": {"then=null": 1},
    "a cell of another row": {"sector*g.mail=other,low": 0, "sector*g.mail=gp,low": 1},
    "a cell of another column": {"sector*g.mail=other,low": 0, "sector*g.mail=other,high": 1},
    "a cell of neither": {"sector*g.mail=other,low": 0, "sector*g.mail=gp,high": 1},
    "two cells": {"sector*g.mail=gp,high": 1},
    "three cells around the right one": {
        "sector*g.mail=other,low": 0,
        "sector*g.mail=gp,low": 1,
        "sector*g.mail=other,high": 1,
        "sector*g.mail=gp,high": 1,
    },
    "no cell": {"sector*g.mail=other,low": 0},
}


def test_it_accepts_the_truth() -> None:
    assert verdict(WEIGHTS, shares_of(report_of(PLAN, RECORD, "true"), "true")) is None


@pytest.mark.parametrize("name", LIES)
def test_it_catches_the_lie(name: str) -> None:
    record = list(RECORD)
    for slot, bit in LIES[name].items():
        record[SLOTS[slot]] = bit
    assert record != RECORD
    assert verdict(WEIGHTS, shares_of(report_of(PLAN, record, name), name)) == CONSTRAINT
