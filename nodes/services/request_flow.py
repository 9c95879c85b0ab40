"""The steps of a request, from its opening to its erasing, and of its parts."""

from datetime import datetime

from nodes.models import Job, JobState
from nodes.phases import gives_up_at
from nodes.selectors import request_of
from nodes.services.flows import Flow, final_step, no_care
from nodes.services.meeting import job_recall
from nodes.services.parts import part_gives_up_at, part_recall, part_step, part_withhold
from nodes.services.pausing import Pause
from nodes.services.request_computing import request_computing_step, request_starting_step
from nodes.services.request_ending import request_erase, request_withhold
from nodes.services.request_opening import request_opening_step
from nodes.services.settling import comparing_step, settling_step, taking_step


def _ended_step(job: Job) -> Pause | None:
    """Erase what a request no longer needs once its end is signed."""
    request_erase(job)
    return Pause(is_final=True)


def _gives_up_at(job: Job) -> datetime | None:
    return gives_up_at(job, request_of(job).give_up_after_days)


REQUEST_FLOW = Flow(
    steps={
        JobState.PREPARED: final_step,
        JobState.REFUSED: final_step,
        JobState.OPEN: taking_step,
        JobState.CLOSING: settling_step,
        JobState.FROZEN: comparing_step,
        JobState.CHECKED: request_starting_step,
        JobState.COMPUTING: request_computing_step,
        JobState.FIXED: request_opening_step,
        JobState.RELEASED: _ended_step,
        JobState.WITHHELD: _ended_step,
        JobState.ERASED: final_step,
    },
    attend=no_care,
    recall=job_recall,
    gives_up_at=_gives_up_at,
    withhold=request_withhold,
)
PART_FLOW = Flow(
    steps={
        JobState.COMPUTING: part_step,
        JobState.FIXED: final_step,
        JobState.WITHHELD: final_step,
        JobState.ERASED: final_step,
    },
    attend=no_care,
    recall=part_recall,
    gives_up_at=part_gives_up_at,
    withhold=part_withhold,
)
