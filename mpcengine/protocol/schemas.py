"""The JSON Schemas (draft 2020-12) of every format that people and programs exchange.

Source: docs/protocol.md §2. ``docs/schemas`` holds the same as files; a test compares. A schema
gives the shape; the rules between fields are in the module that reads the format.
"""

import json

from mpcengine.protocol.schemas_parts import (
    DIGEST,
    HEX_16_BYTES,
    HEX_32_BYTES,
    MOMENT,
    NAME,
    URL,
    Schema,
    base64_of,
    boolean,
    constant,
    document,
    fields,
    hashes,
    items,
    nullable,
    one_of,
    pattern,
    ref,
    whole,
)
from mpcengine.protocol.schemas_request import (
    CARD_SCHEMA,
    CONSENT_SCHEMA,
    CONTACT_DETAILS_SCHEMA,
    CONTACT_SCHEMA,
    CONTACTS_SCHEMA,
    CONTRIBUTION_SCHEMA,
    HITS_SCHEMA,
    REQUEST_MANIFEST_SCHEMA,
    REQUEST_SCHEMA,
    REQUEST_STATEMENT_SCHEMA,
)
from mpcengine.protocol.schemas_result import RESULT_SCHEMA, STATEMENT_SCHEMA
from mpcengine.protocol.schemas_survey import (
    ANSWERS_SCHEMA,
    SURVEY_BODY,
    SURVEY_DEFINITIONS,
    SURVEY_SCHEMA,
)

_KEY = base64_of(32)
_POINT = base64_of(65)
_SIGNATURE = base64_of(64)
_RSA = base64_of(256)
_NODE = one_of("a", "b", "c")
_LARGEST_ROSTER = 1_000_000

_BUDGET: Schema = {
    "type": "object",
    "propertyNames": pattern("^[1-9][0-9]{0,2}$", "a number of days"),
    "additionalProperties": whole(0),
    "description": "an object from numbers of days to how many",
}

_NODES_ENTRY = {
    **fields(
        {"node": _NODE, "index": whole(1, 3), "name": NAME, "url": URL, "identity_key": _KEY},
        "a node",
        pin=DIGEST,
        next_pin=DIGEST,
    ),
    "dependentRequired": {"next_pin": ["pin"]},
}
NODES_SCHEMA = document(
    "drempel-nodes/1",
    fields(
        {
            "format": constant("drempel-nodes/1"),
            "nodes": items(_NODES_ENTRY, 3, 3, "nodes"),
        },
        "a nodes file: a JSON object",
    ),
)
NODE_ENTRY_SCHEMA = document(
    "drempel-node-entry/1",
    fields(
        {"format": constant("drempel-node-entry/1"), "entry": _NODES_ENTRY},
        "a node's entry: a JSON object",
    ),
)

POLICY_SCHEMA = document(
    "drempel-policy/1",
    fields(
        {
            "format": constant("drempel-policy/1"),
            "min_count": {
                **fields({}, "floors by unit", person=whole(1), organisation=whole(1)),
                "minProperties": 1,
            },
            "coordinators": items(_KEY, 0, 10_000, "keys"),
            "kinds": items(one_of("survey", "match", "compare"), 0, 3, "kinds"),
            "rosters": items(one_of("code", "key"), 0, 2, "kinds of roster"),
            "timings": items(one_of("strict", "normal", "immediate"), 0, 3, "timings"),
            "min_roster": whole(1, _LARGEST_ROSTER),
            "max_roster": whole(1, _LARGEST_ROSTER),
            "max_questions": whole(1),
            "max_width": whole(1),
            "max_give_up_after_days": whole(1, 365),
            "max_answering_days": whole(1, 3660),
            "max_inconsistent_percent": whole(0, 100),
            "extremes": boolean(),
            "nonresponse": boolean(),
            "texts": boolean(),
        },
        "a policy file: a JSON object",
        test=boolean(),
        booth=one_of("own", "any"),
        max_owners=whole(1, 256),
        max_list=whole(1, 1 << 24),
        max_guesses=whole(1, 1 << 20),
        max_indicators=whole(1, 1 << 24),
        max_questions_per_days=_BUDGET,
        max_refusals_per_days=_BUDGET,
        min_approvals=whole(0, 16),
        approvers=items(_KEY, 0, 10_000, "keys"),
        partners_file={
            **pattern("^[A-Za-z0-9_][A-Za-z0-9_.-]*$", "the name of a file beside the policy"),
            "maxLength": 100,
        },
    ),
)
PARTNERS_SCHEMA = document(
    "drempel-partners/1",
    fields(
        {
            "format": constant("drempel-partners/1"),
            "partners": items(
                fields({"name": NAME, "key": base64_of(65)}, "a partner with its key"),
                0,
                10_000,
                "partners",
            ),
        },
        "a partners file: a JSON object",
    ),
)

_PORT = whole(1, 65535)
SERVICES_SCHEMA = document(
    "drempel-services/1",
    fields(
        {
            "format": constant("drempel-services/1"),
            "postgresql": fields(
                {"host": NAME, "port": _PORT, "user": NAME},
                "where PostgreSQL is and who administers it",
                password_file=NAME,
                templates=NAME,
            ),
            "redis": fields(
                {"host": NAME, "port": _PORT}, "where Redis is", password_file=NAME
            ),
        },
        "a services file: a JSON object",
    ),
)

ORDER_SCHEMA = document(
    "drempel-order/1",
    fields(
        {
            "format": constant("drempel-order/1"),
            "manifest": DIGEST,
            "order": one_of("open-answering", "close", "close-consents"),
        },
        "an order: a JSON object",
    ),
)

RECEIPT_SCHEMA = document(
    "drempel-receipt/1",
    fields(
        {
            "format": constant("drempel-receipt/1"),
            "manifest": DIGEST,
            "package": HEX_32_BYTES,
            "revision": whole(0, 7),
            "content": HEX_32_BYTES,
            "relay": fields(
                {"url": URL, "key": _KEY, "promise": nullable(_SIGNATURE)}, "a promise"
            ),
            "nodes": items(
                fields(
                    {"node": _NODE, "url": URL, "identity_key": _KEY},
                    "a node",
                    confirmation=_SIGNATURE,
                ),
                3,
                3,
                "nodes",
            ),
        },
        "a receipt: a JSON object",
    ),
)

_WINDOW = fields({"opens": MOMENT, "closes": MOMENT}, "an object of opens and closes")
_SUITE = {
    "sharing": "shamir-2^61-1",
    "envelope": "hpke-p256-sha256-aes128gcm",
    "outer": "hpke-p256-sha256-aes128gcm",
    "one_time": "ecdsa-p256-sha256",
    "token": "rsabssa-sha384-pss-deterministic-2048",
    "signature": "ed25519",
    "proof": "linear-shamir/1",
}
_NODE_TERMS = fields(
    {
        "node": _NODE,
        "index": whole(1, 3),
        "name": NAME,
        "url": URL,
        "identity_key": _KEY,
        "share_key": _POINT,
        "outer_key": _POINT,
        "issuer_key": _RSA,
        "issuer_proof": _RSA,
    },
    "a node with its keys",
)
MANIFEST_SCHEMA = document(
    "drempel-manifest/1",
    fields(
        {
            "format": constant("drempel-manifest/1"),
            "kind": constant("survey"),
            "survey_id": HEX_16_BYTES,
            "survey": ref("survey"),
            "suite": fields(
                {role: constant(name) for role, name in _SUITE.items()}, "the suite's names"
            ),
            "roster": fields(
                {
                    "kind": one_of("code", "key"),
                    "size": whole(1, _LARGEST_ROSTER),
                    "roots": items(DIGEST, 3, 3, "roots"),
                },
                "an object of kind, size and roots",
            ),
            "timing": one_of("strict", "normal", "immediate"),
            "flush_min": whole(1, _LARGEST_ROSTER),
            "issuing": _WINDOW,
            "answering": _WINDOW,
            "give_up_after_days": whole(1, 365),
            "max_inconsistent": nullable(whole(0, _LARGEST_ROSTER)),
            "coordinator": fields({"name": NAME, "key": _KEY}, "an object of name and key"),
            "relay": fields({"url": URL, "key": _KEY}, "an object of url and key"),
            "nodes": items(_NODE_TERMS, 3, 3, "nodes"),
            "record": fields(
                {
                    "width": whole(1),
                    "words": whole(1),
                    "envelope_length": whole(1),
                    "parcel_length": whole(1),
                },
                "an object of width, words, envelope_length and parcel_length",
            ),
            "booth": fields(
                {
                    "release": HEX_16_BYTES,
                    "files": hashes("^([a-z0-9][a-z0-9_-]*/)*[a-z0-9][a-z0-9_-]*\\.(js|css)$"),
                    "pages": hashes("^[a-z]{2,3}$"),
                },
                "an object of release, files and pages",
            ),
        },
        "a manifest: a JSON object",
    ),
    {"survey": SURVEY_BODY, **SURVEY_DEFINITIONS},
)

SCHEMAS: dict[str, Schema] = {
    schema["title"]: schema
    for schema in (
        SURVEY_SCHEMA,
        ANSWERS_SCHEMA,
        NODES_SCHEMA,
        NODE_ENTRY_SCHEMA,
        POLICY_SCHEMA,
        PARTNERS_SCHEMA,
        SERVICES_SCHEMA,
        MANIFEST_SCHEMA,
        ORDER_SCHEMA,
        RECEIPT_SCHEMA,
        STATEMENT_SCHEMA,
        RESULT_SCHEMA,
        REQUEST_SCHEMA,
        REQUEST_MANIFEST_SCHEMA,
        CONSENT_SCHEMA,
        CONTRIBUTION_SCHEMA,
        REQUEST_STATEMENT_SCHEMA,
        HITS_SCHEMA,
        CARD_SCHEMA,
        CONTACT_DETAILS_SCHEMA,
        CONTACT_SCHEMA,
        CONTACTS_SCHEMA,
    )
}


def schema_files() -> dict[str, str]:
    """Return each schema's file name in ``docs/schemas`` and its text."""
    return {
        f"{name.replace('/', '-')}.json": json.dumps(schema, indent=2, ensure_ascii=False)
        + "\n"
        for name, schema in SCHEMAS.items()
    }
