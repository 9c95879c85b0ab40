"""Vectors of parcels, made with fixed ephemeral and content keys, and all that must fail.

The sample parcel is of a survey of no questions at all, so that it is short. ``changed`` says
for ranges of places (from, up to) which code a changed byte there gives; ``length`` is the code
of every truncation and of every extra byte. A case of ``bad`` has a whole parcel or another
context.
"""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mpcengine.protocol.canonical import JSON, digest_bytes
from mpcengine.protocol.envelope import envelope_length
from mpcengine.protocol.outer import (
    HEAD_BYTES,
    LABEL_OUTER,
    outer_info,
    parcel_hash,
    parcel_length,
)
from mpcengine.protocol.package import package_length
from mpcengine.protocol.receipt import confirmation_body, promise_body
from mpcengine.protocol.signing import (
    LABEL_CONFIRMATION,
    LABEL_PROMISE,
    p256_scalar,
    point_bytes,
    sign,
)
from tests.vectors.cast import cast, p256, seed
from tests.vectors.hpke_reference import seal

ENVELOPE = envelope_length(0)
INDEXES = (1, 2, 3)
OTHER_SURVEY = "sha256:" + "00" * 32


def content_key(name: str) -> bytes:
    """Return the content key of this name."""
    return seed(f"content key {name}")[:16]


def package_bytes(name: str) -> bytes:
    """Return bytes of a package's length; what they say does not matter here."""
    found = b""
    while len(found) < package_length(ENVELOPE):
        found += seed(f"package {name} {len(found)}")
    return found[: package_length(ENVELOPE)]


def wraps(manifest: str, keys: dict[int, bytes], label: bytes = LABEL_OUTER) -> bytes:
    """Return the three wraps of these content keys."""
    made = b""
    for index in INDEXES:
        info = label + outer_info(manifest=manifest, index=index)[len(LABEL_OUTER) :]
        public = point_bytes(cast().outer[index - 1])
        ephemeral = p256(f"outer ephemeral {index}")
        made += seal(public, ephemeral, info=info, aad=b"", plaintext=keys[index])
    return made


def parcel(
    manifest: str, keys: dict[int, bytes], package: bytes, *, label: bytes = LABEL_OUTER
) -> bytes:
    """Return a parcel whose package is closed under the content key of node 1."""
    head = b"\x01" + digest_bytes(manifest) + wraps(manifest, keys, label)
    return head + AESGCM(keys[1]).encrypt(bytes(12), package, head)


def parcels() -> JSON:
    """Return one parcel that three nodes open, and others that must not open."""
    manifest, key = cast().manifest.digest, content_key("Rosa")
    package = package_bytes("Rosa")
    good = parcel(manifest, dict.fromkeys(INDEXES, key), package)
    return {
        "origin": "made by tests/vectors/generate.py with fixed ephemeral and content keys",
        "manifest": manifest,
        "envelope_length": ENVELOPE,
        "parcel_length": parcel_length(ENVELOPE),
        "outer": [_node(index) for index in INDEXES],
        "good": {
            "package": package.hex(),
            "content_key": key.hex(),
            "info": [outer_info(manifest=manifest, index=index).hex() for index in INDEXES],
            "parcel": good.hex(),
            "hash": parcel_hash(good).hex(),
            "promise": sign(cast().relay, LABEL_PROMISE, promise_body(manifest, good)).hex(),
            "confirmations": [_confirmation(manifest, index, good) for index in INDEXES],
        },
        "length": "parcel.length",
        "changed": [
            {"from": 0, "to": 1, "code": "parcel.version"},
            {"from": 1, "to": 33, "code": "parcel.manifest"},
            {"from": 33, "to": len(good), "code": "parcel.open"},
        ],
        "bad": _bad(manifest, key, package, good),
    }


def _node(index: int) -> JSON:
    private = cast().outer[index - 1]
    return {
        "private": p256_scalar(private).hex(),
        "public": point_bytes(private).hex(),
        "ephemeral": p256_scalar(p256(f"outer ephemeral {index}")).hex(),
    }


def _confirmation(manifest: str, index: int, good: bytes) -> str:
    body = confirmation_body(manifest, index, parcel_hash(good))
    return sign(cast().identity[index - 1], LABEL_CONFIRMATION, body).hex()


def _bad(manifest: str, key: bytes, package: bytes, good: bytes) -> JSON:
    same = dict.fromkeys(INDEXES, key)
    other = content_key("Ravi")
    digest_end, size = 33, (HEAD_BYTES - 33) // 3
    first, second, third = (
        good[digest_end + n * size : digest_end + (n + 1) * size] for n in range(3)
    )
    turned = good[:digest_end] + second + first + third + good[HEAD_BYTES:]
    moved = good[:1] + bytes(32) + good[digest_end:]
    ravi = parcel(manifest, dict.fromkeys(INDEXES, other), package_bytes("Ravi"))
    swapped = parcel(manifest, {**same, 2: other}, package)
    cases: list[tuple[str, int, dict[str, JSON], bytes]] = [
        ("another node's key", 1, {"index": 2}, good),
        ("moved to another survey", 1, {"manifest": OTHER_SURVEY}, moved),
        ("another label", 1, {}, parcel(manifest, same, package, label=b"drempel/outer/2")),
        ("wraps in another order", 3, {}, turned),
        ("wraps of another parcel", 1, {}, ravi[:HEAD_BYTES] + good[HEAD_BYTES:]),
        ("another content key for node 2", 2, {}, swapped),
        ("content key of 15 bytes", 2, {}, _short(manifest, same, package)),
    ]
    return [
        {
            "name": name,
            "code": "parcel.open",
            "node": node,
            "index": node,
            "manifest": manifest,
            "parcel": data.hex(),
            **change,
        }
        for name, node, change, data in cases
    ]


def _short(manifest: str, same: dict[int, bytes], package: bytes) -> bytes:
    """Return a parcel with a wrap of too short a key; a byte too many keeps the length."""
    head = b"\x01" + digest_bytes(manifest) + wraps(manifest, {**same, 2: same[2][:15]}) + b"\0"
    return head + AESGCM(same[1]).encrypt(bytes(12), package, head)
