"""Three parties in one event loop, with replicated shares and pairwise AES streams."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from mpcengine.circuits.words_runtime import LONGEST, Arriving, Bytes, next_of, previous_of
from mpcengine.kernels.words import Words

T = TypeVar("T")
PARTIES = (1, 2, 3)
Queues = dict[tuple[int, int], "asyncio.Queue[bytes]"]


class LocalWords:
    """One party: queues to its neighbours, a seeded stream for each of its pairs."""

    def __init__(self, index: int, seed: int, queues: Queues) -> None:
        self.index = index
        self.sent = 0
        self.messages: list[bytes] = []
        self._masked: tuple[int, int] | None = None
        self._expected: deque[Bytes] = deque()
        self._previous, self._next = previous_of(index), next_of(index)
        self._queues = queues
        self._streams = [
            _stream(seed, index, neighbour) for neighbour in (self._previous, self._next)
        ]
        self._joint = [
            _stream(seed + 1, index, neighbour) for neighbour in (self._previous, self._next)
        ]

    def mask(self, message: Bytes) -> None:
        assert self._masked is None
        self._masked = (message.ctypes.data, len(message))
        for stream in self._streams:
            stream.update_into(message.data, message.data)

    def joint(self, count: int) -> Words:
        rows = [stream.update(bytes(8 * count)) for stream in self._joint]
        return np.stack([np.frombuffer(row, dtype=np.uint64) for row in rows])

    async def send(self, message: Bytes) -> None:
        assert message.dtype == np.uint8
        assert 1 <= len(message) <= LONGEST
        # Whatever leaves a party has just been masked, once and whole.
        assert self._masked == (message.ctypes.data, len(message))
        self._masked = None
        self.sent += len(message)
        self._queues[self.index, self._previous].put_nowait(message.tobytes())

    def expect(self, into: Bytes) -> None:
        self._expected.append(into)

    async def arrived(self, message: Arriving) -> None:
        assert message is None
        into = self._expected.popleft()
        payload = await self._queues[self._next, self.index].get()
        assert len(payload) == len(into)
        self.messages.append(payload)
        into[:] = np.frombuffer(payload, dtype=np.uint8)

    async def exchange(
        self, to_previous: Bytes, to_next: Bytes, from_previous: Bytes, from_next: Bytes
    ) -> None:
        for peer, message in ((self._previous, to_previous), (self._next, to_next)):
            self._queues[self.index, peer].put_nowait(message.tobytes())
        for peer, into in ((self._previous, from_previous), (self._next, from_next)):
            payload = await self._queues[peer, self.index].get()
            into[:] = np.frombuffer(payload, dtype=np.uint8)


Program = Callable[[LocalWords], Awaitable[T]]


def run_parties(
    program: Program[T], seed: int = 1, kind: type[LocalWords] = LocalWords
) -> tuple[list[T], list[LocalWords]]:
    """Run one program at three parties; return their results and runtimes in order."""

    async def together() -> tuple[list[T], list[LocalWords]]:
        queues: Queues = {(a, b): asyncio.Queue() for a in PARTIES for b in PARTIES if a != b}
        runtimes = [kind(index, seed, queues) for index in PARTIES]
        return list(await asyncio.gather(*(program(r) for r in runtimes))), runtimes

    return asyncio.run(together())


def split_all(words: Words, seed: int = 1) -> dict[int, Words]:
    """Share words of any shape; party index to its two components."""
    generator = np.random.default_rng(seed)
    words = np.asarray(words, dtype=np.uint64)
    parts = [
        generator.integers(2**64, size=words.shape, dtype=np.uint64, endpoint=False)
        for _ in range(2)
    ]
    parts.append(words ^ parts[0] ^ parts[1])
    return {index: np.stack([parts[index - 1], parts[index % 3]]) for index in PARTIES}


def opened(shares: Sequence[Words]) -> Words:
    """Open three parties' components, refusing two copies that differ."""
    first, second, third = shares
    for mine, theirs in ((first, second), (second, third), (third, first)):
        assert np.array_equal(mine[1], theirs[0])
    value: Words = first[0] ^ second[0] ^ third[0]
    return value


def opened_flags(flags: Sequence[Bytes]) -> Bytes:
    """Open flags, bytes whose bits 0 and 1 are a party's components."""
    rows = [np.stack([each & 1, each >> 1]).astype(np.uint64) for each in flags]
    return opened(rows).astype(np.uint8)


def _stream(seed: int, first: int, second: int) -> CipherContext:
    low, high = sorted((first, second))
    key = bytes([seed % 256, low, high]).ljust(16, b"\x00")
    return Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
