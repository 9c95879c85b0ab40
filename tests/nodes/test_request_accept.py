"""A node signs a request its operator's policy allows, and says of each other one why not."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rest_framework.test import APIClient

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.manifest_parts import Window
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.signing import (
    LABEL_PREPARE_REQUEST,
    LABEL_REQUEST_MANIFEST,
    public_bytes,
    sign,
    verify,
)
from mpcengine.protocol.strict import parse_base64, to_base64
from nodes.models import Job, JobState
from tests.nodes.anna import Anna
from tests.nodes.anna_request import AnnaRequest
from tests.people import ANNA, CAROL, OPERATORS
from tests.vectors.request_cast import MATCH_REQUEST, approved

pytestmark = [
    pytest.mark.django_db(databases=["default", "issuing"]),
    pytest.mark.urls("config.urls_node"),
]

NOW = datetime.now(UTC).replace(microsecond=0)
TWO_DAYS = Window(opens=NOW + timedelta(hours=2), closes=NOW + timedelta(days=2))
PERSONS = {"identifier": "bsn", "holder_feedback": "items", "min_count": 10}


def asked_of(
    anna: Anna, changes: Mapping[str, JSON] | None = None, **terms: Any
) -> AnnaRequest:
    """Return the sample request with some keys of its file changed."""
    definition = parse_request(dict(MATCH_REQUEST) | dict(changes or {}))
    return AnnaRequest.make(anna, request=definition, **terms)


def propose(asked: AnnaRequest, **changes: bytes) -> tuple[int, dict[str, Any]]:
    """Give the request to Anna's node over HTTP; return status and answer."""
    given: dict[str, JSON] = {
        key: to_base64(data) for key, data in (asked.askers() | changes).items()
    }
    given["approvals"] = [one.to_json() for one in approved(asked.manifest)]
    answer = APIClient().post("/api/v1/requests", given, format="json")
    return answer.status_code, answer.json()


def test_it_signs_what_the_policy_allows(anna: Anna) -> None:
    asked = asked_of(anna)
    status, answer = propose(asked)
    assert status == 200
    assert answer["digest"] == asked.manifest.digest
    signature = parse_base64(answer["signature"]) or b""
    verify(ANNA.public_key, LABEL_REQUEST_MANIFEST, asked.manifest.raw, signature)
    assert propose(asked) == (status, answer)


REFUSALS: dict[str, tuple[dict[str, JSON], dict[str, JSON], dict[str, Any]]] = {
    # code: what the policy has, what the request has, what the manifest has
    "policy.kind": ({"kinds": ["survey", "compare"]}, {}, {}),
    "policy.unit": ({"min_count": {"person": 1}}, {}, {}),
    "policy.min_count": ({"min_count": {"organisation": 6}}, {}, {}),
    "policy.min_organisations": (
        {"min_count": {"organisation": 4}},
        {"min_organisations": 3},
        {},
    ),
    "policy.max_owners": ({"max_owners": 4}, {}, {}),
    "policy.max_list": ({"max_list": 64}, {}, {}),
    "policy.max_indicators": ({"max_indicators": 32}, {}, {}),
    "policy.min_approvals": ({"min_approvals": 3}, {}, {}),
    "policy.max_guesses": ({"max_guesses": 64}, PERSONS, {}),
    "policy.give_up_after": ({"max_give_up_after_days": 29}, {}, {"give_up_after_days": 30}),
    "policy.answering_days": ({"max_answering_days": 1}, {}, {"contributing": TWO_DAYS}),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_it_refuses_what_the_policy_does_not_allow(anna: Anna, code: str) -> None:
    policy, request, terms = REFUSALS[code]
    assert propose(asked_of(anna, request, **terms))[0] == 200
    other = asked_of(anna, request, **terms)
    anna.write_policy(policy)
    status, answer = propose(other)
    assert (status, answer["code"]) == (403, code)
    row = Job.objects.get(digest=other.manifest.digest)
    assert (row.state, row.reason) == (JobState.REFUSED, code)
    # A refused request opens with no signatures at all.
    opened = APIClient().put(
        f"/api/v1/requests/{other.manifest.digest}/signatures",
        {"signatures": signatures(other)},
        format="json",
    )
    assert (opened.status_code, opened.json()["code"]) == (409, "manifest.refused")
    # The operator changes its mind.
    anna.write_policy({})
    assert propose(other)[0] == 200


def signatures(asked: AnnaRequest) -> dict[str, str]:
    """Return three operators' signatures under a request."""
    return {
        one.node: to_base64(sign(one.signing_key, LABEL_REQUEST_MANIFEST, asked.manifest.raw))
        for one in OPERATORS
    }


def test_it_knows_no_other_coordinator(anna: Anna) -> None:
    asked = asked_of(anna)
    anna.write_policy({"coordinators": []})
    assert propose(asked)[1]["code"] == "policy.coordinator"
    body = bytes.fromhex("00" * 16)
    answer = APIClient().post(
        f"/api/v1/requests/{'00' * 16}/keys",
        {
            "coordinator": to_base64(CAROL.public_key),
            "signature": to_base64(sign(CAROL.signing_key, LABEL_PREPARE_REQUEST, body)),
        },
        format="json",
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "policy.coordinator")


def test_it_takes_no_request_that_its_askers_did_not_both_sign(anna: Anna) -> None:
    asked = asked_of(anna)
    mallory = Ed25519PrivateKey.generate()
    assert public_bytes(mallory) != asked.manifest.requester.key
    forged = sign(mallory, LABEL_REQUEST_MANIFEST, asked.manifest.raw)
    for who in ("requester_signature", "coordinator_signature"):
        status, answer = propose(asked, **{who: forged})
        assert (status, answer["code"]) == (403, "signature.invalid")
    assert not Job.objects.exists()


def test_it_opens_with_three_signatures_of_nodes_only(anna: Anna) -> None:
    asked = asked_of(anna)
    propose(asked)
    path = f"/api/v1/requests/{asked.manifest.digest}/signatures"
    named = signatures(asked)
    for bent in ({"a": named["a"], "b": named["b"]}, named | {"c": named["b"]}):
        assert APIClient().put(path, {"signatures": bent}, format="json").status_code >= 400
    assert Job.objects.get().state == JobState.PREPARED
    assert APIClient().put(path, {"signatures": named}, format="json").status_code == 200
    assert Job.objects.get().state == JobState.OPEN
