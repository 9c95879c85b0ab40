"""When the last token has been issued the issuer key is destroyed, whoever notices first."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from nodes.models import IssuerKey, Job, JobState
from nodes.phases import closes_at
from nodes.selectors import jobs_due
from nodes.services import orders
from nodes.services.driving import job_drive
from nodes.services.memory import job_forget, job_memory
from nodes.services.seen import seen_interval
from tests.nodes.anna import Anna
from tests.nodes.publishing import Draft, colour_survey

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


def draft_that_opened(anna: Anna, hours: int, timing: str = "normal") -> Draft:
    draft = anna.draft(colour_survey(), timing=timing)
    draft.opens = (timezone.now() - timedelta(hours=hours)).replace(microsecond=0)
    return draft


def wrapped() -> bytes:
    return bytes(IssuerKey.objects.get().wrapped)


def driven(job: Job) -> Job:
    job_drive(job_pk=job.pk, owner="worker")
    job.refresh_from_db()
    return job


@pytest.fixture
def seldom(settings: Settings) -> None:
    """Let workers look at open surveys once in many days only."""
    settings.RECONCILE_SECONDS = 1e6


@pytest.mark.usefixtures("seldom")
def test_a_worker_comes_back_when_issuing_closes(anna: Anna) -> None:
    manifest, job = anna.open(draft_that_opened(anna, 1))
    assert job.due_at is not None
    assert job.due_at <= timezone.now()
    assert driven(job).due_at == manifest.issuing.closes < closes_at(manifest)
    assert wrapped()


def test_a_worker_comes_back_soon_to_look_at_what_came(anna: Anna) -> None:
    manifest, job = anna.open(draft_that_opened(anna, 1))
    due_at = driven(job).due_at
    assert due_at is not None
    assert due_at <= timezone.now() + seen_interval() < manifest.issuing.closes


@pytest.mark.usefixtures("seldom")
def test_a_worker_destroys_the_key_when_issuing_has_closed(anna: Anna) -> None:
    manifest, job = anna.open(draft_that_opened(anna, 30))
    assert wrapped()
    assert job.pk in jobs_due(now=timezone.now(), owner="worker")
    assert driven(job).state == JobState.OPEN
    assert wrapped() == b""
    assert job.due_at == closes_at(manifest)
    assert job_memory(job.digest).is_issuing_over


@pytest.mark.parametrize(
    ("timing", "order"), [("strict", "open-answering"), ("normal", "close")]
)
def test_a_worker_destroys_what_a_web_process_died_over(
    anna: Anna, monkeypatch: pytest.MonkeyPatch, timing: str, order: str
) -> None:
    draft = draft_that_opened(anna, 1, timing)
    manifest, job = anna.open(draft)

    def die(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(orders, "issuer_key_erase", die)
        with pytest.raises(KeyboardInterrupt):
            anna.order(draft, manifest, order)
    assert wrapped()
    assert job.pk in jobs_due(now=timezone.now(), owner="worker")
    driven(job)
    assert wrapped() == b""
    job_forget(job.digest)


def test_a_survey_that_is_not_open_yet_keeps_its_key(anna: Anna) -> None:
    draft = draft_that_opened(anna, 30)
    manifest = anna.manifest(draft)
    anna.accept(draft, manifest)
    job = Job.objects.get()
    assert not orders.issuing_end(job, now=timezone.now())
    assert wrapped()
