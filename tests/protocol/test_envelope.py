"""A sealed share opens at one node, for one survey, key and revision, or not at all."""

from typing import Any

import pytest

from mpcengine.protocol.codec import unpack_vector
from mpcengine.protocol.envelope import (
    envelope_info,
    envelope_length,
    generate_share_key,
    open_envelope,
    open_vector,
    seal_envelope,
    share_key_from_bytes,
    share_key_to_bytes,
    share_public,
)
from mpcengine.protocol.errors import BadEnvelope, MalformedMessage, ProtocolError
from mpcengine.protocol.signing import point_bytes
from tests.protocol.vectors import load, names
from tests.vectors import hpke_reference
from tests.vectors.cast import cast, p256

VECTORS = load("envelope")
RFC = {
    name: bytes.fromhex(text) for name, text in VECTORS["rfc9180"].items() if name != "section"
}
CONTEXT: dict[str, Any] = {
    "manifest": cast().manifest.digest,
    "index": 1,
    "one_time_key": point_bytes(p256("one-time Rosa")),
    "revision": 0,
}


def open_case(case: dict[str, Any]) -> bytes:
    return open_vector(
        share_key_from_bytes(bytes.fromhex(case["private"])),
        manifest=case["manifest"],
        index=case["index"],
        one_time_key=bytes.fromhex(case["one_time_key"]),
        revision=case["revision"],
        sealed=bytes.fromhex(case["sealed"]),
        words=VECTORS["width"],
    )


def test_the_reference_gives_the_figures_of_rfc_9180() -> None:
    ephemeral = share_key_from_bytes(RFC["skEm"])
    receiver = share_key_from_bytes(RFC["skRm"])
    assert share_public(receiver) == RFC["pkRm"]
    assert hpke_reference.key_schedule(RFC["shared_secret"], RFC["info"]) == (
        RFC["key"],
        RFC["base_nonce"],
    )
    sealed = hpke_reference.seal(
        RFC["pkRm"], ephemeral, info=RFC["info"], aad=RFC["aad"], plaintext=RFC["pt"]
    )
    assert sealed == RFC["enc"] + RFC["ct"]
    opened = hpke_reference.open_sealed(receiver, sealed, info=RFC["info"], aad=RFC["aad"])
    assert opened == RFC["pt"]


def test_it_seals_what_an_independent_reference_opens() -> None:
    private = generate_share_key()
    share = bytes(range(24))
    sealed = seal_envelope(share_public(private), **CONTEXT, share=share)
    info = envelope_info(**CONTEXT)
    assert hpke_reference.open_sealed(private, sealed, info=info, aad=b"") == share
    assert len(sealed) == envelope_length(3)


@pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: f"node {case['index']}")
def test_it_opens_what_the_reference_sealed(case: dict[str, Any]) -> None:
    share = open_case(case)
    assert share.hex() == case["share"]
    assert [str(v) for v in unpack_vector(share, VECTORS["width"])] == case["values"]
    info = envelope_info(
        manifest=case["manifest"],
        index=case["index"],
        one_time_key=bytes.fromhex(case["one_time_key"]),
        revision=case["revision"],
    )
    assert info.hex() == case["info"]


@pytest.mark.parametrize("case", VECTORS["bad"], ids=names(VECTORS["bad"]))
def test_it_opens_nothing_that_was_changed(case: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        open_case({**VECTORS["good"][0], **case["change"]})
    assert isinstance(caught.value, BadEnvelope | MalformedMessage)
    assert caught.value.code == case["code"]


def test_it_never_seals_twice_alike() -> None:
    public = share_public(cast().share[0])
    one, two = (seal_envelope(public, **CONTEXT, share=bytes(8)) for _ in range(2))
    assert one[:65] != two[:65]
    assert one[65:] != two[65:]


def test_it_opens_raw_bytes_too_and_keeps_the_key() -> None:
    private = generate_share_key()
    again = share_key_from_bytes(share_key_to_bytes(private))
    sealed = seal_envelope(share_public(private), **CONTEXT, share=b"any bytes")
    assert open_envelope(again, **CONTEXT, sealed=sealed) == b"any bytes"
    with pytest.raises(BadEnvelope):
        open_envelope(generate_share_key(), **CONTEXT, sealed=sealed)


@pytest.mark.parametrize("public", [b"", bytes(65), b"\x04" + bytes(64)])
def test_it_seals_to_no_key_that_is_no_point(public: bytes) -> None:
    with pytest.raises(MalformedMessage):
        seal_envelope(public, **CONTEXT, share=bytes(8))
