"""What a kind of job does: a step for each state, and how it ends without a number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from nodes.models import Job, JobState
from nodes.reasons import Reason
from nodes.services.pausing import Pause

Step = Callable[[Job], Pause | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Give the driver one kind's steps, each safe to run twice.

    ``attend`` sees to what must be gone before a closed job's next step; ``recall`` asks both
    peers, once a process, what this node said before it was restored, and tells whether they
    answered; ``gives_up_at`` says when a node that stays away ends the job (None: never);
    ``withhold`` ends it for a reason, with a detail for the operator.
    """

    steps: Mapping[JobState, Step]
    attend: Callable[[Job], None]
    recall: Callable[[Job], bool]
    gives_up_at: Callable[[Job], datetime | None]
    withhold: Callable[[Job, Reason, str], None]


def no_care(_job: Job) -> None:
    """Leave nothing to be seen to before a step."""


def final_step(_job: Job) -> Pause | None:
    """Wait for nothing: no driver comes back to the job by itself."""
    return Pause(is_final=True)
