"""Read a job's manifest and statements by its kind: a survey's, or a request's about lists."""

from mpcengine.models import JobKind, MpcJob
from mpcengine.protocol.approval import SignedApproval
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.orders import ORDERS, REQUEST_ORDERS
from mpcengine.protocol.request_manifest import (
    RequestManifest,
    SignedRequestManifest,
    parse_request_manifest,
)
from mpcengine.protocol.request_result import assemble_request_result, verify_request_result
from mpcengine.protocol.request_statement import RequestStatement, parse_request_statement
from mpcengine.protocol.result import assemble_result, verify_result
from mpcengine.protocol.signedmanifest import SignedManifest
from mpcengine.protocol.signing import (
    LABEL_MANIFEST,
    LABEL_REQUEST_MANIFEST,
    LABEL_REQUEST_STATEMENT,
    LABEL_STATEMENT,
)
from mpcengine.protocol.statement import Statement, parse_statement
from mpcengine.protocol.strict import parse_base64


def is_request(job: MpcJob) -> bool:
    """Tell whether a job is a request about lists."""
    return job.kind == JobKind.REQUEST


def job_manifest(job: MpcJob) -> Manifest | RequestManifest:
    """Return the job's manifest, read."""
    data = bytes(job.manifest)
    return parse_request_manifest(data) if is_request(job) else parse_manifest(data)


def manifest_label(job: MpcJob) -> bytes:
    """Return under which label the job's manifest is signed."""
    return LABEL_REQUEST_MANIFEST if is_request(job) else LABEL_MANIFEST


def statement_label(job: MpcJob) -> bytes:
    """Return under which label nodes sign their statements."""
    return LABEL_REQUEST_STATEMENT if is_request(job) else LABEL_STATEMENT


def job_orders(job: MpcJob) -> tuple[str, ...]:
    """Return which orders there are."""
    return REQUEST_ORDERS if is_request(job) else ORDERS


def job_statement(job: MpcJob, data: bytes) -> Statement | RequestStatement:
    """Return a node's statement, read; raise ProtocolError."""
    return parse_request_statement(data) if is_request(job) else parse_statement(data)


def job_result(
    job: MpcJob, statements: list[bytes], signatures: list[bytes]
) -> dict[str, JSON]:
    """Return the result these statements make, verified; raise ProtocolError."""
    if is_request(job):
        document = assemble_request_result(signed_request_of(job), statements, signatures)
        verify_request_result(document)
        return document
    document = assemble_result(signed_manifest_of(job), statements, signatures)
    verify_result(document)
    return document


def signed_manifest_of(job: MpcJob) -> SignedManifest:
    """Return a survey's manifest with its four signatures; all three nodes must have signed."""
    return SignedManifest(
        manifest=bytes(job.manifest),
        coordinator_signature=bytes(job.coordinator_signature),
        signatures=_three(job),
    )


def signed_request_of(job: MpcJob) -> SignedRequestManifest:
    """Return a request's manifest with approvals and five signatures."""
    return SignedRequestManifest(
        manifest=bytes(job.manifest),
        requester_signature=bytes(job.requester_signature),
        coordinator_signature=bytes(job.coordinator_signature),
        approvals=tuple(
            SignedApproval(
                approval=parse_base64(one["approval"]) or b"",
                signature=parse_base64(one["signature"]) or b"",
            )
            for one in job.approvals
        ),
        signatures=_three(job),
    )


def _three(job: MpcJob) -> tuple[bytes, bytes, bytes]:
    by_name = {row.node: bytes(row.signature or b"") for row in job.nodes.all()}
    first, second, third = (by_name[name] for name in NODE_NAMES)
    return first, second, third
