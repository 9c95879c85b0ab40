"""Forward waiting packages in shuffled groups to all three nodes, and then forget them.

A group leaves when packages of enough one-time keys wait (``flush_min`` of the manifest), when
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
from django.db.models import Count, F
from django.utils import timezone

import faults
from liveness import alive_note
from mpcengine.http_peer import ClientError, HttpPeer, Refused
from mpcengine.node_client import packages_forward
from mpcengine.protocol.package import package_length
from relay.keys import nodes_file
from relay.leases import flush_keep, flush_take, flushes_give_up
from relay.models import RelayedSurvey, WaitingPackage
from relay.selectors import ALL_DELIVERED, intake_of, manifest_of
from stopping import Stopping, is_stopping

logger = logging.getLogger(__name__)

LARGEST_BATCH = 500
# What a node reads of one body (docs/protocol.md §9): packages of a wide survey fill it sooner.
LARGEST_BODY = 64 * 1024 * 1024
# Of sending a batch as a whole: the longest body at 2 Mbit/s.
BATCH_SECONDS = 300.0
# A node that says this has not heard of the survey's opening yet; every other refusal of one
# package is for ever: it came after the node's own close, or it does not verify there.
LATER_CODES = frozenset({"survey.not_open", "manifest.unknown"})
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
        WaitingPackage.objects.filter(survey=survey).delete()
        return
    keys = _leaving(survey)
    secrets.SystemRandom().shuffle(keys)
    silent: set[str] = set()
    for batch in even_batches(keys, largest_batch(manifest_of(digest).envelope_length)):
        if not flush_keep(digest=digest, owner=OWNER, seconds=FLUSH_LEASE_SECONDS):
            return
        _forward(digest, batch, silent)
        alive_note()
        if len(silent) == len(nodes_file().nodes) or is_stopping():
            return


def largest_batch(envelope_length: int) -> int:
    """Return how many packages of a survey go into one body that a node reads (§8, §9).

    A batch is a u32 count, then each package after its u32 length.
    """
    room = (LARGEST_BODY - 4) // (package_length(envelope_length) + 4)
    return max(1, min(LARGEST_BATCH, room))


def even_batches(keys: Sequence[int], largest: int) -> list[Sequence[int]]:
    """Cut into as few batches of at most ``largest`` as possible, of nearly equal size.

    A short last batch would hide its few packages among nobody.
    """
    count = math.ceil(len(keys) / largest)
    cuts = [len(keys) * i // count for i in range(count + 1)] if count else []
    return [keys[a:b] for a, b in pairwise(cuts)]


def _is_given_up(survey: RelayedSurvey) -> bool:
    """Tell whether even the nodes have given the survey up: then nobody wants its packages."""
    manifest = manifest_of(survey.digest)
    end = manifest.answering.closes + timedelta(days=manifest.give_up_after_days)
    return timezone.now() > end


def _leaving(survey: RelayedSurvey) -> list[int]:
    manifest = manifest_of(survey.digest)
    rows = WaitingPackage.objects.filter(survey=survey).order_by()
    # Corrections of one respondent hide nobody: keys are counted, not packages.
    waiting = rows.filter(has_left=False).aggregate(keys=Count("one_time_key", distinct=True))
    is_due = (
        manifest.timing == "immediate"
        or waiting["keys"] >= manifest.flush_min
        or intake_of(survey, now=timezone.now()).is_closed
    )
    if is_due:
        # Before anything is sent: after a kill in between, nodes may know them all already.
        rows.filter(has_left=False).update(has_left=True)
    return list(rows.filter(has_left=True).values_list("pk", flat=True))


def _forward(digest: str, keys: Sequence[int], silent: set[str]) -> None:
    """Send one batch to every node that lacks a part of it, at the same time to all."""
    rows = list(WaitingPackage.objects.filter(pk__in=keys).order_by())
    work: list[tuple[HttpPeer, int, list[WaitingPackage]]] = []
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


def _send(peer: HttpPeer, rows: Sequence[WaitingPackage]) -> list[int] | None:
    """Return the keys of the rows a node needs no more, or None if it is silent."""
    try:
        answer = packages_forward(peer, packages=[bytes(row.sealed) for row in rows])
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
    for code, count in Counter(answer.refused.values()).items():
        logger.warning("relay: node %s refuses %d packages (%s)", peer.name, count, code)
    final = {name for name, code in answer.refused.items() if code not in LATER_CODES}
    settled = answer.accepted | final
    return [row.pk for row in rows if row.package_id in settled]


def _mark(digest: str, batch: Sequence[int], taken: Sequence[int], bit: int) -> None:
    """Mark a delivery, then delete what all three have, in one transaction."""
    faults.point("relay.forwarded.before_write")
    with transaction.atomic():
        rows = WaitingPackage.objects.filter(pk__in=taken)
        rows.update(delivered=F("delivered").bitor(bit))
        gone, _ = WaitingPackage.objects.filter(pk__in=batch, delivered=ALL_DELIVERED).delete()
        if gone:
            RelayedSurvey.objects.filter(digest=digest).update(delivered=F("delivered") + gone)
        faults.point("relay.forwarded.after_write")
    faults.point("relay.forwarded.after_commit")
