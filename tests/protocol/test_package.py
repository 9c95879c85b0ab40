"""A package verifies against its manifest whole, or is refused with a code."""

from dataclasses import replace
from typing import Any

import pytest

from mpcengine.protocol.envelope import open_vector, seal_envelope
from mpcengine.protocol.errors import MalformedMessage, ProtocolError
from mpcengine.protocol.package import (
    Package,
    package_body,
    package_length,
    sign_package,
    verify_package,
)
from mpcengine.protocol.signing import point_bytes
from tests.protocol.vectors import load, names
from tests.vectors.cast import cast, p256, package
from tests.vectors.make_package import shares_of

VECTORS = load("package")
MANIFEST = cast().manifest


def accept(data: bytes) -> Package:
    decoded = Package.decode(data, MANIFEST.envelope_length)
    verify_package(MANIFEST, decoded)
    return decoded


@pytest.mark.parametrize("case", VECTORS["good"])
def test_it_accepts_the_good_packages(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["bytes"])
    decoded = accept(data)
    assert decoded.encode() == data
    assert len(data) == package_length(MANIFEST.envelope_length)
    assert decoded.package_id == case["package_id"]
    assert decoded.one_time_key.hex() == case["one_time_key"]
    assert decoded.revision == case["revision"]


@pytest.mark.parametrize("case", VECTORS["bad"], ids=names(VECTORS["bad"]))
def test_it_refuses_the_bad_packages(case: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        accept(bytes.fromhex(case["bytes"]))
    assert caught.value.code == case["code"]


def test_it_signs_a_fresh_package_whose_shares_every_node_opens() -> None:
    private = p256("one-time Ravi")
    key, shares = point_bytes(private), shares_of("Ravi")
    envelopes: Any = tuple(
        seal_envelope(
            node.share_key,
            manifest=MANIFEST.digest,
            index=node.index,
            one_time_key=key,
            revision=2,
            share=share,
        )
        for node, share in zip(MANIFEST.nodes, shares, strict=True)
    )
    signed = sign_package(
        private,
        manifest=MANIFEST.digest,
        revision=2,
        tokens=package("Ravi", shares).tokens,
        envelopes=envelopes,
    )
    decoded = accept(signed.encode())
    for index, envelope in enumerate(decoded.envelopes, start=1):
        opened = open_vector(
            cast().share[index - 1],
            manifest=decoded.manifest,
            index=index,
            one_time_key=decoded.one_time_key,
            revision=decoded.revision,
            sealed=envelope,
            words=MANIFEST.words,
        )
        assert opened == shares[index - 1]


def test_it_names_a_package_by_its_body_not_by_its_signature() -> None:
    one = package("Rosa", shares_of("Rosa"))
    assert replace(one, signature=bytes(64)).package_id == one.package_id
    assert package("Rosa", shares_of("Rosa"), revision=1).package_id != one.package_id


def test_it_builds_no_body_of_uneven_parts() -> None:
    one = package("Rosa", shares_of("Rosa"))
    first, second, third = one.envelopes
    parts: dict[str, Any] = {
        "manifest": one.manifest,
        "one_time_key": one.one_time_key,
        "revision": 0,
        "tokens": one.tokens,
        "envelopes": one.envelopes,
    }
    assert package_body(**parts) == one.body
    changes: list[dict[str, Any]] = [
        {"envelopes": (first, second[:-1], third)},
        {"tokens": (one.tokens[0][:-1], one.tokens[1], one.tokens[2])},
        {"one_time_key": one.one_time_key[:-1]},
        {"revision": 8},
        {"revision": -1},
        {"manifest": "sha256:"},
    ]
    for change in changes:
        with pytest.raises(MalformedMessage):
            package_body(**{**parts, **change})


def test_it_refuses_envelopes_of_another_survey_s_length() -> None:
    one = package("Rosa", shares_of("Rosa"))
    shorter: Any = tuple(envelope[:-8] for envelope in one.envelopes)
    with pytest.raises(MalformedMessage) as caught:
        verify_package(MANIFEST, replace(one, envelopes=shorter))
    assert caught.value.code == "package.length"
