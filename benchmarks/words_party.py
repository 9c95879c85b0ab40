"""The product's party on words, which afterwards replays its own messages as bare ANDs.

``python -m benchmarks.words_party CASE``: ``round`` computes the round of the spec; ``and``,
``compare`` and ``equality`` compute that of two blocks of one length. The replay sends messages
of the same lengths over the same connections in the same order, with the same overlap, mask
and one AND of every word between them: the least that any circuit with these messages must do.
"""

import os
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mpcengine.circuits import words_compare
from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.words_runtime import LONGEST, Arriving, Bytes, WordsRuntime
from mpcengine.kernels.words import product
from mpcengine.party.checks import evaluate_reports
from mpcengine.party.matching import match_lists, packed_block
from mpcengine.party.program import Matching, WordsTask, main
from mpcengine.party.rounds import compute_round
from mpcengine.party.words import PartyWords, Shares

WORD_BYTES = 8
Decision = Callable[[WordsRuntime, Shares, Shares], Awaitable[Bytes]]


class Recorder:
    """Hand a circuit its neighbours and note what it sends and takes, in order."""

    def __init__(self, words: PartyWords) -> None:
        self.index = words.index
        # Lengths of messages sent, and 0 where one was waited for.
        self.lengths: list[int] = []
        self._words = words

    @property
    def messages(self) -> int:
        """Return the number of messages sent."""
        return self._words.messages

    @property
    def waits(self) -> int:
        """Return how often this party had to wait for a message."""
        return self._words.waits

    def mask(self, message: Bytes) -> None:
        """XOR a share of zero into the message."""
        self._words.mask(message)

    async def send(self, message: Bytes) -> None:
        """Send, and note the length."""
        self.lengths.append(len(message))
        await self._words.send(message)

    def expect(self, into: Bytes) -> Arriving:
        """Say where the next message goes."""
        return self._words.expect(into)

    async def arrived(self, message: Arriving) -> None:
        """Return when a message is there, and note it."""
        self.lengths.append(0)
        await self._words.arrived(message)


async def replay(words: PartyWords, lengths: list[int]) -> None:
    """Send and take messages of these lengths, each sent one a bare AND of its words."""
    count = LONGEST // WORD_BYTES
    x = np.arange(2 * count, dtype=np.uint64).reshape(2, count)
    y = x[:, ::-1].copy()
    out = np.empty(count, dtype=np.uint64)
    own, got = out.view(np.uint8), np.empty(LONGEST, dtype=np.uint8)
    expected: deque[Arriving] = deque()
    for length in lengths:
        if not length:
            await words.arrived(expected.popleft())
            continue
        part = -(-length // WORD_BYTES)
        product(x, y, 0, out[:part])
        words.mask(own[:length])
        await words.send(own[:length])
        expected.append(words.expect(got[:length]))


def measured(work: Matching) -> Matching:
    """Return a computation that does ``work``, then the bare replay, and times both."""

    async def run(given: WordsTask) -> Mapping[str, Vector]:
        words = given.words
        recorder = Recorder(words)
        task = await _read(given)
        task.words = recorder  # type: ignore[assignment]
        before, used = task.session.bytes_sent, time.process_time()
        arrays = dict(await work(task))
        task.seconds["round_bytes"] = float(task.session.bytes_sent - before)
        task.seconds["round_messages"] = float(recorder.messages)
        task.seconds["cpu_work"] = time.process_time() - used
        await _meet(words)
        task.phase("meeting")
        used = time.process_time()
        await replay(words, recorder.lengths)
        task.seconds["cpu_bare"] = time.process_time() - used
        task.phase("bare")
        return arrays

    return run


@dataclass(slots=True, kw_only=True)
class ReadTask(WordsTask):
    """Hold the blocks, read before any clock starts."""

    kept: deque[Shares]

    async def blocks(self) -> AsyncIterator[Shares]:
        """Yield the blocks in order."""
        while self.kept:
            yield self.kept.popleft()


async def _read(task: WordsTask) -> ReadTask:
    """Read all blocks, then wait for both peers: they may take longer to read."""
    kept = deque([block async for block in task.blocks()])
    await _meet(task.words)
    task.phase("meeting")
    return ReadTask(
        session=task.session,
        seconds=task.seconds,
        spec=task.spec,
        words=task.words,
        kept=kept,
    )


async def _meet(words: PartyWords) -> None:
    """Wait for both peers, so that a clock starts for all at once."""
    one = np.zeros(1, dtype=np.uint8)
    for _ in range(2):
        await words.exchange(one, one, one.copy(), one.copy())


async def _blocks(task: WordsTask) -> tuple[Shares, Shares]:
    first, second = [block async for block in task.blocks()]
    task.phase("read")
    return first, second


async def bare_and(task: WordsTask) -> Mapping[str, Vector]:
    """AND two arrays of words."""
    first, second = await _blocks(task)
    out = await words_compare.and_words(task.words, first, second)
    task.phase("work")
    return {"out": out.ravel()}


async def compare(task: WordsTask) -> Mapping[str, Vector]:
    """Tell which words of the first array are greater."""
    return await _bits(task, words_compare.greater)


async def equality(task: WordsTask) -> Mapping[str, Vector]:
    """Tell which words of two arrays are equal."""
    return await _bits(task, words_compare.equal)


async def _bits(task: WordsTask, circuit: Decision) -> Mapping[str, Vector]:
    first, second = await _blocks(task)
    flags = await circuit(task.words, first, second)
    task.phase("work")
    return {"out": packed_block(flags)}


WORKS: dict[str, Matching] = {
    "round": match_lists,
    "and": bare_and,
    "compare": compare,
    "equality": equality,
}

if __name__ == "__main__":
    os._exit(main(compute_round, evaluate_reports, measured(WORKS[sys.argv[1]])))
