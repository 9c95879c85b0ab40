"""FROZEN: open the own envelopes and agree on who is counted (docs/protocol.md §10)."""

from mpcengine.protocol import batch, stages
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from nodes.keystore import node_name
from nodes.models import JobList, JobState, SurveyJob
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import BROKEN, COUNTED, SUPERSEDED_LIST, job_list, stage_bodies
from nodes.services.leases import job_keep, job_move
from nodes.services.meeting import stage_count, stage_tell
from nodes.services.memory import job_memory
from nodes.services.pausing import Pause
from nodes.services.stages import stage_say
from nodes.services.unsealing import batch_unseal
from security_events import emit


def checking_step(job: SurveyJob, manifest: Manifest) -> Pause | None:
    """Say which envelopes do not open, then the joint verdict; move to CHECKED when equal.

    Raises MustWithhold for fewer than min_count packages, too many that do not open, or
    different verdicts.
    """
    for stage in ("verdict", "checked"):
        if stage_count(job, stage) == len(NODE_NAMES):
            continue
        if node_name() not in stage_bodies(job, stage):
            _say_verdict(job, manifest) if stage == "verdict" else _say_checked(job, manifest)
        if not stage_tell(job, stage):
            return Pause(stage=stage)
    said = [stages.parse_checked(body) for body in stage_bodies(job, "checked").values()]
    if len({(one.verdict, one.accepted) for one in said}) != 1:
        raise MustWithhold(Reason.PEERS_DISAGREE, "The three verdicts are not equal.")
    job_move(job, JobState.CHECKED)
    return None


def _say_verdict(job: SurveyJob, manifest: Manifest) -> None:
    counted = job_list(job, COUNTED)
    _check_enough(len(counted), manifest)
    unsealed = batch_unseal(job, manifest, counted, lambda: job_keep(job))
    job_memory(job.digest).unsealed = unsealed
    message = stages.Ids(manifest=job.digest, node=node_name(), ids=unsealed.broken)
    stage_say(job, "verdict", stages.build_verdict(message))


def _say_checked(job: SurveyJob, manifest: Manifest) -> None:
    counted = job_list(job, COUNTED)
    verdict = joint_verdict(job)
    if verdict.inconsistent > manifest.inconsistent_limit(len(counted)):
        raise MustWithhold(
            Reason.TOO_MANY_INCONSISTENT, f"{verdict.inconsistent} envelopes do not open."
        )
    _check_enough(len(verdict.accepted), manifest)
    broken = batch.pack_ids(
        [one.package for one in verdict.rejected if one.reason == batch.CANNOT_UNSEAL]
    )
    message = stages.Checked(
        manifest=job.digest,
        node=node_name(),
        verdict=batch.verdict_digest(job.digest, verdict),
        accepted=len(verdict.accepted),
    )

    def write() -> None:
        JobList.objects.create(job=job, name=BROKEN, ids=broken)
        if verdict.inconsistent:
            left_out = verdict.inconsistent
            emit("validation.batch_failed", manifest=job.digest, job=job.pk, excluded=left_out)

    stage_say(job, "checked", stages.build_checked(message), write=write)


def joint_verdict(job: SurveyJob) -> batch.Verdict:
    """Return the verdict that follows from the three nodes' messages.

    Raises MustWithhold if a node names a package that is not in the batch.
    """
    said = [stages.parse_verdict(body).ids for body in stage_bodies(job, "verdict").values()]
    try:
        return batch.join_verdicts(job_list(job, COUNTED), job_list(job, SUPERSEDED_LIST), said)
    except MalformedMessage as error:
        raise MustWithhold(Reason.PEERS_DISAGREE, error.sentence) from error


def _check_enough(number: int, manifest: Manifest) -> None:
    if number < manifest.survey.min_count:
        raise MustWithhold(Reason.TOO_FEW)
