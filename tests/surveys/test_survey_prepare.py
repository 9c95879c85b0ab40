"""Ask three nodes for keys, build the manifest."""

import pytest
from rest_framework.test import APIClient

from mpcengine.protocol.roster import node_code, parse_code, roster_entry, roster_root
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.strict import to_base64
from surveys.models import EntryList, Survey
from tests.mpcengine.cast import CAROL_KEY, Federation
from tests.surveys.steps import create, invite, manifest_in, prepare, publish, terms


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mpcengine.http_peer.WAIT_SECONDS", 0.001)


def test_it_returns_the_manifest_to_sign(federation: Federation, carol: APIClient) -> None:
    survey = create(carol)
    codes = invite(carol, survey, 20).json()["codes"]
    answer = prepare(carol, survey, terms(survey, flush_min=14, max_inconsistent=2))
    assert answer.status_code == 200
    manifest = manifest_in(answer)
    assert manifest.digest == answer.json()["digest"]
    assert (manifest.survey_id, manifest.flush_min, manifest.roster.size) == (survey, 14, 20)
    assert (manifest.coordinator.name, manifest.coordinator.key) == ("council", CAROL_KEY)
    assert manifest.relay.key == public_bytes(federation.relay.key)
    assert [node.url for node in manifest.nodes] == [node.url for node in federation.nodes]
    for index, root in enumerate(manifest.roster.roots, start=1):
        entries = [roster_entry(node_code(parse_code(c), survey, index)) for c in codes]
        assert root == roster_root(sorted(entries))


@pytest.mark.usefixtures("federation")
def test_it_keeps_the_entries_until_published(carol: APIClient) -> None:
    survey = create(carol)
    invite(carol, survey, 20)
    manifest = manifest_in(prepare(carol, survey, terms(survey)))
    assert EntryList.objects.count() == 3
    publish(carol, survey, manifest)
    assert not EntryList.objects.exists()


@pytest.mark.usefixtures("federation")
def test_the_same_terms_give_the_same_bytes(carol: APIClient) -> None:
    survey = create(carol)
    invite(carol, survey, 20)
    given = terms(survey)
    assert prepare(carol, survey, given).json() == prepare(carol, survey, given).json()


@pytest.mark.usefixtures("federation")
def test_other_terms_give_another_manifest_over_the_same_roster(carol: APIClient) -> None:
    survey = create(carol)
    invite(carol, survey, 20)
    first = manifest_in(prepare(carol, survey, terms(survey)))
    second = manifest_in(prepare(carol, survey, terms(survey, give_up_after_days=3)))
    assert first.digest != second.digest
    assert first.roster == second.roster


@pytest.mark.usefixtures("federation")
def test_nobody_can_be_added_after_it(carol: APIClient) -> None:
    survey = create(carol)
    invite(carol, survey, 20)
    prepare(carol, survey, terms(survey))
    answer = invite(carol, survey, 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.not_draft")


@pytest.mark.usefixtures("federation")
def test_it_needs_an_invitation(carol: APIClient) -> None:
    survey = create(carol)
    answer = prepare(carol, survey, terms(survey))
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.no_invitations")


def test_a_silent_node_delays_it(federation: Federation, carol: APIClient) -> None:
    survey = create(carol)
    invite(carol, survey, 20)
    federation.nodes[1].die()
    answer = prepare(carol, survey, terms(survey))
    assert (answer.status_code, answer.json()["code"]) == (503, "node.unreachable")
    assert Survey.objects.get().state == "draft"
    assert EntryList.objects.count() == 3
    federation.nodes[1].start()
    assert prepare(carol, survey, terms(survey)).status_code == 200


def test_a_node_that_refuses_is_named_with_its_code(
    federation: Federation, carol: APIClient
) -> None:
    survey = create(carol)
    invite(carol, survey, 20)
    federation.nodes[2].refusals["POST surveys"] = (403, "policy.coordinator")
    answer = prepare(carol, survey, terms(survey))
    assert (answer.status_code, answer.json()["code"]) == (403, "policy.coordinator")
    assert answer.json()["detail"].startswith("Node c refuses: ")
    assert EntryList.objects.count() == 3


def test_keys_that_the_node_did_not_sign_are_refused(
    federation: Federation, carol: APIClient
) -> None:
    survey = create(carol)
    invite(carol, survey, 20)
    federation.nodes[0].signs_wrongly = True
    answer = prepare(carol, survey, terms(survey))
    assert (answer.status_code, answer.json()["code"]) == (403, "signature.invalid")


def test_a_prepare_signature_for_another_survey_is_refused(
    federation: Federation, carol: APIClient
) -> None:
    survey, other = create(carol), create(carol)
    invite(carol, survey, 20)
    answer = prepare(carol, survey, terms(other))
    assert (answer.status_code, answer.json()["code"]) == (403, "signature.invalid")
    assert federation.nodes[0].calls == []


@pytest.mark.parametrize(
    "changes",
    [
        {"coordinator_key": "not base64"},
        {"coordinator_key": to_base64(b"short")},
        {"timing": "whenever"},
        {"issuing": {"opens": "2026-01-01", "closes": "2026-01-02"}},
        {"issuing": {"opens": "2026-01-02T00:00:00Z", "closes": "2026-01-01T00:00:00Z"}},
        {"flush_min": 0},
        {"flush_min": 9},
        {"give_up_after_days": 366},
        {"give_up_after_days": 0},
        {"answering": None},
    ],
)
@pytest.mark.usefixtures("federation")
def test_terms_of_another_form_are_refused(
    carol: APIClient, changes: dict[str, object]
) -> None:
    survey = create(carol)
    invite(carol, survey, 20)
    answer = prepare(carol, survey, terms(survey, **changes))
    assert answer.status_code in {400, 403}
    assert Survey.objects.get().state == "draft"
    assert EntryList.objects.count() == 3
