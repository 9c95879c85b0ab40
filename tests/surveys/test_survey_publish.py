"""Publish with the coordinator's signature, order, and read the result."""

import pytest
from rest_framework.test import APIClient

from mpcengine.job_driver import job_drive
from mpcengine.models import JobNode, MpcJob
from mpcengine.protocol.orders import build_order
from mpcengine.protocol.result import verify_result
from mpcengine.protocol.strict import to_base64
from tests.mpcengine.cast import Federation
from tests.mpcengine.node_double import release
from tests.surveys.steps import (
    SURVEYS,
    create,
    invite,
    manifest_in,
    order,
    prepare,
    publish,
    published,
    terms,
)

pytestmark = pytest.mark.django_db(transaction=True)


def drive() -> None:
    job_drive(job_id=MpcJob.objects.get().pk, owner="test")


def test_it_goes_from_a_definition_to_a_verified_result(
    federation: Federation, carol: APIClient
) -> None:
    survey, manifest = published(carol)
    assert carol.get(f"{SURVEYS}/{survey}").json()["job"]["state"] == "proposed"
    missing = carol.get(f"{SURVEYS}/{survey}/result")
    assert (missing.status_code, missing.json()["code"]) == (404, "result.not_yet")
    drive()
    assert order(carol, survey, manifest, "close").json()["state"] == "closed"
    release(federation.nodes, manifest, {0: 12, 1: 15, 2: 11})
    drive()
    seen = carol.get(f"{SURVEYS}/{survey}").json()
    assert seen["job"] == {
        "state": "released",
        "reason_code": None,
        "reason": None,
        "nodes": {"a": "released", "b": "released", "c": "released"},
    }
    result = carol.get(f"{SURVEYS}/{survey}/result").json()
    assert verify_result(result).accepted == 38


@pytest.mark.usefixtures("federation")
def test_each_node_gets_its_own_roster_only(carol: APIClient) -> None:
    published(carol)
    rosters = [set(row.roster or []) for row in JobNode.objects.all()]
    assert [len(roster) for roster in rosters] == [20, 20, 20]
    assert not (rosters[0] & rosters[1]) | (rosters[1] & rosters[2]) | (rosters[0] & rosters[2])
    drive()
    assert {row.roster for row in JobNode.objects.all()} == {None}


@pytest.mark.usefixtures("federation")
def test_publishing_again_is_the_same_job(carol: APIClient) -> None:
    survey, manifest = published(carol)
    assert publish(carol, survey, manifest).status_code == 200
    assert MpcJob.objects.count() == 1


@pytest.mark.usefixtures("federation")
def test_it_refuses_a_signature_that_is_not_the_coordinators(carol: APIClient) -> None:
    survey = create(carol)
    invite(carol, survey, 20)
    prepare(carol, survey, terms(survey))
    answer = carol.post(
        f"{SURVEYS}/{survey}/publish", {"signature": to_base64(b"\x01" * 64)}, format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "signature.invalid")
    assert not MpcJob.objects.exists()


def test_it_refuses_before_preparing(carol: APIClient) -> None:
    survey = create(carol)
    answer = carol.post(
        f"{SURVEYS}/{survey}/publish", {"signature": to_base64(b"\x01" * 64)}, format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.not_prepared")


@pytest.mark.usefixtures("federation")
def test_the_terms_stand_after_publishing(carol: APIClient) -> None:
    survey, _ = published(carol)
    answer = prepare(carol, survey, terms(survey, give_up_after_days=3))
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.published")


@pytest.mark.usefixtures("federation")
def test_an_order_for_another_survey_is_refused(carol: APIClient) -> None:
    survey, _ = published(carol)
    other = create(carol)
    invite(carol, other, 20)
    manifest = manifest_in(prepare(carol, other, terms(other)))
    answer = order(carol, survey, manifest, "close")
    assert (answer.status_code, answer.json()["code"]) == (409, "order.other_survey")


@pytest.mark.usefixtures("federation")
def test_an_order_with_another_signature_is_refused(carol: APIClient) -> None:
    survey, manifest = published(carol)
    given = {
        "order": to_base64(build_order(manifest.digest, "close")),
        "signature": to_base64(b"\x01" * 64),
    }
    answer = carol.post(f"{SURVEYS}/{survey}/orders", given, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "signature.invalid")
    assert carol.get(f"{SURVEYS}/{survey}").json()["state"] == "published"


def test_a_refusing_node_is_seen_by_the_coordinator(
    federation: Federation, carol: APIClient
) -> None:
    federation.nodes[0].refusals["POST manifests"] = (403, "policy.min_count")
    survey, _ = published(carol)
    drive()
    job = carol.get(f"{SURVEYS}/{survey}").json()["job"]
    assert (job["state"], job["reason_code"]) == ("refused", "policy.min_count")
    assert job["reason"].startswith("Node a refuses: ")
