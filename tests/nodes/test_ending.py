"""A node's worker that is asked to end is gone in 30 seconds, and another goes on at once."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.nodes.harness import Nodes, Survey
from tests.nodes.publishing import colour_survey
from tests.nodes.test_restarts import check_counts
from tests.nodes.test_three_nodes import colours

GONE_SECONDS = 30.0


def ended(nodes: Nodes, node: str) -> float:
    """Ask a node's worker to end; return how long it took, its party and children included."""
    worker = nodes.processes[node, "worker"]
    family = psutil.Process(worker.pid).children(recursive=True)
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(GONE_SECONDS) == 0, log(nodes, node)
    gone, left = psutil.wait_procs(family, 1.0)
    assert left == [], gone
    return time.monotonic() - began


def log(nodes: Nodes, node: str) -> str:
    folder = nodes.house.service_folder(f"node-{node}")
    return "".join(path.read_text()[-4000:] for path in folder.glob("*.out"))


def leases(nodes: Nodes, node: str) -> list[str]:
    rows = nodes.read(node, "SELECT lease_owner FROM nodes_job WHERE lease_owner != ''")
    return [owner for (owner,) in rows]


def wait(is_so: Callable[[], object], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


@contextmanager
def silent(nodes: Nodes, node: str) -> Iterator[None]:
    """Freeze a node's web process: it takes calls and never answers."""
    web = psutil.Process(nodes.processes[node, "web"].pid)
    family = [web, *web.children(recursive=True)]
    for one in family:
        one.suspend()
    try:
        yield
    finally:
        for one in family:
            one.resume()


@pytest.fixture
def survey(nodes: Nodes) -> Survey:
    made = nodes.publish(colour_survey(), 7)
    nodes.deliver(made, nodes.answers(made, colours(3, 2, 2)))
    return made


def test_idle_it_is_gone_soon(nodes: Nodes) -> None:
    assert ended(nodes, "a") < 15
    assert leases(nodes, "a") == []


def test_with_a_live_party_it_ends_it_and_leaves_the_job(nodes: Nodes, survey: Survey) -> None:
    # The party waits for a peer whose worker is not there, so that it is surely alive.
    frozen = psutil.Process(nodes.processes["c", "worker"].pid)
    nodes.order(survey, "close")
    worker = psutil.Process(nodes.processes["a", "worker"].pid)
    wait(lambda: any("mpcengine.party" in one.cmdline() for one in worker.children()))
    frozen.suspend()
    try:
        assert ended(nodes, "a") < GONE_SECONDS
        assert leases(nodes, "a") == []
    finally:
        frozen.resume()
    nodes.start("a", "worker")
    check_counts(nodes, survey)


@pytest.mark.parametrize("state", ["closing", "frozen"])
def test_in_the_middle_of_a_step_it_leaves_the_job(
    nodes: Nodes, survey: Survey, state: str
) -> None:
    nodes.order(survey, "close")
    query = "SELECT state FROM nodes_job WHERE digest = ?"
    wait(lambda: nodes.read("b", query, survey.manifest.digest)[0][0] == state)
    assert ended(nodes, "b") < GONE_SECONDS
    assert leases(nodes, "b") == []
    nodes.start("b", "worker")
    check_counts(nodes, survey)


def test_in_a_call_that_nobody_answers_it_is_gone_in_time(nodes: Nodes, survey: Survey) -> None:
    with silent(nodes, "c"):
        nodes.order(survey, "close", to=("a", "b"))
        wait(lambda: leases(nodes, "a"))
        time.sleep(1.0)
        assert ended(nodes, "a") < GONE_SECONDS
        assert leases(nodes, "a") == []
    nodes.order(survey, "close", to=("c",))
    nodes.start("a", "worker")
    check_counts(nodes, survey)
