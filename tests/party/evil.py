"""A peer that speaks real TLS and the real frames, and then does what a test tells it to.

It uses the product's own context and hello, so that everything up to the attack is right.
"""

import contextlib
import os
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mpcengine.party.connection import FAREWELL, HEARTBEAT, HELLO, PAIR_KEY
from mpcengine.party.hello import make_hello
from mpcengine.party.tls import make_context
from mpcengine.protocol.canonical import canonical, parse_canonical
from mpcengine.protocol.partywire import PartySpec
from tests.party.harness import Identity, Trio, identity

HEADER = struct.Struct("<qI")
TIMEOUT = 20.0


@dataclass(slots=True)
class Line:
    """One TLS connection to a victim, in the hands of the attacker."""

    sock: ssl.SSLSocket
    spec: PartySpec

    def send(self, label: int, payload: bytes) -> None:
        self.raw(HEADER.pack(label, len(payload)) + payload)

    def raw(self, data: bytes) -> None:
        self.sock.sendall(data)

    def frame(self) -> tuple[int, bytes]:
        """The next frame that is no heartbeat."""
        while True:
            label, length = HEADER.unpack(self._exactly(HEADER.size))
            payload = self._exactly(length)
            if label != HEARTBEAT:
                return label, payload

    def hello(self, **changes: object) -> dict[str, Any]:
        """Send our hello, changed; return the victim's."""
        self.send(HELLO, canonical({**make_hello(self.spec), **changes}))
        label, payload = self.frame()
        assert label == HELLO
        return dict(parse_canonical(payload))

    def enter(self, victim: int) -> None:
        """Say hello properly and give or take the pair key."""
        self.hello()
        if self.spec.index < victim:
            self.send(PAIR_KEY, os.urandom(16))
        else:
            assert self.frame()[0] == PAIR_KEY

    def is_closed(self) -> bool:
        """Whether the victim closes the line, waiting for it."""
        try:
            while True:
                self.frame()
        except (OSError, EOFError):
            return True

    def farewell(self) -> dict[str, Any]:
        """The victim's last word."""
        while True:
            label, payload = self.frame()
            if label == FAREWELL:
                return dict(parse_canonical(payload))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data


class Evil:
    """Party ``index`` of a trio, with its own identity or somebody else's papers."""

    def __init__(self, trio: Trio, index: int, *, papers: Identity | None = None) -> None:
        self.trio = trio
        self.index = index
        own = papers or identity(f"party {index}")
        self.spec = replace(
            trio.specs[index],
            certificate=own.certificate,
            private_key=own.key,
            pin=own.pin,
        )
        self.shown = ssl.PEM_cert_to_DER_cert(own.certificate)
        self.highest: ssl.TLSVersion | None = None

    def dial(self, victim: int) -> Line:
        """Call a higher-numbered victim; raises OSError or EOFError if it refuses."""
        sock = socket.create_connection(("127.0.0.1", self.trio.port(victim)), TIMEOUT)
        try:
            return self._speak(sock, server=False)
        except BaseException:
            sock.close()
            raise

    def answer(self) -> Line:
        """Take the call of a lower-numbered victim."""
        listener = self.trio.listeners[self.index]
        listener.settimeout(TIMEOUT)
        sock, _ = listener.accept()
        sock.settimeout(TIMEOUT)
        try:
            return self._speak(sock, server=True)
        except BaseException:
            sock.close()
            raise

    def _speak(self, sock: socket.socket, *, server: bool) -> Line:
        note = struct.pack("<H", len(self.shown)) + self.shown
        if not server:
            sock.sendall(note)
        theirs = _certificate(sock)
        if server:
            sock.sendall(note)
        context = make_context(self.spec, theirs, server=server)
        if self.highest is not None:
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.maximum_version = self.highest
        line = Line(context.wrap_socket(sock, server_side=server), self.spec)
        self.trio.lines.append(line.sock)
        return line


def _certificate(sock: socket.socket) -> bytes:
    (length,) = struct.unpack("<H", _receive(sock, 2))
    return _receive(sock, length)


def _receive(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


@contextlib.contextmanager
def timed(most: float) -> Iterator[None]:
    """The block must not take longer than ``most`` seconds."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < most
