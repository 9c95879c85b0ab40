"""Vectors of field, sharing, canonical JSON, binary codec, signatures and roster codes."""

from mpcengine.protocol.canonical import JSON, canonical, digest
from mpcengine.protocol.codec import pack_batch, pack_vector
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.roster import node_code, parse_code, roster_entry, roster_root
from mpcengine.protocol.sharing import split
from mpcengine.protocol.signing import (
    LABEL_ORDER,
    LABEL_PACKAGE,
    LABEL_ROOT,
    point_bytes,
    public_bytes,
    sign,
)
from tests.vectors.cast import (
    SURVEY_ID,
    codes,
    ed25519,
    element,
    p256,
    repeatable_signature,
    roster,
    seed,
)

ORIGIN = "made by tests/vectors/generate.py from keys that are derived from names"
# The figures of RFC 8785, section 3.2.2 (serialisation) and 3.2.3 (sorting of keys).
RFC8785_NUMBERS = [1e30, 4.50, 2e-3, 1e-27, 333333333.33333329, 0, -0.0, 1e21]
BAD_ROSTERS: list[JSON] = [
    {"code": "roster.order", "entries": ["02" * 32, "01" * 32]},
    {"code": "roster.order", "entries": ["01" * 32, "01" * 32]},
    {"code": "roster.form", "entries": ["01" * 31]},
    {"code": "roster.form", "entries": []},
]
RFC8785_KEYS = {"\u20ac": "Euro", "\r": "CR", "1": "One", "\u0080": "C", "\U0001f600": "S"}

NOT_CANONICAL: dict[str, tuple[str, bytes]] = {
    "space after colon": ("json.canonical", b'{"a": 1}'),
    "keys out of order": ("json.canonical", b'{"b":1,"a":1}'),
    "number with point zero": ("json.canonical", b'{"a":1.0}'),
    "escaped solidus": ("json.canonical", rb'{"a":"\/"}'),
    "trailing newline": ("json.canonical", b'{"a":1}\n'),
    "minus zero": ("json.canonical", b"-0"),
    "duplicate key": ("json.duplicate_key", b'{"a":1,"a":1}'),
    "duplicate key, deep": ("json.duplicate_key", b'[{"b":{"a":1,"a":2}}]'),
    "byte-order mark": ("json.syntax", b'\xef\xbb\xbf{"a":1}'),
    "broken UTF-8": ("json.utf8", b'{"a":"\xff"}'),
    "overlong UTF-8": ("json.utf8", b'{"a":"\xc0\xaf"}'),
    "lone surrogate": ("json.value", rb'{"a":"\ud800"}'),
    "NaN": ("json.syntax", b'{"a":NaN}'),
    "infinity": ("json.syntax", b'{"a":-Infinity}'),
    "integer over 2^53": ("json.value", b'{"a":9007199254740993}'),
    "number beyond a double": ("json.value", b'{"a":1e999}'),
    "two values": ("json.syntax", b"{}{}"),
    "nothing": ("json.syntax", b""),
    "single quotes": ("json.syntax", b"{'a':1}"),
    "comma at the end": ("json.syntax", b'{"a":1,}'),
    "nested too deeply": ("json.syntax", b"[" * 100_000),
}


def sharing() -> JSON:
    """Return shares of values at the edges of the field, and triples off the line."""
    values = [0, 1, 2, MODULUS - 1, MODULUS // 2, element("value")]
    slopes = [0, 1, MODULUS - 1, MODULUS - 2, element("slope a"), element("slope b")]
    shares = split(values, slopes)
    bad = []
    for place, index in ((0, 0), (3, 1), (5, 2)):
        moved = [list(vector) for vector in shares]
        moved[index][place] = (moved[index][place] + 1) % MODULUS
        bad.append({"code": "shares.line", "shares": [_decimals(v) for v in moved]})
    short = [_decimals(shares[0]), _decimals(shares[1]), _decimals(shares[2][:-1])]
    bad.append({"code": "shares.length", "shares": short})
    return {
        "origin": ORIGIN,
        "modulus": str(MODULUS),
        "good": [
            {
                "values": _decimals(values),
                "slopes": _decimals(slopes),
                "shares": [_decimals(vector) for vector in shares],
            }
        ],
        "bad": bad,
        "elements": {
            "good": ["0", "1", str(MODULUS - 1)],
            "bad": [
                {"code": "element.range", "text": str(MODULUS)},
                {"code": "element.form", "text": str(2**64)},
                {"code": "element.form", "text": "01"},
                {"code": "element.form", "text": "-1"},
                {"code": "element.form", "text": "+1"},
                {"code": "element.form", "text": "1.0"},
                {"code": "element.form", "text": ""},
                {"code": "element.form", "text": " 1"},
                {"code": "element.form", "text": "\u0661"},
                {"code": "element.form", "text": 1},
            ],
        },
    }


def canonical_json() -> JSON:
    """Return values with their canonical bytes, and bytes that are not canonical JSON."""
    values: list[JSON] = [
        {"b": 1, "a": [True, False, None]},
        {"numbers": RFC8785_NUMBERS},
        RFC8785_KEYS,
        {"text": 'quote " backslash \\ control \x0f newline \n é €'},
        {},
        [],
        2**53 - 1,
    ]
    return {
        "origin": ORIGIN + "; numbers and keys of RFC 8785, sections 3.2.2 and 3.2.3",
        "good": [
            {
                "value": value,
                "bytes": canonical(value).hex(),
                "digest": digest(canonical(value)),
            }
            for value in values
        ],
        "bad": [
            {"name": name, "code": code, "bytes": _hex(data)}
            for name, (code, data) in NOT_CANONICAL.items()
        ],
    }


GOOD_ADDRESSES = [
    *("https://node-a.example", "http://localhost:8000", "http://127.0.0.1:9001"),
    *("https://a.example:8443/drempel", "https://a.example/Node/~a_1.b-2", "https://a"),
    *("https://xn--bcher-kva.example", "http://a.example:443", "https://a.example:80"),
    *("https://a.example:65535", "https://1.a.example", "http://255.255.255.255", "https://a-"),
]
BAD_ADDRESSES = [
    *("https://Node-A.example", "HTTPS://a.example", "https://a.example:443", "http://a:80"),
    *("https://a.example/", "https://a.example/b/", "https://a.example//b", "https://a./"),
    *("https://a.example/./b", "https://a.example/..", "https://a.example/%2e", "https://a."),
    *(
        "https://a.example:08443",
        "https://a.example:0",
        "https://a.example:65536",
        "https://a:",
    ),
    *("https://a.example?b", "https://a.example#b", "https://a:b@c.example", "https://", ""),
    *("ftp://a.example", "//a.example", "a.example", "https:a.example", "https:/a.example"),
    *(
        "http://127.1",
        "http://2130706433",
        "http://0x7f.1",
        "http://1.2.3.04",
        "http://1.2.3.0x4",
    ),
    *(
        "http://256.1.1.1",
        "http://1.2.3.4.5",
        "http://[::1]",
        "https://a..example",
        "https://.a",
    ),
    *(
        "https://b\u00fccher.example",
        "https://a_b.example",
        " https://a.example",
        "https://a\n",
    ),
    "https://" + "a" * 63 + "." + "b" * 240,
]


def codec() -> JSON:
    """Return vectors of field elements and batches as bytes, with truncated and padded ones."""
    values = [0, 1, 256, MODULUS - 1]
    vector, batch = pack_vector(values), pack_batch([b"", b"a", b"bcd"])
    at_p = MODULUS.to_bytes(8, "little")
    wide = (2**64 - 1).to_bytes(8, "little")
    return {
        "origin": ORIGIN,
        "vectors": {
            "good": [{"values": _decimals(values), "bytes": vector.hex()}],
            "bad": [
                *({"code": "vector.length", "count": 4, "bytes": cut} for cut in _cuts(vector)),
                {"code": "vector.range", "count": 1, "bytes": at_p.hex()},
                {"code": "vector.range", "count": 1, "bytes": wide.hex()},
                {"code": "vector.range", "count": 2, "bytes": (bytes(8) + at_p).hex()},
            ],
        },
        "batches": {
            "good": [
                {"items": ["", "61", "626364"], "bytes": batch.hex()},
                {"items": [], "bytes": "00000000"},
            ],
            "bad": [
                *({"code": "codec.truncated", "bytes": cut} for cut in _cuts(batch)[:-1]),
                {"code": "codec.trailing", "bytes": batch.hex() + "00"},
                {"code": "batch.limit", "bytes": "00000005" + batch.hex()[8:]},
            ],
        },
        "addresses": {"good": GOOD_ADDRESSES, "bad": BAD_ADDRESSES},
    }


def signing() -> JSON:
    """Return Ed25519 and one-time signatures, and the same ones used where they do not hold."""
    private, one_time, body = ed25519("coordinator"), p256("one-time Rosa"), b"a body"
    key, point = public_bytes(private), point_bytes(one_time)
    signature = sign(private, LABEL_ORDER, body)
    ecdsa = repeatable_signature(one_time, LABEL_PACKAGE, body)
    good = _signature("ed25519", key, LABEL_ORDER, body, signature)
    good_ecdsa = _signature("ecdsa-p256", point, LABEL_PACKAGE, body, ecdsa)
    off_curve = point[:-1] + bytes((point[-1] ^ 1,))
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    large_s = ecdsa[:32] + (order + 1).to_bytes(32, "big")
    other = public_bytes(ed25519("relay"))
    changes: list[tuple[str, dict[str, JSON], dict[str, JSON]]] = [
        ("another label", good, {"label": LABEL_ROOT.decode()}),
        (
            "label joined to body",
            good,
            {"label": "drempel/order/1\u0000a", "body": b" body".hex()},
        ),
        ("another body", good, {"body": b"a bodx".hex()}),
        ("another key", good, {"key": other.hex()}),
        ("truncated", good, {"signature": signature[:-1].hex()}),
        ("extra byte", good, {"signature": signature.hex() + "00"}),
        ("all zero", good, {"signature": "00" * 64}),
        ("short key", good, {"key": key[:-1].hex()}),
        ("another label", good_ecdsa, {"label": LABEL_ROOT.decode()}),
        ("another body", good_ecdsa, {"body": b"a bodx".hex()}),
        ("r and s swapped", good_ecdsa, {"signature": (ecdsa[32:] + ecdsa[:32]).hex()}),
        ("s above the order", good_ecdsa, {"signature": large_s.hex()}),
        ("all zero", good_ecdsa, {"signature": "00" * 64}),
        ("truncated", good_ecdsa, {"signature": ecdsa[:-1].hex()}),
        ("point off the curve", good_ecdsa, {"key": off_curve.hex()}),
        ("compressed point", good_ecdsa, {"key": (b"\x02" + point[1:33]).hex()}),
    ]
    bad = [
        {**base, "name": name, "code": "signature.invalid", **c} for name, base, c in changes
    ]
    return {"origin": ORIGIN, "good": [good, good_ecdsa], "bad": bad}


def codes_and_rosters() -> JSON:
    """Return codes, what each node sees of them, rosters and their roots."""
    written = codes()[0]
    loose = written.upper().replace("-", " ")
    return {
        "origin": ORIGIN,
        "survey_id": SURVEY_ID,
        "good": [
            {
                "seed": seed("code 0")[:17].hex(),
                "code": written,
                "also_read": [loose, written.replace("-", ""), f" {written}\n"],
                "bytes": parse_code(written).hex(),
                "node_codes": [node_code(written, SURVEY_ID, j).hex() for j in (1, 2, 3)],
                "entries": [
                    roster_entry(node_code(written, SURVEY_ID, j)).hex() for j in (1, 2, 3)
                ],
            },
            {
                "seed": "ff" * 17,
                "code": "zzzzz-zzzzz-zzzzz-zzzzz-zzzzzz",
                "also_read": [],
                "bytes": "03" + "ff" * 16,
                "node_codes": [],
                "entries": [],
            },
        ],
        "bad": [
            {"code": "code.form", "text": written[:-1]},
            {"code": "code.form", "text": written + "0"},
            {"code": "code.form", "text": "u" + written[1:]},
            {"code": "code.form", "text": ""},
        ],
        "rosters": [
            {"entries": [entry.hex() for entry in roster(1)], "root": roster_root(roster(1))}
        ],
        "bad_rosters": BAD_ROSTERS,
    }


def _signature(
    kind: str, key: bytes, label: bytes, body: bytes, signature: bytes
) -> dict[str, JSON]:
    return {
        "kind": kind,
        "key": key.hex(),
        "label": label.decode(),
        "body": body.hex(),
        "signature": signature.hex(),
    }


def _decimals(values: list[int]) -> list[str]:
    return [str(value) for value in values]


def _cuts(data: bytes) -> list[str]:
    """Return every truncation of ``data``, and ``data`` with one byte more."""
    return [data[:length].hex() for length in range(len(data))] + [data.hex() + "00"]


def _hex(data: bytes) -> JSON:
    # A long run of one byte is written as its byte and its length.
    if len(data) > 1000:
        return {"repeat": data[:1].hex(), "times": len(data)}
    return data.hex()
