"""Forward waiting parcels in shuffled groups to all three nodes, and then forget them.

A group leaves when enough parcels wait (``flush_min`` of the manifest), when
the survey has closed, or at once in immediate timing. What has left is sent to every node as
soon as it answers, whatever waits: it hides nobody any more. The order comes
from the system's generator and is drawn anew for every attempt; no time travels along.
"""

import logging
import math
import secrets
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http import HTTPStatus
from itertools import pairwise

from django.db import transaction
from django.db.models import F
from django.utils import timezone

import faults
from liveness import alive_note
from mpcengine.http_peer import ClientError, HttpPeer, Refused
from mpcengine.node_client import LATER, TAKEN, parcels_forward
from relay.keys import nodes_file
from relay.leases import flush_keep, flush_take, flushes_give_up
from relay.models import RelayedSurvey, WaitingParcel
from relay.selectors import ALL_DELIVERED, intake_of, manifest_of
from stopping import Stopping, is_stopping

logger = logging.getLogger(__name__)

LARGEST_BATCH = 500
# What a node reads of one body (docs/protocol.md §9): parcels of a wide survey fill it sooner.
LARGEST_BODY = 64 * 1024 * 1024
# Of sending a batch as a whole: the longest body at 2 Mbit/s.
BATCH_SECONDS = 300.0
# Renewed before each batch, so that it cannot run out while one is on its way.
FLUSH_LEASE_SECONDS = BATCH_SECONDS + 60.0
OWNER = secrets.token_hex(16)
# The lease keeps other processes out, this the other thread of this one (task, reconciler).
_ONE_AT_A_TIME = threading.Lock()


def survey_flush(*, digest: str) -> None:
    """Forward what may leave now, unless another process does; the next round comes soon."""
    with _ONE_AT_A_TIME:
        if not flush_take(digest=digest, owner=OWNER, seconds=FLUSH_LEASE_SECONDS):
            return
        try:
            _flush(digest)
        finally:
            flushes_give_up(OWNER)


def _flush(digest: str) -> None:
    survey = RelayedSurvey.objects.get(digest=digest)
    if _is_given_up(survey):
        _forget(survey)
        return
    keys = _leaving(survey)
    secrets.SystemRandom().shuffle(keys)
    silent: set[str] = set()
    for batch in even_batches(keys, largest_batch(manifest_of(digest).parcel_length)):
        if not flush_keep(digest=digest, owner=OWNER, seconds=FLUSH_LEASE_SECONDS):
            return
        _forward(digest, batch, silent)
        alive_note()
        if len(silent) == len(nodes_file().nodes) or is_stopping():
            return


def largest_batch(parcel_length: int) -> int:
    """Return how many parcels of a survey go into one body that a node reads (§8, §9).

    A batch is a u32 count, then each parcel after its u32 length.
    """
    room = (LARGEST_BODY - 4) // (parcel_length + 4)
    return max(1, min(LARGEST_BATCH, room))


def even_batches(keys: Sequence[int], largest: int) -> list[Sequence[int]]:
    """Cut into as few batches of at most ``largest`` as possible, of nearly equal size.

    A short last batch would hide its few parcels among nobody.
    """
    count = math.ceil(len(keys) / largest)
    cuts = [len(keys) * i // count for i in range(count + 1)] if count else []
    return [keys[a:b] for a, b in pairwise(cuts)]


def _is_given_up(survey: RelayedSurvey) -> bool:
    """Tell whether even the nodes have given the survey up: then nobody wants its parcels."""
    manifest = manifest_of(survey.digest)
    end = manifest.answering.closes + timedelta(days=manifest.give_up_after_days)
    return timezone.now() > end


def _forget(survey: RelayedSurvey) -> None:
    with transaction.atomic():
        WaitingParcel.objects.filter(survey=survey).delete()
        RelayedSurvey.objects.filter(pk=survey.pk).update(waiting=0)


def _leaving(survey: RelayedSurvey) -> list[int]:
    manifest = manifest_of(survey.digest)
    rows = WaitingParcel.objects.filter(survey=survey).order_by()
    # Whose they are, and whether they are answers at all, nobody can tell here.
    is_due = (
        manifest.timing == "immediate"
        or rows.filter(has_left=False).count() >= manifest.flush_min
        or intake_of(survey, now=timezone.now()).is_closed
    )
    if is_due:
        # Before anything is sent: after a kill in between, nodes may know them all already.
        rows.filter(has_left=False).update(has_left=True)
    return list(rows.filter(has_left=True).values_list("pk", flat=True))


def _forward(digest: str, keys: Sequence[int], silent: set[str]) -> None:
    """Send one batch to every node that lacks a part of it, at the same time to all."""
    rows = list(WaitingParcel.objects.filter(pk__in=keys).order_by())
    work: list[tuple[HttpPeer, int, list[WaitingParcel]]] = []
    for node in nodes_file().nodes:
        bit = 1 << (node.index - 1)
        lacking = [row for row in rows if not row.delivered & bit]
        if lacking and node.node not in silent:
            secrets.SystemRandom().shuffle(lacking)
            peer = HttpPeer(name=node.node, url=node.url, pins=node.pins, seconds=BATCH_SECONDS)
            work.append((peer, bit, lacking))
    with ThreadPoolExecutor(max_workers=3) as pool:
        done = list(pool.map(lambda item: _send(item[0], item[2]), work))
    for (peer, bit, _), taken in zip(work, done, strict=True):
        if taken is None:
            silent.add(peer.name)
        else:
            _mark(digest, keys, taken, bit)


def _send(peer: HttpPeer, rows: Sequence[WaitingParcel]) -> list[int] | None:
    """Return the keys of the rows a node needs no more, or None if it is silent."""
    try:
        answers = parcels_forward(peer, parcels=[bytes(row.parcel) for row in rows])
    except Refused as refusal:
        logger.warning("relay: node %s refuses a batch (%s)", peer.name, refusal.code)
        # This batch is too long for the node; the next may be shorter.
        return [] if refusal.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else None
    except ClientError as error:
        logger.warning("relay: node %s is %s", peer.name, type(error).__name__.lower())
        return None
    except Stopping:
        # What the other nodes have taken is still marked; this one gets it again.
        return None
    refused = Counter(one.code for one in answers if one.state != TAKEN)
    for code, count in refused.items():
        logger.warning("relay: node %s refuses %d parcels (%s)", peer.name, count, code)
    pairs = zip(rows, answers, strict=True)
    return [row.pk for row, one in pairs if one.state != LATER]


def _mark(digest: str, batch: Sequence[int], taken: Sequence[int], bit: int) -> None:
    """Mark a delivery, then delete what all three have, in one transaction."""
    faults.point("relay.forwarded.before_write")
    with transaction.atomic():
        rows = WaitingParcel.objects.filter(pk__in=taken)
        rows.update(delivered=F("delivered").bitor(bit))
        gone, _ = WaitingParcel.objects.filter(pk__in=batch, delivered=ALL_DELIVERED).delete()
        if gone:
            RelayedSurvey.objects.filter(digest=digest).update(
                delivered=F("delivered") + gone, waiting=F("waiting") - gone
            )
        faults.point("relay.forwarded.after_write")
    faults.point("relay.forwarded.after_commit")
