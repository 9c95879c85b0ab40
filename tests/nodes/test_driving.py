"""A drive that fails puts its own job down for a moment, and nobody else's."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from mpcengine.protocol.manifest import Manifest
from nodes.models import JobState, SurveyJob
from nodes.selectors import jobs_due
from nodes.services import driving
from nodes.services.driving import job_drive
from nodes.services.leases import StaleJob, job_keep, job_take, leases_give_up
from nodes.services.pausing import Pause
from stopping import stop_ask, stop_forget
from tests.nodes.anna import Anna
from tests.nodes.publishing import colour_survey

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


@pytest.fixture
def job(anna: Anna) -> SurveyJob:
    return anna.open(anna.draft(colour_survey()))[1]


def fail_after(monkeypatch: pytest.MonkeyPatch, before: Callable[[SurveyJob], object]) -> None:
    """Have a drive's step do ``before`` and then fail."""

    def step(job: SurveyJob, _manifest: Manifest) -> Pause | None:
        before(job)
        raise ZeroDivisionError

    monkeypatch.setitem(driving._STEPS, JobState.OPEN, step)


def test_it_puts_its_own_job_down_after_a_failure(
    job: SurveyJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_after(monkeypatch, lambda _: None)
    with pytest.raises(ZeroDivisionError):
        job_drive(job_pk=job.pk, owner="first")
    job.refresh_from_db()
    assert (job.lease_owner, job.lease_until) == ("", None)
    assert job.due_at is not None
    assert job.due_at > timezone.now()


def test_it_leaves_a_job_alone_that_another_worker_took_before_the_failure(
    job: SurveyJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(held: SurveyJob) -> None:
        later = timezone.now() + timedelta(days=1)
        assert job_take(job_pk=held.pk, owner="second", now=later) is not None

    fail_after(monkeypatch, lose)
    with pytest.raises(ZeroDivisionError):
        job_drive(job_pk=job.pk, owner="first")
    taken = SurveyJob.objects.get(pk=job.pk)
    assert taken.lease_owner == "second"
    assert taken.lease_until is not None
    assert taken.epoch == job.epoch + 2


@pytest.fixture
def stopping() -> Iterator[None]:
    yield
    stop_forget()


@pytest.mark.usefixtures("stopping")
def test_it_leaves_its_job_to_another_worker_when_the_process_ends(
    job: SurveyJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(held: SurveyJob, _manifest: Manifest) -> Pause | None:
        stop_ask()
        job_keep(held)
        raise AssertionError

    monkeypatch.setitem(driving._STEPS, JobState.OPEN, step)
    job_drive(job_pk=job.pk, owner="first")
    job.refresh_from_db()
    assert (job.lease_owner, job.lease_until) == ("", None)
    assert jobs_due(now=timezone.now(), owner="second") == [job.pk]


@pytest.mark.usefixtures("stopping")
def test_it_begins_no_step_and_waits_no_longer_once_the_process_ends(
    job: SurveyJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def step(_held: SurveyJob, _manifest: Manifest) -> Pause | None:
        steps.append(1)
        stop_ask()
        return Pause(seconds=3.0)

    monkeypatch.setitem(driving._STEPS, JobState.OPEN, step)
    began = time.monotonic()
    job_drive(job_pk=job.pk, owner="first")
    job_drive(job_pk=job.pk, owner="first")
    assert len(steps) == 1
    assert time.monotonic() - began < 2.0


def test_what_still_runs_for_who_gave_up_can_write_no_more(job: SurveyJob) -> None:
    held = job_take(job_pk=job.pk, owner="first", now=timezone.now())
    assert held is not None
    assert leases_give_up("second") == []
    assert leases_give_up("first") == [job.pk]
    with pytest.raises(StaleJob):
        job_keep(held, now=timezone.now() + timedelta(seconds=60))
    assert jobs_due(now=timezone.now(), owner="second") == [job.pk]
