"""FIXED: store, send and check the shares of what is released, then sign.

Source: docs/protocol.md §13.
"""

from mpcengine.protocol import stages
from mpcengine.protocol.canonical import digest
from mpcengine.protocol.disclosure_recheck import Opened, recheck_released
from mpcengine.protocol.errors import DisclosureRefused, InconsistentShares
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.partywire import TextColumns
from mpcengine.protocol.pattern import Pattern, ReleasedValue, released_values
from mpcengine.protocol.result import read_texts
from mpcengine.protocol.statement import RELEASED, Statement, build_statement, open_values
from mpcengine.protocol.tables import TextItem
from nodes.keystore import node_name
from nodes.models import Job, JobOutput, JobState
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import OPENING, settled_verdict, stage_bodies
from nodes.services.leases import job_move
from nodes.services.meeting import stage_tell
from nodes.services.patterns import job_texts, round_output, survey_pattern
from nodes.services.pausing import Pause
from nodes.services.stages import stage_say
from nodes.services.statements import statement_sign
from security_events import emit


def opening_step(job: Job, manifest: Manifest) -> Pause | None:
    """Say the opening, and move to RELEASED once three of them hold.

    Values are opened by three shares on one line and checked in the clear against the release
    rules before anything is signed. Raises MustWithhold if either fails.
    """
    if node_name() not in stage_bodies(job, OPENING):
        _say_opening(job, manifest)
    if not stage_tell(job, OPENING):
        return Pause(stage=OPENING)
    pattern = survey_pattern(job, manifest)
    names = tuple(value.name for value in released_values(manifest.layout.plan, pattern))
    accepted = _accepted(job)
    _check(job, manifest, pattern, accepted)
    checked = stages.parse_checked(stage_bodies(job, "checked")[node_name()])
    own = stages.parse_opening(stage_bodies(job, OPENING)[node_name()])
    statement = Statement(
        node=node_name(),
        manifest=job.digest,
        state=RELEASED,
        reason=None,
        root=stages.parse_root(stage_bodies(job, "root")[node_name()]).root,
        verdict=checked.verdict,
        coin=checked.coin,
        lines=checked.lines,
        accepted=accepted,
        rejected=settled_verdict(job).totals(),
        released=names,
        shares=own.shares,
        texts=own.texts,
    )
    signed = statement_sign(build_statement(statement))
    result = digest(signed["statement"])

    def write() -> None:
        emit("release.done", manifest=job.digest, job=job.pk, result=result)

    job_move(job, JobState.RELEASED, write=write, **signed)
    return None


def _say_opening(job: Job, manifest: Manifest) -> None:
    counts = round_output(job, 1, "counts")
    squares = round_output(job, 1, "squares")
    values = released_values(manifest.layout.plan, survey_pattern(job, manifest))
    shares = {value.name: _share(value, counts, squares) for value in values}
    message = stages.Opening(
        manifest=job.digest,
        node=node_name(),
        shares=shares,
        texts={item.question: _mixed(job, item) for item in job_texts(job, manifest)},
    )
    stage_say(job, OPENING, stages.build_opening(message))


def _share(value: ReleasedValue, counts: list[int], squares: list[int]) -> int:
    if value.squares is not None:
        return squares[value.squares]
    return sum(weight * counts[slot] for slot, weight in value.form) % MODULUS


def _mixed(job: Job, item: TextItem) -> bytes:
    """Return this node's shares of a question's texts, as round 3 left them."""
    name = TextColumns(question=item.question, words=item.words).array
    rows = JobOutput.objects.filter(job=job, round=stages.TEXT_ROUND, name=name)
    return bytes(rows.get().words)


def _accepted(job: Job) -> int:
    return stages.parse_checked(stage_bodies(job, "checked")[node_name()]).accepted


def _check(job: Job, manifest: Manifest, pattern: Pattern, accepted: int) -> None:
    bodies = stage_bodies(job, OPENING)
    said = [stages.parse_opening(bodies[name]) for name in NODE_NAMES]
    plan, min_count = manifest.layout.plan, manifest.survey.min_count
    try:
        values = open_values([one.shares for one in said])
        recheck_released(plan, pattern, values, accepted, min_count)
        opened = Opened(
            plan=plan, pattern=pattern, values=values, accepted=accepted, min_count=min_count
        )
        read_texts(opened, [one.texts for one in said])
    except InconsistentShares as error:
        raise MustWithhold(Reason.INCONSISTENT_SHARES, error.sentence) from error
    except DisclosureRefused as error:
        raise MustWithhold(Reason.DISCLOSURE, error.code) from error
