"""The steps of a survey, from its opening to its erasing."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from mpcengine.protocol.manifest import Manifest
from nodes.models import Job, JobState
from nodes.phases import closes_at, gives_up_at
from nodes.routers import ISSUING
from nodes.selectors import manifest_of
from nodes.services.checking import checking_step
from nodes.services.computing import computing_step, starting_step
from nodes.services.flows import Flow, Step, final_step
from nodes.services.freezing import freezing_step
from nodes.services.leases import StaleJob
from nodes.services.meeting import job_recall
from nodes.services.memory import job_memory
from nodes.services.opening import opening_step
from nodes.services.orders import intake_close, issuing_end
from nodes.services.padding import padding_agree
from nodes.services.pausing import Pause
from nodes.services.seen import seen_interval, seen_look
from nodes.services.statements import job_erase, job_withhold
from nodes.services.tokens import requests_erase
from nodes.wal import wal_truncate


def _with_manifest(step: Callable[[Job, Manifest], Pause | None]) -> Step:
    return lambda job: step(job, manifest_of(job))


def _open_step(job: Job, manifest: Manifest) -> Pause | None:
    """Close issuing and intake when their times are over; until then look at what came."""
    is_issuing = not _issuing_ended(job)
    now = timezone.now()
    is_early = is_issuing and now < manifest.issuing.closes
    end = manifest.issuing.closes if is_early else closes_at(manifest)
    if now < end:
        if padding_agree(job):
            seen_look(job, manifest)
        return Pause(until=min(end, now + seen_interval()))
    intake_close(job)
    # The row is nobody's now, and due: whoever takes it goes on.
    raise StaleJob


def _ended_step(job: Job) -> Pause | None:
    """Erase what a job no longer needs once its end is signed."""
    job_erase(job)
    return Pause(is_final=True)


def _attend(job: Job) -> None:
    _issuing_ended(job)
    _requests_erased(job)


def _issuing_ended(job: Job) -> bool:
    """Tell whether issuing is over; see, once a process, that its key is in no file then."""
    memory = job_memory(job.digest)
    if not memory.is_issuing_over and issuing_end(job, now=timezone.now()):
        wal_truncate(ISSUING)
        memory.is_issuing_over = True
    return memory.is_issuing_over


def _requests_erased(job: Job) -> None:
    """See, once a process, that the evidence of who asked for tokens is gone after closing."""
    memory = job_memory(job.digest)
    if not memory.has_erased_requests:
        requests_erase(job.digest)
        memory.has_erased_requests = True


def _gives_up_at(job: Job) -> datetime | None:
    return gives_up_at(job, manifest_of(job).give_up_after_days)


SURVEY_FLOW = Flow(
    steps={
        JobState.PREPARED: final_step,
        JobState.REFUSED: final_step,
        JobState.OPEN: _with_manifest(_open_step),
        JobState.CLOSING: _with_manifest(freezing_step),
        JobState.FROZEN: _with_manifest(checking_step),
        JobState.CHECKED: _with_manifest(starting_step),
        JobState.COMPUTING: _with_manifest(computing_step),
        JobState.FIXED: _with_manifest(opening_step),
        JobState.RELEASED: _ended_step,
        JobState.WITHHELD: _ended_step,
        JobState.ERASED: final_step,
    },
    attend=_attend,
    recall=job_recall,
    gives_up_at=_gives_up_at,
    withhold=job_withhold,
)
