"""What a driver's process remembers of a job between two drives; nothing here is needed twice.

A process that was killed starts with an empty memory: it tells its peers again, asks them what
it said before, opens the envelopes again, or begins another attempt.
"""

from dataclasses import dataclass, field

from nodes.party_process import CheckRun, PartyAttempt, PartyProcess
from nodes.services.unsealing import Unsealed


@dataclass(slots=True, kw_only=True)
class JobMemory:
    """Hold what was told to whom, opened rows (secret), and the process that runs now."""

    told: set[tuple[str, str]] = field(default_factory=set)
    is_recalled: bool = False
    is_issuing_over: bool = False
    has_erased_requests: bool = False
    unsealed: Unsealed | None = None
    party: PartyAttempt | None = None
    check: CheckRun | None = None
    # When its process was started (monotonic seconds).
    party_since: float = 0.0

    @property
    def running(self) -> PartyProcess | None:
        """Return the process that this job waits for, if there is one."""
        return self.check or self.party

    def check_drop(self) -> None:
        """Stop the check of reports, if there is one."""
        if self.check is not None:
            self.check.stop()
            self.check = None

    def party_drop(self) -> None:
        """Stop the party, if there is one."""
        if self.party is not None:
            self.party.stop()
            self.party = None


_memories: dict[str, JobMemory] = {}


def job_memory(digest: str) -> JobMemory:
    """Return this process's memory of a job, empty at first."""
    return _memories.setdefault(digest, JobMemory())


def jobs_forget() -> None:
    """Stop what runs for any job and forget all of them."""
    for digest in list(_memories):
        job_forget(digest)


def job_forget(digest: str) -> None:
    """Stop what runs for a job and forget all of it."""
    memory = _memories.pop(digest, None)
    if memory is not None:
        memory.check_drop()
        memory.party_drop()
