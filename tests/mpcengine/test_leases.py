"""Take, keep and lose a job."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mpcengine.job_driver import job_drive
from mpcengine.leases import StaleJob, job_change, job_lease, job_rest, lease_keep, leases_clear
from mpcengine.models import MpcJob
from mpcengine.services import job_propose
from tests.mpcengine.cast import Federation, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(federation: Federation) -> MpcJob:
    published = publish(federation)
    return job_propose(
        manifest=published.manifest.raw,
        coordinator_signature=published.signature,
        rosters=published.rosters,
    )


def lease(job: MpcJob, owner: str) -> MpcJob | None:
    return job_lease(job_id=job.pk, owner=owner, now=timezone.now())


def test_a_leased_job_is_nobody_elses_until_it_is_put_down(job: MpcJob) -> None:
    mine = lease(job, "one")
    assert mine is not None
    assert lease(job, "two") is None
    job_rest(mine, due_at=timezone.now())
    assert lease(job, "two") is not None


def test_a_lease_runs_out_and_the_late_worker_cannot_write(job: MpcJob) -> None:
    late = lease(job, "one")
    assert late is not None
    MpcJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert lease(job, "two") is not None
    with pytest.raises(StaleJob):
        job_change(late, reason="late")
    with pytest.raises(StaleJob):
        job_rest(late, due_at=None)
    assert MpcJob.objects.get().reason == ""


def test_nobody_writes_after_another_moved_the_state(job: MpcJob) -> None:
    mine = lease(job, "one")
    assert mine is not None
    MpcJob.objects.update(state="agreed")
    with pytest.raises(StaleJob):
        job_change(mine, reason="late")


def test_a_worn_lease_is_renewed_and_a_fresh_one_is_not(job: MpcJob) -> None:
    mine = lease(job, "one")
    assert mine is not None
    epoch = mine.epoch
    lease_keep(mine)
    assert mine.epoch == epoch
    mine.lease_until = timezone.now() + timedelta(seconds=79)
    lease_keep(mine)
    assert mine.epoch == epoch + 1
    soon = timezone.now() + timedelta(seconds=85)
    assert MpcJob.objects.filter(lease_until__gt=soon).exists()


def test_a_driver_leaves_a_leased_job_alone(federation: Federation, job: MpcJob) -> None:
    lease(job, "one")
    job_drive(job_id=job.pk, owner="two")
    assert [node.calls for node in federation.nodes] == [[], [], []]


def test_a_driver_that_loses_its_job_stops_and_writes_nothing(
    job: MpcJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stolen(*_: object, **__: object) -> bytes:
        MpcJob.objects.update(epoch=999, lease_owner="two")
        return b"\0" * 64

    monkeypatch.setattr("mpcengine.job_agreement._signature_of", stolen)
    job_drive(job_id=job.pk, owner="one")
    row = MpcJob.objects.get()
    assert (row.epoch, row.lease_owner, row.state) == (999, "two", "proposed")
    assert not job.nodes.exclude(signature=None).exists()


def test_a_new_worker_that_is_the_only_one_takes_over_at_once(job: MpcJob) -> None:
    late = lease(job, "one")
    assert late is not None
    leases_clear()
    with pytest.raises(StaleJob):
        job_change(late, reason="late")
    assert lease(job, "two") is not None
