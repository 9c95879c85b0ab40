"""Vectors of whole answers: from what a respondent says to the parcel that is sent.

Everything drawn is given: seeds, slopes, ephemeral keys, the content key. Only the ECDSA
signature cannot be made again by every implementation; it is given, too.
"""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mpcengine.protocol.canonical import JSON, digest_bytes
from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.outer import outer_info, parcel_hash
from mpcengine.protocol.package import Package
from mpcengine.protocol.sharing import split
from mpcengine.protocol.signing import p256_scalar, point_bytes
from mpcengine.protocol.validity_prover import prove
from tests.vectors.cast import cast, element, p256, package, seed
from tests.vectors.hpke_reference import seal

INDEXES = (1, 2, 3)
ANSWERS: list[tuple[str, int, dict[str, JSON]]] = [
    (
        "Rosa",
        0,
        {
            "sector": "hospital",
            "tools": ["edr", "siem"],
            "incidents": 77,
            "trust": 2,
            "priorities": ["law", "people", "money"],
        },
    ),
    ("Rosa", 1, {"sector": "gp", "incidents": 0, "priorities": ["money", "law", "people"]}),
    ("Ravi", 7, {"sector": "other", "trust": None, "priorities": ["people", "money", "law"]}),
]


def answers() -> JSON:
    """Return whole answers to the sample survey (``manifest.json``), step by step."""
    return {
        "origin": "made by tests/vectors/generate.py from keys that are derived from names",
        "manifest": cast().manifest.digest,
        "good": [_answer(name, revision, given) for name, revision, given in ANSWERS],
    }


def _answer(name: str, revision: int, given: dict[str, JSON]) -> dict[str, JSON]:
    plan = cast().manifest.layout.proof
    record = encode_answers(cast().manifest.layout, given)
    seeds = [element(f"answer seed {name} {revision} {place}") for place in range(plan.seeds)]
    slopes = [element(f"answer {name} {revision} {place}") for place in range(plan.words)]
    report = prove(plan, record, seeds)
    first, second, third = (pack_vector(part) for part in split(report, slopes))
    whole = package(name, (first, second, third), revision=revision)
    return {
        "answers": given,
        "revision": revision,
        "one_time": p256_scalar(p256(f"one-time {name}")).hex(),
        "record": "".join(map(str, record)),
        "seeds": [str(one) for one in seeds],
        "slopes": pack_vector(slopes).hex(),
        "report": pack_vector(report).hex(),
        "ephemerals": [
            p256_scalar(p256(f"ephemeral {name} {revision} {index}")).hex() for index in INDEXES
        ],
        "tokens": [one.hex() for one in whole.tokens],
        "envelopes": [one.hex() for one in whole.envelopes],
        "package_id": whole.package_id,
        "signature": whole.signature.hex(),
        **_parcel(whole),
    }


def _parcel(whole: Package) -> dict[str, JSON]:
    digest = cast().manifest.digest
    name = f"{whole.package_id} outer"
    content_key = seed(f"content key {name}")[:16]
    head = b"\x01" + digest_bytes(digest)
    for index in INDEXES:
        head += seal(
            point_bytes(cast().outer[index - 1]),
            p256(f"{name} {index}"),
            info=outer_info(manifest=digest, index=index),
            aad=b"",
            plaintext=content_key,
        )
    parcel = head + AESGCM(content_key).encrypt(bytes(12), whole.encode(), head)
    return {
        "content_key": content_key.hex(),
        "outer_ephemerals": [p256_scalar(p256(f"{name} {i}")).hex() for i in INDEXES],
        "parcel": parcel.hex(),
        "hash": parcel_hash(parcel).hex(),
    }
