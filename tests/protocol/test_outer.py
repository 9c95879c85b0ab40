"""A parcel opens at the three nodes of its survey, whole and unchanged, or not at all."""

import os
from dataclasses import dataclass
from typing import Any

import pytest

from mpcengine.protocol.errors import BadEnvelope, BadSignature, MalformedMessage, ProtocolError
from mpcengine.protocol.outer import (
    CONTENT_KEY_BYTES,
    HEAD_BYTES,
    check_parcel,
    open_parcel,
    outer_info,
    parcel_hash,
    parcel_length,
    parcel_manifest,
    seal_parcel,
)
from mpcengine.protocol.package import Package, Three, package_length
from mpcengine.protocol.receipt import verify_confirmation, verify_promise
from mpcengine.protocol.signing import generate_p256_key, p256_from_scalar, point_bytes
from tests.protocol.vectors import load, names
from tests.vectors import hpke_reference
from tests.vectors.cast import cast, package
from tests.vectors.make_package import shares_of

VECTORS = load("outer")
GOOD = VECTORS["good"]
PARCEL = bytes.fromhex(GOOD["parcel"])
PRIVATE = [p256_from_scalar(bytes.fromhex(node["private"])) for node in VECTORS["outer"]]


@dataclass(frozen=True)
class Terms:
    """What the vectors' manifest says of parcels."""

    digest: str = VECTORS["manifest"]
    parcel_length: int = VECTORS["parcel_length"]

    @property
    def outer_keys(self) -> Three:
        first, second, third = (bytes.fromhex(node["public"]) for node in VECTORS["outer"])
        return first, second, third


def opened(parcel: bytes, node: int = 1, terms: Terms | None = None, index: int = 0) -> bytes:
    return open_parcel(PRIVATE[node - 1], terms or Terms(), index=index or node, parcel=parcel)


def refusal(parcel: bytes, node: int = 1) -> str:
    """Return the code of a refusal; the same for every reason that only a node can see."""
    with pytest.raises((BadEnvelope, MalformedMessage)) as caught:
        opened(parcel, node)
    return str(caught.value.code)


def flipped(place: int) -> bytes:
    return PARCEL[:place] + bytes((PARCEL[place] ^ 1,)) + PARCEL[place + 1 :]


@pytest.mark.parametrize("node", [1, 2, 3])
def test_every_node_opens_the_vector_and_finds_the_package(node: int) -> None:
    assert opened(PARCEL, node).hex() == GOOD["package"]
    assert outer_info(manifest=VECTORS["manifest"], index=node).hex() == GOOD["info"][node - 1]
    assert parcel_manifest(PARCEL) == VECTORS["manifest"]
    assert parcel_hash(PARCEL).hex() == GOOD["hash"]
    assert len(PARCEL) == parcel_length(VECTORS["envelope_length"]) == VECTORS["parcel_length"]


@pytest.mark.parametrize("node", [1, 2, 3])
def test_no_node_opens_a_parcel_of_which_any_byte_was_changed(node: int) -> None:
    """Fails where the head is not associated data: nodes 1 and 2 then open a changed wrap 3."""
    ranges = VECTORS["changed"]
    assert [r["from"] for r in ranges] + [len(PARCEL)] == [0] + [r["to"] for r in ranges]
    for part in ranges:
        for place in range(part["from"], part["to"]):
            assert refusal(flipped(place), node) == part["code"], place


def test_it_refuses_every_truncation_and_every_extra_byte() -> None:
    for length in range(len(PARCEL)):
        assert refusal(PARCEL[:length]) == VECTORS["length"]
    assert refusal(PARCEL + b"\0") == VECTORS["length"]


@pytest.mark.parametrize("case", VECTORS["bad"], ids=names(VECTORS["bad"]))
def test_it_opens_nothing_that_was_put_together_otherwise(case: dict[str, Any]) -> None:
    terms = Terms(digest=case["manifest"])
    with pytest.raises(ProtocolError) as caught:
        opened(bytes.fromhex(case["parcel"]), case["node"], terms, case["index"])
    assert caught.value.code == case["code"]


def test_an_independent_reference_opens_what_it_seals() -> None:
    key, content = os.urandom(CONTENT_KEY_BYTES), os.urandom(package_length(81))
    parcel = seal_parcel(Terms(), package=content, content_key=key)
    for place, private in enumerate(PRIVATE):
        wrap = parcel[33 + 97 * place : 33 + 97 * (place + 1)]
        info = bytes.fromhex(GOOD["info"][place])
        assert hpke_reference.open_sealed(private, wrap, info=info, aad=b"") == key
        assert opened(parcel, place + 1) == content


def test_it_shows_nothing_of_the_package_and_never_two_times_the_same() -> None:
    """Fails where the package is put into the parcel as it is."""
    manifest = cast().manifest
    rosa = package("Rosa", shares_of("Rosa"))
    keys = [os.urandom(CONTENT_KEY_BYTES) for _ in range(2)]
    one, two = (seal_parcel(manifest, package=rosa.encode(), content_key=key) for key in keys)
    assert len(one) == len(two) == manifest.parcel_length
    assert one[:33] == two[:33]
    assert not set(_pieces(one[33:])) & set(_pieces(two[33:]))
    for secret in (rosa.one_time_key, *rosa.tokens, *rosa.envelopes, rosa.signature):
        assert not set(_pieces(secret)) & set(_pieces(one)), "the parcel shows the package"
    read = open_parcel(cast().outer[1], manifest, index=2, parcel=one)
    assert Package.decode(read, manifest.envelope_length) == rosa


def _pieces(data: bytes, size: int = 8) -> list[bytes]:
    return [data[place : place + size] for place in range(len(data) - size + 1)]


def test_it_closes_no_package_of_another_length_and_for_no_key_that_is_no_point() -> None:
    key = bytes(CONTENT_KEY_BYTES)
    with pytest.raises(MalformedMessage, match="length"):
        seal_parcel(Terms(), package=bytes(package_length(81) - 1), content_key=key)
    for wrong in (b"", bytes(17)):
        with pytest.raises(MalformedMessage):
            seal_parcel(Terms(), package=bytes(package_length(81)), content_key=wrong)
    with pytest.raises(MalformedMessage):
        outer_info(manifest=VECTORS["manifest"], index=0)


def test_another_survey_opens_it_not_even_with_the_same_keys() -> None:
    other = Terms(digest="sha256:" + "ab" * 32)
    moved = PARCEL[:1] + bytes.fromhex("ab" * 32) + PARCEL[33:]
    check_parcel(other, moved)
    with pytest.raises(BadEnvelope):
        opened(moved, 1, other)


def test_a_stranger_opens_nothing() -> None:
    stranger = generate_p256_key()
    assert point_bytes(stranger) not in Terms().outer_keys
    with pytest.raises(BadEnvelope):
        open_parcel(stranger, Terms(), index=1, parcel=PARCEL)
    assert len(PARCEL) > HEAD_BYTES


def test_promise_and_confirmations_are_of_exactly_this_parcel() -> None:
    digest, promise = VECTORS["manifest"], bytes.fromhex(GOOD["promise"])
    relay = cast().manifest.relay.key
    verify_promise(relay, digest, PARCEL, promise)
    with pytest.raises(BadSignature):
        verify_promise(relay, digest, flipped(40), promise)
    content = parcel_hash(PARCEL)
    for node, text in zip(cast().manifest.nodes, GOOD["confirmations"], strict=True):
        signature = bytes.fromhex(text)
        verify_confirmation(node.identity_key, digest, node.index, content, signature)
        for key, survey, index, hashed in (
            (node.identity_key, digest, node.index % 3 + 1, content),
            (node.identity_key, "sha256:" + "00" * 32, node.index, content),
            (node.identity_key, digest, node.index, parcel_hash(b"another")),
            (relay, digest, node.index, content),
        ):
            with pytest.raises(BadSignature):
                verify_confirmation(key, survey, index, hashed, signature)
