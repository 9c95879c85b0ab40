"""Who is counted, as it follows from what the nodes said (docs/protocol.md §10.5, §18.4)."""

from collections.abc import Callable

from mpcengine.protocol import batch, stages
from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.errors import InconsistentShares, MalformedMessage
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.validity_check import coin_weights
from mpcengine.protocol.validity_messages import check_same_terms, lines_digest, parse_lines
from mpcengine.protocol.validity_verdict import judge_lines
from nodes.models import Job, JobList
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import (
    COUNTED,
    LINES,
    REASON_LISTS,
    SUPERSEDED_LIST,
    job_list,
    stage_bodies,
)

_KEEP_EVERY = 20_000


def unsealing_verdict_of(job: Job) -> batch.Verdict:
    """Return the verdict of unsealing that follows from the three nodes' messages.

    Raises MustWithhold if a node names a package that is not in the batch.
    """
    said = [stages.parse_verdict(body).ids for body in stage_bodies(job, "verdict").values()]
    try:
        return batch.join_verdicts(job_list(job, COUNTED), job_list(job, SUPERSEDED_LIST), said)
    except MalformedMessage as error:
        raise MustWithhold(Reason.PEERS_DISAGREE, error.sentence) from error


def judged_verdict(
    job: Job, manifest: Manifest, coin: bytes, keep: Callable[[], None]
) -> tuple[batch.Verdict, Digest]:
    """Return the final verdict from three ``lines`` messages, and their digest.

    Calls ``keep`` now and then to renew the lease. Raises MustWithhold if the three do not
    speak of one batch, coin and verdict.
    """
    bodies = list(stage_bodies(job, LINES).values())
    said = [parse_lines(body) for body in bodies]
    try:
        check_same_terms(said)
        weights = coin_weights(manifest.layout.proof, coin)
        reasons: list[str | None] = []
        for reason in judge_lines(weights, said):
            if len(reasons) % _KEEP_EVERY == 0:
                keep()
            reasons.append(reason)
        verdict = batch.strike_invalid(unsealing_verdict_of(job), reasons)
    except (MalformedMessage, InconsistentShares) as error:
        raise MustWithhold(Reason.PEERS_DISAGREE, error.sentence) from error
    return verdict, lines_digest(bodies)


def verdict_keep(job: Job, verdict: batch.Verdict) -> None:
    """Store the ids that are not counted, one list a reason."""
    for reason, name in REASON_LISTS.items():
        ids = [one.package for one in verdict.rejected if one.reason == reason]
        JobList.objects.create(job=job, name=name, ids=batch.pack_ids(ids))
