"""A job has one driver at a time, and whoever comes late cannot write."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import transaction
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nodes.models import Job, JobState, StageMessage
from nodes.selectors import jobs_due
from nodes.services.leases import (
    StaleJob,
    job_hold,
    job_keep,
    job_lock,
    job_move,
    job_rest,
    job_take,
    job_write,
    leases_clear,
)

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def job() -> Job:
    return Job.objects.create(
        digest="sha256:" + "0" * 64,
        survey_id="ab" * 16,
        manifest=b"",
        coordinator_signature=b"",
        state=JobState.CLOSING,
        due_at=START,
    )


def take(job: Job, owner: str, seconds: float = 0.0) -> Job | None:
    return job_take(job_pk=job.pk, owner=owner, now=START + timedelta(seconds=seconds))


def test_it_gives_a_job_to_one_owner_until_the_lease_ends(job: Job) -> None:
    assert take(job, "first") is not None
    assert take(job, "second", 89) is None
    assert take(job, "second", 91) is not None


def test_it_gives_a_job_to_its_own_owner_again(job: Job) -> None:
    assert take(job, "first") is not None
    assert take(job, "first", 1) is not None


def test_it_keeps_a_late_worker_from_writing_anything(job: Job) -> None:
    late, owner = take(job, "first"), take(job, "second", 91)
    assert late is not None
    assert owner is not None
    late.refresh_from_db(fields=["state"])
    for write in (
        partial(job_move, late, JobState.FROZEN),
        partial(job_rest, late, due_at=None),
        partial(job_hold, late, due_at=START),
        partial(job_keep, late, now=START + timedelta(seconds=120)),
    ):
        with pytest.raises(StaleJob):
            write()
    with pytest.raises(StaleJob), job_write(late):
        StageMessage.objects.create(
            job=job, stage="commit", sender="a", body=b"", signature=b""
        )
    assert not StageMessage.objects.exists()
    job_move(owner, JobState.FROZEN)


def test_it_renews_a_lease_after_ten_seconds_only(job: Job) -> None:
    owner = take(job, "first")
    assert owner is not None
    epoch = owner.epoch
    job_keep(owner, now=START + timedelta(seconds=9))
    assert owner.epoch == epoch
    job_keep(owner, now=START + timedelta(seconds=11))
    assert owner.epoch == epoch + 1
    assert take(job, "second", 100) is None


def test_it_writes_a_move_and_what_belongs_to_it_together_or_not(job: Job) -> None:
    owner = take(job, "first")
    assert owner is not None

    def fail() -> None:
        StageMessage.objects.create(job=job, stage="root", sender="a", body=b"", signature=b"")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        job_move(owner, JobState.FROZEN, write=fail)
    job.refresh_from_db()
    assert job.state == JobState.CLOSING
    assert not StageMessage.objects.exists()


def test_it_frees_all_jobs_for_a_worker_that_is_alone(job: Job) -> None:
    before = take(job, "first")
    assert before is not None
    leases_clear()
    assert take(job, "second", 1) is not None
    with pytest.raises(StaleJob):
        job_rest(before, due_at=None)


def test_it_lists_due_jobs_that_nobody_else_holds(job: Job) -> None:
    now = START + timedelta(seconds=1)
    assert jobs_due(now=START - timedelta(seconds=1), owner="first") == []
    assert jobs_due(now=now, owner="first") == [job.pk]
    take(job, "first")
    assert jobs_due(now=now, owner="first") == [job.pk]
    assert jobs_due(now=now, owner="second") == []


class Workers(RuleBasedStateMachine):
    """Three workers take, move and lose one job in any order; the model knows who may write."""

    owners = st.sampled_from(["x", "y", "z"])
    chain = (JobState.CLOSING, JobState.FROZEN, JobState.CHECKED, JobState.COMPUTING)

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.row = Job.objects.create(
            digest="sha256:" + "1" * 64,
            survey_id="cd" * 16,
            manifest=b"",
            coordinator_signature=b"",
            state=JobState.CLOSING,
        )
        self.clock = START
        self.copies: dict[str, Job] = {}
        self.holder: str | None = None
        self.ends = START
        self.moves = 0

    @rule(seconds=st.integers(1, 120))
    def time_passes(self, seconds: int) -> None:
        self.clock += timedelta(seconds=seconds)

    @rule(owner=owners)
    def somebody_takes_it(self, owner: str) -> None:
        taken = job_take(job_pk=self.row.pk, owner=owner, now=self.clock)
        may = self.holder in {None, owner} or self.ends < self.clock
        assert (taken is not None) == may
        if taken is not None:
            self.copies[owner], self.holder = taken, owner
            self.ends = self.clock + timedelta(seconds=90)

    @precondition(lambda self: self.moves < len(self.chain) - 1)
    @rule(owner=owners)
    def somebody_moves_it(self, owner: str) -> None:
        copy = self.copies.get(owner)
        if copy is None:
            return
        try:
            job_move(copy, self.chain[self.moves + 1])
        except StaleJob:
            assert self.holder != owner
        else:
            assert self.holder == owner
            self.moves += 1

    @rule(owner=owners)
    def somebody_puts_it_down(self, owner: str) -> None:
        copy = self.copies.get(owner)
        if copy is None:
            return
        try:
            job_rest(copy, due_at=self.clock)
        except StaleJob:
            assert self.holder != owner
        else:
            assert self.holder == owner
            self.holder = None
            del self.copies[owner]

    @invariant()
    def the_row_moved_as_often_as_it_was_allowed(self) -> None:
        self.row.refresh_from_db()
        assert self.row.state == self.chain[self.moves]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)


def test_it_lets_only_the_holder_write_in_any_order_of_events() -> None:
    run_state_machine_as_test(
        Workers, settings=hypothesis_settings(max_examples=30, stateful_step_count=30)
    )


def test_it_holds_a_row_only_while_nobody_has_moved_it(job: Job) -> None:
    mine = take(job, "first")
    assert mine is not None
    with transaction.atomic():
        job_lock(mine)
    other = take(job, "second", 91)
    assert other is not None
    with transaction.atomic(), pytest.raises(StaleJob):
        job_lock(mine)
    with transaction.atomic():
        job_lock(other)


def test_whoever_comes_late_does_not_begin_a_move(job: Job) -> None:
    mine = take(job, "first")
    assert mine is not None
    assert take(job, "second", 91) is not None
    begun: list[bool] = []
    with pytest.raises(StaleJob):
        job_move(mine, JobState.FROZEN, write=lambda: begun.append(True))
    assert begun == []
