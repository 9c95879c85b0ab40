"""One attempt of a round: an address is said, a party started and watched, its end stored.

A peer at a higher attempt wins; from a peer's ``pattern`` on no other attempt is begun.
Source: docs/protocol.md §10.6 and §16.
"""

import logging
import time
from collections.abc import Iterator, Sequence

from django.conf import settings

from mpcengine.protocol import stages
from mpcengine.protocol.canonical import digest_bytes
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.partywire import (
    CAUSE_BAD_SHARE,
    CAUSE_OTHER,
    CAUSE_TEXTS_CHANGED,
    Failure,
    PartySpec,
    PeerAddress,
    TextColumns,
)
from mpcengine.protocol.pattern import pattern_size
from nodes.keystore import node_index, node_name, peer_names
from nodes.models import Incident, JobOutput, StageMessage, SurveyJob
from nodes.party_process import ANY_PORT, NowhereToListen, PartyAttempt
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import OPENING, accepted_ids, stage_bodies, stages_said
from nodes.services.attempt_events import (
    attempt_failed_tell,
    attempt_finished_tell,
    attempt_started_tell,
)
from nodes.services.evaluating import job_unsealed
from nodes.services.fault_choice import party_fault_take
from nodes.services.incidents import incident_note
from nodes.services.leases import job_write
from nodes.services.meeting import stage_tell
from nodes.services.memory import JobMemory, job_memory
from nodes.services.patterns import job_texts, pattern_bits, round_output
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
_BASE_SECONDS = 120.0
_SECONDS_PER_MILLION_WORDS = 5.0
_MISFIT = Failure(cause=CAUSE_OTHER, peer=0, detail="the arrays are not those of the round")


def attempt_step(job: SurveyJob, manifest: Manifest) -> Pause | None:
    """Prepare, start or watch this attempt's party."""
    _check_unopened(job)
    memory = job_memory(job.digest)
    ready = f"ready/{job.round}/{job.attempt}"
    if memory.party is None:
        if node_name() in stage_bodies(job, ready):
            # The process that listened at the address told to the peers is gone.
            attempt_next(job, job.attempt + 1)
            return None
        try:
            _say_ready(job, memory, ready)
        except NowhereToListen as nowhere:
            return _nowhere(job, nowhere.cause)
    party = memory.party
    if party is None or not stage_tell(job, ready):
        return Pause(stage=ready)
    if not party.is_started:
        _start(job, manifest, party)
        memory.party_since = time.monotonic()
        attempt_started_tell(job)
        return Pause(is_party=True)
    outcome = party.poll()
    if outcome is None:
        return Pause(is_party=True)
    took = time.monotonic() - memory.party_since
    memory.party_drop()
    failure = outcome.failure or _misfit(job, manifest, outcome.arrays)
    if failure is not None:
        attempt_failed_tell(job, failure, took)
        return _failed(job, failure)
    _check_enough_texts(job, manifest, outcome.arrays)
    _say_done(job, outcome.arrays, took)
    return None


def peers_ahead(job: SurveyJob) -> bool:
    """Tell whether a peer has begun a higher attempt than this node's."""
    return highest_attempt(job) > job.attempt


def highest_attempt(job: SurveyJob) -> int:
    """Return the highest attempt of this round that a peer has begun, 0 for none."""
    prefix = f"ready/{job.round}/"
    rows = StageMessage.objects.filter(
        job=job, stage__startswith=prefix, sender__in=peer_names()
    )
    said = rows.values_list("stage", flat=True)
    return max((int(stage.removeprefix(prefix)) for stage in said), default=0)


def attempt_next(job: SurveyJob, attempt: int) -> None:
    """Give up this attempt and what it left; the next one starts with nothing of it.

    Raises MustWithhold if a peer has opened the round meanwhile.
    """
    job_memory(job.digest).party_drop()
    with job_write(job, attempt=attempt):
        _check_unopened(job)
        JobOutput.objects.filter(job=job, round=job.round).delete()


def _say_ready(job: SurveyJob, memory: JobMemory, ready: str) -> None:
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


def _nowhere(job: SurveyJob, cause: str) -> Pause:
    """Wait for an address; the operator is told once an attempt, the log each time."""
    logger.warning("job %s: no party can be started: %s", job.pk, cause)
    code = _incident_code(cause)
    detail = f"Round {job.round}, attempt {job.attempt}: no address to listen on."
    if not Incident.objects.filter(job=job, code=code, detail=detail).exists():
        incident_note(job, code, detail)
    return Pause(seconds=_NOWHERE_SECONDS)


def _start(job: SurveyJob, manifest: Manifest, party: PartyAttempt) -> None:
    accepted = accepted_ids(job)
    texts = _text_columns(job, manifest)
    width = sum(1 + one.words for one in texts) or manifest.width
    rows = iter(()) if job.round == 2 else _rows(job, manifest, accepted)
    root = stages.parse_root(stage_bodies(job, "root")[node_name()]).root
    spec = PartySpec(
        job=job.digest,
        attempt=job.attempt,
        round=job.round,
        index=node_index(),
        listen_fd=party.listen_fd,
        certificate=party.certificate,
        private_key=party.private_key,
        pin=digest_bytes(party.pin).hex(),
        peers=_peers(job),
        root=root,
        survey=manifest.survey.to_json(),
        rows=0 if job.round == 2 else len(accepted),
        width=width,
        accepted=len(accepted),
        min_count=manifest.survey.min_count,
        draw_seed=bytes(job.draw_seed),
        deadline_seconds=_deadline(len(accepted), width),
        connect_seconds=CONNECT_SECONDS,
        stall_seconds=STALL_SECONDS,
        counts=tuple(round_output(job, 1, "counts")) if job.round == 2 else (),
        pattern=pattern_bits(job, 1) if job.round == 2 else (),
        texts=texts,
        fault=party_fault_take(),
    )
    party.start(spec, rows)


def _peers(job: SurveyJob) -> tuple[PeerAddress, PeerAddress]:
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


def _rows(job: SurveyJob, manifest: Manifest, accepted: Sequence[str]) -> Iterator[bytes]:
    unsealed = job_unsealed(job, manifest)
    # The proofs have been checked: what is counted are the records, what is opened the texts.
    unsealed.keep_answers()
    if job.round == 1:
        return unsealed.records(accepted)
    questions = {item.question for item in job_texts(job, manifest)}
    places = [one for one in manifest.layout.proof.texts if one.question in questions]
    return unsealed.texts(accepted, places)


def _text_columns(job: SurveyJob, manifest: Manifest) -> tuple[TextColumns, ...]:
    """Return what a row of round 3 holds; nothing in other rounds."""
    if job.round != stages.TEXT_ROUND:
        return ()
    items = job_texts(job, manifest)
    return tuple(TextColumns(question=one.question, words=one.words) for one in items)


def _deadline(rows: int, width: int) -> float:
    return _BASE_SECONDS + _SECONDS_PER_MILLION_WORDS * rows * width / 1e6


def _failed(job: SurveyJob, failure: Failure) -> Pause:
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
    attempt_next(job, job.attempt + 1)
    return Pause(seconds=wait)


def _check_unopened(job: SurveyJob) -> None:
    """Raise MustWithhold if a peer has opened a round that we would compute again.

    By its pattern, or of texts by its opening. It then held three ``done`` of another attempt,
    one of them ours: a second attempt could open the same answers a second time.
    """
    stage = OPENING if job.round == stages.TEXT_ROUND else f"pattern/{job.round}"
    said = stage_bodies(job, stage).keys() & set(peer_names())
    if not said:
        return
    own = any(one.startswith(f"done/{job.round}/") for one in stages_said(job, node_name()))
    detail = f"Node {min(said)} opened round {job.round}; we are at attempt {job.attempt}."
    raise MustWithhold(Reason.PEERS_DISAGREE if own else Reason.LOST, detail)


def _incident_code(cause: str) -> str:
    return f"party {cause}"


def _say_done(job: SurveyJob, arrays: dict[str, bytes], took: float) -> None:
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


def _misfit(job: SurveyJob, manifest: Manifest, arrays: dict[str, bytes]) -> Failure | None:
    """Return a failure if the party's arrays are not those of the round."""
    if job.round == stages.TEXT_ROUND:
        return _misfit_texts(_text_columns(job, manifest), arrays)
    plan = manifest.layout.plan
    sizes = {"pattern": pattern_size(plan, job.round)}
    if job.round == 1:
        sizes |= {"counts": plan.width, "squares": len(plan.statistics)}
    wanted = {name: ELEMENT_BYTES * size for name, size in sizes.items()}
    if {name: len(words) for name, words in arrays.items()} == wanted:
        return None
    return _MISFIT


def _check_enough_texts(job: SurveyJob, manifest: Manifest, arrays: dict[str, bytes]) -> None:
    """Raise MustWithhold for texts of some, but fewer than min_count, before any is opened.

    The release rules show no such count: a node has bent the pattern. How many answered is all
    that anybody has learnt.
    """
    for one in _text_columns(job, manifest):
        count = len(arrays[one.array]) // (one.words * ELEMENT_BYTES)
        if 0 < count < manifest.survey.min_count:
            raise MustWithhold(Reason.DISCLOSURE, "Fewer texts than min_count came through.")


def _misfit_texts(texts: Sequence[TextColumns], arrays: dict[str, bytes]) -> Failure | None:
    """Return a failure unless each question has whole rows; their number is opened later."""
    wanted = {one.array: one.words * ELEMENT_BYTES for one in texts}
    if arrays.keys() != wanted.keys():
        return _MISFIT
    is_whole = all(len(words) % wanted[name] == 0 for name, words in arrays.items())
    return None if is_whole else _MISFIT
