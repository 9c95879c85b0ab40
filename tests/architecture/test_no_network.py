"""No test leaves this machine: the fixture of tests/conftest.py refuses it, and only it."""

import socket

import pytest

from tests.conftest import NetworkRefusedError

# Reserved for documentation: nobody is there, should the guard ever fail.
NOBODY = "192.0.2.1"


def test_it_refuses_a_connection_to_another_machine() -> None:
    with socket.socket() as one:
        one.settimeout(0.01)
        with pytest.raises(NetworkRefusedError):
            one.connect((NOBODY, 9))
        with pytest.raises(NetworkRefusedError):
            one.connect_ex((NOBODY, 9))


def test_it_refuses_to_look_up_a_name() -> None:
    with pytest.raises(NetworkRefusedError):
        socket.create_connection(("somewhere.example", 9), timeout=0.01)


def test_it_allows_loopback() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname(), timeout=5) as one:
        assert one.getpeername() == server.getsockname()
