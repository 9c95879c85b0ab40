"""Vectors of words and of everything that owners of lists and nodes sign and seal."""

import hashlib
from collections.abc import Mapping
from functools import cache

from mpcengine.protocol import words
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.consent import nonce_body
from mpcengine.protocol.contribution import (
    Contribution,
    PartPlace,
    chunk_body,
    overflow_body,
    part_length,
    sign_contribution,
)
from mpcengine.protocol.envelope import share_key_to_bytes, share_public
from mpcengine.protocol.identifiers import canonicalise
from mpcengine.protocol.private_outcome import (
    LABEL_SEALED_PRIVATE,
    PrivatePlace,
    private_body,
)
from mpcengine.protocol.signing import LABEL_CHUNK, LABEL_NONCE, LABEL_PRIVATE, sign
from mpcengine.protocol.strict import to_base64
from tests.vectors.canonical_good import GOOD
from tests.vectors.cast import ed25519, p256, seed
from tests.vectors.hpke_reference import seal
from tests.vectors.request_cast import (
    OWNERS,
    consents,
    nonce,
    request_manifest,
    sign_request_manifest,
    sign_statements,
    statements,
)

ORIGIN = "made by tests/vectors/generate.py from keys that are derived from names"
MANIFEST_DIGEST = request_manifest().digest
HOLDER = 1
CAPACITY = 128
REAL = 3


def word_vectors() -> JSON:
    """Return keys, words, moved words, a bucket, a component and a snapshot."""
    manifest = request_manifest()
    keys = [node.identity_key for node in manifest.nodes]
    federation = manifest.federation
    context = place().context(0)
    component = words.expand_seed(seed("seed")[:16], context, 5)
    listed = sorted(int.from_bytes(seed(f"word {i}")[:8], "little") for i in range(8))
    joined = b"".join(word.to_bytes(8, "little") for word in listed)
    _, drawn = nonce()
    bucket_key = words.bucket_key(drawn)
    return {
        "origin": ORIGIN,
        "identity_keys": [key.hex() for key in keys],
        "federation": federation.hex(),
        "words": [_word(federation, kind, cases[0][1]) for kind, cases in GOOD.items()],
        "bucket": {
            "nonce": drawn.hex(),
            "key": bucket_key.hex(),
            "words": joined.hex(),
            "bytes": words.bucket_bytes(bucket_key, joined).hex(),
        },
        "component": {
            "context": context.hex(),
            "seed": seed("seed")[:16].hex(),
            "words": 5,
            "expanded": component.hex(),
            "salt": seed("salt").hex(),
            "hash": words.component_hash(seed("salt"), context, component).hex(),
        },
        "snapshot": {
            "salt": seed("salt").hex(),
            "words": [str(word) for word in listed],
            "digest": words.snapshot_digest(seed("salt"), listed),
        },
    }


def _word(federation: bytes, kind: str, value: str) -> JSON:
    word = words.word_of(federation, canonicalise(kind, value))
    return {
        "type": kind,
        "value": value,
        "key": words.word_key(federation, kind).hex(),
        "word": str(word),
        "moved": str(words.move_bits(word)),
    }


def place(bucket: int = 0) -> PartPlace:
    """Return where the sample part belongs."""
    return PartPlace(manifest=MANIFEST_DIGEST, owner=HOLDER, number=1, bucket=bucket)


@cache
def components() -> tuple[bytes, bytes, bytes]:
    """Return the three components of the sample holder's list, as words in bytes."""
    listed = sorted(int.from_bytes(seed(f"item {i}")[:8], "little") for i in range(CAPACITY))
    clear = b"".join(words.move_bits(word).to_bytes(8, "little") for word in listed)
    clear += REAL.to_bytes(8, "little")
    first, second = (
        words.expand_seed(seed(f"seed {k}")[:16], place().context(k), CAPACITY + 1)
        for k in words.SEEDED_COMPONENTS
    )
    numbers = (int.from_bytes(data, "little") for data in (clear, first, second))
    total = 0
    for number in numbers:
        total ^= number
    return first, second, total.to_bytes(len(clear), "little")


def salts() -> tuple[bytes, bytes, bytes]:
    """Return the salts of the three components."""
    return seed("salt 0"), seed("salt 1"), seed("salt 2")


def sealed_part(index: int) -> bytes:
    """Return node ``index``'s repeatable sealed part of the sample holder's list."""
    bodies = (seed("seed 0")[:16], seed("seed 1")[:16], components()[2])
    one, two = words.node_components(index)
    plain = salts()[one] + salts()[two] + bodies[one] + bodies[two]
    public = share_public(p256(f"request share {index}"))
    ephemeral = p256(f"part {index}")
    return seal(public, ephemeral, info=place().info(index), aad=b"", plaintext=plain)


@cache
def header() -> tuple[Contribution, bytes, bytes]:
    """Return the sample holder's header, its bytes and signature."""
    hashes = [
        words.component_hash(salt, place().context(k), data)
        for k, (salt, data) in enumerate(zip(salts(), components(), strict=True))
    ]
    parts = [hashlib.sha256(sealed_part(index)).digest() for index in (1, 2, 3)]
    contribution = Contribution(
        manifest=MANIFEST_DIGEST,
        owner=HOLDER,
        snapshot=words.snapshot_digest(seed(f"snapshot {OWNERS[HOLDER]}"), [HOLDER]),
        number=1,
        components=((hashes[0], hashes[1], hashes[2]),),
        parts=((parts[0], parts[1], parts[2]),),
    )
    data, signature = sign_contribution(ed25519(OWNERS[HOLDER]), contribution)
    return contribution, data, signature


def list_vector() -> JSON:
    """Return a short list split with everything that is drawn, in the order of drawing."""
    real = sorted(int.from_bytes(seed(f"real {i}")[:8], "little") for i in range(REAL))
    padding = b"".join(seed(f"padding {i}")[:8] for i in range(CAPACITY - REAL))
    seeds = [seed(f"list seed {k}")[:16] for k in words.SEEDED_COMPONENTS]
    blur = [seed(f"list salt {k}") for k in (0, 1, 2)]
    drawn = [int.from_bytes(padding[at : at + 8], "little") for at in range(0, len(padding), 8)]
    listed = sorted(real + drawn)
    clear = b"".join(words.move_bits(word).to_bytes(8, "little") for word in listed)
    held = [
        words.expand_seed(one, place().context(k), CAPACITY + 1) for k, one in enumerate(seeds)
    ]
    held.append(_xor(clear + REAL.to_bytes(8, "little"), *held))
    hashes = [
        words.component_hash(salt, place().context(k), data)
        for k, (salt, data) in enumerate(zip(blur, held, strict=True))
    ]
    parts = [_list_part(index, blur, (*seeds, held[2])) for index in (1, 2, 3)]
    snapshot = words.snapshot_digest(seed("list"), real)
    data, signature = _list_header(snapshot, hashes, parts)
    return {
        "key": ed25519(OWNERS[HOLDER]).private_bytes_raw().hex(),
        "words": [str(word) for word in real],
        "places": [listed.index(word) for word in real],
        "salt": seed("list").hex(),
        "snapshot": snapshot,
        "drawn": [one.hex() for one in (padding, *seeds, *blur)],
        "ephemeral": [
            f"{p256(f'list part {index}').private_numbers().private_value:064x}"
            for index in (1, 2, 3)
        ],
        "parts": [to_base64(part) for part in parts],
        "header": to_base64(data),
        "signature": to_base64(signature),
    }


def _list_header(
    snapshot: Digest, hashes: list[bytes], parts: list[bytes]
) -> tuple[bytes, bytes]:
    first, second, third = (hashlib.sha256(part).digest() for part in parts)
    contribution = Contribution(
        manifest=MANIFEST_DIGEST,
        owner=HOLDER,
        snapshot=snapshot,
        number=1,
        components=((hashes[0], hashes[1], hashes[2]),),
        parts=((first, second, third),),
    )
    return sign_contribution(ed25519(OWNERS[HOLDER]), contribution)


def _xor(*parts: bytes) -> bytes:
    total = 0
    for part in parts:
        total ^= int.from_bytes(part, "little")
    return total.to_bytes(len(parts[0]), "little")


def _list_part(index: int, blur: list[bytes], bodies: tuple[bytes, ...]) -> bytes:
    one, two = words.node_components(index)
    plain = blur[one] + blur[two] + bodies[one] + bodies[two]
    public = share_public(p256(f"request share {index}"))
    ephemeral = p256(f"list part {index}")
    return seal(public, ephemeral, info=place().info(index), aad=b"", plaintext=plain)


def request_vectors() -> JSON:
    """Return a request's whole life in signed and sealed bytes."""
    taken, drawn = nonce()
    _, data, signature = header()
    return {
        "origin": ORIGIN,
        "match": sign_request_manifest(request_manifest()).to_json(),
        "compare": sign_request_manifest(request_manifest("compare")).to_json(),
        "digest": MANIFEST_DIGEST,
        "consents": [
            {"consent": to_base64(body), "signature": to_base64(signed)}
            for body, signed in consents().values()
        ],
        "nonce": _nonce(taken, drawn),
        "contribution": {"header": to_base64(data), "signature": to_base64(signature)},
        "components": [to_base64(one) for one in components()],
        "parts": [_part(index) for index in (1, 2, 3)],
        "list": list_vector(),
        "overflow": overflow_body(MANIFEST_DIGEST, owner=HOLDER, number=1).hex(),
        "seal_key": share_key_to_bytes(p256(f"seal {OWNERS[HOLDER]}")).hex(),
        "private": [_private(index) for index in (1, 2, 3)],
        "private_differs": [_private(index, flipped=index == 3) for index in (1, 2, 3)],
        "statements": _statements({"organisations": 4, "indicators": None}),
    }


def _nonce(taken: bytes, drawn: bytes) -> JSON:
    body = nonce_body(MANIFEST_DIGEST, number=1, consents=taken, nonce=drawn)
    signatures = [sign(ed25519(f"identity {index}"), LABEL_NONCE, body) for index in (1, 2, 3)]
    return {
        "drawn": [seed(f"nonce 1 {index}").hex() for index in (1, 2, 3)],
        "consents": taken.hex(),
        "nonce": drawn.hex(),
        "signatures": [to_base64(one) for one in signatures],
    }


def _part(index: int) -> JSON:
    sealed = sealed_part(index)
    chunk = chunk_body(place(), index=index, offset=0, chunk=sealed)
    return {
        "index": index,
        "share_key": share_key_to_bytes(p256(f"request share {index}")).hex(),
        "info": place().info(index).hex(),
        "length": part_length(index, CAPACITY),
        "sealed": to_base64(sealed),
        "chunk": chunk.hex(),
        "signature": to_base64(sign(ed25519(OWNERS[HOLDER]), LABEL_CHUNK, chunk)),
    }


def private_pairs() -> list[tuple[bytes, bytes]]:
    """Return each node's two components of the sample holder's flags."""
    size = CAPACITY // 8
    flags = (1 << 5 | 1 << 77).to_bytes(size, "little")
    first, second = seed("flags 0")[:size], seed("flags 1")[:size]
    third = bytes(a ^ b ^ c for a, b, c in zip(flags, first, second, strict=True))
    held = (first, second, third)
    return [(held[a], held[b]) for a, b in map(words.node_components, (1, 2, 3))]


def private_place(index: int) -> PrivatePlace:
    """Return whose private outcome node ``index``'s sample message is."""
    return PrivatePlace(manifest=MANIFEST_DIGEST, index=index, owner=HOLDER, bucket=0)


def sealed_private(index: int, *, flipped: bool = False) -> tuple[bytes, bytes]:
    """Return node ``index``'s repeatable message with the holder's flags, and its signature.

    ``flipped``: with one bit that its neighbour has otherwise.
    """
    plain = bytearray(b"".join(private_pairs()[index - 1]))
    plain[0] ^= flipped
    where = private_place(index)
    sealed = seal(
        share_public(p256(f"seal {OWNERS[HOLDER]}")),
        p256(f"private {index}"),
        info=LABEL_SEALED_PRIVATE + b"\x00" + where.head(),
        aad=b"",
        plaintext=bytes(plain),
    )
    body = private_body(where, sealed)
    return sealed, sign(ed25519(f"identity {index}"), LABEL_PRIVATE, body)


def _private(index: int, *, flipped: bool = False) -> JSON:
    sealed, signature = sealed_private(index, flipped=flipped)
    return {
        "index": index,
        "head": private_place(index).head().hex(),
        "sealed": to_base64(sealed),
        "signature": to_base64(signature),
    }


def _statements(values: Mapping[str, int | None]) -> JSON:
    data, signatures = sign_statements(statements("match", values))
    return [
        {"statement": to_base64(one), "signature": to_base64(signature)}
        for one, signature in zip(data, signatures, strict=True)
    ]
