"""What every test gets: no network but loopback, and no settings from the shell."""

import socket
from collections.abc import Iterator

import pytest
from django.utils import translation

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
Address = tuple[str, int] | str | bytes


class NetworkRefusedError(Exception):
    """A test tried to reach another machine."""


@pytest.fixture(autouse=True)
def no_language_of_another_test() -> Iterator[None]:
    """Forget the language that a page was shown in: it stays with the thread."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def no_network_beyond_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave this machine, and every name look-up."""
    connect, connect_ex, look_up = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def guard(family: int, address: object) -> None:
        is_local = family == socket.AF_UNIX or (
            isinstance(address, tuple) and address[0] in LOOPBACK
        )
        if not is_local:
            raise NetworkRefusedError

    def guarded_connect(self: socket.socket, address: Address) -> None:
        guard(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Address) -> int:
        guard(self.family, address)
        return connect_ex(self, address)

    def guarded_look_up(host: object, *rest: object, **named: object) -> object:
        if host not in {*LOOPBACK, None, ""}:
            raise NetworkRefusedError
        return look_up(host, *rest, **named)  # type: ignore[arg-type]  # handed on untouched

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    monkeypatch.delenv("DREMPEL_CONFIG", raising=False)
