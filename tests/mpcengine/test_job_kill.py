"""Kill the portal at every named point of every move of a job: the job ends the same."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mpcengine.protocol.result import verify_result
from mpcengine.protocol.strict import to_base64
from tests.mpcengine.cast import Federation, Published, order_of, publish
from tests.mpcengine.node_double import release
from tests.mpcengine.portal_process import PortalProcess

PROPOSE = """
from base64 import b64decode
from mpcengine.services import job_propose
job_propose(manifest=b64decode(given["manifest"]),
            coordinator_signature=b64decode(given["signature"]), rosters=given["rosters"])
"""
ORDER = """
from base64 import b64decode
from mpcengine.services import job_order_take
job_order_take(order=b64decode(given["order"]), signature=b64decode(given["signature"]))
"""
DRIVE = """
from mpcengine.job_driver import job_drive
from mpcengine.models import MpcJob
# A killed transaction gives its number back in SQLite, and not in PostgreSQL.
job_drive(job_id=MpcJob.objects.get().pk, owner="test")
"""
RACE = """
import threading
from django.utils import timezone
from mpcengine.leases import StaleJob, job_change, job_lease
from mpcengine.models import MpcJob

won, start = [], threading.Barrier(8)
old = MpcJob.objects.get()

def take(name):
    start.wait()
    if job_lease(job_id=old.pk, owner=name, now=timezone.now()) is not None:
        won.append(name)

def write(name):
    mine = MpcJob.objects.get()
    mine.epoch = old.epoch
    start.wait()
    try:
        job_change(mine, reason=name)
        won.append(name)
    except StaleJob:
        pass

act = {"take": take, "write": write}[given["act"]]
threads = [threading.Thread(target=act, args=(str(i),)) for i in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
row = MpcJob.objects.get()
print(json.dumps({"won": won, "owner": row.lease_owner, "reason": row.reason,
                  "steps": row.epoch - old.epoch}))
"""
WAYS = ("before_write", "after_write", "after_commit")


@pytest.fixture
def portal(federation: Federation, tmp_path: Path) -> Iterator[PortalProcess]:
    made = PortalProcess(federation, tmp_path / "portal")
    made.prepare()
    yield made
    made.stop()


def propose(portal: PortalProcess, published: Published) -> int:
    return portal.run(
        PROPOSE,
        manifest=to_base64(published.manifest.raw),
        signature=to_base64(published.signature),
        rosters=published.rosters,
    ).returncode


def state(portal: PortalProcess) -> str:
    rows = portal.ask("SELECT state FROM mpcengine_mpcjob")
    return str(rows[0][0]) if rows else "absent"


def drive(portal: PortalProcess) -> int:
    # Whoever was killed held the lease; its time runs out.
    portal.ask("UPDATE mpcengine_mpcjob SET lease_until = '2026-01-01 00:00:00'")
    return portal.run(DRIVE).returncode


def test_a_portal_killed_at_any_point_of_any_move_ends_with_the_same_result(
    portal: PortalProcess, federation: Federation
) -> None:
    published = publish(federation)
    before = "absent"
    for moved in ("proposed", "agreed", "open", "closing", "running", "released"):
        if moved == "closing":
            order, signature = order_of(published.manifest, "close")
            given = {"order": to_base64(order), "signature": to_base64(signature)}
            assert portal.run(ORDER, **given).returncode == 0
        if moved == "released":
            release(federation.nodes, published.manifest, {0: 12, 1: 15, 2: 11})
        for way in WAYS:
            (portal.faults / f"mpcengine.{moved}.{way}").touch()
            code = propose(portal, published) if moved == "proposed" else drive(portal)
            assert code == -signal.SIGKILL, f"{moved}.{way}"
            assert state(portal) == (moved if way == "after_commit" else before)
        before = moved
    assert drive(portal) == 0
    ((document,),) = portal.ask("SELECT document FROM mpcengine_signedresult")
    assert verify_result(json.loads(str(document))).accepted == 38
    assert [set(node.orders) for node in federation.nodes] == [{"close"}] * 3
    assert portal.ask("SELECT count(*) FROM mpcengine_jobnode WHERE roster IS NOT NULL") == [
        (0,)
    ]


def test_of_eight_workers_one_takes_the_job(
    portal: PortalProcess, federation: Federation
) -> None:
    assert propose(portal, publish(federation)) == 0
    seen = json.loads(portal.run(RACE, act="take").stdout)
    assert seen["won"] == [seen["owner"]]
    assert seen["steps"] == 1


def test_of_eight_writers_with_one_epoch_one_writes(
    portal: PortalProcess, federation: Federation
) -> None:
    assert propose(portal, publish(federation)) == 0
    seen = json.loads(portal.run(RACE, act="write").stdout)
    assert seen["won"] == [seen["reason"]]
    assert seen["steps"] == 1
