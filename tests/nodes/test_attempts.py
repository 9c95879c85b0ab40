"""Which failures are tried again, how often; an opened round is never computed anew."""

from collections.abc import Iterator

import pytest

from mpcengine.protocol.canonical import digest
from mpcengine.protocol.partywire import Failure
from nodes.models import Incident, Job, JobState, StageMessage
from nodes.party_process import NowhereToListen, PartyOutcome
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import manifest_of
from nodes.services import attempts, computing
from nodes.services.attempts import MOST_ATTEMPTS, MOST_BAD_SHARES
from nodes.services.computing import computing_step
from nodes.services.memory import job_forget
from tests.nodes.anna import Anna
from tests.nodes.publishing import colour_survey

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


class FailedParty:
    """A party that has ended with ``cause`` as soon as anybody asks."""

    cause = "peer_lost"
    host = "127.0.0.1"
    port = 1
    pin = digest(b"a certificate")
    is_started = True

    def __init__(self, **_: object) -> None:
        return

    def poll(self) -> PartyOutcome:
        return PartyOutcome(arrays={}, failure=Failure(cause=self.cause, peer=2, detail=""))

    def stop(self) -> None:
        return


@pytest.fixture
def job(anna: Anna, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    monkeypatch.setattr(attempts, "PartyAttempt", FailedParty)
    for module in (attempts, computing):
        monkeypatch.setattr(module, "stage_tell", lambda *_: True)
    opened = anna.open(anna.draft(colour_survey()))[1]
    Job.objects.filter(pk=opened.pk).update(state=JobState.COMPUTING, round=1, attempt=1)
    yield Job.objects.get(pk=opened.pk)
    job_forget(opened.digest)


def say(job: Job, stage: str, sender: str) -> None:
    StageMessage.objects.create(job=job, stage=stage, sender=sender, body=b"", signature=b"")


def run_to_the_end(job: Job) -> MustWithhold:
    manifest = manifest_of(job)
    for _ in range(3 * MOST_ATTEMPTS):
        try:
            computing_step(job, manifest)
        except MustWithhold as end:
            return end
    raise AssertionError


def attempts_said(job: Job) -> int:
    return StageMessage.objects.filter(job=job, stage__startswith="ready/1/").count()


def test_it_ends_after_three_attempts_with_shares_off_the_line(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FailedParty, "cause", "bad_share")
    assert run_to_the_end(job).reason == Reason.INCONSISTENT_SHARES
    assert attempts_said(job) == MOST_BAD_SHARES == 3


def test_it_tries_lost_peers_many_times(job: Job) -> None:
    assert run_to_the_end(job).reason == Reason.COMPUTATION_FAILED
    assert attempts_said(job) == MOST_ATTEMPTS == 60


def test_it_begins_no_attempt_of_a_round_that_a_peer_opened(job: Job) -> None:
    computing_step(job, manifest_of(job))
    assert job.attempt == 2
    say(job, "done/1/1", "a")
    say(job, "pattern/1", "b")
    with pytest.raises(MustWithhold) as end:
        computing_step(job, manifest_of(job))
    assert end.value.reason == Reason.PEERS_DISAGREE
    assert attempts_said(job) == 1


def test_it_follows_no_peer_to_an_attempt_after_another_opened(job: Job) -> None:
    say(job, "ready/1/1", "a")
    say(job, "done/1/1", "a")
    say(job, "ready/1/2", "c")
    say(job, "pattern/1", "b")
    with pytest.raises(MustWithhold) as end:
        computing_step(job, manifest_of(job))
    assert end.value.reason == Reason.PEERS_DISAGREE
    assert Job.objects.get(pk=job.pk).attempt == 1


def test_it_follows_a_peer_to_a_higher_attempt_while_nobody_opened(job: Job) -> None:
    say(job, "done/1/1", "a")
    say(job, "ready/1/2", "c")
    computing_step(job, manifest_of(job))
    assert Job.objects.get(pk=job.pk).attempt == 2


def test_it_is_lost_when_a_peer_opened_a_round_that_it_never_finished(job: Job) -> None:
    say(job, "pattern/1", "c")
    with pytest.raises(MustWithhold) as end:
        computing_step(job, manifest_of(job))
    assert end.value.reason == Reason.LOST
    assert attempts_said(job) == 0


def test_it_waits_for_done_messages_though_a_peer_opened_first(job: Job) -> None:
    say(job, "done/1/1", "a")
    say(job, "pattern/1", "b")
    assert computing_step(job, manifest_of(job)) is None
    assert Job.objects.get(pk=job.pk).attempt == 1


def test_it_waits_for_a_free_port_and_tells_its_operator_once(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise NowhereToListen("no_free_port")

    monkeypatch.setattr(attempts, "PartyAttempt", full)
    for _ in range(3):
        pause = computing_step(job, manifest_of(job))
        assert pause is not None
        assert pause.seconds > 0
    assert attempts_said(job) == 0
    (incident,) = Incident.objects.filter(job=job)
    assert (incident.code, incident.ends_job) == ("party no_free_port", False)
    monkeypatch.setattr(attempts, "PartyAttempt", FailedParty)
    computing_step(job, manifest_of(job))
    assert attempts_said(job) == 1
