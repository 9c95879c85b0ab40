"""A relay as real processes: many at once, killed at any point, a node down meanwhile."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from mpcengine.protocol.outer import parcel_hash
from mpcengine.protocol.strict import to_base64
from tests.mpcengine.cast import Federation, Published, order_of, publish
from tests.relay.parcels import parcel_for
from tests.relay.relay_process import RelayProcess


def opened(relay: RelayProcess, **terms: Any) -> Published:
    published = publish(relay.federation, **terms)
    for node in relay.federation.nodes:
        node.manifests[published.manifest.digest] = published.manifest
    status, _ = relay.call("POST", "manifests", json.dumps(published.signed.to_json()).encode())
    assert status == 201
    return published


def drained(relay: RelayProcess, published: Published) -> None:
    body, signature = order_of(published.manifest, "close")
    value = {"order": to_base64(body), "signature": to_base64(signature)}
    assert relay.call("POST", "orders", json.dumps(value).encode())[0] == 200
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if relay.call("GET", f"surveys/{published.manifest.digest}")[1]["drained"]:
            return
        time.sleep(0.1)
    raise TimeoutError(relay.log)


def test_two_hundred_identical_parcels_at_once_are_one_row(
    relay: RelayProcess, federation: Federation
) -> None:
    relay.start_web()
    published = opened(relay)
    body = parcel_for(federation, published.manifest)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: relay.call("POST", "packages", body), range(200)))
    assert [status for status, _ in answers] == [201] * 200
    assert len({answer["promise"] for _, answer in answers}) == 1
    assert relay.waiting() == 1


@pytest.mark.parametrize(
    ("point", "stored"),
    [
        ("relay.stored.before_write", 0),
        ("relay.stored.after_write", 0),
        ("relay.stored.after_commit", 1),
    ],
)
def test_a_relay_killed_between_store_and_answer_keeps_or_lacks_the_whole_parcel(
    relay: RelayProcess, federation: Federation, point: str, stored: int
) -> None:
    relay.start_web()
    published = opened(relay)
    body = parcel_for(federation, published.manifest)
    (relay.faults / point).touch()
    with pytest.raises(urllib3.exceptions.HTTPError):
        relay.call("POST", "packages", body)
    relay.stop()
    relay.start_web()
    assert relay.waiting() == stored
    assert relay.call("POST", "packages", body)[0] == 201
    assert relay.waiting() == 1


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("relay.forwarded.before_write", marks=pytest.mark.slow),
        "relay.forwarded.after_write",
        pytest.param("relay.forwarded.after_commit", marks=pytest.mark.slow),
    ],
)
def test_a_worker_killed_while_forwarding_loses_nothing(
    relay: RelayProcess, federation: Federation, point: str
) -> None:
    relay.start_web()
    published = opened(relay, flush_min=20)
    sent = [parcel_for(federation, published.manifest) for _ in range(20)]
    (relay.faults / point).touch()
    worker = relay.start_worker()
    for body in sent:
        assert relay.call("POST", "packages", body)[0] == 201
    assert worker.wait(30) == -signal.SIGKILL
    relay.start_worker()
    drained(relay, published)
    for node in federation.nodes:
        assert set(node.parcels) == set(sent)
    assert relay.delivered() == 20


def test_the_log_holds_no_parcel_and_no_sender(
    relay: RelayProcess, federation: Federation
) -> None:
    relay.start_web()
    published = opened(relay, timing="immediate")
    parcel = parcel_for(federation, published.manifest)
    relay.call("POST", "packages", parcel)
    assert relay.call("POST", "packages", b"\2" + parcel[1:])[0] == 400
    federation.nodes[0].refusals["POST packages"] = (400, "batch.malformed")
    relay.start_worker()
    until = time.monotonic() + 20
    while "batch.malformed" not in relay.log and time.monotonic() < until:
        time.sleep(0.1)
    text = relay.log + (relay.folder / "output").read_text()
    assert "batch.malformed" in text
    for part in (parcel_hash(parcel), parcel[33:65]):
        assert part.hex() not in text
    assert relay.token not in text
