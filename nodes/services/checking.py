"""FROZEN: open the own envelopes, check the proofs, and agree on who is counted.

In this order, each said by all three: which envelopes do not open (``verdict``), one coin
(``coins``), the values under it (``evaluating``), the joint verdict (``checked``).
Source: docs/protocol.md §10.5 and §18.
"""

from mpcengine.protocol import batch, stages
from mpcengine.protocol.canonical import digest
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from nodes.keystore import node_name
from nodes.models import Job, JobState
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import COUNTED, is_said, job_list, stage_bodies
from nodes.services.coins import coin_step, joint_coin_of
from nodes.services.evaluating import job_unsealed, lines_step
from nodes.services.leases import job_keep, job_move
from nodes.services.meeting import stage_count, stage_tell
from nodes.services.pausing import Pause
from nodes.services.stages import stage_say
from nodes.services.verdicts import judged_verdict, unsealing_verdict_of, verdict_keep
from security_events import emit


def checking_step(job: Job, manifest: Manifest) -> Pause | None:
    """Bring the check one step on; move to CHECKED when three joint verdicts are equal.

    Raises MustWithhold for fewer than min_count packages, too many that a node could have
    spoiled, no common coin, or different verdicts.
    """
    for step in (_verdict_step, coin_step, lines_step, _checked_step):
        pause = step(job, manifest)
        if pause is not None:
            return pause
    said = [stages.parse_checked(body) for body in stage_bodies(job, "checked").values()]
    if len({(one.verdict, one.accepted, one.coin, one.lines) for one in said}) != 1:
        raise MustWithhold(Reason.PEERS_DISAGREE, "The three verdicts are not equal.")
    job_move(job, JobState.CHECKED)
    return None


def _verdict_step(job: Job, manifest: Manifest) -> Pause | None:
    if stage_count(job, "verdict") < len(NODE_NAMES):
        if not is_said(job, "verdict", node_name()):
            _say_verdict(job, manifest)
        if not stage_tell(job, "verdict"):
            return Pause(stage="verdict")
    # What does not even open is looked at before there is a coin, whichever way the third
    # message came.
    if not is_said(job, "toss/1", node_name()):
        _check_verdict(job, manifest, unsealing_verdict_of(job))
    return None


def _checked_step(job: Job, manifest: Manifest) -> Pause | None:
    if stage_count(job, "checked") == len(NODE_NAMES):
        return None
    if not is_said(job, "checked", node_name()):
        _say_checked(job, manifest)
    return None if stage_tell(job, "checked") else Pause(stage="checked")


def _say_verdict(job: Job, manifest: Manifest) -> None:
    _check_enough(len(job_list(job, COUNTED)), manifest)
    broken = job_unsealed(job, manifest).broken
    message = stages.Ids(manifest=job.digest, node=node_name(), ids=broken)
    stage_say(job, "verdict", stages.build_verdict(message))


def _say_checked(job: Job, manifest: Manifest) -> None:
    coin = joint_coin_of(job, manifest)
    verdict, lines = judged_verdict(job, manifest, coin, lambda: job_keep(job))
    _check_verdict(job, manifest, verdict)
    message = stages.Checked(
        manifest=job.digest,
        node=node_name(),
        verdict=batch.verdict_digest(job.digest, verdict),
        accepted=len(verdict.accepted),
        coin=digest(bytes(job.coin)),
        lines=lines,
    )

    def write() -> None:
        verdict_keep(job, verdict)
        left_out = sum(one.reason != batch.SUPERSEDED for one in verdict.rejected)
        if left_out:
            emit("validation.batch_failed", manifest=job.digest, job=job.pk, excluded=left_out)

    stage_say(job, "checked", stages.build_checked(message), write=write)


def _check_verdict(job: Job, manifest: Manifest, verdict: batch.Verdict) -> None:
    if verdict.inconsistent > manifest.inconsistent_limit(len(job_list(job, COUNTED))):
        raise MustWithhold(
            Reason.TOO_MANY_INCONSISTENT,
            f"{verdict.inconsistent} packages do not open or are inconsistent.",
        )
    _check_enough(len(verdict.accepted), manifest)


def _check_enough(number: int, manifest: Manifest) -> None:
    if number < manifest.survey.min_count:
        raise MustWithhold(Reason.TOO_FEW)
