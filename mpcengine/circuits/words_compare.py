"""Compare shared words: greater, equal, strictly increasing; and AND.

A shared array of words is ``uint64`` of shape (2, n); a shared bit is a word whose lowest place
counts. Where it is said, words stand in bit-reversed significance (`kernels.words.moved`).
Source: docs/protocol.md §19.13.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import numpy as np

from mpcengine.circuits.words_pipeline import WIDTH, Program, chunk_size, pieces, run
from mpcengine.circuits.words_runtime import WordsRuntime
from mpcengine.kernels.words import (
    ALL_ONES,
    PLANE,
    Bytes,
    Message,
    Planes,
    Segment,
    Words,
    flags_of,
    inverted,
    make_message,
    moved,
    product,
    public,
)
from mpcengine.kernels.words_block import Block

# Words of one message of a plain AND.
_AND_WORDS = 2**15
_ONE = np.uint64(1)
# Touching fresh memory costs as much as comparing in it.
_SPARE: dict[tuple[int, int], list[Block]] = {}
Decision = Generator[Message, None, Planes]


class Blocks:
    """Lend a block to each program that runs; those given back serve the next circuit, too.

    A party computes one attempt and ends, so no block ever serves two jobs.
    """

    def __init__(self, runtime: WordsRuntime, count: int) -> None:
        self.size = chunk_size(count)
        self._index = runtime.index
        self._free = _SPARE.setdefault((runtime.index, self.size), [])

    @contextmanager
    def lent(self) -> Iterator[Block]:
        """Lend one block until the program that asked has ended."""
        block = self._free.pop() if self._free else Block(self.size, self._index)
        yield block
        if len(self._free) < WIDTH:
            self._free.append(block)


async def and_words(runtime: WordsRuntime, x: Words, y: Words) -> Words:
    """Return x & y, (2, n): one message a chunk, 8 bytes a word."""
    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    out = np.empty_like(x)

    def part(first: int, count: int) -> Program:
        message = make_message(out[:, first:], count)
        product(x, y, first, message.own)
        yield message

    await run(runtime, (part(*piece) for piece in pieces(x.shape[1], _AND_WORDS)))
    return out


async def greater(runtime: WordsRuntime, a: Words, b: Words) -> Bytes:
    """Return whether a > b in bit-reversed significance, as flags: 95 bits and eight rounds.

    A flag is one byte: its bits 0 and 1 are this node's components.
    """

    def decide(block: Block, first: int, count: int) -> Decision:
        block.load(a, b, first, count)
        return (yield from _strictly(block, runtime.index))

    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    return await _decide(runtime, a.shape[1], decide)


async def equal(runtime: WordsRuntime, a: Words, b: Words) -> Bytes:
    """Return whether a = b, as flags: 63 bits and six rounds."""

    def decide(block: Block, first: int, count: int) -> Decision:
        yield from block.equal_of(a, b, first, count)
        return block.answers()

    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    return await _decide(runtime, a.shape[1], decide)


async def not_greater(runtime: WordsRuntime, a: Words, b: Words) -> Words:
    """Return the bits a ≤ b, (2, n), of words in the order of their numbers."""
    flags = await greater(runtime, moved(a), moved(b))
    return inverted(_words(flags), runtime.index) & _ONE


async def equal_words(runtime: WordsRuntime, a: Words, b: Words) -> Words:
    """Return the bits a = b, (2, n)."""
    return _words(await equal(runtime, a, b))


async def strictly_increasing(runtime: WordsRuntime, lists: Words) -> Words:
    """Return one bit, (2, 1): 1 if each of some lists, (2, batches, n), increases.

    Each word, in bit-reversed significance, must be smaller than the next one. 95 bits a word,
    about log2(words) rounds more.
    """
    _, batches, length = lists.shape
    if batches * (length - 1) <= 0:
        return public(np.ones(1, dtype=np.uint64), runtime.index)
    words = np.ascontiguousarray(lists).reshape(2, -1)
    segment = Segment(
        base=0, run=length - 1, step=0, groups=1, offset=1, batches=batches, stride=length
    )
    blocks = Blocks(runtime, segment.count)
    chunks = pieces(segment.count, blocks.size)
    good = np.empty((2, sum(-(-count // PLANE) for _, count in chunks)), dtype=np.uint64)

    def part(first: int, count: int) -> Program:
        with blocks.lent() as block:
            block.gather(words, segment, first, count)
            smaller = yield from _strictly(block, runtime.index, less=True)
            start = first // PLANE
            good[:, start : start + smaller.words] = smaller.rows

    await run(runtime, (part(*piece) for piece in chunks))
    return await all_ones(runtime, good[:, None])


async def all_ones(runtime: WordsRuntime, words: Words, *, folded: bool = True) -> Words:
    """Return one bit a row, (2, rows): 1 if all bits of words (2, rows, n), n ≥ 1, are 1.

    Not ``folded``: 64 bits a row, each for its own place in the words.
    """
    rows = words.shape[1]
    while words.shape[2] > 1:
        half = words.shape[2] // 2
        left, right = words[:, :, :half], words[:, :, half : 2 * half]
        both = await and_words(runtime, left.reshape(2, -1), right.reshape(2, -1))
        rest = words[:, :, 2 * half :]
        words = np.concatenate([both.reshape(2, rows, half), rest], axis=2)
    result = np.ascontiguousarray(words[:, :, 0])
    if not folded:
        return result
    for shift in (32, 16, 8, 4, 2, 1):
        result = await and_words(runtime, result, result >> np.uint64(shift))
    return result & _ONE


async def any_one(runtime: WordsRuntime, words: Words) -> Words:
    """Return one bit a row, (2, rows): 1 if a bit of words (2, rows, n), n ≥ 1, is 1."""
    turned = inverted(words.reshape(2, -1), runtime.index).reshape(words.shape)
    return inverted(await all_ones(runtime, turned), runtime.index) & _ONE


def mask_of(bits: Words) -> Words:
    """Return shared bits as words of 64 equal bits."""
    mask: Words = (bits & _ONE) * np.uint64(ALL_ONES)
    return mask


async def _decide(
    runtime: WordsRuntime, count: int, decide: Callable[[Block, int, int], Decision]
) -> Bytes:
    flags = np.empty(count, dtype=np.uint8)
    blocks = Blocks(runtime, count)

    def part(first: int, length: int) -> Program:
        with blocks.lent() as block:
            planes = yield from decide(block, first, length)
            flags[first : first + length] = flags_of(planes, length)

    await run(runtime, (part(*piece) for piece in pieces(count, blocks.size)))
    return flags


def _strictly(block: Block, index: int, *, less: bool = False) -> Decision:
    """Decide a > b, or a < b if ``less`` is meant; neither for equal words."""
    yield from block.greater(with_equal=True)
    decided = block.answers(0).copy().rows
    if less:
        decided = inverted(decided, index)
    different = inverted(block.answers(1).copy().rows, index)
    rows = np.empty_like(decided)
    message = make_message(rows, rows.shape[1])
    product(decided, different, 0, message.own)
    yield message
    return Planes(rows, 0, rows.shape[1])


def _words(flags: Bytes) -> Words:
    return np.stack([flags & 1, flags >> 1]).astype(np.uint64)
