"""CHECKED and COMPUTING of a survey: run the parties, then open a round's pattern.

Until three ``done`` messages of one attempt are here, the attempt may be repeated (`attempts`).
From this node's first ``pattern`` message on nothing of that round is computed again; the third
round mixes the texts that the pattern opens, and ends in the opening itself.
Source: docs/protocol.md §11 to §13.
"""

from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.stages import TEXT_ROUND
from nodes.keystore import node_name
from nodes.models import Job, JobState
from nodes.selectors import stage_bodies
from nodes.services.attempts import round_step
from nodes.services.leases import job_move, job_write
from nodes.services.meeting import stage_tell
from nodes.services.patterns import job_texts, pattern_check
from nodes.services.pausing import Pause
from nodes.services.survey_rounds import SurveyRound, survey_fix


def starting_step(job: Job, _manifest: Manifest) -> Pause | None:
    """Move a checked job to its first attempt."""
    job_move(job, JobState.COMPUTING, round=1, attempt=1)
    return None


def computing_step(job: Job, manifest: Manifest) -> Pause | None:
    """Bring the current round one step on: an attempt, its end, or the opening of a pattern."""
    is_texts = job.round == TEXT_ROUND
    if not is_texts and node_name() in stage_bodies(job, f"pattern/{job.round}"):
        return _open_pattern(job, manifest)
    return round_step(job, SurveyRound(job, manifest))


def _open_pattern(job: Job, manifest: Manifest) -> Pause | None:
    stage = f"pattern/{job.round}"
    if not stage_tell(job, stage):
        return Pause(stage=stage)
    pattern_check(job, manifest)
    if job.round == 1 and manifest.layout.plan.two_way:
        _next_round(job, 2)
    elif job_texts(job, manifest):
        _next_round(job, TEXT_ROUND)
    else:
        survey_fix(job)
    return None


def _next_round(job: Job, number: int) -> None:
    with job_write(job, round=number, attempt=1):
        pass
