"""Consents, nonces, parts and private outcomes: each bound to owner, place and question."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.consent import (
    Consent,
    SignedNonce,
    draw_nonce,
    parse_consent,
    verify_consent,
    verify_nonces,
)
from mpcengine.protocol.contribution import (
    OpenedPart,
    PartPlace,
    chunk_body,
    matches_header,
    open_part,
    parse_contribution,
    part_length,
    seal_part,
    verify_chunk,
    verify_contribution,
    verify_overflow,
)
from mpcengine.protocol.envelope import share_public
from mpcengine.protocol.errors import (
    BadEnvelope,
    BadSignature,
    InconsistentShares,
    MalformedMessage,
)
from mpcengine.protocol.private_outcome import (
    join_private,
    open_private,
    private_body,
    private_length,
    seal_private,
)
from mpcengine.protocol.signing import LABEL_OVERFLOW, LABEL_PRIVATE, sign
from tests.protocol.vectors import load, refused
from tests.vectors.cast import ed25519, p256
from tests.vectors.make_request import (
    CAPACITY,
    HOLDER,
    REAL,
    components,
    header,
    place,
    private_pairs,
    private_place,
    salts,
    sealed_part,
    sealed_private,
)
from tests.vectors.request_cast import (
    OWNERS,
    consents,
    nonce,
    request_manifest,
)

VECTORS = load("request")
MATCH = request_manifest()
Change = Callable[[Any], None]


def data_of(text: str) -> bytes:
    return base64.b64decode(text)


def test_it_reads_consents_and_ties_each_to_owner_and_question() -> None:
    for owner, row in enumerate(VECTORS["consents"]):
        data, signature = data_of(row["consent"]), data_of(row["signature"])
        assert (data, signature) == consents()[owner]
        assert verify_consent(MATCH, data, signature).owner == owner
    data, signature = consents()[1]
    with pytest.raises(MalformedMessage, check=refused("consent.manifest")):
        verify_consent(request_manifest("compare"), data, signature)
    stranger = replace(parse_consent(data), owner=9).encode()
    with pytest.raises(MalformedMessage, check=refused("consent.owner")):
        verify_consent(MATCH, stranger, signature)
    with pytest.raises(BadSignature):
        verify_consent(MATCH, replace(parse_consent(data), owner=2).encode(), signature)
    with pytest.raises(MalformedMessage):
        parse_consent(data + b" ")


def test_a_refusal_has_the_form_of_a_consent() -> None:
    yes = parse_consent(consents()[1][0])
    no = Consent(manifest=yes.manifest, owner=yes.owner, snapshot="sha256:" + "ab" * 32)
    assert len(no.encode()) == len(yes.encode())


def test_it_draws_a_nonce_that_three_nodes_sign() -> None:
    taken, drawn = nonce()
    assert (taken.hex(), drawn.hex()) == (
        VECTORS["nonce"]["consents"],
        VECTORS["nonce"]["nonce"],
    )
    given = [
        SignedNonce.from_json(
            {"number": 1, "consents": taken.hex(), "nonce": drawn.hex(), "signature": one}
        )
        for one in VECTORS["nonce"]["signatures"]
    ]
    assert verify_nonces(MATCH, given).nonce == drawn
    with pytest.raises(BadSignature):
        verify_nonces(MATCH, [given[1], *given[1:]])
    with pytest.raises(BadSignature):
        verify_nonces(MATCH, [replace(given[0], number=2), *given[1:]])
    for parts in ([bytes(32)] * 2, [bytes(31)] * 3):
        with pytest.raises(MalformedMessage, check=refused("nonce.form")):
            draw_nonce(MATCH.digest, number=1, consents=taken, parts=parts)
    with pytest.raises(MalformedMessage, check=refused("nonce.number")):
        draw_nonce(MATCH.digest, number=4, consents=taken, parts=[bytes(32)] * 3)


def opened(index: int) -> OpenedPart:
    return open_part(
        p256(f"request share {index}"),
        place(),
        index=index,
        capacity=CAPACITY,
        sealed=data_of(VECTORS["parts"][index - 1]["sealed"]),
    )


def test_it_opens_parts_that_match_the_header_and_join_to_the_list() -> None:
    data, signature = (data_of(VECTORS["contribution"][key]) for key in ("header", "signature"))
    contribution = verify_contribution(MATCH, data, signature)
    assert contribution == header()[0]
    for index in (1, 2, 3):
        part = opened(index)
        assert matches_header(part, contribution, index=index, bucket=0)
        assert not matches_header(part, contribution, index=index % 3 + 1, bucket=0)
        held = [data_of(VECTORS["components"][k]) for k in (index - 1, index % 3)]
        assert list(part.components) == held
        sealed = data_of(VECTORS["parts"][index - 1]["sealed"])
        assert (
            len(sealed) == part_length(index, CAPACITY) == VECTORS["parts"][index - 1]["length"]
        )
        assert hashlib.sha256(sealed).digest() == contribution.parts[0][index - 1]
    total = 0
    for component in components():
        total ^= int.from_bytes(component, "little")
    clear = total.to_bytes(8 * (CAPACITY + 1), "little")
    assert int.from_bytes(clear[-8:], "little") == REAL


def test_a_part_opens_in_its_own_place_only() -> None:
    sealed = sealed_part(2)
    for wrong in (
        replace(place(), owner=2),
        replace(place(), number=2),
        replace(place(), bucket=1),
        replace(place(), manifest=request_manifest("compare").digest),
    ):
        with pytest.raises(BadEnvelope, check=refused("part.open")):
            _open(wrong, 2, sealed)
    with pytest.raises(BadEnvelope, check=refused("part.open")):
        _open(place(), 2, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(BadEnvelope, check=refused("part.length")):
        _open(place(), 2, sealed[:-1])
    with pytest.raises(BadEnvelope, check=refused("part.length")):
        _open(place(), 1, sealed)


def _open(where: PartPlace, index: int, sealed: bytes) -> OpenedPart:
    private = p256(f"request share {index}")
    return open_part(private, where, index=index, capacity=CAPACITY, sealed=sealed)


def test_an_owner_who_gives_two_nodes_different_components_is_seen() -> None:
    bodies = (b"0" * 16, b"1" * 16, bytes(8 * (CAPACITY + 1)))
    public = share_public(p256("request share 2"))
    sealed = seal_part(public, place(), index=2, salts=salts(), bodies=bodies)
    part = _open(place(), 2, sealed)
    assert not matches_header(part, header()[0], index=2, bucket=0)


def test_it_reads_a_header_strictly() -> None:
    contribution, data, signature = header()
    with pytest.raises(BadSignature):
        verify_contribution(MATCH, replace(contribution, owner=2).encode(), signature)
    for changed, code in (
        (replace(contribution, owner=9), "contribution.owner"),
        (replace(contribution, manifest="sha256:" + "0" * 64), "contribution.manifest"),
        (
            replace(
                contribution,
                parts=contribution.parts * 2,
                components=contribution.components * 2,
            ),
            "contribution.buckets",
        ),
    ):
        with pytest.raises(MalformedMessage, check=refused(code)):
            verify_contribution(MATCH, changed.encode(), signature)
    document = json.loads(data)
    for key, value in (
        ("components", [["00" * 32] * 2]),
        ("parts", [["00" * 31] * 3]),
        ("parts", document["parts"] * 2),
        ("number", 4),
    ):
        with pytest.raises(MalformedMessage, check=refused("json.value")):
            parse_contribution(canonical({**document, key: value}))


def test_a_chunk_is_its_owners_for_one_place() -> None:
    key = MATCH.owners[HOLDER].key
    for row in VECTORS["parts"]:
        chunk, signature = data_of(row["sealed"]), data_of(row["signature"])
        index = row["index"]
        assert chunk_body(place(), index=index, offset=0, chunk=chunk).hex() == row["chunk"]
        verify_chunk(key, place(), index=index, offset=0, chunk=chunk, signature=signature)
        for wrong in ({"index": index % 3 + 1}, {"offset": 1}, {"chunk": chunk[:-1]}):
            given = {"index": index, "offset": 0, "chunk": chunk, **wrong}
            with pytest.raises(BadSignature):
                verify_chunk(key, place(), signature=signature, **given)
    with pytest.raises(MalformedMessage, check=refused("chunk.length")):
        verify_chunk(key, place(), index=1, offset=0, chunk=b"", signature=bytes(64))


def test_an_overflow_is_said_by_its_owner() -> None:
    body = bytes.fromhex(VECTORS["overflow"])
    signature = sign(ed25519(OWNERS[HOLDER]), LABEL_OVERFLOW, body)
    verify_overflow(MATCH, owner=HOLDER, number=1, signature=signature)
    with pytest.raises(BadSignature):
        verify_overflow(MATCH, owner=HOLDER, number=2, signature=signature)
    with pytest.raises(MalformedMessage, check=refused("contribution.owner")):
        verify_overflow(MATCH, owner=9, number=1, signature=signature)


def open_flags(index: int, sealed: bytes, signature: bytes) -> tuple[bytes, bytes]:
    return open_private(
        p256(f"seal {OWNERS[HOLDER]}"),
        private_place(index),
        identity_key=MATCH.nodes[index - 1].identity_key,
        size=CAPACITY // 8,
        sealed=sealed,
        signature=signature,
    )


def test_a_holder_opens_her_flags_from_three_nodes() -> None:
    pairs = [
        open_flags(row["index"], data_of(row["sealed"]), data_of(row["signature"]))
        for row in VECTORS["private"]
    ]
    assert pairs == private_pairs()
    flags = int.from_bytes(join_private(pairs), "little")
    assert flags == 1 << 5 | 1 << 77


@pytest.mark.parametrize("index", [1, 2, 3])
@pytest.mark.parametrize("which", [0, 1])
def test_a_node_that_changes_a_copy_is_noticed(index: int, which: int) -> None:
    pairs = private_pairs()
    parts = list(pairs[index - 1])
    parts[which] = bytes([parts[which][0] ^ 1]) + parts[which][1:]
    pairs[index - 1] = (parts[0], parts[1])
    with pytest.raises(InconsistentShares, check=refused("private.components")):
        join_private(pairs)


def test_flags_open_for_their_owner_and_bucket_only() -> None:
    sealed, signature = sealed_private(1)
    assert len(sealed) == private_length(CAPACITY // 8)
    with pytest.raises(BadSignature):
        open_flags(2, sealed, signature)
    with pytest.raises(BadSignature):
        open_flags(1, sealed[:-1] + bytes([sealed[-1] ^ 1]), signature)
    other = replace(private_place(1), bucket=1)
    moved = seal_private(MATCH.owners[HOLDER].seal_key, other, private_pairs()[0])
    signed = sign(ed25519("identity 1"), LABEL_PRIVATE, private_body(private_place(1), moved))
    with pytest.raises(BadEnvelope, check=refused("private.open")):
        open_flags(1, moved, signed)
    signed = sign(
        ed25519("identity 1"), LABEL_PRIVATE, private_body(private_place(1), sealed[:-2])
    )
    with pytest.raises(BadEnvelope, check=refused("private.length")):
        open_flags(1, sealed[:-2], signed)
