"""What a node tells of surveys, keys, parties, peers and leases."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from mpcengine.http_peer import HttpPeer, Unreachable
from mpcengine.protocol.batch import CANNOT_UNSEAL, Rejected, Verdict
from mpcengine.protocol.canonical import Digest, digest
from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.nodesfile import NodeEntry
from mpcengine.protocol.partywire import CAUSES, Failure
from nodes import peer_client
from nodes.clock import clock_compare
from nodes.models import Job, JobState
from nodes.peer_client import PeerSilent
from nodes.reasons import MustWithhold, Reason
from nodes.services import checking, meeting
from nodes.services.attempt_events import (
    attempt_failed_tell,
    attempt_finished_tell,
    attempt_started_tell,
)
from nodes.services.leases import job_take, leases_clear
from nodes.services.orders import intake_close
from nodes.services.statements import job_erase, job_withhold
from security_events import duration_class, key_id
from tests.events.conftest import Events
from tests.nodes.anna import Anna, give, now
from tests.nodes.publishing import colour_survey
from tests.roles.tls_server import make_paper, served

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


def test_it_tells_of_keys_and_of_a_survey_from_opening_to_erasing(
    anna: Anna, events: Events
) -> None:
    draft = anna.draft(colour_survey(), invited=12)
    manifest, job = anna.open(draft)
    for place in range(11):
        give(anna.package(draft, manifest, place, "red"))
    anna.order(draft, manifest, "open-answering")
    anna.order(draft, manifest, "close")
    anna.order(draft, manifest, "close")
    job.refresh_from_db()
    job_withhold(job, Reason.TOO_FEW, "3 packages")
    job_erase(job)
    told = events()
    assert [one["event.code"] for one in told] == [
        "key.created",
        "key.created",
        "key.created",
        "survey.opened",
        "survey.answering_opened",
        "survey.closed",
        "key.destroyed",
        "survey.withheld",
        "token.batch_issued",
        "key.destroyed",
        "key.destroyed",
    ]
    keys = {one["drempel.key_kind"]: one["drempel.key"] for one in events("key.created")}
    assert keys["share"] == key_id(manifest.node("a").share_key)
    assert keys["outer"] == key_id(manifest.node("a").outer_key)
    assert {
        one["drempel.key_kind"]: one["drempel.key"] for one in events("key.destroyed")
    } == keys
    assert events("survey.closed")[0]["event.reason"] == "order"
    assert events("survey.withheld")[0]["event.reason"] == "fewer_than_min_count"
    assert events("token.batch_issued")[0]["drempel.count"] == 11
    assert {one.get("drempel.manifest", job.digest) for one in told} == {job.digest}
    assert {one["event.outcome"] for one in told} == {"success"}


def test_erasing_again_tells_nothing_again(anna: Anna, events: Events) -> None:
    _, job = anna.open(anna.draft(colour_survey()))
    job_withhold(job, Reason.TOO_FEW, "")
    job_erase(job)
    before = len(events())
    Job.objects.filter(pk=job.pk).update(state=JobState.WITHHELD)
    job.refresh_from_db()
    job_erase(job)
    assert len(events()) == before
    assert events("token.batch_issued")[0]["drempel.count_below"] == 10


def test_closing_by_time_is_told_as_that(anna: Anna, events: Events) -> None:
    _, job = anna.open(anna.draft(colour_survey()))
    intake_close(job)
    intake_close(job)
    (closed,) = events("survey.closed")
    assert closed["event.reason"] == "time"


def test_what_the_policy_refuses_is_told_with_its_code(anna: Anna, events: Events) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    anna.write_policy({"coordinators": []})
    for refused in (
        lambda: anna.accept(draft, manifest),
        lambda: anna.manifest(anna.draft(colour_survey())),
    ):
        with pytest.raises(PolicyRefused):
            refused()
    first, second = events("manifest.refused")
    assert first["drempel.manifest"] == manifest.digest
    assert {first["event.reason"], second["event.reason"]} == {"policy.coordinator"}
    assert {first["event.outcome"], second["event.outcome"]} == {"failure"}


def test_it_tells_how_an_attempt_went(anna: Anna, events: Events) -> None:
    _, job = anna.open(anna.draft(colour_survey()))
    job.round, job.attempt = 2, 3
    attempt_started_tell(job)
    attempt_finished_tell(job, 61.0)
    started, finished = events("mpc.started", "mpc.finished")
    for one in (started, finished):
        assert (one["drempel.round"], one["drempel.attempt"]) == (2, 3)
    assert finished["drempel.duration"] == "under_10m"


@pytest.mark.parametrize("cause", CAUSES)
def test_it_tells_every_cause_by_which_an_attempt_ends(
    cause: str, anna: Anna, events: Events
) -> None:
    _, job = anna.open(anna.draft(colour_survey()))
    job.round, job.attempt = 1, 1
    attempt_failed_tell(job, Failure(cause=cause, peer=2, detail="said a peer"), 3.0)
    failed, *more = events("mpc.attempt_failed", f"mpc.{cause}")
    assert (failed["event.reason"], failed["drempel.peer"]) == (cause, "b")
    assert failed["event.outcome"] == "failure"
    assert [one["event.code"] for one in more] == (
        [] if cause in {"connect_timeout", "deadline"} else [f"mpc.{cause}"]
    )
    for one in more:
        assert one["event.severity"] >= 4
        assert one["event.kind"] == "alert"


def test_a_failure_of_nobodys_names_no_peer(anna: Anna, events: Events) -> None:
    _, job = anna.open(anna.draft(colour_survey()))
    attempt_failed_tell(job, Failure(cause="internal", peer=0, detail=""), 0.0)
    (failed,) = events("mpc.attempt_failed")
    assert "drempel.peer" not in failed


def test_a_node_that_lost_what_it_said_is_told(
    anna: Anna, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, job = anna.open(anna.draft(colour_survey()))

    class Answer:
        body = b'["root"]'

    def said(*_: Any) -> Any:
        return Answer

    monkeypatch.setattr(meeting, "_ask", said)
    monkeypatch.setattr(meeting, "job_keep", lambda _job: None)
    with pytest.raises(MustWithhold):
        meeting.job_recall(job)
    (found,) = events("node.rollback_detected")
    assert (found["drempel.peer"], found["event.severity"]) == ("b", 5)


def test_packages_left_out_are_told_as_their_number(
    anna: Anna, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, job = anna.open(anna.draft(colour_survey()))
    ids = [bytes([number]).hex() * 32 for number in range(40)]
    bad = tuple(Rejected(package=one, reason=CANNOT_UNSEAL) for one in ids[:1])
    verdict = Verdict(accepted=tuple(ids[1:]), rejected=bad)

    def say(_job: Job, _stage: str, _body: bytes, *, write: Callable[[], None]) -> None:
        write()

    monkeypatch.setattr(checking, "job_list", lambda *_: ids)
    judged = (verdict, digest(b"lines"))
    monkeypatch.setattr(checking, "judged_verdict", lambda *_: judged)
    monkeypatch.setattr(checking, "verdict_keep", lambda *_: None)
    monkeypatch.setattr(checking, "joint_coin_of", lambda *_: bytes(32))
    monkeypatch.setattr(checking, "stage_say", say)
    checking._say_checked(job, manifest)
    (found,) = events("validation.batch_failed")
    assert (found["drempel.excluded"], found["drempel.job"]) == (1, job.pk)


def test_a_wrong_certificate_is_told_once_an_hour(
    events: Events, tmp_path: Path, settings: Settings
) -> None:
    settings.EMBEDDED = False
    with served(make_paper(tmp_path)) as server:
        entry = NodeEntry(
            node="b",
            index=2,
            name="Bram's node",
            url=server.url,
            identity_key=bytes(32),
            pin=Digest(f"sha256:{'01' * 32}"),
        )
        for _ in range(2):
            with pytest.raises(PeerSilent):
                peer_client._post(entry, "exchange", b"{}", "signature")
        with pytest.raises(Unreachable):
            HttpPeer(name="relay", url=server.url, pins=(bytes(32),)).get("health")
    told = events("tls.pin_mismatch")
    assert [one["drempel.peer"] for one in told] == ["b", "relay"]
    assert {one["event.severity"] for one in told} == {5}


def test_a_job_that_is_taken_over_again_and_again_is_told(anna: Anna, events: Events) -> None:
    _, job = anna.open(anna.draft(colour_survey()))
    moment = timezone.now()
    for turn in range(5):
        assert job_take(job_pk=job.pk, owner=f"worker {turn}", now=moment) is not None
        moment += timedelta(seconds=100)
    (found,) = events("job.lease_taken_over")
    assert found["drempel.takeovers"] == 4
    leases_clear()
    assert [one["drempel.takeovers"] for one in events("job.lease_taken_over")] == [4, 5]


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Tue, 24 Nov 2026 20:00:00 GMT", 0),
        ("Tue, 24 Nov 2026 20:00:07 GMT", 0),
        ("Tue, 24 Nov 2026 20:00:09 GMT", 9),
        ("Tue, 24 Nov 2026 19:50:00 GMT", 600),
        ("now", 0),
        ("", 0),
        ("Tue, 24 Nov 2026 20:10:00 -0000", 600),
    ],
)
def test_a_clock_that_is_wrong_is_told_once(
    date: str, seconds: int, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = now().replace(year=2026, month=11, day=24, hour=20, minute=0, second=0)
    monkeypatch.setattr(timezone, "now", lambda: here.replace(microsecond=0))
    for _ in range(3):
        clock_compare("c", date)
    told = [(one["drempel.peer"], one["drempel.seconds"]) for one in events("clock.skew")]
    assert told == ([("c", seconds)] if seconds else [])


def test_durations_are_told_as_classes() -> None:
    assert [duration_class(one) for one in (0, 9.9, 10, 599, 600, 3599, 3600, 1e6)] == [
        "under_10s",
        "under_10s",
        "under_1m",
        "under_10m",
        "under_1h",
        "under_1h",
        "over_1h",
        "over_1h",
    ]
