"""A request manifest is read strictly, signed by five, and every rule of it holds."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.envelope import share_public
from mpcengine.protocol.errors import (
    BadSignature,
    MalformedInput,
    MalformedMessage,
)
from mpcengine.protocol.request_manifest import (
    build_request_manifest,
    parse_request_manifest,
    parse_signed_request_manifest,
    prepare_request_body,
    request_keys_body,
    verify_signed_request_manifest,
)
from tests.protocol.vectors import load, refused
from tests.vectors.cast import p256
from tests.vectors.request_cast import (
    REQUEST_ID,
    request_manifest,
    request_terms,
    sign_request_manifest,
)

VECTORS = load("request")
MATCH = request_manifest()
Change = Callable[[Any], None]


def data_of(text: str) -> bytes:
    return base64.b64decode(text)


@pytest.mark.parametrize("kind", ["match", "compare"])
def test_it_verifies_what_all_five_signed(kind: str) -> None:
    signed = parse_signed_request_manifest(VECTORS[kind])
    assert signed == sign_request_manifest(request_manifest(kind))
    assert verify_signed_request_manifest(signed) == request_manifest(kind)
    assert parse_request_manifest(signed.manifest).digest == signed.digest


@pytest.mark.parametrize("who", ["requester_signature", "coordinator_signature", "a", "b", "c"])
def test_it_needs_every_signature(who: str) -> None:
    changed = json.loads(json.dumps(VECTORS["match"]))
    other = VECTORS["compare"]
    if who in changed:
        changed[who] = other[who]
    else:
        changed["signatures"][who] = other["signatures"][who]
    with pytest.raises(BadSignature):
        verify_signed_request_manifest(parse_signed_request_manifest(changed))


def _set(*path: Any) -> Change:
    *way, last, value = path

    def change(document: Any) -> None:
        for step in way:
            document = document[step]
        document[last] = value

    return change


def _swap_owners(document: Any) -> None:
    owners = document["owners"]
    owners[0]["key"], owners[1]["key"] = owners[1]["key"], owners[0]["key"]


def _same_seal(document: Any) -> None:
    document["owners"][2]["seal_key"] = document["owners"][1]["seal_key"]


def _same_key(document: Any) -> None:
    document["owners"][2]["key"] = document["owners"][1]["key"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_set("format", "drempel-request-manifest/2"), "json.value"),
        (_set("kind", "compare"), "manifest.request"),
        (_set("request", "min_count", 4.5), "request.value"),
        (_set("request", "identifier", ["domain", "ipv4"]), "manifest.request"),
        (_set("suite", "word", "plain"), "manifest.suite"),
        (_set("canonicalisers", "ipv4", 2), "manifest.canonicalisers"),
        (_set("canonicalisers", "url", 1), "manifest.canonicalisers"),
        (_set("federation", "00" * 32), "manifest.federation"),
        (_set("owners", 0, "role", "holder"), "manifest.roles"),
        (_set("owners", 1, "role", "requester"), "manifest.roles"),
        (_set("owners", 1, "owner", 2), "json.value"),
        (_set("owners", 0, "name", "Somebody"), "manifest.roles"),
        (_swap_owners, "manifest.roles"),
        (_same_key, "manifest.keys"),
        (_same_seal, "manifest.keys"),
        (_set("owners", 1, "seal_key", "A" * 87 + "="), "json.value"),
        (_set("sizes", "first", 96), "manifest.sizes"),
        (_set("sizes", "first", 32), "manifest.sizes"),
        (_set("sizes", "others", 256), "manifest.sizes"),
        (_set("buckets", 2), "manifest.sizes"),
        (_set("capacities", "first", 65), "manifest.sizes"),
        (_set("consenting", "closes", "2026-01-05T09:00:00Z"), "manifest.times"),
        (_set("contributing", "opens", "2026-01-01T09:00:00Z"), "manifest.times"),
        (_set("contributing", "closes", "2026-01-08T09:00:00Z"), "manifest.times"),
        (_set("give_up_after_days", 0), "json.value"),
        (_set("spy", 1), "json.unknown_key"),
    ],
)
def test_it_refuses_a_manifest_that_breaks_a_rule(change: Change, code: str) -> None:
    document = json.loads(MATCH.raw)
    change(document)
    with pytest.raises((MalformedMessage, MalformedInput), check=refused(code)):
        parse_request_manifest(canonical(document))


def test_it_refuses_a_requester_who_is_also_the_coordinator() -> None:
    terms = request_terms()
    coordinator = replace(terms.coordinator, key=terms.requester.key)
    with pytest.raises(MalformedMessage, check=refused("manifest.keys")):
        build_request_manifest(replace(terms, coordinator=coordinator))


def test_it_says_how_long_private_outcomes_are() -> None:
    assert [MATCH.private_bytes(owner, 0) for owner in (0, 1)] == [64, 16]
    hit = replace(MATCH, request=replace(MATCH.request, holder_feedback="hit"))
    assert [hit.private_bytes(1, bucket) for bucket in (0, 1)] == [1, 0]
    none = replace(MATCH, request=replace(MATCH.request, holder_feedback="none"))
    assert none.private_bytes(1, 0) == request_manifest("compare").private_bytes(0, 0) == 0
    assert (MATCH.fewest_lists, request_manifest("compare").fewest_lists) == (4, 2)


def test_it_binds_keys_to_the_request() -> None:
    point = share_public(p256("request share 1"))
    body = request_keys_body(request_id=REQUEST_ID, index=1, share_key=point)
    assert body == prepare_request_body(REQUEST_ID) + b"\x01" + point
    for wrong in ({"index": 4, "share_key": point}, {"index": 1, "share_key": point[1:]}):
        with pytest.raises(MalformedMessage, check=refused("keys.form")):
            request_keys_body(request_id=REQUEST_ID, **wrong)  # type: ignore[arg-type]
