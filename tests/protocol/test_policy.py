"""Each operator's policy refuses what it forbids, with a code and a sentence of its own."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mpcengine.protocol.errors import MalformedInput, PolicyRefused
from mpcengine.protocol.manifest import LARGEST_ROSTER, Manifest, Window, build_manifest
from mpcengine.protocol.policy import (
    BOOTH_ANY,
    PRODUCT_FLOORS,
    Policy,
    check_policy,
    default_policy,
    parse_policy,
)
from tests.vectors.cast import SURVEY, cast, terms

KEY = cast().manifest.coordinator.key
WIDTH = cast().manifest.width
POLICY = default_policy(coordinators=(KEY,))


def manifest_of(**survey: Any) -> Manifest:
    return build_manifest(terms({**SURVEY, **survey}))


def shown(**flags: str) -> Manifest:
    first, *others = SURVEY["questions"]
    return manifest_of(questions=[{**first, **flags}, *others])


def lasting(days: int, **terms_changed: Any) -> Manifest:
    """Return a manifest whose answering ends ``days`` days after issuing opens."""
    sample = terms()
    end = sample.issuing.opens + timedelta(days=days)
    answering = Window(opens=sample.answering.opens, closes=end)
    return build_manifest(replace(sample, answering=answering, **terms_changed))


def with_text() -> Manifest:
    text = {"id": "remarks", "kind": "text", "max_bytes": 280, "title": {"en": "Remarks"}}
    return manifest_of(questions=[*SURVEY["questions"], text])


def losing(max_inconsistent: int | None) -> Manifest:
    return build_manifest(replace(terms(), max_inconsistent=max_inconsistent))


def test_it_lets_an_allowed_survey_pass() -> None:
    check_policy(POLICY, cast().manifest)
    check_policy(POLICY, manifest_of(unit="organisation", min_count=3))


REFUSALS: list[tuple[str, Policy, Manifest, str]] = [
    ("kind", replace(POLICY, kinds=()), cast().manifest, "survey"),
    ("coordinator", default_policy(coordinators=()), cast().manifest, "ask the operator"),
    ("min_count", POLICY, manifest_of(min_count=4), "at least 5"),
    ("min_count", POLICY, manifest_of(unit="organisation", min_count=2), "at least 3"),
    ("unit", replace(POLICY, floors={"person": 5}), manifest_of(unit="organisation"), "unit"),
    ("roster_kind", replace(POLICY, rosters=()), cast().manifest, "code"),
    ("roster_size", replace(POLICY, min_roster=61), cast().manifest, "61"),
    ("roster_size", replace(POLICY, max_roster=59), cast().manifest, "59"),
    ("timing", replace(POLICY, timings=("normal",)), cast().manifest, "strict"),
    ("max_questions", replace(POLICY, max_questions=4), cast().manifest, "4 questions"),
    ("max_width", replace(POLICY, max_width=WIDTH - 1), cast().manifest, f"{WIDTH - 1} slots"),
    ("give_up_after", replace(POLICY, max_give_up_after_days=29), cast().manifest, "29"),
    ("answering_days", POLICY, lasting(401), "400 days"),
    ("max_inconsistent", POLICY, losing(2), "1 of 60"),
    ("max_inconsistent", POLICY, losing(LARGEST_ROSTER), "1 of 60"),
    ("max_inconsistent", replace(POLICY, max_inconsistent_percent=5), losing(4), "3 of 60"),
    ("extremes", replace(POLICY, extremes=False), shown(extremes="show"), "sector"),
    ("nonresponse", replace(POLICY, nonresponse=False), shown(nonresponse="show"), "sector"),
    ("texts", replace(POLICY, texts=False), with_text(), "remarks"),
]


@pytest.mark.parametrize(
    ("code", "policy", "manifest", "said"), REFUSALS, ids=[case[0] for case in REFUSALS]
)
def test_it_refuses_with_a_code_and_says_what_is_allowed(
    code: str, policy: Policy, manifest: Manifest, said: str
) -> None:
    with pytest.raises(PolicyRefused) as caught:
        check_policy(policy, manifest)
    assert caught.value.code == f"policy.{code}"
    assert said in caught.value.sentence
    assert caught.value.sentence.endswith(".")


def test_it_allows_exactly_the_floor() -> None:
    for unit, floor in PRODUCT_FLOORS.items():
        check_policy(POLICY, manifest_of(unit=unit, min_count=floor))
    size = replace(POLICY, min_roster=60, max_roster=60, max_width=WIDTH, max_questions=5)
    check_policy(size, cast().manifest)


def test_it_allows_exactly_what_the_added_limits_name() -> None:
    check_policy(POLICY, lasting(400))
    for limit in (None, 0, 1):
        check_policy(POLICY, losing(limit))
    check_policy(replace(POLICY, max_inconsistent_percent=5), losing(3))
    check_policy(POLICY, shown(extremes="show", nonresponse="show"))
    check_policy(POLICY, with_text())
    quiet = replace(POLICY, extremes=False, nonresponse=False, texts=False)
    check_policy(quiet, cast().manifest)


def test_it_lets_only_a_test_policy_go_below_the_product_s_floors() -> None:
    check_policy(default_policy(coordinators=(KEY,), test=True), manifest_of(min_count=1))
    document = POLICY.to_json()
    for unit, floor in PRODUCT_FLOORS.items():
        lower = {**document, "min_count": {unit: floor - 1}}
        with pytest.raises(MalformedInput) as caught:
            parse_policy(lower)
        assert caught.value.where == f"min_count.{unit}"
        assert parse_policy({**lower, "test": True}).floors == {unit: floor - 1}


def test_it_reads_back_what_it_wrote() -> None:
    strange = replace(POLICY, booth=BOOTH_ANY)
    for policy in (POLICY, default_policy(coordinators=(), test=True), strange):
        assert parse_policy(json.loads(json.dumps(policy.to_json()))) == policy


def test_it_compares_keys_not_names() -> None:
    one = cast().manifest.nodes[0].identity_key
    with pytest.raises(PolicyRefused):
        check_policy(default_policy(coordinators=(one,)), cast().manifest)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"format": "drempel-policy/2"}, "format"),
        ({"extra": 1}, "extra"),
        ({"min_count": {}}, "min_count"),
        ({"min_count": {"household": 5}}, "min_count.household"),
        ({"min_count": 5}, "min_count"),
        ({"coordinators": ["AAAA"]}, "coordinators[0]"),
        ({"kinds": ["count"]}, "kinds"),
        ({"kinds": ["survey", "survey"]}, "kinds"),
        ({"rosters": "code"}, "rosters"),
        ({"timings": ["late"]}, "timings"),
        ({"min_roster": 0}, "min_roster"),
        ({"min_roster": 10, "max_roster": 9}, "max_roster"),
        ({"max_questions": "5"}, "max_questions"),
        ({"max_answering_days": 0}, "max_answering_days"),
        ({"max_inconsistent_percent": 101}, "max_inconsistent_percent"),
        ({"extremes": 1}, "extremes"),
        ({"nonresponse": None}, "nonresponse"),
        ({"test": 1}, "test"),
        ({"booth": "none"}, "booth"),
        ({"booth": True}, "booth"),
        ({"partners_file": ""}, "partners_file"),
        ({"partners_file": "../partners.json"}, "partners_file"),
        ({"partners_file": ".hidden"}, "partners_file"),
        ({"partners_file": "p" * 101}, "partners_file"),
    ],
)
def test_it_names_the_place_of_a_fault_in_the_file(change: dict[str, Any], where: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        parse_policy({**POLICY.to_json(), **change})
    assert caught.value.where == where
    assert where in caught.value.sentence
