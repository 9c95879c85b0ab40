"""What operators' services suffer: killed, emptied, frozen, full. No accepted answer is lost.

While a part is gone, calls that need it are refused with 503 and when to come back, never with
a fault of ours and never with a promise; after it is back the survey ends by itself within
SETTLED_SECONDS. Times are printed: ``pytest -s``.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from cli.reachable import Live
from deploy.local import Local
from tests.topology.witnesses import RELEASED, Call, Witnesses, publish

pytestmark = [pytest.mark.services, pytest.mark.timeout(280)]

SETTLED_SECONDS = 60.0
GONE_SECONDS = 10.0
RESPONDENTS = 9
BEFORE, MEANWHILE = range(3), range(3, RESPONDENTS)
FILLED = "filler"
Fault = Callable[[], None]


def told(figure: str) -> None:
    """Print a measured figure for whoever runs ``pytest -s``."""
    sys.stdout.write(f"\n{figure}\n")


@contextmanager
def surveyed(live: Live) -> Iterator[Witnesses]:
    """Yield a survey that three have answered; at the end check that each counts once."""
    witnesses = publish(live, RESPONDENTS)
    try:
        for one in witnesses.answer(BEFORE):
            one.result(60)
        yield witnesses
    finally:
        witnesses.end()


def answered_through(
    witnesses: Witnesses, receiver: str, fault: Fault, heal: Fault
) -> list[Call]:
    """Let the others answer while a part is gone; return the faulty service's answers then."""
    fault()
    begun = time.monotonic()
    meanwhile = witnesses.answer(MEANWHILE)
    time.sleep(GONE_SECONDS)
    seen = witnesses.between(receiver, begun, time.monotonic())
    heal()
    healed = time.monotonic()
    for one in meanwhile:
        one.result(SETTLED_SECONDS)
    told(f"all answered {time.monotonic() - healed:.1f} s after healing")
    return seen


def ended_through(witnesses: Witnesses, fault: Fault, heal: Fault, gone: float) -> None:
    """Close, and take the part away in the middle of the job; the result comes by itself."""
    witnesses.close()
    fault()
    time.sleep(gone)
    was = witnesses.job().get("state")
    heal()
    healed = time.monotonic()
    document = witnesses.wait_for_result()
    took = time.monotonic() - healed
    told(f"released {took:.1f} s after healing (it was {was} then)")
    witnesses.check(document)
    witnesses.check_calls()
    assert took <= SETTLED_SECONDS


def refused(calls: list[Call]) -> None:
    """Check that a service that misses a part refuses, and accepts nothing."""
    needing = [call for call in calls if call.method == "POST"]
    assert needing != []
    assert {call.status for call in needing} <= {503}


def killed_and_back(local: Local, name: str) -> tuple[Fault, Fault]:
    """Return how a process is killed with all it started, and how it is started again."""

    def heal() -> None:
        local.processes.again(name)
        local.wait_until_healthy(name)

    return lambda: local.processes.kill(name), heal


def test_it_survives_a_killed_database_of_a_node(local: Local, live: Live) -> None:
    fault, heal = killed_and_back(local, "node-b-database")
    with surveyed(live) as witnesses:
        refused(answered_through(witnesses, "Node b", fault, heal))
        ended_through(witnesses, fault, heal, GONE_SECONDS)


@pytest.mark.parametrize("service", ["node-a", pytest.param("portal", marks=pytest.mark.slow)])
def test_it_survives_an_emptied_and_killed_redis(
    local: Local, live: Live, service: str
) -> None:
    """Nothing depends on it but speed: answers are taken all the time."""
    name = f"{service}-redis"
    _, heal = killed_and_back(local, name)

    def fault() -> None:
        emptied(local, service)
        local.processes.kill(name)

    with surveyed(live) as witnesses:
        seen = answered_through(witnesses, "Node a", fault, heal)
        assert {call.status for call in seen} <= {200, 201}
        assert len(witnesses.receipts) == RESPONDENTS
        ended_through(witnesses, fault, heal, GONE_SECONDS)


def emptied(local: Local, service: str) -> None:
    """Empty a service's Redis as somebody who knows its password may."""
    process = local.topology.process(f"{service}-redis")
    password = (local.installed.secrets(service) / "redis-password").read_text().strip()
    done = subprocess.run(
        ["redis-cli", "-e", "-p", str(process.service.redis_port), "flushall"],
        env={"REDISCLI_AUTH": password, "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "OK"


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Fill the disk that ``folder`` is on, to its last byte, until the end of the block."""
    path = folder / FILLED
    with path.open("wb", buffering=0) as file:
        for size in (1024 * 1024, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    try:
        yield
    finally:
        path.unlink()


def disk_full(folder: Path) -> tuple[Fault, Fault]:
    """Return how a small disk is filled, and how room is made again."""
    filling = ExitStack()
    return lambda: filling.enter_context(filled(folder)), filling.close


@pytest.mark.slow
def test_it_survives_a_full_disk_of_a_nodes_data(local: Local, live: Live) -> None:
    """Its log and events have no room: it works, and loses lines of a log at worst."""
    folder = local.folder / "data" / "node-c"
    fault, heal = disk_full(folder)
    with surveyed(live) as witnesses:
        answered_through(witnesses, "Node c", fault, heal)
        fault, heal = disk_full(folder)
        ended_through(witnesses, fault, heal, GONE_SECONDS)
    for kind in ("web", "worker"):
        # What cannot be written to the log is not written elsewhere instead.
        output = (local.folder / "output" / f"node-c-{kind}.txt").read_text("utf-8")
        assert "Logging error" not in output


def changes_until_full(local: Local, service: str) -> None:
    """Have a server write its log of changes until its disk has no room for more of it.

    What lies ready in the files it has would else take the few answers of a test.
    """
    admin = (local.installed.secrets(service) / "database-admin-password").read_text().strip()
    process = local.topology.process(f"{service}-database")
    message = "SELECT pg_logical_emit_message(false, 'filler', repeat('x', 1000000))"
    with (
        suppress(psycopg.Error),
        psycopg.connect(
            host="127.0.0.1",
            port=process.service.database_port,
            user="postgres",
            password=admin,
            dbname="postgres",
            autocommit=True,
        ) as server,
    ):
        for _ in range(400):
            server.execute(message)
        pytest.fail("the disk was not full")


def test_it_survives_a_full_disk_of_a_nodes_database(local: Local, live: Live) -> None:
    """PostgreSQL ends itself, as it must; whoever watches over it starts it again."""
    name = "node-c-database"
    filling = ExitStack()

    def fault() -> None:
        filling.enter_context(filled(local.folder / "store" / name))
        changes_until_full(local, "node-c")

    def heal() -> None:
        filling.close()
        local.processes.kill(name)
        local.processes.again(name)
        local.wait_until_healthy(name)

    with surveyed(live) as witnesses:
        refused(answered_through(witnesses, "Node c", fault, heal))
        ended_through(witnesses, fault, heal, GONE_SECONDS)


@pytest.mark.slow
def test_it_survives_a_worker_frozen_for_a_minute(local: Local, live: Live) -> None:
    """With its party, if it runs one just then."""
    name = "node-a-worker"
    with surveyed(live) as witnesses:
        for one in witnesses.answer(MEANWHILE):
            one.result(60)
        ended_through(
            witnesses,
            lambda: local.processes.send(name, signal.SIGSTOP),
            lambda: local.processes.send(name, signal.SIGCONT),
            60.0,
        )


@pytest.mark.slow
@pytest.mark.parametrize("service", ["relay", "portal"])
def test_it_survives_a_killed_database_of_relay_or_portal(
    local: Local, live: Live, service: str
) -> None:
    fault, heal = killed_and_back(local, f"{service}-database")
    with surveyed(live) as witnesses:
        seen = answered_through(witnesses, f"The {service}", fault, heal)
        if service == "relay":
            refused(seen)
        ended_through(witnesses, fault, heal, GONE_SECONDS)


@pytest.mark.slow
def test_it_ends_each_service_within_thirty_seconds(local: Local, live: Live) -> None:
    """Asked to (SIGTERM), in the middle of a job; whatever was accepted is in the result."""
    with surveyed(live) as witnesses:
        for one in witnesses.answer(MEANWHILE):
            one.result(60)
        witnesses.close()
        for service in local.topology.services:
            names = [f"{service.name}-{kind}" for kind in ("web", "worker")]
            seconds = local.processes.end(names)
            told(f"{service.name} was gone after {seconds:.1f} s")
            assert seconds <= 30
            for name in names:
                local.processes.again(name)
        document = witnesses.wait_for_result()
        witnesses.check(document)
        assert witnesses.job()["state"] == RELEASED
