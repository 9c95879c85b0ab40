"""A drive that fails puts its own job down for a moment, and nobody else's."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import cast

import pytest
from django.utils import timezone

from nodes.models import Job, JobState
from nodes.selectors import jobs_due
from nodes.services.driving import job_drive
from nodes.services.flows import Step
from nodes.services.leases import StaleJob, job_keep, job_take, leases_give_up
from nodes.services.pausing import Pause
from nodes.services.survey_flow import SURVEY_FLOW
from stopping import stop_ask, stop_forget
from tests.nodes.anna import Anna
from tests.nodes.publishing import colour_survey

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


@pytest.fixture
def job(anna: Anna) -> Job:
    return anna.open(anna.draft(colour_survey()))[1]


def step_set(monkeypatch: pytest.MonkeyPatch, step: Step) -> None:
    """Have an open survey take another step."""
    monkeypatch.setitem(cast("dict[JobState, Step]", SURVEY_FLOW.steps), JobState.OPEN, step)


def fail_after(monkeypatch: pytest.MonkeyPatch, before: Callable[[Job], object]) -> None:
    """Have a drive's step do ``before`` and then fail."""

    def step(job: Job) -> Pause | None:
        before(job)
        raise ZeroDivisionError

    step_set(monkeypatch, step)


def test_it_puts_its_own_job_down_after_a_failure(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_after(monkeypatch, lambda _: None)
    with pytest.raises(ZeroDivisionError):
        job_drive(job_pk=job.pk, owner="first")
    job.refresh_from_db()
    assert (job.lease_owner, job.lease_until) == ("", None)
    assert job.due_at is not None
    assert job.due_at > timezone.now()


def test_it_leaves_a_job_alone_that_another_worker_took_before_the_failure(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(held: Job) -> None:
        later = timezone.now() + timedelta(days=1)
        assert job_take(job_pk=held.pk, owner="second", now=later) is not None

    fail_after(monkeypatch, lose)
    with pytest.raises(ZeroDivisionError):
        job_drive(job_pk=job.pk, owner="first")
    taken = Job.objects.get(pk=job.pk)
    assert taken.lease_owner == "second"
    assert taken.lease_until is not None
    assert taken.epoch == job.epoch + 2


@pytest.fixture
def stopping() -> Iterator[None]:
    yield
    stop_forget()


@pytest.mark.usefixtures("stopping")
def test_it_leaves_its_job_to_another_worker_when_the_process_ends(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(held: Job) -> Pause | None:
        stop_ask()
        job_keep(held)
        raise AssertionError

    step_set(monkeypatch, step)
    job_drive(job_pk=job.pk, owner="first")
    job.refresh_from_db()
    assert (job.lease_owner, job.lease_until) == ("", None)
    assert jobs_due(now=timezone.now(), owner="second") == [job.pk]


@pytest.mark.usefixtures("stopping")
def test_it_begins_no_step_and_waits_no_longer_once_the_process_ends(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def step(_held: Job) -> Pause | None:
        steps.append(1)
        stop_ask()
        return Pause(seconds=3.0)

    step_set(monkeypatch, step)
    began = time.monotonic()
    job_drive(job_pk=job.pk, owner="first")
    job_drive(job_pk=job.pk, owner="first")
    assert len(steps) == 1
    assert time.monotonic() - began < 2.0


def test_what_still_runs_for_who_gave_up_can_write_no_more(job: Job) -> None:
    held = job_take(job_pk=job.pk, owner="first", now=timezone.now())
    assert held is not None
    assert leases_give_up("second") == []
    assert leases_give_up("first") == [job.pk]
    with pytest.raises(StaleJob):
        job_keep(held, now=timezone.now() + timedelta(seconds=60))
    assert jobs_due(now=timezone.now(), owner="second") == [job.pk]
