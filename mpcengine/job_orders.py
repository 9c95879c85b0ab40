"""Forward the coordinator's signed orders, unchanged.

The relay empties itself before the nodes are told to close, so that no package is late
because of the order of two messages.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mpcengine import node_client
from mpcengine.http_peer import ClientError, HttpPeer
from mpcengine.leases import job_change, job_missed, job_move, lease_keep
from mpcengine.models import JobOrder, JobState, MpcJob, OrderDelivery, OrderKind
from mpcengine.selectors import peer_of, relay_peer

RELAY = "relay"


def orders_while_open(job: MpcJob) -> bool:
    """Forward the order to open answering; start closing when ordered, or when it is time."""
    order = job.orders.filter(kind=OrderKind.OPEN_ANSWERING).first()
    if order is not None:
        nodes_told(job, order)
        _told(job, order, RELAY, relay_peer())
    closing = job.orders.filter(kind=OrderKind.CLOSE).exists()
    if closing or timezone.now() >= job.closes_at:
        job_move(job, JobState.CLOSING)
        return True
    return False


def orders_while_closing(job: MpcJob) -> bool:
    """Close the relay, wait until it is empty or for the limit, then close the nodes.

    Without a close order relay and nodes close by the manifest's time, each by its own clock.
    A node that was away when answering opened is told now, or it would take nothing of what the
    relay holds for it. Returns whether the job moved.
    """
    opening = job.orders.filter(kind=OrderKind.OPEN_ANSWERING).first()
    if opening is not None:
        nodes_told(job, opening)
    order = job.orders.filter(kind=OrderKind.CLOSE).first()
    is_told = order is None or _told(job, order, RELAY, relay_peer())
    if is_told and job.close_taken_at is None:
        job_change(job, close_taken_at=timezone.now())
    if not (_is_limit_over(job) or (is_told and _is_relay_empty(job))):
        return False
    job_move(job, JobState.RUNNING)
    return True


def orders_pending_forward(job: MpcJob) -> None:
    """Forward every order that a node has not taken yet, in the order they were given."""
    for order in job.orders.all():
        nodes_told(job, order)


def nodes_told(job: MpcJob, order: JobOrder) -> None:
    """Forward one order to the nodes that have not taken it; a silent one is tried again."""
    for row in job.nodes.all():
        _told(job, order, row.node, peer_of(row))


def _told(job: MpcJob, order: JobOrder, receiver: str, peer: HttpPeer) -> bool:
    if order.deliveries.filter(receiver=receiver).exists():
        return True
    lease_keep(job)
    try:
        node_client.order_send(peer, order=bytes(order.order), signature=bytes(order.signature))
    except ClientError as error:
        job_missed(job, error)
        return False
    with transaction.atomic():
        OrderDelivery.objects.get_or_create(order=order, receiver=receiver)
        job_change(job)
    return True


def _is_relay_empty(job: MpcJob) -> bool:
    lease_keep(job)
    try:
        progress = node_client.relay_progress_get(relay_peer(), digest=job.manifest_digest)
    except ClientError as error:
        job_missed(job, error)
        return False
    return progress.is_drained


def _is_limit_over(job: MpcJob) -> bool:
    """Tell whether the relay had its time since it was told, or else since the closing time."""
    since = job.close_taken_at or job.closes_at
    limit = timedelta(seconds=settings.RELAY_DRAIN_SECONDS)
    return bool(timezone.now() > since + limit)
