"""Compare shared words: greater, equal, strictly increasing; and AND.

A shared array of words is ``uint64`` of shape (2, n); words that are compared stand in
bit-reversed significance (`kernels.words.moved`). Shared bits are ``uint8`` of shape
(2, ⌈n / 8⌉), eight a byte, the first in the lowest bit. Source: docs/protocol.md §19.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from mpcengine.circuits.words_pipeline import (
    WIDTH,
    Program,
    chunk_size,
    pieces,
    run,
)
from mpcengine.circuits.words_runtime import WordsRuntime
from mpcengine.kernels.words import (
    ALL_ONES,
    PLANE,
    Bytes,
    Segment,
    Words,
    flags_of,
    inverted,
    make_message,
    packed,
    product,
    public,
)
from mpcengine.kernels.words_block import Block

# Words of one message of a plain AND.
_AND_WORDS = 2**15
Steps = Callable[[Block], Program]


class Blocks:
    """Lend a block to each program that runs, so that buffers are made once."""

    def __init__(self, runtime: WordsRuntime, count: int) -> None:
        self.size = chunk_size(count)
        self._free = [Block(self.size, runtime.index) for _ in range(WIDTH)]

    @contextmanager
    def lent(self) -> Iterator[Block]:
        """Lend one block until the program that asked has ended."""
        block = self._free.pop()
        yield block
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
    """Return the bits a > b of two arrays (2, n): seven rounds, 93 bits each.

    Where a = b the bit may be either.
    """
    return await _decide(runtime, a, b, lambda block: block.greater())


async def equal(runtime: WordsRuntime, a: Words, b: Words) -> Bytes:
    """Return the bits a = b of two arrays (2, n): six rounds, 63 bits each."""
    return await _decide(runtime, a, b, lambda block: block.equal())


async def _decide(runtime: WordsRuntime, a: Words, b: Words, steps: Steps) -> Bytes:
    count = a.shape[1]
    blocks = Blocks(runtime, count)
    flags = np.empty(count, dtype=np.uint8)

    def part(first: int, length: int) -> Program:
        chosen = np.s_[:, first : first + length]
        with blocks.lent() as block:
            block.load(a[chosen], b[chosen])
            yield from steps(block)
            flags[first : first + length] = flags_of(block.answers(), length)

    await run(runtime, (part(*piece) for piece in pieces(count, blocks.size)))
    return packed(flags)


async def strictly_increasing(runtime: WordsRuntime, lists: Words) -> Words:
    """Return one shared bit, (2, 1): 1 if each of some lists, (2, batches, n), increases.

    Each word must be smaller than the next one. 95 bits a word, about log2(words) rounds more.
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
            yield from block.greater(with_equal=True)
            smaller, different = (
                inverted(block.answers(place).copy().rows, runtime.index) for place in (0, 1)
            )
            message = make_message(good[:, first // PLANE :], smaller.shape[1])
            product(smaller, different, 0, message.own)
            yield message

    await run(runtime, (part(*piece) for piece in chunks))
    return await all_ones(runtime, good)


async def all_ones(runtime: WordsRuntime, words: Words) -> Words:
    """Return one shared bit, (2, 1): 1 if all bits of words (2, n), n ≥ 1, are 1."""
    while words.shape[1] > 1:
        half = words.shape[1] // 2
        both = await and_words(runtime, words[:, :half], words[:, half : 2 * half])
        words = np.concatenate([both, words[:, 2 * half :]], axis=1)
    for shift in (32, 16, 8, 4, 2, 1):
        words = await and_words(runtime, words, words >> np.uint64(shift))
    return words & np.uint64(1)


async def any_one(runtime: WordsRuntime, words: Words) -> Words:
    """Return one shared bit, (2, 1): 1 if a bit of words (2, n), n ≥ 1, is 1."""
    none = await all_ones(runtime, inverted(words, runtime.index))
    return inverted(none, runtime.index) & np.uint64(1)


def mask_of(bits: Words) -> Words:
    """Return shared bits in lowest places as words of 64 equal bits."""
    mask: Words = (bits & np.uint64(1)) * np.uint64(ALL_ONES)
    return mask
