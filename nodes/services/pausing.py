"""Say what a step of a job waits for; a step that moved the job says nothing (None)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Wait for one thing.

    For three messages of ``stage``, for this attempt's party, for some seconds, or ``until`` a
    moment; ``is_final``: nothing is left to do, ever.
    """

    stage: str = ""
    is_party: bool = False
    seconds: float = 0.0
    until: datetime | None = None
    is_final: bool = False
