"""Where a peer's words land: in the array that waits for them, or for a while in one of ours.

A message of words is one frame of at most 1 MiB without a label of its own: every party knows
which message is next and how long it is. Another length ends the attempt.
Source: docs/protocol.md §16.8.
"""

import asyncio
from collections import deque

from mpcengine.party.failure import PartyFailure

LONGEST_WORDS = 2**20
# What a peer may send before it is wanted; then we stop reading, and at last it stops sending.
MOST_EARLY_BYTES = 64 * 2**20

_Waiting = tuple[memoryview, "asyncio.Future[None]"]


class Landing:
    """Take the messages of words of ``peer`` in their order."""

    def __init__(self, peer: int) -> None:
        # The rest of the message that is coming in, empty between messages.
        self.place = memoryview(b"")
        self._peer = peer
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Waiting] = deque()
        self._early: deque[memoryview] = deque()
        self._early_bytes = 0
        self.peak_early_bytes = 0
        # The message that is coming in, if nobody waited when it began.
        self._unexpected: memoryview | None = None

    @property
    def is_waited_for(self) -> bool:
        """Tell whether an array waits for words."""
        return bool(self._waiting)

    @property
    def is_full(self) -> bool:
        """Tell whether more words have come early than we want to hold."""
        return self._early_bytes >= MOST_EARLY_BYTES

    def expect(self, into: memoryview) -> "asyncio.Future[None] | None":
        """Fill ``into`` with the next message: at once (None), or when the future is done.

        Raises PartyFailure ``frame_rejected`` if one that came early has another length.
        """
        if self._early and not self._waiting:
            message = self._early.popleft()
            self._early_bytes -= len(message)
            self._copy(message, into)
            return None
        done: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((into, done))
        return done

    def begin(self, length: int) -> None:
        """Begin a message of ``length`` bytes: afterwards ``place`` says where it goes.

        Raises PartyFailure ``frame_rejected`` if it cannot be the message that comes next.
        """
        if not 0 < length <= LONGEST_WORDS:
            raise self._rejected("a message of words has no allowed length")
        if self._waiting:
            self.place = self._waiting[0][0]
            self._check(length, self.place)
        else:
            self._unexpected = self.place = memoryview(bytearray(length))

    def put(self, data: memoryview) -> None:
        """Copy bytes of the message that came together with its header."""
        self.place[: len(data)] = data
        self.advance(len(data))

    def advance(self, count: int) -> None:
        """Note that ``count`` bytes more of the message are in their place."""
        self.place = self.place[count:]
        if len(self.place):
            return
        message, self._unexpected = self._unexpected, None
        if message is None:
            self._done()
        elif self._waiting:
            self._copy(message, self._waiting[0][0])
            self._done()
        else:
            self._early.append(message)
            self._early_bytes += len(message)
            self.peak_early_bytes = max(self.peak_early_bytes, self._early_bytes)

    def _copy(self, message: memoryview, into: memoryview) -> None:
        self._check(len(message), into)
        into[:] = message

    def _done(self) -> None:
        _, done = self._waiting.popleft()
        if not done.done():
            done.set_result(None)

    def _check(self, length: int, into: memoryview) -> None:
        if length != len(into):
            raise self._rejected("a message of words has another length")

    def _rejected(self, sentence: str) -> PartyFailure:
        return PartyFailure("frame_rejected", peer=self._peer, detail=sentence)
