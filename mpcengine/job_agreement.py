"""Get three signatures under a manifest and carry them to everybody who needs them."""

from http import HTTPStatus

from django.db import transaction
from django.utils import timezone

from mpcengine import node_client
from mpcengine.http_peer import ClientError, Refused
from mpcengine.kinds import is_request, job_manifest, manifest_label, signed_manifest_of
from mpcengine.leases import job_change, job_end, job_missed, job_move, lease_keep
from mpcengine.models import JobNode, JobState, MpcJob
from mpcengine.protocol.errors import BadSignature
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.signing import verify
from mpcengine.selectors import peer_of, relay_peer


def agreement_collect(job: MpcJob) -> bool:
    """Send each node the manifest and its own roster until three have signed or one refuses.

    Returns whether the job moved. A silent node is asked again later, until the closing time.
    """
    manifest = job_manifest(job)
    for row in job.nodes.filter(signature=None):
        lease_keep(job)
        try:
            signature = _signature_of(job, manifest, row)
        except Refused as refusal:
            _end_by_refusal(job, refusal)
            return True
        except BadSignature:
            sentence = f"The signature of node {row.node} under the manifest does not hold."
            job_end(job, JobState.FAILED, code="node.signature", reason=sentence)
            return True
        except ClientError as error:
            job_missed(job, error)
            continue
        with transaction.atomic():
            # The node holds its roster from here on; the portal forgets it.
            job.nodes.filter(pk=row.pk).update(signature=signature, roster=None)
            job_change(job)
    if job.nodes.filter(signature=None).exists():
        return _ended_too_late(job)
    job_move(job, JobState.AGREED)
    return True


def agreement_spread(job: MpcJob) -> bool:
    """Put the three signatures at each node, then the signed manifest at the relay.

    Returns whether the job moved; the relay comes last, so that no package can reach it
    before the nodes know the survey is agreed. A request is the nodes' own from here on.
    """
    put = node_client.request_signatures_put if is_request(job) else node_client.signatures_put
    signatures = {row.node: bytes(row.signature or b"") for row in job.nodes.all()}
    for row in job.nodes.filter(has_signatures=False):
        lease_keep(job)
        try:
            put(peer_of(row), digest=job.manifest_digest, signatures=signatures)
        except ClientError as error:
            job_missed(job, error)
            continue
        with transaction.atomic():
            job.nodes.filter(pk=row.pk).update(has_signatures=True)
            job_change(job)
    if job.nodes.filter(has_signatures=False).exists():
        return _ended_too_late(job)
    if is_request(job):
        job_move(job, JobState.RUNNING)
        return True
    return _relay_told(job)


def _relay_told(job: MpcJob) -> bool:
    lease_keep(job)
    try:
        node_client.relay_manifest_send(
            relay_peer(), signed_manifest=signed_manifest_of(job).to_json()
        )
    except ClientError as error:
        job_missed(job, error)
        return _ended_too_late(job)
    job_move(job, JobState.OPEN)
    return True


def _signature_of(job: MpcJob, manifest: Manifest | RequestManifest, row: JobNode) -> bytes:
    body, coordinated = bytes(job.manifest), bytes(job.coordinator_signature)
    if is_request(job):
        signature = node_client.request_propose(
            peer_of(row),
            manifest=body,
            requester_signature=bytes(job.requester_signature),
            coordinator_signature=coordinated,
            approvals=job.approvals,
        )
    else:
        signature = node_client.manifest_propose(
            peer_of(row),
            manifest=body,
            coordinator_signature=coordinated,
            roster=row.roster or [],
        )
    verify(manifest.node(row.node).identity_key, manifest_label(job), body, signature)
    return signature


def _end_by_refusal(job: MpcJob, refusal: Refused) -> None:
    """End the job: as refused where the node's rules say no (403), as failed for all else.

    A node that cannot answer now (5xx, 429) is not heard as a refusal, but waited for.
    """
    is_policy = refusal.status == HTTPStatus.FORBIDDEN
    verb = "refuses" if is_policy else "cannot take the manifest"
    job_end(
        job,
        JobState.REFUSED if is_policy else JobState.FAILED,
        code=refusal.code,
        reason=f"Node {refusal.receiver} {verb}: {refusal.sentence}",
    )


def _ended_too_late(job: MpcJob) -> bool:
    if timezone.now() < job.closes_at:
        return False
    sentence = "The nodes and the relay did not all agree before the closing time."
    job_end(job, JobState.FAILED, code="agreement.too_late", reason=sentence)
    return True
