"""One attempt of a round: an address is said, a party started and watched, its end stored.

What the party computes, and what follows, the kind of job says (``Round``).

A peer at a higher attempt wins; from a peer's ``pattern`` on no other attempt is begun.
Source: docs/protocol.md §10.6 and §16.
"""

import logging
import time
from collections.abc import Mapping
from typing import Protocol

from django.conf import settings

from mpcengine.protocol import stages
from mpcengine.protocol.canonical import digest_bytes
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.partywire import (
    CAUSE_BAD_SHARE,
    CAUSE_TEXTS_CHANGED,
    Failure,
    PeerAddress,
)
from nodes.keystore import node_name, peer_names
from nodes.models import Incident, Job, JobOutput, StageMessage
from nodes.party_process import ANY_PORT, NowhereToListen, PartyAttempt
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import stage_bodies, stages_said
from nodes.services.attempt_events import (
    attempt_failed_tell,
    attempt_finished_tell,
    attempt_started_tell,
)
from nodes.services.incidents import incident_note
from nodes.services.leases import job_write
from nodes.services.meeting import stage_count, stage_tell
from nodes.services.memory import JobMemory, job_memory
from nodes.services.pausing import Pause
from nodes.services.stages import stage_say

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 60
# A share off the line is no accident of a network: whoever sends it sees what comes of it.
MOST_BAD_SHARES = 3
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_NOWHERE_SECONDS = 5.0
CONNECT_SECONDS = 20.0
STALL_SECONDS = 30.0


class Round(Protocol):
    """What a kind of job has its parties do in a round, and what follows.

    ``opened``: the stage at which a peer's message shows that it opened the round; empty where
    a round opens nothing.
    """

    opened: str

    def start(self, party: PartyAttempt) -> None:
        """Start the party with its spec and its rows."""

    def misfit(self, arrays: Mapping[str, bytes]) -> Failure | None:
        """Return a failure if the party's arrays are not those of the round."""

    def check(self, arrays: Mapping[str, bytes]) -> None:
        """Raise MustWithhold for an outcome with which the job must not go on."""

    def fix(self) -> None:
        """Go on with what three nodes have stored; nothing of it is computed again."""


def round_step(job: Job, work: Round) -> Pause | None:
    """Bring a round one step on: an attempt, its end, or what follows three ``done``."""
    done = f"done/{job.round}/{job.attempt}"
    if stage_count(job, done) == len(NODE_NAMES):
        job_memory(job.digest).party_drop()
        work.fix()
        return None
    highest = highest_attempt(job)
    if highest > job.attempt:
        attempt_next(job, highest, work.opened)
        return None
    if node_name() in stage_bodies(job, done):
        return None if stage_tell(job, done) else Pause(stage=done)
    return _attempt_step(job, work)


def _attempt_step(job: Job, work: Round) -> Pause | None:
    """Prepare, start or watch this attempt's party."""
    _check_unopened(job, work.opened)
    memory = job_memory(job.digest)
    ready = f"ready/{job.round}/{job.attempt}"
    if memory.party is None:
        if node_name() in stage_bodies(job, ready):
            # The process that listened at the address told to the peers is gone.
            attempt_next(job, job.attempt + 1, work.opened)
            return None
        try:
            _say_ready(job, memory, ready)
        except NowhereToListen as nowhere:
            return _nowhere(job, nowhere.cause)
    party = memory.party
    if party is None or not stage_tell(job, ready):
        return Pause(stage=ready)
    if not party.is_started:
        work.start(party)
        memory.party_since = time.monotonic()
        attempt_started_tell(job)
        return Pause(is_party=True)
    outcome = party.poll()
    if outcome is None:
        return Pause(is_party=True)
    took = time.monotonic() - memory.party_since
    memory.party_drop()
    failure = outcome.failure or work.misfit(outcome.arrays)
    if failure is not None:
        attempt_failed_tell(job, failure, took)
        return _failed(job, failure, work.opened)
    work.check(outcome.arrays)
    _say_done(job, outcome.arrays, took)
    return None


def peers_ahead(job: Job) -> bool:
    """Tell whether a peer has begun a higher attempt than this node's."""
    return highest_attempt(job) > job.attempt


def highest_attempt(job: Job) -> int:
    """Return the highest attempt of this round that a peer has begun, 0 for none."""
    prefix = f"ready/{job.round}/"
    rows = StageMessage.objects.filter(
        job=job, stage__startswith=prefix, sender__in=peer_names()
    )
    said = rows.values_list("stage", flat=True)
    return max((int(stage.removeprefix(prefix)) for stage in said), default=0)


def attempt_next(job: Job, attempt: int, opened: str) -> None:
    """Give up this attempt and what it left; the next one starts with nothing of it.

    Raises MustWithhold if a peer has opened the round (stage ``opened``) meanwhile.
    """
    job_memory(job.digest).party_drop()
    with job_write(job, attempt=attempt):
        _check_unopened(job, opened)
        JobOutput.objects.filter(job=job, round=job.round).delete()


def _say_ready(job: Job, memory: JobMemory, ready: str) -> None:
    bad = Incident.objects.filter(job=job, code=_incident_code(CAUSE_BAD_SHARE)).count()
    if bad >= MOST_BAD_SHARES:
        detail = f"{bad} attempts ended with shares that are not on one line."
        raise MustWithhold(Reason.INCONSISTENT_SHARES, detail)
    if job.attempt > MOST_ATTEMPTS:
        raise MustWithhold(Reason.COMPUTATION_FAILED, "The parties failed too often.")
    ports = settings.PARTY_PORTS
    party = PartyAttempt(
        round_number=job.round,
        attempt=job.attempt,
        host=settings.PARTY_HOST,
        listen_host=settings.PARTY_LISTEN_HOST,
        ports=(ANY_PORT,) if ports is None else range(ports.first, ports.last + 1),
    )
    memory.party_drop()
    memory.party = party
    message = stages.Ready(
        manifest=job.digest,
        node=node_name(),
        round=job.round,
        attempt=job.attempt,
        party_host=party.host,
        party_port=party.port,
        pin=party.pin,
    )
    stage_say(job, ready, stages.build_ready(message))


def _nowhere(job: Job, cause: str) -> Pause:
    """Wait for an address; the operator is told once an attempt, the log each time."""
    logger.warning("job %s: no party can be started: %s", job.pk, cause)
    code = _incident_code(cause)
    detail = f"Round {job.round}, attempt {job.attempt}: no address to listen on."
    if not Incident.objects.filter(job=job, code=code, detail=detail).exists():
        incident_note(job, code, detail)
    return Pause(seconds=_NOWHERE_SECONDS)


def party_peers(job: Job) -> tuple[PeerAddress, PeerAddress]:
    """Return where the peers' parties listen in this attempt, as they said."""
    bodies = stage_bodies(job, f"ready/{job.round}/{job.attempt}")
    first, second = (
        PeerAddress(
            index=NODE_NAMES.index(one.node) + 1,
            host=one.party_host,
            port=one.party_port,
            pin=digest_bytes(one.pin).hex(),
        )
        for one in (stages.parse_ready(bodies[peer]) for peer in peer_names())
    )
    return first, second


def _failed(job: Job, failure: Failure, opened: str) -> Pause:
    logger.warning(
        "job %s: attempt %s of round %s ended: %s (node %s)",
        job.pk,
        job.attempt,
        job.round,
        failure.cause,
        NODE_NAMES[failure.peer - 1] if failure.peer else "-",
    )
    incident_note(
        job,
        _incident_code(failure.cause),
        f"Round {job.round}, attempt {job.attempt}: {failure.detail}",
    )
    if failure.cause == CAUSE_TEXTS_CHANGED:
        # Whoever changed a row may try no second time.
        raise MustWithhold(Reason.TEXTS_CHANGED, "A text was changed while texts were mixed.")
    wait = _RETRY_SECONDS[min(job.attempt, len(_RETRY_SECONDS)) - 1]
    attempt_next(job, job.attempt + 1, opened)
    return Pause(seconds=wait)


def _check_unopened(job: Job, opened: str) -> None:
    """Raise MustWithhold if a peer has opened a round that we would compute again.

    By its pattern, or of texts by its opening. It then held three ``done`` of another attempt,
    one of them ours: a second attempt could open the same answers a second time.
    """
    said = stage_bodies(job, opened).keys() & set(peer_names())
    if not said:
        return
    own = any(one.startswith(f"done/{job.round}/") for one in stages_said(job, node_name()))
    detail = f"Node {min(said)} opened round {job.round}; we are at attempt {job.attempt}."
    raise MustWithhold(Reason.PEERS_DISAGREE if own else Reason.LOST, detail)


def _incident_code(cause: str) -> str:
    return f"party {cause}"


def _say_done(job: Job, arrays: dict[str, bytes], took: float) -> None:
    """Store the party's outputs and this node's ``done`` in one transaction."""
    message = stages.Done(
        manifest=job.digest, node=node_name(), round=job.round, attempt=job.attempt
    )
    rows = [
        JobOutput(job=job, round=job.round, attempt=job.attempt, name=name, words=words)
        for name, words in arrays.items()
    ]

    def write() -> None:
        JobOutput.objects.bulk_create(rows)
        attempt_finished_tell(job, took)

    stage_say(
        job,
        f"done/{job.round}/{job.attempt}",
        stages.build_done(message),
        write=write,
    )
