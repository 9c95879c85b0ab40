"""Match two owners' lists: merge, compare neighbours, bring the flags back.

Nothing is opened and no step depends on a word: nodes learn sizes alone. The lists must be
strictly increasing (`words_compare.strictly_increasing`): then no word stands in both together
more than twice. Source: docs/protocol.md §19.13; the network is `words_network`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from mpcengine.circuits.words_compare import Blocks
from mpcengine.circuits.words_network import Level, levels, other_neighbours
from mpcengine.circuits.words_pipeline import WIDTH, Program, pieces, run
from mpcengine.circuits.words_runtime import WordsRuntime
from mpcengine.kernels.words import Bytes, Planes, Segment, Words, aligned_rows
from mpcengine.kernels.words_flags import FlagBlock

# One chunk: its segment, the first pair, the number of pairs.
Piece = tuple[Segment, int, int]


@dataclass(slots=True, repr=False)
class Merged:
    """Hold what a merge leaves at a node: merged words, flags by place, exchanges by level.

    ``size``: the pairs of a chunk. Rows of ``words`` go on behind the last place.
    """

    words: Words
    flags: Bytes
    size: int
    exchanged: list[list[tuple[Piece, Planes]]] = field(default_factory=list)


async def match(runtime: WordsRuntime, first: Words, other: Words) -> tuple[Bytes, Bytes]:
    """Return a flag for each word of both lists: does the other list hold it too?

    ``first`` is (2, batches, m), ``other`` (2, batches, n): matched batch by batch. A flag is a
    byte, bit 0 and 1 the node's components; shapes (batches, m) and (batches, n). For m = n =
    2^k, one batch: nine rounds a level of k + 1 on average, about 20·(k + 1/2)·n bytes sent.
    """
    _, batches, m = first.shape
    n = other.shape[2]
    if not batches * m * n:
        return np.zeros((batches, m), np.uint8), np.zeros((batches, n), np.uint8)
    merged = await merge(runtime, first, other)
    await flag_others(runtime, merged, other_neighbours(m, n, batches))
    await bring_back(runtime, merged)
    flags = merged.flags.reshape(batches, m + n)
    return np.ascontiguousarray(flags[:, :m]), np.ascontiguousarray(flags[:, m:])


async def merge(runtime: WordsRuntime, first: Words, other: Words) -> Merged:
    """Merge two lists, (2, batches, m) and (2, batches, n), m, n and batches ≥ 1.

    The last level flags the pairs that it compares and that are equal.
    """
    _, batches, m = first.shape
    n = other.shape[2]
    (words,) = aligned_rows(batches * (m + n))
    for row in (0, 1):
        places = words[row, : batches * (m + n)].reshape(batches, m + n)
        places[:, :m], places[:, m:] = first[row], other[row]
    network = levels(m, n, batches)
    longest = max(sum(segment.count for segment in level) for level in network)
    blocks = Blocks(runtime, longest)
    merged = Merged(words, np.zeros(batches * (m + n), dtype=np.uint8), blocks.size)
    flag_block = FlagBlock(blocks.size)
    for level in network:
        is_last = level is network[-1]
        done: list[tuple[Piece, Planes]] = []
        merged.exchanged.append(done)
        programs = (
            _exchange(merged, blocks, piece, done, flag_block if is_last else None)
            for piece in _pieces(level, blocks.size)
        )
        await run(runtime, programs)
    return merged


async def flag_others(runtime: WordsRuntime, merged: Merged, neighbours: Level) -> None:
    """Flag the equal neighbours that the last level did not compare."""
    blocks = Blocks(runtime, sum(segment.count for segment in neighbours) or 1)
    flag_block = FlagBlock(blocks.size)

    def part(piece: Piece) -> Program:
        with blocks.lent() as block:
            block.gather(merged.words, *piece)
            yield from block.equal()
            flag_block.apply(merged.flags, *piece, block.answers())

    await run(runtime, (part(piece) for piece in _pieces(neighbours, blocks.size)))


async def bring_back(runtime: WordsRuntime, merged: Merged) -> None:
    """Move the flags to the places where their words came from; one round a level."""
    free = [FlagBlock(merged.size) for _ in range(WIDTH)]

    def part(piece: Piece, exchanged: Planes) -> Program:
        block = free.pop()
        yield block.change(merged.flags, *piece, exchanged)
        block.finish(merged.flags, *piece)
        free.append(block)

    for done in reversed(merged.exchanged):
        await run(runtime, (part(*entry) for entry in done))


def _exchange(
    merged: Merged,
    blocks: Blocks,
    piece: Piece,
    done: list[tuple[Piece, Planes]],
    flag_block: FlagBlock | None,
) -> Program:
    """Compare the pairs of a piece, exchange their places, and note which were."""
    segment, first, _ = piece
    with blocks.lent() as block:
        block.gather(merged.words, *piece)
        yield from block.greater(with_equal=flag_block is not None)
        done.append((piece, block.answers().copy()))
        if flag_block is not None:
            flag_block.apply(merged.flags, *piece, block.answers(1))
        yield block.swap()
        block.scatter(merged.words, segment, first)


def _pieces(level: Level, size: int) -> Iterator[Piece]:
    for segment in level:
        for first, count in pieces(segment.count, size):
            yield segment, first, count
