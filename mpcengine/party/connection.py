"""One connection to one peer: the place where everything that a peer sends is limited.

It offers MPyC's ``MessageExchanger`` calls (send, receive, nbytes_sent, close_connection), and
MPyC's frames: label (i64), length (u32), payload, little-endian. Unlike MPyC's it caps frames
and buffers, refuses a label used twice, and never waits in silence (study M5, M6, M14).
Frames of words (``landing``) go straight to the array that waits for them, and are read no
faster than they are used. Source: docs/protocol.md §16.
"""

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass

from mpcengine.party import tls
from mpcengine.party.failure import PartyFailure
from mpcengine.party.hello import LONGEST_HELLO, check_hello
from mpcengine.party.landing import Landing
from mpcengine.protocol.canonical import JSON, canonical, parse_canonical
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.partywire import CAUSES

FRAME_LIMIT = 64 * 2**20
BUFFER_LIMIT = 256 * 2**20
PAIR_KEY_BYTES = 16
# Labels that no program counter uses: it is a small number or a hash of two.
HELLO, PAIR_KEY, HEARTBEAT, FAREWELL, WORDS = (-(2**63) + i for i in range(5))
_HEADER = struct.Struct("<qI")
_LONGEST_FAREWELL = 200
# Read and encrypted at a time: more saves nothing, less costs calls (benchmarks/matching.md).
_READ_BYTES = _WRITE_BYTES = 256 * 1024
# Words that wait for each other before they are sent: more would make the peer wait, too.
_HELD_BYTES = 32 * 1024
DONE = "done"


class PeerBytes(bytes):
    """Carry the index of the peer that sent these bytes, so that a refusal can name it."""

    peer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Say whom a connection is for: the peer's index and pin, our hello, who sends the key.

    ``pair_key`` is our key for this pair if we are the lower index, else None: then the peer
    sends it. ``words``: whether this round passes words on.
    """

    peer: int
    pin: str
    hello: dict[str, JSON]
    pair_key: bytes | None
    words: bool = False


class Connection(asyncio.BufferedProtocol):
    """Speak with one authenticated peer; every misbehaviour is told to ``on_failure`` once."""

    def __init__(
        self, expected: Expected, on_failure: Callable[["Connection", PartyFailure], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        self.expected = expected
        self.opened: asyncio.Future[bytes] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        # Set when the peer said farewell, or is gone.
        self.finished: asyncio.Future[None] = loop.create_future()
        self.farewell: tuple[str, int] | None = None
        self.nbytes_sent = 0
        self.heard_at = loop.time()
        self._loop = loop
        self._on_failure = on_failure
        self._transport: asyncio.Transport | None = None
        self._read = memoryview(bytearray(_READ_BYTES))
        self._bytes = bytearray()
        self._landing = Landing(expected.peer)
        self._held_back = False
        self._outbox = memoryview(bytearray(_HELD_BYTES))
        self._filled = 0
        self._writable = asyncio.Event()
        self._writable.set()
        self._buffered = 0
        self._greeted = False
        self._left = False
        self._arrived: dict[int, PeerBytes] = {}
        self._waiting: dict[int, asyncio.Future[PeerBytes]] = {}
        self._seen: set[int] = set()

    @property
    def peer(self) -> int:
        """Return the peer's index, as its certificate proves."""
        return self.expected.peer

    @property
    def is_waited_for(self) -> bool:
        """Tell whether a value from this peer is outstanding."""
        return bool(self._waiting) or self._landing.is_waited_for

    @property
    def is_held_back(self) -> bool:
        """Tell whether we do not read, because words wait that we have not used yet."""
        return self._held_back

    @property
    def peak_early_bytes(self) -> int:
        """Return the most words, in bytes, that ever waited here to be used."""
        return self._landing.peak_early_bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Compare the proven certificate with the pin, then send our hello."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (for the type checker)
        self._transport = transport
        if tls.proven_pin(transport) != self.expected.pin:
            self._refuse("peer_unknown_cert", "the certificate is not the pinned one")
            return
        self.send(HELLO, canonical(self.expected.hello))

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """Return where the next bytes go: the rest of a frame of words goes to its place."""
        return self._landing.place or self._read

    def buffer_updated(self, nbytes: int) -> None:
        """Cut what arrived into frames; refuse one that is too long before it is here."""
        self.heard_at = self._loop.time()
        try:
            if self._landing.place:
                self._landing.advance(nbytes)
            else:
                self._take_bytes(self._read[:nbytes])
        except PartyFailure as failure:
            self._end(failure)
            return
        if self._landing.is_full and not self._held_back and self._transport is not None:
            self._held_back = True
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        """Make senders of words wait: the peer reads more slowly than we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let senders of words go on."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Tell that the peer is gone, unless we closed or it said that it was done."""
        for future in (self.closed, self.finished):
            if not future.done():
                future.set_result(None)
        self._writable.set()
        if self.farewell != (DONE, 0) or self.is_waited_for or not self.opened.done():
            self._end(PartyFailure("peer_lost", peer=self.peer, detail="connection closed"))

    def send(self, label: int, payload: bytes) -> None:
        """Send one frame; raise PartyFailure if the peer is gone or the frame too long."""
        if len(payload) > FRAME_LIMIT:
            raise PartyFailure("internal", detail="a frame of our own is over 64 MiB")
        self._empty_outbox()
        transport = self._open_transport()
        transport.write(_HEADER.pack(label, len(payload)))
        transport.write(payload)
        self.nbytes_sent += _HEADER.size + len(payload)

    async def send_words(self, message: memoryview) -> None:
        """Send one message of words (1 byte to 1 MiB); it may be changed afterwards.

        Small messages wait for each other until `flush_words`. Waits while the peer reads more
        slowly than we write. Raises PartyFailure if the peer is gone.
        """
        head, length = _HEADER.pack(WORDS, len(message)), _HEADER.size + len(message)
        self.nbytes_sent += length
        if self._filled + length > _HELD_BYTES:
            await self.flush_words()
        # The rest does not wait, so that no other frame comes between.
        if length > _HELD_BYTES:
            parts = [message[at : at + _WRITE_BYTES] for at in range(0, length, _WRITE_BYTES)]
            self._open_transport().writelines([head, *parts])
            return
        body = self._filled + _HEADER.size
        self._outbox[self._filled : body] = head
        self._outbox[body : self._filled + length] = message
        self._filled += length

    async def flush_words(self) -> None:
        """Send what waits in our box; wait while the peer reads more slowly than we write."""
        await self._writable.wait()
        self._empty_outbox()

    def receive_words(self, into: memoryview) -> "asyncio.Future[None] | None":
        """Fill ``into`` with the peer's next message: at once (None), or when it has come.

        Raises PartyFailure if it has another length, or the peer is gone.
        """
        done = self._landing.expect(into)
        if done is not None and self.closed.done():
            raise PartyFailure("peer_lost", peer=self.peer, detail="connection closed")
        if self._held_back and not self._landing.is_full and self._transport is not None:
            self._held_back = False
            self._transport.resume_reading()
        return done

    def receive(self, label: int) -> "PeerBytes | asyncio.Future[PeerBytes]":
        """Return the payload with ``label`` if it is here, else a future of it."""
        payload = self._arrived.pop(label, None)
        if payload is not None:
            self._buffered -= len(payload)
            return payload
        if self.closed.done():
            raise PartyFailure("peer_lost", peer=self.peer, detail="connection closed")
        future: asyncio.Future[PeerBytes] = self._loop.create_future()
        self._waiting[label] = future
        return future

    def close_connection(self) -> None:
        """Close after everything written has been sent."""
        if self._transport is not None:
            self._transport.close()

    def beat(self) -> None:
        """Send a sign of life, unless the peer is gone or has said farewell."""
        if self._is_writable() and self.farewell is None:
            self.send(HEARTBEAT, b"")

    def leave(self, cause: str, peer: int) -> None:
        """Tell the peer why we go: ``done``, or a cause and whom it is about.

        Nothing that happens to the connection afterwards is a failure.
        """
        if self._is_writable() and self.opened.done():
            self.send(FAREWELL, canonical({"cause": cause, "peer": peer}))
        self._left = True

    def _empty_outbox(self) -> None:
        if self._filled:
            # The bytes are encrypted before this returns: the box is free again.
            self._open_transport().write(self._outbox[: self._filled])
            self._filled = 0

    def _open_transport(self) -> asyncio.Transport:
        if self._transport is None or self._transport.is_closing():
            raise PartyFailure("peer_lost", peer=self.peer, detail="connection closed")
        return self._transport

    def _is_writable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def _take_frame(self) -> bool:
        if len(self._bytes) < _HEADER.size:
            return False
        label, length = _HEADER.unpack_from(self._bytes)
        if length > (FRAME_LIMIT if self.opened.done() else LONGEST_HELLO):
            raise self._rejected("a frame is longer than allowed")
        if label == WORDS:
            rest = bytearray(self._take_words(length, memoryview(self._bytes)[_HEADER.size :]))
            self._bytes = rest
            return self._is_writable()
        stop = _HEADER.size + length
        if len(self._bytes) < stop:
            return False
        payload = PeerBytes(memoryview(self._bytes)[_HEADER.size : stop])
        payload.peer = self.peer
        del self._bytes[:stop]
        self._handle(label, payload)
        return self._is_writable()

    def _take_bytes(self, data: memoryview) -> None:
        """Cut bytes into frames; messages of words at their head are copied only once."""
        while not self._bytes and len(data) >= _HEADER.size:
            label, length = _HEADER.unpack_from(data)
            if label != WORDS:
                break
            data = self._take_words(length, data[_HEADER.size :])
        if len(data):
            self._bytes.extend(data)
            while self._take_frame():
                pass

    def _take_words(self, length: int, data: memoryview) -> memoryview:
        """Begin a message, put what is here of it in its place, and return the rest."""
        if not (self.opened.done() and self.expected.words):
            raise self._rejected("words come where none are passed on")
        self._landing.begin(length)
        self._landing.put(data[:length])
        return data[length:]

    def _handle(self, label: int, payload: PeerBytes) -> None:
        if not self._greeted:
            self._take_hello(label, payload)
        elif label == FAREWELL:
            self._take_farewell(payload)
        elif not self.opened.done():
            self._take_pair_key(label, payload)
        elif label == HEARTBEAT:
            if payload:
                raise self._rejected("a heartbeat has a payload")
        else:
            self._deliver(label, payload)

    def _take_hello(self, label: int, payload: PeerBytes) -> None:
        if label != HELLO:
            raise self._rejected("the first frame is no hello")
        check_hello(self.expected.hello, self.peer, payload)
        self._greeted = True
        if self.expected.pair_key is not None:
            self.send(PAIR_KEY, self.expected.pair_key)
            self.opened.set_result(self.expected.pair_key)

    def _take_pair_key(self, label: int, payload: PeerBytes) -> None:
        if label != PAIR_KEY or len(payload) != PAIR_KEY_BYTES:
            raise self._rejected("the second frame is no pair key")
        self.opened.set_result(bytes(payload))

    def _deliver(self, label: int, payload: PeerBytes) -> None:
        if label in self._seen or label in (HELLO, PAIR_KEY):
            raise self._rejected("a label is used twice")
        self._seen.add(label)
        future = self._waiting.pop(label, None)
        if future is not None:
            if not future.done():
                future.set_result(payload)
            return
        self._buffered += len(payload)
        if self._buffered > BUFFER_LIMIT:
            raise self._rejected("more than 256 MiB wait unread")
        self._arrived[label] = payload

    def _take_farewell(self, payload: PeerBytes) -> None:
        self.farewell = self._read_farewell(payload)
        if not self.finished.done():
            self.finished.set_result(None)
        if self.farewell[0] != DONE:
            raise PartyFailure("peer_lost", peer=self.peer, detail="it left")

    def _read_farewell(self, payload: PeerBytes) -> tuple[str, int]:
        try:
            value = parse_canonical(payload) if len(payload) <= _LONGEST_FAREWELL else None
        except MalformedMessage:
            value = None
        match value:
            case {"cause": str(cause), "peer": int(peer)} if cause in (
                *CAUSES,
                DONE,
                "internal",
            ):
                return cause, peer if 0 <= peer <= 3 else 0
        raise self._rejected("a farewell cannot be read")

    def _rejected(self, sentence: str) -> PartyFailure:
        return PartyFailure("frame_rejected", peer=self.peer, detail=sentence)

    def _refuse(self, cause: str, sentence: str) -> None:
        self._end(PartyFailure(cause, peer=self.peer, detail=sentence))

    def _end(self, failure: PartyFailure) -> None:
        if not self.opened.done():
            self.opened.set_exception(failure)
            # Whoever dials reads it; nobody may be left to do so after a cancelled attempt.
            self.opened.exception()
            if failure.failure.cause == "peer_lost":
                # Before both hellos a lost connection is only a failed try.
                return
        if not self._left:
            self._left = True
            self._on_failure(self, failure)
        self.close_connection()
