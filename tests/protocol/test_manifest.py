"""A manifest says everything that is agreed; whatever is off is refused with its path."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.errors import (
    BadSignature,
    MalformedMessage,
    PolicyRefused,
    ProtocolError,
)
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.manifest import (
    Coordinator,
    Window,
    build_manifest,
    parse_manifest,
)
from mpcengine.protocol.signedmanifest import (
    SignedManifest,
    check_node_keys,
    parse_signed_manifest,
    verify_coordinator,
    verify_signed_manifest,
)
from mpcengine.protocol.signing import LABEL_MANIFEST, public_bytes, sign
from mpcengine.protocol.strict import format_time, parse_time
from tests.protocol.vectors import load, names
from tests.vectors.cast import SURVEY, cast, ed25519, sign_manifest, terms
from tests.vectors.make_result import edited

VECTORS = load("manifest")
GOOD = VECTORS["good"][0]


def test_it_reads_back_what_it_built() -> None:
    manifest = build_manifest(terms())
    assert parse_manifest(manifest.raw) == manifest
    assert manifest.digest == GOOD["digest"]
    assert json.loads(manifest.raw) == GOOD["document"]
    assert manifest.width == build_layout(manifest.survey).width
    assert manifest.words == 2 * manifest.width + 2
    assert manifest.envelope_length == 81 + 8 * manifest.words
    assert manifest.flush_min == SURVEY["min_count"]
    assert manifest.node("b") is manifest.nodes[1]
    assert manifest.issuer_keys == tuple(node.issuer_key for node in manifest.nodes)


def test_it_states_a_limit_or_one_in_a_hundred() -> None:
    manifest = build_manifest(terms())
    assert [manifest.inconsistent_limit(n) for n in (5, 199, 200, 1000)] == [1, 1, 2, 10]
    stated = build_manifest(replace(terms(), max_inconsistent=0, flush_min=7))
    assert stated.inconsistent_limit(1000) == 0
    assert stated.flush_min == 7
    assert stated.digest != manifest.digest


def test_it_gives_partners_one_root_at_three_nodes() -> None:
    roots = terms().roster.roots
    one = replace(terms().roster, kind="key", roots=(roots[0],) * 3)
    assert parse_manifest(build_manifest(replace(terms(), roster=one)).raw).roster == one
    for place in range(3):
        other = replace(
            one, roots=tuple(roots[1] if i == place else roots[0] for i in range(3))
        )
        with pytest.raises(MalformedMessage) as caught:
            build_manifest(replace(terms(), roster=other))
        assert caught.value.code == "manifest.roots"


@pytest.mark.parametrize("case", VECTORS["bad"], ids=names(VECTORS["bad"]))
def test_it_refuses_the_bad_manifests(case: dict[str, Any]) -> None:
    changed = edited(GOOD["document"], case["edits"])
    with pytest.raises(ProtocolError) as caught:
        parse_manifest(canonical(changed))
    assert caught.value.code == case["code"]


def test_it_names_the_object_that_has_an_unknown_key_but_not_the_key() -> None:
    changed = edited(GOOD["document"], [{"path": ["nodes", 1, "the-code-of-rosa"], "value": 1}])
    with pytest.raises(MalformedMessage, match=r"^nodes\[1\] has a key") as caught:
        parse_manifest(canonical(changed))
    assert "rosa" not in caught.value.sentence


def test_it_refuses_the_same_manifest_in_other_bytes() -> None:
    with pytest.raises(MalformedMessage) as caught:
        parse_manifest(bytes.fromhex(VECTORS["not_canonical"]["bytes"]))
    assert caught.value.code == VECTORS["not_canonical"]["code"]


@pytest.mark.parametrize("key", GOOD["document"])
def test_it_needs_every_key(key: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        parse_manifest(canonical({k: v for k, v in GOOD["document"].items() if k != key}))
    assert caught.value.code == "json.missing_key"
    assert key in caught.value.sentence


def test_it_lets_issuing_and_answering_overlap_unless_strict() -> None:
    day = datetime(2026, 3, 1, tzinfo=UTC)
    both = Window(opens=day, closes=day + timedelta(days=7))
    normal = replace(terms(), timing="normal", issuing=both, answering=both)
    assert build_manifest(normal).timing == "normal"
    longer = Window(opens=day, closes=day + timedelta(days=8))
    for changed in (replace(normal, timing="strict"), replace(normal, issuing=longer)):
        with pytest.raises(MalformedMessage) as caught:
            build_manifest(changed)
        assert caught.value.code == "manifest.times"


def test_it_holds_numbers_to_what_the_roster_allows() -> None:
    wide = json.loads(json.dumps(SURVEY))
    wide["questions"][2] |= {"min": 0, "max": 2**40, "bins": [0, 1]}
    with pytest.raises(ProtocolError):
        build_manifest(terms(wide))


def test_it_holds_with_all_four_signatures() -> None:
    signed = cast().signed
    assert verify_signed_manifest(signed, cast().nodes).digest == signed.digest
    assert parse_signed_manifest(signed.to_json()) == signed
    assert parse_signed_manifest(GOOD["signed"]) == signed
    assert verify_coordinator(signed.manifest, signed.coordinator_signature) == cast().manifest


def broken_signatures() -> list[SignedManifest]:
    signed = cast().signed
    first, second, third = signed.signatures
    other = sign(ed25519("coordinator"), b"drempel/order/1", signed.manifest)
    return [
        replace(signed, coordinator_signature=first),
        replace(signed, coordinator_signature=other),
        replace(signed, signatures=(second, first, third)),
        replace(signed, signatures=(first, second, second)),
        replace(signed, signatures=(first, second, signed.coordinator_signature)),
    ]


@pytest.mark.parametrize("signed", broken_signatures())
def test_it_falls_with_any_signature(signed: SignedManifest) -> None:
    with pytest.raises(BadSignature):
        verify_signed_manifest(signed)


def test_it_falls_when_changed_after_signing() -> None:
    document = json.loads(cast().signed.manifest)
    changed = canonical({**document, "flush_min": 9})
    parse_manifest(changed)
    with pytest.raises(BadSignature):
        verify_signed_manifest(replace(cast().signed, manifest=changed))


def test_it_takes_the_nodes_from_the_nodes_file_not_from_the_manifest() -> None:
    mallory = public_bytes(ed25519("mallory"))
    nodes = list(cast().nodes.nodes)
    nodes[2] = replace(nodes[2], identity_key=mallory)
    verify_signed_manifest(cast().signed)
    with pytest.raises(BadSignature) as caught:
        verify_signed_manifest(cast().signed, replace(cast().nodes, nodes=tuple(nodes)))
    assert caught.value.code == "manifest.nodes"
    assert "node c" in caught.value.sentence


@pytest.mark.parametrize("change", [{"url": "http://evil.example"}, {"name": "Operator X"}])
def test_it_takes_addresses_and_names_from_the_nodes_file_too(change: Any) -> None:
    first, *others = terms().nodes
    signed = sign_manifest(
        build_manifest(replace(terms(), nodes=(replace(first, **change), *others)))
    )
    verify_signed_manifest(signed)
    with pytest.raises(PolicyRefused) as caught:
        verify_signed_manifest(signed, cast().nodes)
    assert caught.value.code == "manifest.addresses"
    assert "node a" in caught.value.sentence
    check_node_keys(parse_manifest(signed.manifest), cast().nodes)


def test_it_is_the_named_coordinator_who_signs() -> None:
    mallory = ed25519("mallory")
    stolen = build_manifest(
        replace(terms(), coordinator=Coordinator(name="Carol", key=public_bytes(mallory)))
    )
    assert stolen.digest != cast().manifest.digest
    with pytest.raises(BadSignature):
        verify_signed_manifest(sign_manifest(stolen))
    verify_coordinator(stolen.raw, sign(mallory, LABEL_MANIFEST, stolen.raw))


@pytest.mark.parametrize("document", [{}, [], {"manifest": "x"}, {**GOOD["signed"], "more": 1}])
def test_it_reads_no_other_form_of_a_signed_manifest(document: Any) -> None:
    with pytest.raises(MalformedMessage):
        parse_signed_manifest(document)


def test_it_reads_and_writes_times_in_one_form() -> None:
    moment = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert parse_time("2026-01-05T09:00:00Z") == moment
    assert format_time(moment) == "2026-01-05T09:00:00Z"
    elsewhere = moment.astimezone(timezone(timedelta(hours=2)))
    assert format_time(elsewhere.replace(microsecond=999)) == "2026-01-05T09:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05 09:00:00Z",
        "2026-01-05T09:00:00z",
        "2026-01-05T09:00Z",
        "2026-01-05T09:00:60Z",
        "2026-01-05T24:00:00Z",
        "2026-13-05T09:00:00Z",
        "2025-02-29T09:00:00Z",
        "2026-01-05T09:00:00Z\n",
        "0000-01-05T09:00:00Z",
        "\u0662026-01-05T09:00:00Z",
        None,
        20260105,
    ],
)
def test_it_reads_no_other_time(text: object) -> None:
    with pytest.raises(MalformedMessage):
        parse_time(text)
