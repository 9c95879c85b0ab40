"""Publish which packages this node has seen: in groups, padded to the roster, signed.

Dummies follow from the three nodes' seeds (``padding.py``); nobody else can tell them from
packages. Source: docs/protocol.md §10.7.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings

from mpcengine.protocol import stages
from mpcengine.protocol.batch import Entry, choose_revisions, pack_ids
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.padding import (
    early_publisher,
    padded_ids,
    padding_seed,
    seen_body,
)
from mpcengine.protocol.signing import LABEL_SEEN
from nodes.keystore import node_name, node_sign
from nodes.models import Job, SeenList, StoredPackage
from nodes.selectors import PAD, stage_bodies
from nodes.services.leases import job_write

_LOOKS = 2


def seen_interval() -> timedelta:
    """Return how long an open job sleeps between two looks at what came."""
    return timedelta(seconds=_LOOKS * settings.RECONCILE_SECONDS)


def seen_look(job: Job, manifest: Manifest) -> None:
    """Publish what this open survey's intake took, once a whole group is new since the last.

    A group: packages of max(min_count, flush_min) further one-time keys. A correction is seen
    with the next group. One of the three nodes does this, so that there is nothing to compare.
    """
    if node_name() != early_publisher(job.digest):
        return
    rows = StoredPackage.objects.filter(job=job, is_own=True)
    held = rows.values("one_time_key").distinct().count()
    known = SeenList.objects.filter(job=job).values_list("keys", flat=True).first() or 0
    if held - known < max(manifest.survey.min_count, manifest.flush_min):
        return
    # What came since it was counted only makes the group larger.
    ids = _best(rows.values_list("package_id", "one_time_key", "revision"))
    with job_write(job):
        seen_publish(job, manifest, ids)


def seen_end(job: Job, manifest: Manifest) -> None:
    """Publish the one list of a survey that ends without a number, if there is none yet.

    Where the nodes agreed on a batch, all three published it then (``seen_publish``); else it
    is for the same node as before. To be called in the transaction that ends the job.
    """
    is_agreed = stage_bodies(job, "root").get(node_name()) is not None
    if not is_agreed and node_name() == early_publisher(job.digest):
        rows = StoredPackage.objects.filter(job=job)
        ids = _best(rows.values_list("package_id", "one_time_key", "revision"))
        seen_publish(job, manifest, ids)


def seen_publish(job: Job, manifest: Manifest, ids: Sequence[str]) -> None:
    """Let one padded, signed list of seen ids take the place of the last one.

    ``ids``: one package of each one-time key. Without the three seeds nothing is published: a
    list that each node padded by itself would give the packages away by comparison. To be
    called in a transaction that holds the job.
    """
    bodies = stage_bodies(job, PAD)
    if len(bodies) != len(NODE_NAMES):
        return
    seed = padding_seed(job.digest, [stages.parse_pad(body).seed for body in bodies.values()])
    padded = padded_ids(ids, manifest.roster.size, seed)
    SeenList.objects.update_or_create(
        job=job,
        defaults={
            "ids": pack_ids(padded),
            "signature": node_sign(LABEL_SEEN, seen_body(job.digest, padded)),
            "keys": len(ids),
        },
    )


def _best(rows: Iterable[tuple[str, bytes | memoryview, int]]) -> tuple[str, ...]:
    """Return of each one-time key the package that counts before all others."""
    entries = [
        Entry(package=package, one_time_key=bytes(key), revision=revision)
        for package, key, revision in rows
    ]
    return choose_revisions(entries)[0]
