"""Look at the ledger without changing it."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from mpcengine.http_peer import HttpPeer
from mpcengine.kinds import signed_request_of
from mpcengine.models import TERMINAL_STATES, JobNode, MpcJob, NodeRecord, SignedResult
from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.nodesfile import NodesFile, parse_nodes_file


def job_find(*, digest: str) -> MpcJob | None:
    """Return the job of a manifest, or None."""
    return MpcJob.objects.filter(manifest_digest=digest).first()


def job_view(*, digest: str) -> dict[str, JSON] | None:
    """Return what a coordinator may see of a job: states and reasons."""
    job = job_find(digest=digest)
    if job is None:
        return None
    return {
        "state": job.state,
        "reason_code": job.reason_code or None,
        "reason": job.reason or None,
        "nodes": {row.node: row.last_state or "unknown" for row in job.nodes.all()},
    }


def jobs_due(*, now: datetime) -> Sequence[int]:
    """Return the ids of jobs that a driver should look at, longest due first."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    rows = MpcJob.objects.filter(free, due_at__lte=now).exclude(state__in=TERMINAL_STATES)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:100])


def seconds_until_due(*, now: datetime) -> float | None:
    """Return how long no job needs a look; None when no job is under way."""
    rows = MpcJob.objects.exclude(state__in=TERMINAL_STATES).exclude(due_at=None)
    first = rows.order_by("due_at").values_list("due_at", flat=True).first()
    return None if first is None else (first - now).total_seconds()


def result_document_get(*, digest: str) -> JSON | None:
    """Return a job's verified result, or None while there is none."""
    found = SignedResult.objects.filter(job__manifest_digest=digest).first()
    return None if found is None else found.document


def signed_request_get(*, digest: str) -> JSON | None:
    """Return a request with all its signatures, or None before three nodes have signed."""
    job = job_find(digest=digest)
    if job is None or job.nodes.filter(signature=None).exists():
        return None
    return signed_request_of(job).to_json()


def nodes_file_read() -> NodesFile:
    """Return the nodes file as it is now; raise MalformedInput if it is none."""
    return parse_nodes_file(parse_json(Path(settings.NODES_FILE).read_bytes(), file=True))


def node_peers() -> dict[str, HttpPeer]:
    """Return the three nodes of the nodes file as HTTP receivers, by name."""
    return {row.node: _peer(row.node, row.url) for row in NodeRecord.objects.all()}


def nodes_listed() -> list[NodeRecord]:
    """Return the nodes of the nodes file as last read, in order of index."""
    return list(NodeRecord.objects.all())


def peer_of(row: JobNode) -> HttpPeer:
    """Return the HTTP receiver of a job's node, at the address the nodes file gave."""
    return _peer(row.node, row.url)


def relay_peer() -> HttpPeer:
    """Return the relay as an HTTP receiver; the token is read from its file."""
    token = Path(settings.RELAY_TOKEN_FILE).read_text("utf-8").strip()
    return HttpPeer(name="relay", url=settings.RELAY_URL, token=token)


def _peer(node: str, url: str) -> HttpPeer:
    """Return a node as a receiver with the certificates that the nodes file pins today."""
    path = Path(settings.NODES_FILE)
    return HttpPeer(name=node, url=url, pins=_pins(str(path), path.stat().st_mtime_ns)[node])


@lru_cache(maxsize=2)
def _pins(path: str, _changed: int) -> dict[str, tuple[bytes, ...]]:
    found = parse_nodes_file(parse_json(Path(path).read_bytes(), file=True))
    return {entry.node: entry.pins for entry in found.nodes}
