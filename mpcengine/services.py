"""What can be asked of the ledger: nodes' keys, a proposed job, an order.

The rest of a job's way is driven (``job_driver``); a service only writes rows and makes them
due. Callers nudge the driver after commit.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

import faults
from mpcengine import node_client
from mpcengine.http_peer import ClientError, Refused
from mpcengine.kinds import job_manifest, job_orders
from mpcengine.models import (
    TERMINAL_STATES,
    JobKind,
    JobNode,
    JobOrder,
    MpcJob,
    NodeRecord,
)
from mpcengine.node_client import NodeKeys
from mpcengine.protocol.approval import SignedApproval
from mpcengine.protocol.canonical import parse_json
from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.nodesfile import NodesFile, parse_nodes_file
from mpcengine.protocol.orders import (
    ORDERS,
    REQUEST_ORDERS,
    keys_body,
    parse_order,
    verify_order,
)
from mpcengine.protocol.request_manifest import (
    RequestNode,
    request_keys_body,
    verify_askers,
)
from mpcengine.protocol.signing import (
    LABEL_KEYS,
    LABEL_MANIFEST,
    LABEL_REQUEST_KEYS,
    verify,
)
from mpcengine.selectors import node_peers, relay_peer
from problems import Conflict, Missing, Unavailable


@transaction.atomic
def nodes_sync() -> NodesFile:
    """Read the operator's nodes file into the ledger and return it; raise MalformedInput."""
    found = parse_nodes_file(parse_json(Path(settings.NODES_FILE).read_bytes(), file=True))
    for entry in found.nodes:
        NodeRecord.objects.update_or_create(
            node=entry.node,
            defaults={
                "index": entry.index,
                "name": entry.name,
                "url": entry.url,
                "identity_key": entry.identity_key,
            },
        )
    return found


def node_keys_collect(
    *, survey_id: str, coordinator_key: bytes, signature: bytes
) -> dict[str, NodeKeys]:
    """Ask the three nodes for their keys of a survey and check each node's signature.

    Run before a manifest is built; asking again gives the same keys. Raises Unavailable when
    a node is silent, PolicyRefused when one refuses, BadSignature (protocol §9).
    """
    nodes, peers = nodes_sync(), node_peers()
    collected: dict[str, NodeKeys] = {}
    for entry in nodes.nodes:
        with _told_of(entry.node):
            keys = node_client.keys_request(
                peers[entry.node],
                survey_id=survey_id,
                coordinator=coordinator_key,
                signature=signature,
            )
        body = keys_body(
            survey_id=survey_id,
            index=entry.index,
            share_key=keys.share_key,
            outer_key=keys.outer_key,
            issuer_key=keys.issuer_key,
        )
        verify(entry.identity_key, LABEL_KEYS, body, keys.signature)
        collected[entry.node] = keys
    return collected


def relay_key_collect() -> bytes:
    """Return the relay's public key; raise Unavailable when it is silent."""
    try:
        return node_client.relay_key_get(relay_peer())
    except ClientError:
        raise Unavailable("relay.unreachable", "The relay does not answer.") from None


def job_propose(
    *, manifest: bytes, coordinator_signature: bytes, rosters: Mapping[str, Sequence[str]]
) -> MpcJob:
    """Write a job for a manifest its coordinator has signed; the driver takes it from there.

    ``rosters`` holds each node's own entries, hexadecimal; they are forgotten when the node
    has signed. Proposing the same manifest again returns the job. Raises BadSignature or
    MalformedMessage (protocol §9).
    """
    parsed = parse_manifest(manifest)
    verify(parsed.coordinator.key, LABEL_MANIFEST, manifest, coordinator_signature)
    faults.point("mpcengine.proposed.before_write")
    with transaction.atomic():
        job, is_new = MpcJob.objects.get_or_create(
            manifest_digest=parsed.digest,
            defaults={
                "manifest": manifest,
                "coordinator_signature": coordinator_signature,
                "closes_at": parsed.answering.closes,
                "due_at": timezone.now(),
            },
        )
        if is_new:
            _node_rows_add(job, parsed, rosters)
        faults.point("mpcengine.proposed.after_write")
    faults.point("mpcengine.proposed.after_commit")
    return job


def request_keys_collect(
    *, request_id: str, coordinator_key: bytes, signature: bytes
) -> tuple[RequestNode, ...]:
    """Ask the three nodes for their share keys of a request; return the manifest's nodes.

    Asking again gives the same keys. Raises as ``node_keys_collect``.
    """
    nodes, peers = nodes_sync(), node_peers()
    found = []
    for entry in nodes.nodes:
        with _told_of(entry.node):
            share_key, signed = node_client.request_keys_request(
                peers[entry.node],
                request_id=request_id,
                coordinator=coordinator_key,
                signature=signature,
            )
        body = request_keys_body(request_id=request_id, index=entry.index, share_key=share_key)
        verify(entry.identity_key, LABEL_REQUEST_KEYS, body, signed)
        found.append(
            RequestNode(
                node=entry.node,
                index=entry.index,
                name=entry.name,
                url=entry.url,
                identity_key=entry.identity_key,
                share_key=share_key,
            )
        )
    return tuple(found)


@transaction.atomic
def request_propose(
    *,
    manifest: bytes,
    requester_signature: bytes,
    coordinator_signature: bytes,
    approvals: Sequence[SignedApproval],
) -> MpcJob:
    """Write a job for a request that is signed and approved; the driver takes it from there.

    Proposing it again returns the job. Raises BadSignature or MalformedMessage (§19.5).
    """
    parsed = verify_askers(
        manifest,
        requester_signature=requester_signature,
        coordinator_signature=coordinator_signature,
        approvals=approvals,
    )
    job, is_new = MpcJob.objects.get_or_create(
        manifest_digest=parsed.digest,
        defaults={
            "kind": JobKind.REQUEST,
            "manifest": manifest,
            "coordinator_signature": coordinator_signature,
            "requester_signature": requester_signature,
            "approvals": [one.to_json() for one in approvals],
            "closes_at": parsed.contributing.closes,
            "due_at": timezone.now(),
        },
    )
    if is_new:
        JobNode.objects.bulk_create(
            JobNode(job=job, node=node.node, index=node.index, url=node.url)
            for node in parsed.nodes
        )
    return job


@contextmanager
def _told_of(node: str) -> Iterator[None]:
    """Say of a node's refusal or silence whose it is."""
    try:
        yield
    except Refused as refusal:
        sentence = f"Node {node} refuses: {refusal.sentence}"
        raise PolicyRefused(refusal.code, sentence) from None
    except ClientError:
        raise Unavailable(
            "node.unreachable", f"Node {node} does not answer; try again."
        ) from None


@transaction.atomic
def job_order_take(*, order: bytes, signature: bytes) -> MpcJob:
    """Keep a coordinator-signed order for the driver to forward, unchanged.

    The same order again changes nothing. Raises Missing, Conflict when the job has ended or
    is not agreed yet, BadSignature or MalformedMessage (protocol §9).
    """
    named = parse_order(order, orders=(*ORDERS, *REQUEST_ORDERS)).manifest
    job = MpcJob.objects.filter(manifest_digest=named).first()
    if job is None:
        raise Missing("job.unknown", "No job has this manifest.")
    key = job_manifest(job).coordinator.key
    parsed = verify_order(order, signature, key, orders=job_orders(job))
    if job.state in TERMINAL_STATES:
        raise Conflict("job.ended", "The job has ended; it takes no more orders.")
    JobOrder.objects.get_or_create(
        job=job, kind=parsed.order, defaults={"order": order, "signature": signature}
    )
    MpcJob.objects.filter(pk=job.pk).update(due_at=timezone.now(), misses=0)
    return job


def _node_rows_add(
    job: MpcJob, manifest: Manifest, rosters: Mapping[str, Sequence[str]]
) -> None:
    JobNode.objects.bulk_create(
        JobNode(
            job=job,
            node=node.node,
            index=node.index,
            url=node.url,
            roster=list(rosters[node.node]),
        )
        for node in manifest.nodes
    )
