"""Check a request manifest for this operator, sign it, open the request with five signatures.

Source: docs/protocol.md §19.5.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mpcengine.protocol.approval import SignedApproval, verify_approvals
from mpcengine.protocol.errors import BadSignature, PolicyRefused
from mpcengine.protocol.request_manifest import RequestManifest, verify_askers
from mpcengine.protocol.request_policy import check_request_policy
from mpcengine.protocol.signedmanifest import check_nodes
from mpcengine.protocol.signing import LABEL_REQUEST_MANIFEST
from nodes.keystore import node_name, node_sign
from nodes.models import Job, JobState, SurveyKeys
from nodes.policy import federation, operator_policy
from nodes.selectors import request_get, request_of
from nodes.services.asked import check_budgets, question_note
from nodes.services.job_rows import (
    job_open,
    job_store,
    other_manifest,
    refused_tell,
    signatures_check,
)
from nodes.services.taking_back import is_revoked
from problems import Conflict


def request_accept(
    *,
    manifest: bytes,
    requester_signature: bytes,
    coordinator_signature: bytes,
    approvals: Sequence[SignedApproval],
    now: datetime,
) -> tuple[str, bytes]:
    """Return the digest of a request manifest, and this node's signature if it takes part.

    Answers the same when repeated. Raises BadSignature, MalformedMessage, MalformedInput,
    Conflict, or PolicyRefused, which is also noted.
    """
    parsed = verify_askers(
        manifest,
        requester_signature=requester_signature,
        coordinator_signature=coordinator_signature,
        approvals=approvals,
    )
    known = Job.objects.filter(digest=parsed.digest).first()
    if known is None or known.state == JobState.REFUSED:
        _check_is_ours(parsed)
        fresh = Job(
            digest=parsed.digest,
            kind=parsed.kind,
            survey_id=parsed.request_id,
            manifest=parsed.raw,
            requester_signature=requester_signature,
            coordinator_signature=coordinator_signature,
            approvals=[one.to_json() for one in approvals],
        )
        policy = operator_policy()
        try:
            check_request_policy(policy, parsed, verify_approvals(parsed, approvals))
            check_budgets(policy, parsed, now=now)
        except PolicyRefused as refusal:
            job_store(fresh, refusal)
            question_note(parsed, now=now, refusal=refusal)
            refused_tell(parsed.digest, parsed.request_id, refusal)
            raise
        job_store(fresh)
        question_note(parsed, now=now)
    return parsed.digest, node_sign(LABEL_REQUEST_MANIFEST, manifest)


def request_open(*, digest: str, signatures: Mapping[str, bytes]) -> Job:
    """Open a request once all three nodes have signed; answers the same when repeated.

    Raises Missing, Conflict for a refused manifest, MalformedMessage, BadSignature, EventsDown.
    """
    job = request_get(digest=digest)
    manifest = request_of(job)
    signatures_check(manifest, LABEL_REQUEST_MANIFEST, manifest.raw, signatures)
    if job.state == JobState.REFUSED:
        raise Conflict("manifest.refused", "This node has refused the manifest.")
    if is_revoked(job):
        raise Conflict("request.revoked", "An approval of this request was taken back.")
    if job.state != JobState.PREPARED:
        return job
    return job_open(job, signatures)


def _check_is_ours(manifest: RequestManifest) -> None:
    check_nodes(manifest, federation())
    keys = SurveyKeys.objects.filter(pk=manifest.request_id).first()
    if keys is None or keys.outer_public:
        raise Conflict("manifest.no_keys", "Ask this node for the request's key first.")
    if bytes(keys.coordinator) != manifest.coordinator.key:
        raise BadSignature(
            "manifest.coordinator", "Another coordinator asked for this request's key."
        )
    if bytes(keys.public) != manifest.node(node_name()).share_key:
        raise Conflict("manifest.keys", "The manifest does not name this node's key.")
    others = Job.objects.filter(survey_id=manifest.request_id).exclude(digest=manifest.digest)
    if others.exclude(state=JobState.REFUSED).exists():
        raise other_manifest()
