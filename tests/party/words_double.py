"""A party process that passes words on as a test asks: ``python -m tests.party.words_double``.

Everything but the computation is the product's program: spec, TLS, hello, watches, outcome.
"""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.words_compare import and_words
from mpcengine.circuits.words_runtime import Arriving, Bytes
from mpcengine.party.checks import evaluate_reports
from mpcengine.party.matching import match_lists
from mpcengine.party.program import Matching, WordsTask, main
from mpcengine.party.rounds import compute_round
from mpcengine.party.words import PartyWords

# Bytes of messages: one, odd ones, what fills a box of 32 KiB, or what is read at a time, to
# the byte, the longest.
LENGTHS = (1, 7, 8, 2**15 - 12, 2**15 - 11, 2**18 - 12, 2**18 - 11, 3, 2**20, 2**20 - 1, 5)
ECHO_SECONDS = 0.01


def message(index: int, turn: int, length: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """What party ``index`` sends in a turn: bytes that no other message has."""
    step = 2 * index + 7 * turn + 1
    return (np.arange(length, dtype=np.uint64) * step + index + turn).astype(np.uint8)


async def ring(task: WordsTask) -> Mapping[str, Vector]:
    """Pass messages of many lengths on, one by one, then together; count what is wrong."""
    words, wrong = task.words, 0
    sender = words.index % 3 + 1
    for turn, length in enumerate(LENGTHS):
        await words.send(message(words.index, turn, length))
        wrong += await _arrives_wrong(task, sender, turn, length)
    for turn, length in enumerate(LENGTHS):
        own = message(words.index, turn, length)
        await words.send(own)
        # The runtime has taken it: what we do to it now must not travel.
        own[:] = 0
    for turn, length in enumerate(LENGTHS):
        wrong += await _arrives_wrong(task, sender, turn, length)
    return {"order": np.array([wrong, words.messages], dtype=np.uint64)}


async def early(task: WordsTask) -> Mapping[str, Vector]:
    """Say where all messages go before the first has come: each stands in its own place."""
    words, wrong = task.words, 0
    sender = words.index % 3 + 1
    arrays = [np.zeros(length, dtype=np.uint8) for length in LENGTHS]
    coming = [words.expect(into) for into in arrays]
    for turn, length in enumerate(LENGTHS):
        await words.send(message(words.index, turn, length))
    for turn, (into, one) in enumerate(zip(arrays, coming, strict=True)):
        await words.arrived(one)
        wrong += int((into != message(sender, turn, len(into))).any())
    return {"order": np.array([wrong], dtype=np.uint64)}


async def crossed(task: WordsTask) -> Mapping[str, Vector]:
    """Two messages are agreed; party 2 sends the second one first."""
    lengths = (1000, 2000)
    arrays = [np.zeros(length, dtype=np.uint8) for length in lengths]
    coming = [task.words.expect(into) for into in arrays]
    for length in lengths[::-1] if task.words.index == 2 else lengths:
        await task.words.send(np.zeros(length, dtype=np.uint8))
    for one in coming:
        await task.words.arrived(one)
    return {"order": np.zeros(1, dtype=np.uint64)}


async def deep(task: WordsTask) -> Mapping[str, Vector]:
    """AND without end, many chunks under way: somebody kills a party in the middle."""
    words = np.zeros((2, 2**22), dtype=np.uint64)
    while True:
        await and_words(task.words, words, words)


async def _arrives_wrong(task: WordsTask, sender: int, turn: int, length: int) -> int:
    into = np.zeros(length, dtype=np.uint8)
    await task.words.receive(into)
    return int((into != message(sender, turn, length)).any())


async def masks(task: WordsTask) -> Mapping[str, Vector]:
    """The first shares of zero, taken in uneven pieces: 8 words in all."""
    taken = np.zeros(64, dtype=np.uint8)
    for start, stop in ((0, 1), (1, 17), (17, 64)):
        task.words.mask(taken[start:stop])
    return {"order": taken.view("<u8").astype(np.uint64)}


async def both(task: WordsTask) -> Mapping[str, Vector]:
    """Exchange one message with each neighbour, of two lengths."""
    own = task.words.index
    to_previous, to_next = message(own, 1, 1000), message(own, 2, 2**20)
    from_previous, from_next = np.zeros(2**20, np.uint8), np.zeros(1000, np.uint8)
    await task.words.exchange(to_previous, to_next, from_previous, from_next)
    before, after = (own + 1) % 3 + 1, own % 3 + 1
    wrong = (from_previous != message(before, 2, 2**20)).any()
    wrong |= (from_next != message(after, 1, 1000)).any()
    return {"order": np.array([int(wrong)], dtype=np.uint64)}


async def blocks(task: WordsTask) -> Mapping[str, Vector]:
    """The shares on standard input, block by block: the sum of each component."""
    sums = [block.sum(axis=1, dtype=np.uint64) async for block in task.blocks()]
    return {"order": np.concatenate(sums)}


async def forever(task: WordsTask) -> Mapping[str, Vector]:
    """Pass words on until somebody ends it."""
    own = np.zeros(2**16, dtype=np.uint8)
    while True:
        await task.words.send(own)
        await task.words.receive(own)
        await asyncio.sleep(ECHO_SECONDS)


async def flood(task: WordsTask) -> Mapping[str, Vector]:
    """Party 2 sends more than anybody holds, party 1 does not look for a while."""
    total, own = 160, np.zeros(2**20, dtype=np.uint8)
    if task.words.index == 2:
        for _ in range(total):
            await task.words.send(own)
    elif task.words.index == 1:
        # Longer than the stall limit of the test: our own doing, nobody's silence.
        limit = time.monotonic() + 1.5 * task.spec.stall_seconds
        while time.monotonic() < limit:
            await asyncio.sleep(0.1)
        for _ in range(total):
            await task.words.receive(own)
    return {"order": np.array([_peak_early(task)], dtype=np.uint64)}


def _peak_early(task: WordsTask) -> int:
    connection = task.session.connections.get(2)
    return 0 if connection is None else int(connection.peak_early_bytes)


async def short(task: WordsTask) -> Mapping[str, Vector]:
    """Party 2 sends a message that is one byte shorter than agreed."""
    own = np.zeros(1000, dtype=np.uint8)
    await task.words.send(own[:-1] if task.words.index == 2 else own)
    await task.words.receive(own)
    return {"order": np.zeros(1, dtype=np.uint64)}


class Recorded:
    """Hand a circuit its neighbours and note every length: sent, or received as ~length."""

    def __init__(self, words: PartyWords) -> None:
        self.index, self.messages, self.waits = words.index, 0, 0
        self.lengths: list[int] = []
        self.mask, self.arrived = words.mask, words.arrived
        self._words = words

    async def send(self, message: Bytes) -> None:
        self.lengths.append(len(message))
        await self._words.send(message)

    def expect(self, into: Bytes) -> Arriving:
        self.lengths.append(~len(into))
        return self._words.expect(into)


async def recorded(task: WordsTask) -> Mapping[str, Vector]:
    """The product's own rounds; besides their arrays, the length of every message."""
    recorded = Recorded(task.words)
    task.words = recorded  # type: ignore[assignment]
    arrays = await match_lists(task)
    lengths = np.array(recorded.lengths, dtype=np.int64).view(np.uint64)
    return {**arrays, "lengths": lengths}


WORKS: dict[str, Any] = {
    work.__name__: work
    for work in (
        *(ring, early, crossed, deep, masks, both),
        *(blocks, forever, flood, short, recorded),
    )
}

if __name__ == "__main__":
    chosen: Matching = WORKS[sys.argv[1]]
    os._exit(main(compute_round, evaluate_reports, chosen))
