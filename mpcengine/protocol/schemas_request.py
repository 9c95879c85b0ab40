"""The JSON Schemas of the formats of requests that people and programs exchange.

Source: docs/protocol.md §19. A description completes the sentence "… must be".
"""

from mpcengine.protocol.identifiers import TYPES
from mpcengine.protocol.schemas_parts import (
    BASE64,
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
    items,
    nullable,
    one_of,
    pattern,
    ref,
    string,
    whole,
)
from mpcengine.protocol.schemas_survey import TEXT_SCHEMA

REQUEST_FORMAT = "drempel-request/1"
REQUEST_MANIFEST_FORMAT = "drempel-request-manifest/1"
CONSENT_FORMAT = "drempel-consent/1"
CONTRIBUTION_FORMAT = "drempel-contribution/1"
REQUEST_STATEMENT_FORMAT = "drempel-request-statement/1"
HITS_FORMAT = "drempel-hits/1"
CONTACT_FORMAT = "drempel-contact/1"
CARD_FORMAT = "drempel-card/1"
CONTACT_DETAILS_FORMAT = "drempel-contact-details/1"
CONTACTS_FORMAT = "drempel-contacts/1"
TLP_MARKS = ("TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR")
MOST_TYPES = 16
MOST_OWNERS = 256
MOST_APPROVERS = 16
MOST_BUCKETS = 256
LARGEST_LIST = 1 << 24
MOST_DECIDE_DAYS, MOST_KEEP_DAYS = 60, 90
_SIZE = whole(1 << 6, LARGEST_LIST)
_OWNER = whole(0, MOST_OWNERS - 1)
_KEY, _POINT = base64_of(32), base64_of(65)
_PARTY = fields({"name": NAME, "key": _KEY}, "an object of name and key")
_WINDOW = fields({"opens": MOMENT, "closes": MOMENT}, "an object of opens and closes")
_WORD = pattern("^(0|[1-9][0-9]{0,19})$", "a decimal number below 2^64, as text")

_TYPE: Schema = one_of(*TYPES)
REQUEST_BODY = fields(
    {
        "format": constant(REQUEST_FORMAT),
        "kind": one_of("match", "compare", "count", "statistics", "linked", "reference"),
        "title": ref("text"),
        "purpose": ref("text"),
        "identifier": {
            "type": ["string", "array"],
            "if": {"type": "string"},
            "then": _TYPE,
            "else": items(_TYPE, 1, MOST_TYPES, "types of identifier"),
            "description": "a type of identifier, or a list of them",
        },
    },
    "a request: a JSON object",
    min_count=whole(1, 1_000_000),
    min_organisations=whole(1, MOST_OWNERS - 1),
    holder_feedback=one_of("items", "hit", "none"),
    leave_one_out=boolean(),
    extremes=one_of("show", "hide"),
    list_sizes=boolean(),
    contact=one_of("none", "pre", "post", "mailbox"),
    precision=one_of("exact", "band", "rounded"),
)
REQUEST_SCHEMA = document(REQUEST_FORMAT, REQUEST_BODY, {"text": TEXT_SCHEMA})

_SUITE_SCHEMA = fields(
    {
        "sharing": constant("replicated-xor-64"),
        "word": constant("hmac-sha256-64"),
        "seed": constant("aes128-ctr"),
        "envelope": constant("hpke-p256-sha256-aes128gcm"),
        "signature": constant("ed25519"),
    },
    "the suite of this version",
)
REQUEST_MANIFEST_SCHEMA = document(
    REQUEST_MANIFEST_FORMAT,
    fields(
        {
            "format": constant(REQUEST_MANIFEST_FORMAT),
            "kind": one_of("match", "compare"),
            "request_id": HEX_16_BYTES,
            "request": ref("request"),
            "suite": _SUITE_SCHEMA,
            "canonicalisers": {
                "type": "object",
                "propertyNames": _TYPE,
                "additionalProperties": whole(1, 255),
                "description": "an object from types to versions",
            },
            "federation": HEX_32_BYTES,
            "requester": _PARTY,
            "coordinator": _PARTY,
            "approvals": fields(
                {
                    "needed": whole(0, MOST_APPROVERS),
                    "approvers": items(
                        fields(
                            {"name": NAME, "organisation": NAME, "key": _KEY},
                            "somebody who may approve",
                        ),
                        0,
                        MOST_APPROVERS,
                        "approvers",
                    ),
                },
                "how many of which approvers must sign",
            ),
            "owners": items(
                fields(
                    {
                        "owner": _OWNER,
                        "name": NAME,
                        "role": one_of("requester", "holder"),
                        "key": _KEY,
                        "seal_key": _POINT,
                    },
                    "an owner of a list",
                ),
                2,
                MOST_OWNERS,
                "owners",
            ),
            "nodes": items(
                fields(
                    {
                        "node": one_of("a", "b", "c"),
                        "index": whole(1, 3),
                        "name": NAME,
                        "url": URL,
                        "identity_key": _KEY,
                        "share_key": _POINT,
                    },
                    "a node",
                ),
                3,
                3,
                "nodes",
            ),
            "sizes": fields({"first": _SIZE, "others": _SIZE}, "an object of size classes"),
            "buckets": whole(1, MOST_BUCKETS),
            "capacities": fields(
                {"first": whole(1), "others": whole(1)}, "an object of capacities"
            ),
            "consenting": _WINDOW,
            "contributing": _WINDOW,
            "give_up_after_days": whole(1, 365),
            "contact": nullable(
                fields(
                    {
                        "decide_days": whole(0, MOST_DECIDE_DAYS),
                        "keep_days": whole(1, MOST_KEEP_DAYS),
                    },
                    "an object of decide_days and keep_days",
                )
            ),
        },
        "a request manifest: a JSON object",
    ),
    {"request": REQUEST_BODY, "text": TEXT_SCHEMA},
)
CONSENT_SCHEMA = document(
    CONSENT_FORMAT,
    fields(
        {
            "format": constant(CONSENT_FORMAT),
            "manifest": DIGEST,
            "owner": _OWNER,
            "snapshot": DIGEST,
        },
        "a consent: a JSON object",
    ),
)
_TRIPLES = items(
    items(HEX_32_BYTES, 3, 3, "hashes"), 1, MOST_BUCKETS, "buckets of three hashes each"
)
CONTRIBUTION_SCHEMA = document(
    CONTRIBUTION_FORMAT,
    fields(
        {
            "format": constant(CONTRIBUTION_FORMAT),
            "manifest": DIGEST,
            "owner": _OWNER,
            "snapshot": DIGEST,
            "number": whole(1, 3),
            "components": _TRIPLES,
            "parts": _TRIPLES,
        },
        "a contribution: a JSON object",
    ),
)
_PAIR = items(_WORD, 2, 2, "components")
REQUEST_STATEMENT_SCHEMA = document(
    REQUEST_STATEMENT_FORMAT,
    fields(
        {
            "format": constant(REQUEST_STATEMENT_FORMAT),
            "node": one_of("a", "b", "c"),
            "index": whole(1, 3),
            "manifest": DIGEST,
            "state": one_of("released", "withheld"),
            "reason": nullable(string(200)),
            "root": nullable(DIGEST),
            "lists": items(_OWNER, 0, MOST_OWNERS, "owners"),
            "excluded": items(_OWNER, 0, MOST_OWNERS, "owners"),
            "values": {
                "type": "object",
                "propertyNames": one_of("organisations", "indicators", "intersection", "union"),
                "additionalProperties": fields(
                    {"shown": _PAIR, "value": _PAIR}, "an object of shown and value"
                ),
                "description": "an object from names to components",
            },
        },
        "a statement: a JSON object",
    ),
)
HITS_SCHEMA = document(
    HITS_FORMAT,
    fields(
        {
            "format": constant(HITS_FORMAT),
            "hit": nullable(boolean()),
            "items": nullable(items(string(10_000), 0, LARGEST_LIST, "values")),
            "lines": nullable(items(whole(1), 0, LARGEST_LIST, "rows")),
        },
        "a holder's hits: a JSON object",
    ),
)
SIGNED_REQUEST = fields(
    {
        "manifest": BASE64,
        "requester_signature": base64_of(64),
        "coordinator_signature": base64_of(64),
        "approvals": items(
            fields({"approval": BASE64, "signature": base64_of(64)}, "a signed approval"),
            0,
            MOST_APPROVERS,
            "signed approvals",
        ),
        "signatures": fields(
            {"a": base64_of(64), "b": base64_of(64), "c": base64_of(64)}, "three signatures"
        ),
    },
    "a signed request",
)
_SHOWN = fields(
    {"count": nullable(whole(0)), "status": one_of("released", "suppressed")},
    "an object of count and status",
)
_ASSURANCE = constant("semi-honest")
CARD_BODY = fields(
    {
        "format": constant(CARD_FORMAT),
        "manifest": DIGEST,
        "owner": _OWNER,
        "organisation": string(200),
        "contact": string(200),
        "mail": string(254),
        "phone": nullable(string(40)),
        "fingerprint": nullable(string(100)),
        "reference": nullable(string(200)),
        "tlp": one_of(*TLP_MARKS),
        "expires": MOMENT,
    },
    "a card: a JSON object",
)
CARD_SCHEMA = document(CARD_FORMAT, CARD_BODY)
_SIGNED_CARDS = items(
    fields({"card": CARD_BODY, "signature": base64_of(64)}, "an object of card and signature"),
    0,
    MOST_OWNERS,
    "signed cards",
)
CONTACTS_SCHEMA = document(
    CONTACTS_FORMAT,
    fields(
        {"format": constant(CONTACTS_FORMAT), "manifest": DIGEST, "contacts": _SIGNED_CARDS},
        "the cards that one owner may read: a JSON object",
    ),
)
CONTACT_DETAILS_SCHEMA = document(
    CONTACT_DETAILS_FORMAT,
    fields(
        {
            "format": constant(CONTACT_DETAILS_FORMAT),
            "organisation": string(200),
            "contact": string(200),
            "mail": string(254),
        },
        "contact details: a JSON object",
        phone=string(40),
        fingerprint=string(100),
        reference=string(200),
        tlp=one_of(*TLP_MARKS),
    ),
)
CONTACT_SCHEMA = document(
    CONTACT_FORMAT,
    fields(
        {
            "format": constant(CONTACT_FORMAT),
            "manifest": DIGEST,
            "owner": _OWNER,
            "number": whole(1, 255),
            "envelope": base64_of(2096),
            "components": items(HEX_32_BYTES, 3, 3, "hashes"),
            "parts": items(HEX_32_BYTES, 3, 3, "hashes"),
        },
        "a word on contact: a JSON object",
    ),
)
MATCH_SECTION = fields(
    {"assurance": _ASSURANCE, "organisations": _SHOWN, "indicators": _SHOWN},
    "an object of organisations and indicators",
    per_indicator=items(
        fields(
            {
                "value": string(10_000),
                "organisations": whole(1, MOST_OWNERS - 1),
                "status": constant("released"),
            },
            "an indicator",
            type=_TYPE,
        ),
        0,
        LARGEST_LIST,
        "indicators",
    ),
    contacts=_SIGNED_CARDS,
)
COMPARE_SECTION = fields(
    {"assurance": _ASSURANCE, "intersection": _SHOWN, "union": _SHOWN},
    "an object of intersection and union",
)
