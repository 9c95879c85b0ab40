"""What the portal tells of a coordinator's acts, and the portal and relay of their surveys."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from mpcengine import http_peer
from mpcengine.leases import job_lease
from mpcengine.models import MpcJob, SignedResult
from mpcengine.protocol.canonical import canonical, digest
from relay.services import order_take, survey_register
from security_events import pseudonym
from surveys.models import Survey
from tests.events.conftest import Events
from tests.mpcengine.cast import Federation, Published, order_of, publish
from tests.mpcengine.node_double import release, withhold
from tests.mpcengine.test_job_drive import COUNTS, close, drive, propose
from tests.surveys import steps

pytestmark = pytest.mark.django_db


def test_it_tells_who_published_opened_and_closed(
    carol: APIClient, federation: Federation, events: Events
) -> None:
    survey, manifest = steps.published(carol)
    assert steps.order(carol, survey, manifest, "open-answering").status_code == 200
    for _ in range(2):
        assert steps.order(carol, survey, manifest, "close").status_code == 200
    told = events()
    assert [one["event.code"] for one in told] == [
        "survey.published",
        "survey.answering_opened",
        "survey.closed",
    ]
    person = pseudonym(str(User.objects.get().pk))
    assert {one["user.hash"] for one in told} == {person}
    assert {one["drempel.survey"] for one in told} == {survey}
    assert "carol" not in str(told)
    assert federation.nodes


def test_it_does_nothing_that_it_cannot_tell(
    carol: APIClient, federation: Federation, events_file: Any
) -> None:
    survey = steps.create(carol)
    steps.invite(carol, survey, 20)
    manifest = steps.manifest_in(steps.prepare(carol, survey, steps.terms(survey)))
    pseudonym("made before")
    events_file.mkdir()
    refused = steps.publish(carol, survey, manifest)
    assert (refused.status_code, refused.json()["code"]) == (503, "events.unavailable")
    assert refused.headers["Retry-After"] == "30"
    assert Survey.objects.get().state == "prepared"
    assert not MpcJob.objects.exists()
    assert Survey.objects.get().entry_lists.count() == 3
    events_file.rmdir()
    assert steps.publish(carol, survey, manifest).status_code == 200
    assert federation.nodes


@pytest.fixture
def ended(federation: Federation, monkeypatch: pytest.MonkeyPatch) -> Published:
    monkeypatch.setattr(http_peer, "WAIT_SECONDS", 0.001)
    return publish(federation)


@pytest.mark.django_db(transaction=True)
def test_it_tells_of_a_result_by_its_digest(
    ended: Published, federation: Federation, events: Events
) -> None:
    job = drive(propose(ended))
    close(ended)
    release(federation.nodes, ended.manifest, COUNTS)
    assert drive(job).state == "released"
    (done,) = events("release.done")
    assert done["drempel.result"] == digest(canonical(SignedResult.objects.get().document))
    assert done["drempel.manifest"] == ended.manifest.digest


@pytest.mark.django_db(transaction=True)
def test_it_tells_why_there_is_no_result(
    ended: Published, federation: Federation, events: Events
) -> None:
    job = drive(propose(ended))
    close(ended)
    withhold(federation.nodes, ended.manifest, "fewer than min_count")
    assert drive(job).state == "withheld"
    (done,) = events("survey.withheld")
    assert done["event.reason"] == "fewer_than_min_count"


def test_a_ledger_job_that_is_taken_over_again_and_again_is_told(
    ended: Published, events: Events
) -> None:
    job = propose(ended)
    for turn in range(5):
        MpcJob.objects.filter(pk=job.pk).update(lease_until="2026-01-01T00:00:00Z")
        job.refresh_from_db()
        assert job_lease(job_id=job.pk, owner=f"w{turn}", now=job.closes_at) is not None
    (found,) = events("job.lease_taken_over")
    assert found["drempel.takeovers"] == 4


def test_the_relay_tells_of_its_surveys(federation: Federation, events: Events) -> None:
    published = publish(federation)
    for _ in range(2):
        survey_register(signed_manifest=published.signed.to_json())
        for kind in ("open-answering", "close"):
            order, signature = order_of(published.manifest, kind)
            order_take(order=order, signature=signature)
    assert [one["event.code"] for one in events()] == [
        "survey.opened",
        "survey.answering_opened",
        "survey.closed",
    ]
