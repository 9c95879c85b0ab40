"""Requests are read strictly into one normal form; an operator's limits on them hold."""

from dataclasses import replace
from typing import Any

import pytest

from mpcengine.protocol.canonical import canonical, parse_canonical
from mpcengine.protocol.errors import MalformedInput, PolicyRefused
from mpcengine.protocol.policy import Policy, default_policy, parse_policy
from mpcengine.protocol.request import Request, parse_request
from mpcengine.protocol.request_manifest import RequestManifest, build_request_manifest
from mpcengine.protocol.request_policy import check_request_policy
from mpcengine.protocol.signing import public_bytes
from tests.protocol.vectors import refused
from tests.vectors.cast import ed25519
from tests.vectors.request_cast import (
    COMPARE_REQUEST,
    MATCH_REQUEST,
    request_manifest,
    request_terms,
)

DROP = object()


def changed(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    document = {**base, **changes}
    return {key: value for key, value in document.items() if value is not DROP}


@pytest.mark.parametrize("base", [MATCH_REQUEST, COMPARE_REQUEST])
def test_it_reads_its_normal_form_again(base: dict[str, Any]) -> None:
    request = parse_request(base)
    assert parse_request(request.to_json()) == request
    assert parse_request(parse_canonical(canonical(request.to_json()))) == request


def test_it_fills_in_defaults_that_tell_little_of_persons() -> None:
    bare = changed(MATCH_REQUEST, min_count=DROP, min_organisations=DROP, holder_feedback=DROP)
    things = parse_request(bare)
    assert (things.min_count, things.min_organisations) == (10, 3)
    assert (things.holder_feedback, things.leave_one_out) == ("items", False)
    for kind in ("phone", "iban", "bsn"):
        persons = parse_request(changed(bare, identifier=["domain", kind]))
        assert persons.names_persons
        assert (persons.holder_feedback, persons.leave_one_out) == ("none", True)
    assert not parse_request(changed(bare, identifier="email")).names_persons


def test_it_orders_types_and_texts() -> None:
    request = parse_request(changed(MATCH_REQUEST, identifier=["opaque", "ipv4"]))
    assert request.identifiers == ("ipv4", "opaque")
    title = {"nl": "twee", "en": "two"}
    assert parse_request(changed(MATCH_REQUEST, title=title)).title == (
        ("en", "two"),
        ("nl", "twee"),
    )


@pytest.mark.parametrize(
    ("changes", "code", "where"),
    [
        ({"format": "drempel-request/2"}, "request.version", "format"),
        ({"kind": "count"}, "request.reserved", "kind"),
        ({"kind": "reference"}, "request.reserved", "kind"),
        ({"kind": "gossip"}, "request.value", "kind"),
        ({"contact": "mailbox"}, "request.reserved", "contact"),
        ({"precision": "band"}, "request.reserved", "precision"),
        ({"list_sizes": True}, "request.kind", "list_sizes"),
        ({"identifier": []}, "request.value", "identifier"),
        ({"identifier": "shoe-size"}, "request.value", "identifier"),
        ({"identifier": ["ipv4", "ipv4"]}, "request.identifier", "identifier"),
        ({"min_count": 0}, "request.value", "min_count"),
        ({"min_count": 5.0}, "request.value", "min_count"),
        ({"min_organisations": 256}, "request.value", "min_organisations"),
        ({"title": DROP}, "request.missing_key", "title"),
        ({"purpose": {}}, "request.value", "purpose"),
        ({"spy": 1}, "request.unknown_key", "spy"),
        ({"title": {"en": "\ud800"}}, "request.value", ""),
    ],
)
def test_it_names_the_place_of_a_fault(changes: dict[str, Any], code: str, where: str) -> None:
    with pytest.raises(MalformedInput, check=refused(code)) as caught:
        parse_request(changed(MATCH_REQUEST, **changes))
    assert caught.value.where == where


@pytest.mark.parametrize("key", ["min_organisations", "holder_feedback", "leave_one_out"])
def test_a_comparison_has_no_keys_of_a_match(key: str) -> None:
    value = {**parse_request(MATCH_REQUEST).to_json()}[key]
    with pytest.raises(MalformedInput, check=refused("request.kind")):
        parse_request(changed(COMPARE_REQUEST, **{key: value}))


POLICY = default_policy(coordinators=(public_bytes(ed25519("coordinator")),))


def manifest_of(kind: str = "match", **changes: Any) -> RequestManifest:
    terms = request_terms(kind)
    request: Request = replace(terms.request, **changes)
    return build_request_manifest(replace(terms, request=request))


def test_it_takes_part_in_what_it_allows() -> None:
    check_request_policy(POLICY, request_manifest(), (0, 1))
    check_request_policy(POLICY, request_manifest("compare"), (0, 1))


@pytest.mark.parametrize(
    ("code", "policy", "manifest"),
    [
        ("kind", replace(POLICY, kinds=("survey", "compare")), request_manifest()),
        ("coordinator", replace(POLICY, coordinators=()), request_manifest()),
        ("unit", replace(POLICY, floors={"person": 5}), request_manifest()),
        ("unit", replace(POLICY, floors={"organisation": 3}), request_manifest("compare")),
        ("min_count", POLICY, manifest_of(min_count=2)),
        ("min_count", POLICY, manifest_of("compare", min_count=4)),
        ("min_organisations", POLICY, manifest_of(min_organisations=2)),
        ("max_owners", replace(POLICY, max_owners=4), request_manifest()),
        ("max_list", replace(POLICY, max_list=127), request_manifest()),
        (
            "max_guesses",
            replace(POLICY, max_guesses=127),
            manifest_of(identifiers=("bsn",)),
        ),
        ("give_up_after", replace(POLICY, max_give_up_after_days=29), request_manifest()),
        ("answering_days", replace(POLICY, max_answering_days=20), request_manifest()),
    ],
)
def test_it_refuses_with_a_code(code: str, policy: Policy, manifest: RequestManifest) -> None:
    with pytest.raises(PolicyRefused, check=refused(f"policy.{code}")):
        check_request_policy(policy, manifest, (0, 1))


def test_guesses_are_limited_only_where_items_of_persons_come_back() -> None:
    few = replace(POLICY, max_guesses=1)
    check_request_policy(few, request_manifest(), (0, 1))
    check_request_policy(few, manifest_of(identifiers=("bsn",), holder_feedback="hit"), (0, 1))


def test_a_policy_file_may_bound_requests() -> None:
    document = {**POLICY.to_json(), "max_owners": 30, "max_list": 1000, "max_guesses": 10}
    policy = parse_policy(document)
    assert (policy.max_owners, policy.max_list, policy.max_guesses) == (30, 1000, 10)
    assert policy.to_json() == document
    with pytest.raises(MalformedInput):
        parse_policy({**document, "max_owners": 257})
