"""The portal's worker that is asked to end: gone in 30 seconds, its job free at once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mpcengine.protocol.strict import to_base64
from tests.mpcengine.cast import Federation, publish
from tests.mpcengine.portal_process import HOUSE, PortalProcess
from tests.mpcengine.test_job_kill import PROPOSE

GONE_SECONDS = 30.0
# A worker that does not end by itself: what it holds is put down, and then it is gone.
STUCK = """
import sys, threading
from config import celery
from stopping import stop_ask, stop_call
celery.LATE_SECONDS = float(sys.argv[1])
celery.worker_watch()
stop_call(lambda: 1 / 0)
stop_call(lambda: print("put down", flush=True))
stop_ask()
threading.Event().wait()
"""


@pytest.fixture
def portal(federation: Federation, tmp_path: Path) -> Iterator[PortalProcess]:
    made = PortalProcess(federation=federation, folder=tmp_path / "portal")
    made.prepare()
    yield made
    made.stop()


@contextmanager
def worker_of(portal: PortalProcess) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the portal's worker, ready to work."""
    with (portal.folder / "worker.out").open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-P", "solo"],
            cwd=HOUSE,
            env={
                **os.environ,
                "DREMPEL_CONFIG": str(portal.folder / "service.json"),
                "DJANGO_SETTINGS_MODULE": "config.settings.portal",
            },
            stdout=output,
            stderr=output,
        )
    try:
        until = time.monotonic() + 30
        while not (portal.folder / "worker.alive").exists():
            assert time.monotonic() < until, (portal.folder / "worker.out").read_text()
            time.sleep(0.05)
        yield worker
    finally:
        worker.kill()
        worker.wait()


def ended(worker: "subprocess.Popen[bytes]", portal: PortalProcess) -> float:
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(GONE_SECONDS) == 0, (portal.folder / "worker.out").read_text()
    return time.monotonic() - began


def test_idle_it_is_gone_soon(portal: PortalProcess) -> None:
    with worker_of(portal) as worker:
        assert ended(worker, portal) < 15


def test_in_a_silent_call_it_is_gone_and_its_job_is_free(
    portal: PortalProcess, federation: Federation
) -> None:
    published = publish(federation)
    for node in federation.nodes:
        node.slow_seconds = 40.0
    portal.run("from mpcengine.services import nodes_sync; nodes_sync()")
    done = portal.run(
        PROPOSE,
        manifest=to_base64(published.manifest.raw),
        signature=to_base64(published.signature),
        rosters=published.rosters,
    )
    assert done.returncode == 0
    held = "SELECT count(*) FROM mpcengine_mpcjob WHERE lease_owner != ''"
    with worker_of(portal) as worker:
        until = time.monotonic() + 30
        while portal.ask(held) != [(1,)]:
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(1.0)
        assert ended(worker, portal) < GONE_SECONDS
    assert portal.ask(held) == [(0,)]
    assert portal.ask("SELECT state, misses FROM mpcengine_mpcjob") == [("proposed", 0)]


def test_who_does_not_end_is_ended(portal: PortalProcess) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUCK, "0.5"],
        cwd=HOUSE,
        env={
            **os.environ,
            "DREMPEL_CONFIG": str(portal.folder / "service.json"),
            "DJANGO_SETTINGS_MODULE": "config.settings.portal",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "put down\n"), done.stderr
