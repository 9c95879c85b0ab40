"""Register a signed manifest at the relay."""

import json

import pytest
from rest_framework.test import APIClient

from mpcengine.protocol.strict import to_base64
from relay import services
from relay.models import RelayedSurvey
from tests.mpcengine.cast import Federation, publish
from tests.relay.test_parcel_take import portal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls_relay")]


def test_it_registers_a_manifest_with_four_signatures_once(federation: Federation) -> None:
    published = publish(federation)
    for _ in range(2):
        answer = portal().post("/api/v1/manifests", published.signed.to_json(), format="json")
        assert (answer.status_code, answer.json()) == (
            201,
            {"survey": published.manifest.digest},
        )
    assert RelayedSurvey.objects.count() == 1
    found = APIClient().get(f"/api/v1/manifests/{published.manifest.survey_id}")
    assert found.json() == published.signed.to_json()


@pytest.mark.parametrize("name", ["coordinator", "a", "b", "c"])
def test_it_refuses_a_manifest_that_lacks_one_right_signature(
    federation: Federation, name: str
) -> None:
    document = publish(federation).signed.to_json()
    wrong = to_base64(b"\x01" * 64)
    if name == "coordinator":
        document["coordinator_signature"] = wrong
    else:
        document["signatures"][name] = wrong
    answer = portal().post("/api/v1/manifests", document, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "signature.invalid")
    assert not RelayedSurvey.objects.exists()


def test_it_refuses_a_manifest_of_other_nodes(federation: Federation) -> None:
    published = publish(federation)
    path = federation.folder / "nodes.json"
    known = json.loads(path.read_text())
    known["nodes"][1]["identity_key"] = to_base64(b"\x07" * 32)
    path.write_text(json.dumps(known))
    answer = portal().post("/api/v1/manifests", published.signed.to_json(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "manifest.nodes")


def test_it_refuses_a_manifest_that_sends_packages_to_another_address(
    federation: Federation,
) -> None:
    published = publish(federation)
    path = federation.folder / "nodes.json"
    known = json.loads(path.read_text())
    known["nodes"][1]["url"] = "http://127.0.0.1:9"
    path.write_text(json.dumps(known))
    answer = portal().post("/api/v1/manifests", published.signed.to_json(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "manifest.addresses")


def test_it_refuses_a_survey_whose_answers_it_could_not_take(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publish(federation)
    monkeypatch.setattr(services, "LARGEST_PARCEL", published.manifest.parcel_length - 1)
    answer = portal().post("/api/v1/manifests", published.signed.to_json(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "relay.parcel_length")
    monkeypatch.setattr(services, "LARGEST_PARCEL", published.manifest.parcel_length)
    answer = portal().post("/api/v1/manifests", published.signed.to_json(), format="json")
    assert answer.status_code == 201


def test_it_refuses_a_second_manifest_for_one_survey_id(federation: Federation) -> None:
    first, second = publish(federation), publish(federation, flush_min=17)
    portal().post("/api/v1/manifests", first.signed.to_json(), format="json")
    answer = portal().post("/api/v1/manifests", second.signed.to_json(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.other_manifest")


@pytest.mark.parametrize("header", [None, "Token ", "Token another", "Bearer the-portal-token"])
def test_only_the_portal_may_register(federation: Federation, header: str | None) -> None:
    published = publish(federation)
    caller = APIClient()
    if header is not None:
        caller.credentials(HTTP_AUTHORIZATION=header)
    answer = caller.post("/api/v1/manifests", published.signed.to_json(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_unknown")
    assert not RelayedSurvey.objects.exists()
