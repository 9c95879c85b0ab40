"""Ask the nodes how they end, verify what they signed, and store the result."""

from django.db import transaction

from mpcengine import node_client
from mpcengine.http_peer import ClientError, Misbehaved
from mpcengine.job_orders import orders_pending_forward
from mpcengine.kinds import (
    is_request,
    job_manifest,
    job_result,
    job_statement,
    statement_label,
)
from mpcengine.leases import job_change, job_end, job_missed, job_move, lease_keep
from mpcengine.models import JobNode, JobState, MpcJob, SignedResult
from mpcengine.protocol.canonical import JSON, canonical, digest
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.result_parts import ENOUGH_TO_WITHHOLD
from mpcengine.protocol.signing import verify
from mpcengine.protocol.statement import RELEASED
from mpcengine.selectors import peer_of
from security_events import emit, reason_code

NODE_LOST = "node lost"
# A node that says one of these has signed a statement and keeps it.
HAS_STATEMENT = frozenset({"released", "withheld", "erased"})


def outcome_collect(job: MpcJob) -> bool:
    """Poll the nodes; with their signed statements assemble, verify and store the result.

    Returns whether the job moved. Orders a node has missed are forwarded here too. Two
    statements are enough only where both say that the third node is lost (protocol §14).
    """
    manifest = job_manifest(job)
    orders_pending_forward(job)
    for row in job.nodes.filter(statement=None):
        lease_keep(job)
        try:
            _ask(job, manifest, row)
        except ClientError as error:
            job_missed(job, error)
    stated = list(job.nodes.exclude(statement=None))
    if len(stated) < len(NODE_NAMES) and not _is_node_lost(job, stated):
        return False
    _finish(job, stated)
    return True


def _ask(job: MpcJob, manifest: Manifest | RequestManifest, row: JobNode) -> None:
    """Write a node's state if it is news, and its statement once it has ended."""
    peer = peer_of(row)
    state = node_client.job_state_get(peer, digest=job.manifest_digest)[:32]
    changes: dict[str, object] = {} if state == row.last_state else {"last_state": state}
    if state in HAS_STATEMENT:
        lease_keep(job)
        outcome = node_client.outcome_get(peer, digest=job.manifest_digest)
        if outcome is None:
            raise Misbehaved(row.node)
        _check_statement(job, manifest, row, outcome)
        changes["statement"] = outcome.statement
        changes["statement_signature"] = outcome.signature
    if changes:
        with transaction.atomic():
            job.nodes.filter(pk=row.pk).update(**changes)
            job_change(job)


def _check_statement(
    job: MpcJob,
    manifest: Manifest | RequestManifest,
    row: JobNode,
    outcome: node_client.NodeOutcome,
) -> None:
    """Keep only what this node signed about this manifest; raise Misbehaved for all else."""
    try:
        key = manifest.node(row.node).identity_key
        verify(key, statement_label(job), outcome.statement, outcome.signature)
        parsed = job_statement(job, outcome.statement)
    except ProtocolError:
        raise Misbehaved(row.node) from None
    if (parsed.node, parsed.manifest) != (row.node, manifest.digest):
        raise Misbehaved(row.node)


def _is_node_lost(job: MpcJob, stated: list[JobNode]) -> bool:
    reasons = [job_statement(job, bytes(row.statement or b"")).reason for row in stated]
    return len(reasons) >= ENOUGH_TO_WITHHOLD and set(reasons) == {NODE_LOST}


def _finish(job: MpcJob, stated: list[JobNode]) -> None:
    try:
        document = job_result(
            job,
            [bytes(row.statement or b"") for row in stated],
            [bytes(row.statement_signature or b"") for row in stated],
        )
    except ProtocolError as error:
        job_end(job, JobState.FAILED, code=error.code, reason=error.sentence)
        return

    def write() -> None:
        SignedResult.objects.create(job=job, document=document)
        _tell(job, document)

    is_released = document["state"] == RELEASED
    job_move(
        job,
        JobState.RELEASED if is_released else JobState.WITHHELD,
        write=write,
        reason="" if is_released else str(document["reason"])[:400],
    )


def _tell(job: MpcJob, document: dict[str, JSON]) -> None:
    manifest = job.manifest_digest
    if document["state"] == RELEASED:
        result = digest(canonical(document))
        emit("release.done", manifest=manifest, job=job.pk, result=result)
    else:
        reason = reason_code(str(document["reason"]))
        if is_request(job):
            emit("request.withheld", manifest=manifest, job=job.pk, reason=reason)
        else:
            emit("survey.withheld", manifest=manifest, job=job.pk, reason=reason)
