"""A flood of rubbish over HTTP: relay and nodes stay up, what they keep is bounded (A26)."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from mpcengine.protocol.codec import pack_batch
from relay.intake import WAITING_PER_INVITED
from tests.mpcengine.cast import Federation
from tests.nodes.harness import Nodes, cells, three_nodes
from tests.nodes.publishing import colour_survey
from tests.nodes.test_three_nodes import colours
from tests.relay.parcels import parcel_for, rubbish_for
from tests.relay.relay_process import RelayProcess
from tests.relay.test_relay_process import drained, opened

INVITED = 30
OVER = 60


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with three_nodes(tmp_path_factory.mktemp("nodes")) as found:
        yield found


def test_the_relay_keeps_what_could_be_answers_and_refuses_the_rest(
    relay: RelayProcess, federation: Federation
) -> None:
    """Fails where ``relay.intake._insert`` gives room without an end."""
    web = relay.start_web()
    published = opened(relay, size=INVITED, flush_min=INVITED)
    manifest = published.manifest
    early = [parcel_for(federation, manifest) for _ in range(5)]
    assert {relay.call("POST", "packages", one)[0] for one in early} == {201}
    cap = INVITED * WAITING_PER_INVITED
    rubbish = [rubbish_for(manifest) for _ in range(cap + OVER)]
    short = [one[:-1] for one in rubbish[:OVER]]

    def call(body: bytes) -> int:
        return relay.call("POST", "packages", body)[0]

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(call, [*rubbish, *short]))
    assert statuses == {201: cap - len(early), 503: OVER + len(early), 400: OVER}
    assert relay.waiting() == cap
    assert web.poll() is None
    assert relay.call("GET", "health")[0] == 200
    # Promised before the flood: it is delivered, and the flood makes room by being delivered.
    relay.start_worker()
    drained(relay, published)
    for node in federation.nodes:
        assert set(early) <= set(node.parcels)
    assert relay.waiting() == 0


def test_the_nodes_store_no_rubbish_and_count_every_answer(nodes: Nodes) -> None:
    """Fails where a node stores a package that it did not verify (``intake._take``)."""
    survey = nodes.publish(colour_survey(), 7)
    packages = nodes.answers(survey, colours(3, 2, 2))
    before = {node: nodes.processes[node, "web"].pid for node in "abc"}
    # Of the right length, cut, of nobody's survey, and a real parcel with a byte changed.
    good = [nodes.wrap(survey, one) for one in packages]
    bad = [one[:-1] + bytes([one[-1] ^ 1]) for one in good]
    # And packages that open, with tokens of another.
    bad += [nodes.wrap(survey, replace(packages[6], tokens=one.tokens)) for one in packages[:6]]
    rubbish = [rubbish_for(survey.manifest) for _ in range(200)]
    batches = [rubbish, [one[:-1] for one in rubbish], [b"\1" * 400] * 200, bad]

    def flood(place: int) -> list[str]:
        answers = nodes.post(batches[place % len(batches)], to="abc"[place % 3])
        return [str(one["state"]) for one in answers]

    with ThreadPoolExecutor(8) as pool:
        flooding = [pool.submit(flood, place) for place in range(24)]
        taken = [one["state"] for one in nodes.post(good[:4])]
        states = {state for one in flooding for state in one.result()}
    assert taken == ["taken"] * 4
    assert states == {"never", "later"}
    for node in "abc":
        assert nodes.read(node, "SELECT count(*) FROM nodes_storedpackage")[0][0] == 4
        assert nodes.processes[node, "web"].poll() is None
        assert nodes.processes[node, "web"].pid == before[node]
    assert [one["state"] for one in nodes.post(good)] == ["taken"] * 7
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert cells(document, "colour") == [3, 2, 2]


def test_a_batch_that_is_none_costs_nothing_but_its_reading(nodes: Nodes) -> None:
    url = f"{nodes.receivers['a'].url}/api/v1/packages"
    pool = nodes.receivers["a"].pool
    octets = {"Content-Type": "application/octet-stream"}
    for body in (b"", b"\xff" * 4, b"\0\0\xff\xff" + b"\0" * 64, pack_batch([b""] * 2001)):
        answer = pool.request("POST", url, body=body, headers=octets)
        assert 400 <= answer.status < 500
    assert nodes.receivers["a"].get("health")["status"] == "ok"
