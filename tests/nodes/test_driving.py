"""A drive that fails puts its own job down for a moment, and nobody else's."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from mpcengine.protocol.manifest import Manifest
from nodes.models import JobState, SurveyJob
from nodes.services import driving
from nodes.services.driving import job_drive
from nodes.services.leases import job_take
from nodes.services.pausing import Pause
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
