"""The JSON Schemas of ``drempel-statement/1`` and ``drempel-result/1``.

Source: docs/protocol.md §13, §14 and §19.11.
"""

from mpcengine.protocol.schemas_parts import (
    BASE64,
    DIGEST,
    Schema,
    base64_of,
    constant,
    document,
    fields,
    items,
    nullable,
    one_of,
    pattern,
    string,
    whole,
)
from mpcengine.protocol.schemas_request import (
    COMPARE_SECTION,
    MATCH_SECTION,
    SIGNED_REQUEST,
)

MOST_TABLES = 10_000
MOST_VALUES = 1_000_000
_SIGNATURE = base64_of(64)
_NODE = one_of("a", "b", "c")
_TEXTS: Schema = {
    "type": "object",
    "additionalProperties": BASE64,
    "description": "an object from questions to shares of texts",
}
_REJECTED = items(
    fields({"reason": string(60), "count": whole(1)}, "an object of reason and count"),
    0,
    20,
    "reasons",
)
_VALUE_NAME = pattern(
    "^(cell/.+/[0-9]+|(null|sum|squares)/.+)$", "a name such as 'cell/sector/0'"
)

STATEMENT_SCHEMA = document(
    "drempel-statement/1",
    fields(
        {
            "format": constant("drempel-statement/1"),
            "node": _NODE,
            "index": whole(1, 3),
            "manifest": DIGEST,
            "state": one_of("released", "withheld"),
            "reason": nullable(string(200)),
            "root": nullable(DIGEST),
            "verdict": nullable(DIGEST),
            "coin": nullable(DIGEST),
            "lines": nullable(DIGEST),
            "accepted": nullable(whole(1)),
            "rejected": _REJECTED,
            "released": items(_VALUE_NAME, 0, MOST_VALUES, "names"),
            "shares": {
                "type": "object",
                "propertyNames": _VALUE_NAME,
                "additionalProperties": pattern(
                    "^(0|[1-9][0-9]{0,18})$", "a decimal number below 2^61 - 1, as text"
                ),
                "description": "an object from names to shares",
            },
            "texts": _TEXTS,
        },
        "a statement: a JSON object",
    ),
)

_ASSURANCE = one_of("checked", "checked values, semi-honest selection", "semi-honest")
_KEY_PART: Schema = {
    "type": ["string", "integer", "null"],
    "description": "an option, a number, or null for no answer",
}
_CELL = fields(
    {
        "key": items(_KEY_PART, 1, 2, "parts"),
        "count": nullable(whole(0)),
        "status": one_of("released", "suppressed"),
    },
    "a cell",
)
_TABLE = fields(
    {
        "id": string(300),
        "questions": items(string(130), 1, 2, "questions"),
        "status": one_of("released", "withheld"),
        "assurance": _ASSURANCE,
        "cells": items(_CELL, 1, MOST_TABLES, "cells"),
    },
    "a table",
)
_FIGURE = fields(
    {
        "value": {"type": ["number", "null"], "description": "a number, or null"},
        "assurance": _ASSURANCE,
    },
    "an object of value and assurance",
)
_STATISTIC = fields(
    {
        "question": string(63),
        "status": one_of("released", "withheld"),
        "n": nullable(whole(1)),
        "mean": _FIGURE,
        "variance": _FIGURE,
    },
    "a statistic",
)
_TEXT_ANSWERS = fields(
    {
        "question": string(63),
        "status": one_of("released", "withheld"),
        "assurance": _ASSURANCE,
        "answers": {
            "type": ["array", "null"],
            "items": {
                "type": "string",
                "maxLength": 2000,
                "description": "a text, empty if it could not be read",
            },
            "description": "a list of texts, or null",
        },
    },
    "the texts of a question",
)
_SIGNED_MANIFEST = fields(
    {
        "manifest": BASE64,
        "coordinator_signature": _SIGNATURE,
        "signatures": fields(
            {"a": _SIGNATURE, "b": _SIGNATURE, "c": _SIGNATURE}, "three signatures"
        ),
    },
    "a signed manifest",
)
_PROOF = fields(
    {
        "manifest": {
            "anyOf": [_SIGNED_MANIFEST, SIGNED_REQUEST],
            "description": "a signed manifest",
        },
        "root": nullable(DIGEST),
        "nodes": items(
            fields(
                {
                    "node": _NODE,
                    "key": base64_of(32),
                    "statement": BASE64,
                    "signature": _SIGNATURE,
                },
                "a node's statement",
            ),
            2,
            3,
            "nodes",
        ),
    },
    "an object of manifest, root and nodes",
)
RESULT_SCHEMA = document(
    "drempel-result/1",
    fields(
        {
            "format": constant("drempel-result/1"),
            "manifest": DIGEST,
            "kind": one_of("survey", "match", "compare"),
            "state": one_of("released", "withheld"),
            "reason": nullable(string(700)),
            "accepted": nullable(whole(0)),
            "rejected": _REJECTED,
            "proof": _PROOF,
        },
        "a result: a JSON object",
        tables=items(_TABLE, 0, MOST_TABLES, "tables"),
        statistics=items(_STATISTIC, 0, MOST_TABLES, "statistics"),
        texts=items(_TEXT_ANSWERS, 0, MOST_TABLES, "texts"),
        match=MATCH_SECTION,
        compare=COMPARE_SECTION,
    ),
)
