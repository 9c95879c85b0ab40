"""A federation of which a service can be taken away, its socket too, and brought back."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import pytest

from cli.embedded import federation as embedded
from cli.embedded.federation import Federation, Options, running
from cli.embedded.ports import listen, port_of
from cli.embedded.services import web_program, worker_program
from tests.storage import lent


@dataclass(slots=True)
class Stage:
    """A running federation and the listening socket of each port."""

    federation: Federation
    sockets: dict[int, socket.socket]

    def take_away(self, service: str) -> None:
        """Kill a service's processes and close its port: callers are refused at once."""
        supervisor = self.federation.supervisor
        for kind in ("web", "worker"):
            with supervisor._lock:
                gone = supervisor._running.pop(f"{service} {kind}")
            os.killpg(gone.process.pid, signal.SIGKILL)
            gone.process.wait()
        self.sockets.pop(self.federation.house.ports[service]).close()

    def bring_back(self, service: str) -> None:
        """Start the service again at its port."""
        house, port = self.federation.house, self.federation.house.ports[service]
        self.sockets[port] = own = listen(port)
        self.federation.supervisor.start(web_program(house, service, own.fileno()))
        self.federation.supervisor.start(worker_program(house, service))

    def start_beside(self, service: str, application: str) -> str:
        """Start another web process of a service, on a port of its own; return its address."""
        own = listen(0)
        self.sockets[port_of(own)] = own
        usual = web_program(self.federation.house, service, own.fileno())
        arguments = tuple(
            application if one == "config.wsgi:application" else one for one in usual.arguments
        )
        name = f"{service} beside"
        self.federation.supervisor.start(replace(usual, name=name, arguments=arguments))
        return f"http://127.0.0.1:{port_of(own)}"


@contextmanager
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Start a federation as people run it, and note its sockets."""
    sockets: dict[int, socket.socket] = {}
    real: Callable[[int], socket.socket] = listen
    monkeypatch.setattr(embedded, "listen", partial(_noted, real, sockets))
    with running(Options(services=lent())) as federation:
        try:
            yield Stage(federation, sockets)
        finally:
            for one in sockets.values():
                one.close()


def _noted(
    real: Callable[[int], socket.socket], sockets: dict[int, socket.socket], port: int
) -> socket.socket:
    found = real(port)
    sockets[port_of(found)] = found
    return found
