"""Evaluate this node's own reports under the coin, once, and tell the peers (§18.4).

A process without a socket does the arithmetic; its values are stored before they are sent and
never made again once they are.
"""

import logging

from mpcengine.protocol.batch import verdict_digest
from mpcengine.protocol.canonical import digest
from mpcengine.protocol.checkwire import CHECK_FAULT_POINTS, VALUES, CheckSpec
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.partywire import CAUSE_OTHER, Failure
from mpcengine.protocol.validity_messages import Lines, build_lines
from nodes.keystore import node_name
from nodes.models import Incident, Job
from nodes.party_process import CheckRun
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import COUNTED, LINES, is_said, job_list
from nodes.services.coins import joint_coin_of, own_root
from nodes.services.fault_choice import party_fault_take
from nodes.services.incidents import incident_note
from nodes.services.leases import job_keep
from nodes.services.meeting import stage_tell
from nodes.services.memory import job_memory
from nodes.services.pausing import Pause
from nodes.services.stages import stage_say
from nodes.services.unsealing import Unsealed, batch_unseal
from nodes.services.verdicts import unsealing_verdict_of

logger = logging.getLogger(__name__)

FAILED = "check failed"
MOST_TRIES = 5
_RETRY_SECONDS = 1.0
_BASE_SECONDS = 120.0
_SECONDS_PER_MILLION_WORDS = 5.0


def lines_step(job: Job, manifest: Manifest) -> Pause | None:
    """Say this node's values of every report that all three could unseal; None when all are."""
    if not is_said(job, LINES, node_name()):
        pause = _evaluate(job, manifest)
        if pause is not None:
            return pause
    return None if stage_tell(job, LINES) else Pause(stage=LINES)


def job_unsealed(job: Job, manifest: Manifest) -> Unsealed:
    """Return the opened rows of this process's memory, opened anew if it has none."""
    memory = job_memory(job.digest)
    if memory.unsealed is None:
        counted = job_list(job, COUNTED)
        memory.unsealed = batch_unseal(job, manifest, counted, lambda: job_keep(job))
    return memory.unsealed


def _evaluate(job: Job, manifest: Manifest) -> Pause | None:
    """Start the process, watch it, or store what it gave."""
    memory = job_memory(job.digest)
    if memory.check is None:
        memory.check = _start(job, manifest)
        return Pause(is_party=True)
    outcome = memory.check.poll()
    if outcome is None:
        return Pause(is_party=True)
    memory.check_drop()
    values = outcome.arrays.get(VALUES, b"")
    count = len(unsealing_verdict_of(job).accepted)
    failure = outcome.failure
    if failure is None and len(values) != count * manifest.layout.proof.opened * ELEMENT_BYTES:
        failure = Failure(cause=CAUSE_OTHER, peer=0, detail="the values are not of this batch")
    if failure is not None:
        return _failed(job, failure)
    _say_lines(job, manifest, values)
    if memory.unsealed is not None:
        memory.unsealed.keep_answers()
    return None


def _start(job: Job, manifest: Manifest) -> CheckRun:
    accepted = unsealing_verdict_of(job).accepted
    spec = CheckSpec(
        job=job.digest,
        survey=manifest.survey.to_json(),
        coin=joint_coin_of(job, manifest),
        rows=len(accepted),
        words=manifest.words,
        fault=party_fault_take(CHECK_FAULT_POINTS),
    )
    rows = job_unsealed(job, manifest).rows(accepted)
    millions = len(accepted) * manifest.words / 1e6
    run = CheckRun()
    run.start(spec, rows, _BASE_SECONDS + _SECONDS_PER_MILLION_WORDS * millions)
    return run


def _failed(job: Job, failure: Failure) -> Pause:
    logger.warning("job %s: a check of reports ended: %s", job.pk, failure.cause)
    incident_note(job, FAILED, failure.detail)
    if Incident.objects.filter(job=job, code=FAILED).count() >= MOST_TRIES:
        raise MustWithhold(Reason.COMPUTATION_FAILED, "Reports could not be checked.")
    return Pause(seconds=_RETRY_SECONDS)


def _say_lines(job: Job, manifest: Manifest, values: bytes) -> None:
    verdict = unsealing_verdict_of(job)
    message = Lines(
        manifest=job.digest,
        node=node_name(),
        root=own_root(job),
        coin=digest(bytes(job.coin)),
        verdict=verdict_digest(job.digest, verdict),
        count=len(verdict.accepted),
        opened=manifest.layout.proof.opened,
        values=values,
    )
    stage_say(job, LINES, build_lines(message))
