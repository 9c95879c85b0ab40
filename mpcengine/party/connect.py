"""Set up the two connections of an attempt: higher numbers listen, lower numbers dial.

Strangers cannot end an attempt: whoever shows a certificate that is not pinned, or comes for a
number that is taken, is refused and noted, and we go on waiting until the connect limit. A
pinned peer that misbehaves ends it at once.
Source: docs/protocol.md §16; study M3, M4, M7, M8.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable

from mpcengine.party import tls
from mpcengine.party.connection import Connection, Expected
from mpcengine.party.failure import PartyFailure
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.partywire import PeerAddress
from mpcengine.protocol.wordswire import AnySpec, WordsSpec

OnFailure = Callable[[Connection, PartyFailure], None]
_PAUSE_SECONDS = 0.1
# Handshakes at one time; more wait in the kernel's queue.
_MOST_HANDSHAKES = 16
_MOST_NOTICES = 1000


class _LostEarlyError(Exception):
    """A connection was closed before both sides had said hello."""


class Connector:
    """Connect one party to both peers; use once."""

    def __init__(
        self,
        spec: AnySpec,
        hello: dict[str, JSON],
        pair_keys: dict[int, bytes],
        on_failure: OnFailure,
    ) -> None:
        self.connections: dict[int, Connection] = {}
        self.notices: list[tuple[str, int]] = []
        self._spec = spec
        self._hello = hello
        self._pair_keys = pair_keys
        self._on_failure = on_failure
        self._certificate = tls.own_certificate(spec)
        # Certificate and key are tried now: a wrong spec should not look like an absent peer.
        tls.make_context(spec, self._certificate, server=True)
        self._slots = asyncio.Semaphore(_MOST_HANDSHAKES)
        self._complete = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def connect(self) -> dict[int, Connection]:
        """Return the open connections by peer index, each past TLS, pin and hello.

        Raises PartyFailure: ``connect_timeout``, ``peer_unknown_cert``, ``bad_spec``.
        """
        listener = _listener(self._spec.listen_fd)
        try:
            async with asyncio.timeout(self._spec.connect_seconds):
                if self._expected_callers():
                    self._start(self._accept(listener))
                for peer in self._spec.peers:
                    if peer.index > self._spec.index:
                        await self._reach(peer)
                if len(self.connections) < len(self._spec.peers):
                    await self._complete.wait()
        except TimeoutError:
            raise self._not_connected() from None
        finally:
            for task in self._tasks:
                task.cancel()
            listener.close()
        return self.connections

    def _expected_callers(self) -> dict[str, int]:
        return {p.pin: p.index for p in self._spec.peers if p.index < self._spec.index}

    def _not_connected(self) -> PartyFailure:
        missing = [p.index for p in self._spec.peers if p.index not in self.connections]
        if ("peer_unknown_cert", 0) in self.notices:
            detail = "a stranger called, the peer did not within the connect limit"
            return PartyFailure("peer_unknown_cert", peer=missing[0], detail=detail)
        detail = f"no connection within {self._spec.connect_seconds:g} s: peers {missing}"
        return PartyFailure("connect_timeout", peer=missing[0], detail=detail)

    def _note(self, event: str, peer: int) -> None:
        if len(self.notices) < _MOST_NOTICES:
            self.notices.append((event, peer))

    def _start(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _make(self, peer: int, pin: str) -> Connection:
        key = self._pair_keys.get(peer)
        words = isinstance(self._spec, WordsSpec)
        expected = Expected(peer=peer, pin=pin, hello=self._hello, pair_key=key, words=words)
        return Connection(expected, self._on_failure)

    def _register(self, connection: Connection) -> None:
        self.connections[connection.peer] = connection
        if len(self.connections) == len(self._spec.peers):
            self._complete.set()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._slots.acquire()
            sock, _ = await loop.sock_accept(listener)
            self._start(self._welcome(sock))

    async def _welcome(self, sock: socket.socket) -> None:
        try:
            async with asyncio.timeout(tls.HANDSHAKE_SECONDS):
                await self._greet(sock)
        except (OSError, ssl.SSLError, TimeoutError, _LostEarlyError):
            # A failed handshake proves nobody's number: note it and wait for the real peer.
            self._note("handshake_failed", 0)
        except PartyFailure:
            # The connection has told the session already.
            sock.close()
        finally:
            self._slots.release()

    async def _greet(self, sock: socket.socket) -> None:
        sock.settimeout(0)
        certificate = await tls.receive_certificate(sock)
        pin = tls.pin_of(certificate)
        peer = self._expected_callers().get(pin)
        if peer is None or peer in self.connections:
            event = "peer_unknown_cert" if peer is None else "impersonation_refused"
            self._note(event, peer or 0)
            sock.close()
            return
        await tls.send_certificate(sock, self._certificate)
        context = tls.make_context(self._spec, certificate, server=True)
        connection = self._make(peer, pin)
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: connection, sock, ssl=context, ssl_handshake_timeout=tls.HANDSHAKE_SECONDS
        )
        await _opened(connection)
        if peer in self.connections:
            self._note("impersonation_refused", peer)
            connection.close_connection()
            return
        self._register(connection)

    async def _reach(self, peer: PeerAddress) -> None:
        while True:
            try:
                self._register(await self._dial(peer))
            except (OSError, ssl.SSLError, _LostEarlyError):
                # Not there yet: its party starts when its node has every ready message.
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return

    async def _dial(self, peer: PeerAddress) -> Connection:
        loop = asyncio.get_running_loop()
        sock = await _call(peer)
        try:
            await tls.send_certificate(sock, self._certificate)
            certificate = await tls.receive_certificate(sock)
            _check_pin(certificate, peer)
            context = tls.make_context(self._spec, certificate, server=False)
            connection = self._make(peer.index, peer.pin)
            await loop.create_connection(
                lambda: connection,
                sock=sock,
                ssl=context,
                server_hostname="",
                ssl_handshake_timeout=tls.HANDSHAKE_SECONDS,
            )
        except BaseException:
            sock.close()
            raise
        await _opened(connection)
        return connection


def _check_pin(certificate: bytes, peer: PeerAddress) -> None:
    if tls.pin_of(certificate) != peer.pin:
        detail = "the certificate is not the pinned one"
        raise PartyFailure("peer_unknown_cert", peer=peer.index, detail=detail)


async def _opened(connection: Connection) -> None:
    try:
        await connection.opened
    except PartyFailure as failure:
        if failure.failure.cause == "peer_lost":
            raise _LostEarlyError from None
        raise


async def _call(peer: PeerAddress) -> socket.socket:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    family, kind, protocol, _, address = found[0]
    sock = socket.socket(family, kind, protocol)
    sock.settimeout(0)
    try:
        await loop.sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _listener(descriptor: int) -> socket.socket:
    try:
        listener = socket.socket(fileno=descriptor)
        listening = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        raise PartyFailure("bad_spec", detail="listen_fd is no socket") from None
    if not listening:
        raise PartyFailure("bad_spec", detail="listen_fd does not listen")
    listener.settimeout(0)
    return listener
