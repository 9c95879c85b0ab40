"""Wake the driver: what is due is driven, and one job's fault stops no other."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from mpcengine import tasks
from mpcengine.job_driver import job_drive
from mpcengine.models import MpcJob
from mpcengine.services import job_propose
from tests.mpcengine.cast import Federation, publish

pytestmark = pytest.mark.django_db


def propose(federation: Federation, survey_id: str) -> MpcJob:
    published = publish(federation, survey_id=survey_id)
    return job_propose(
        manifest=published.manifest.raw,
        coordinator_signature=published.signature,
        rosters=published.rosters,
    )


def test_the_reconciler_drives_what_is_due_and_nothing_else(federation: Federation) -> None:
    due, later = propose(federation, "0a" * 16), propose(federation, "0b" * 16)
    MpcJob.objects.filter(pk=later.pk).update(due_at=timezone.now().replace(year=2100))
    tasks.drive_due()
    states = dict(MpcJob.objects.values_list("pk", "state"))
    assert states == {due.pk: "open", later.pk: "proposed"}


def test_one_jobs_fault_stops_no_other(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = propose(federation, "0a" * 16), propose(federation, "0b" * 16)
    drive = job_drive

    def faulty(*, job_id: int, owner: str) -> None:
        if job_id == broken.pk:
            raise ZeroDivisionError
        drive(job_id=job_id, owner=owner)

    monkeypatch.setattr(tasks, "job_drive", faulty)
    tasks.drive_due()
    states = dict(MpcJob.objects.values_list("pk", "state"))
    assert states == {broken.pk: "proposed", sound.pk: "open"}


def test_a_nudge_is_sent_after_the_commit_and_a_lost_one_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    sent: list[int] = []

    def refuse(job_id: int) -> None:
        sent.append(job_id)
        raise OSError

    monkeypatch.setattr(tasks.drive, "delay", refuse)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # the fixture is a function
        tasks.drive_nudge(7)
        assert sent == []
    assert sent == [7]


def test_it_sleeps_until_the_next_job_is_due(
    federation: Federation, settings: Settings
) -> None:
    settings.RECONCILE_SECONDS = 10.0
    assert tasks.reconcile_wait() == 10.0
    job = propose(federation, "0a" * 16)
    for seconds, expected in ((100, 10.0), (4, 4.0), (-5, 1.0)):
        due_at = timezone.now() + timedelta(seconds=seconds)
        MpcJob.objects.filter(pk=job.pk).update(due_at=due_at)
        assert tasks.reconcile_wait() == pytest.approx(expected, abs=0.5)
    MpcJob.objects.filter(pk=job.pk).update(state="released")
    assert tasks.reconcile_wait() == 10.0
