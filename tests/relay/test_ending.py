"""A relay's worker that is asked to end is gone in 30 seconds, in a silent call too."""

import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mpcengine.protocol.strict import to_base64
from tests.mpcengine.cast import Federation, order_of
from tests.relay.parcels import parcel_for
from tests.relay.relay_process import RelayProcess
from tests.relay.test_relay_process import opened
from tests.storage import ask

GONE_SECONDS = 30.0


@contextmanager
def silent_at(relay: RelayProcess) -> Iterator[threading.Event]:
    """Put a node into the relay's nodes file that takes calls and never answers."""
    called = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        path = relay.federation.folder / "nodes.json"
        nodes = json.loads(path.read_text())
        nodes["nodes"][1]["url"] = f"http://127.0.0.1:{listener.getsockname()[1]}"
        path.write_text(json.dumps(nodes))
        held: list[socket.socket] = []

        def take() -> None:
            try:
                while True:
                    held.append(listener.accept()[0])
                    called.set()
            except OSError:
                return

        threading.Thread(target=take, daemon=True).start()
        yield called
        for one in held:
            one.close()


def ended(worker: "subprocess.Popen[bytes]", relay: RelayProcess) -> float:
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    output = (relay.folder / "output").read_text()
    assert worker.wait(GONE_SECONDS) == 0, output
    return time.monotonic() - began


def started(relay: RelayProcess) -> "subprocess.Popen[bytes]":
    """Start a worker and wait until it is ready."""
    worker = relay.start_worker()
    until = time.monotonic() + 30
    while not (relay.folder / "worker.alive").exists():
        assert time.monotonic() < until, (relay.folder / "output").read_text()
        time.sleep(0.05)
    return worker


def test_idle_it_is_gone_soon(relay: RelayProcess) -> None:
    assert ended(started(relay), relay) < 15


def test_in_a_call_that_nobody_answers_it_is_gone_and_loses_nothing(
    relay: RelayProcess, federation: Federation
) -> None:
    relay.start_web()
    published = opened(relay)
    with silent_at(relay) as called:
        worker = started(relay)
        parcels = [parcel_for(federation, published.manifest) for _ in range(3)]
        for one in parcels:
            assert relay.call("POST", "packages", one)[0] == 201
        body, signature = order_of(published.manifest, "close")
        order = {"order": to_base64(body), "signature": to_base64(signature)}
        relay.call("POST", "orders", json.dumps(order).encode())
        assert called.wait(30), relay.log
        assert ended(worker, relay) < GONE_SECONDS
        assert relay.waiting() == 3
        held = "SELECT count(*) FROM relay_relayedsurvey WHERE flush_owner <> ''"
        assert ask(relay.folder, held)[0][0][0] == 0
