"""Run the chunks of a Boolean circuit so that sending overlaps computing.

A program is one chunk's computing between messages: it yields a message whose first row is
written, and goes on when the second row is there. A few programs run in turns, in an order that
depends on public sizes alone, so the parties need no labels. Source: docs/protocol.md §19.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from mpcengine.circuits.words_runtime import Arriving, WordsRuntime
from mpcengine.kernels.words import PLANE, Message

Program = Iterator[Message]
Waiting = deque[tuple[Program, Arriving]]

# Pairs of one chunk: its buffers are about 4 MiB, its longest message half one.
CHUNK, SMALLEST = 2**16, 2**13
# Chunks in turns: while one waits for its message, the others compute. Many also keep a slow
# network busy, and wake a party less often.
WIDTH = 8


async def run(runtime: WordsRuntime, programs: Iterable[Program], width: int = WIDTH) -> None:
    """Run all programs to their ends, ``width`` at a time, started in order."""
    waiting: Waiting = deque()
    for program in programs:
        if len(waiting) == width:
            await _turns(runtime, waiting, until_free=True)
        await _advance(runtime, program, waiting)
    await _turns(runtime, waiting, until_free=False)


async def _turns(runtime: WordsRuntime, waiting: Waiting, *, until_free: bool) -> None:
    """Let programs go on in turns until all have ended, or one has."""
    width = len(waiting)
    while waiting and not (until_free and len(waiting) < width):
        program, message = waiting.popleft()
        await runtime.arrived(message)
        await _advance(runtime, program, waiting)


async def _advance(runtime: WordsRuntime, program: Program, waiting: Waiting) -> None:
    message = next(program, None)
    if message is not None:
        runtime.mask(message.own_bytes)
        await runtime.send(message.own_bytes)
        # The peer's message goes to its place even if it comes before its turn.
        waiting.append((program, runtime.expect(message.got_bytes)))


def chunk_size(count: int) -> int:
    """Return the pairs of a chunk's buffers for ``count`` pairs, in whole planes.

    Work is cut in `WIDTH` chunks so that it overlaps, but not in very small ones.
    """
    size = min(max(-(-count // WIDTH), SMALLEST), CHUNK, max(count, 1))
    return -(-size // PLANE) * PLANE


def pieces(count: int, size: int) -> list[tuple[int, int]]:
    """Return (first, count) of the chunks of ``count`` pairs."""
    return [(first, min(size, count - first)) for first in range(0, count, size)]
