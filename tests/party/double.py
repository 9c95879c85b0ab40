"""A party process with a small computation of the tests' own: ``python -m tests.party.double``.

Everything but the computation is the product's program: spec, TLS, hello, watches, outcome.
"""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from mpcengine.circuits.compare import is_not_negative
from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.shares import bit_mask, deal, multiply, reveal_under
from mpcengine.kernels import field61
from mpcengine.party.program import Task, Work, main


async def product(task: Task) -> Mapping[str, Vector]:
    """Each party deals (index, 10·index); shares of the product of all three vectors."""
    own = field61.vector([task.spec.index, 10 * task.spec.index])
    first, second, third = await deal(task.vectors, own)
    both = await multiply(task.vectors, first, second)
    return {"pattern": await multiply(task.vectors, both, third)}


async def wait(task: Task) -> Mapping[str, Vector]:
    """Exchange for ever, with a pause, until somebody ends it."""
    one = field61.vector([1])
    while True:
        await task.vectors.exchange(dict.fromkeys(task.session.connections, one))
        await asyncio.sleep(0.01)


async def busy(task: Task) -> Mapping[str, Vector]:
    """Party 1 computes without looking up for most of the stall limit; others wait."""
    if task.spec.index == 1:
        time.sleep(0.7 * task.spec.stall_seconds)
    await task.vectors.exchange(dict.fromkeys(task.session.connections, field61.vector([1])))
    return {"pattern": field61.vector([task.spec.index])}


async def arrays(task: Task) -> Mapping[str, Vector]:
    """MPyC's own array path: input, comparison and output of a secure array of integers."""
    runtime = task.session.runtime
    secure = runtime.SecInt(16)
    dealt = runtime.input(secure.array(np.array([task.spec.index, 5 - task.spec.index])))
    total = dealt[0] + dealt[1] + dealt[2]
    opened = await runtime.output(total >= 7)
    return {"pattern": field61.vector([int(bit) for bit in opened])}


async def compare(task: Task) -> Mapping[str, Vector]:
    """Our comparison and MPyC's own, of the same dealt values with zero."""
    values = list(range(-12, 13))
    dealt = await deal(task.vectors, field61.vector(values))
    ours = await is_not_negative(task.vectors, dealt[0])
    runtime = task.session.runtime
    secure = runtime.SecInt(16)
    theirs = await runtime.output(
        [x >= 0 for x in runtime.input([secure(v) for v in values], 0)]
    )
    return {"pattern": ours, "counts": field61.vector([int(bit) for bit in theirs])}


async def streams(task: Task) -> Mapping[str, Vector]:
    """The first elements of both streams and our own randomness."""
    pairs = sorted(tuple(sorted((task.spec.index, peer))) for peer in task.session.connections)
    first, second = ((low, high) for low, high in pairs)
    vectors = task.vectors
    parts = {"pattern": vectors.stream(first, 4), "counts": vectors.stream(second, 4)}
    return {**parts, "squares": vectors.fresh(4)}


async def large(task: Task) -> Mapping[str, Vector]:
    """Exchange vectors that need more than one frame."""
    count = 2**22 + 5
    own = field61.vector([task.spec.index]).repeat(count)
    arrived = await task.vectors.exchange(dict.fromkeys(task.session.connections, own))
    return {"pattern": field61.vector([int(part.sum()) for part in arrived.values()])}


async def table(task: Task) -> Mapping[str, Vector]:
    """The column sums of the rows, read in chunks."""
    totals = np.zeros(task.spec.width, dtype=np.uint64)
    async for chunk in task.chunks():
        field61.add_column_sums(chunk, totals)
    return {"counts": totals}


async def lie(task: Task) -> Mapping[str, Vector]:
    """Open a masked value; party 2 opens another one than it should."""
    mask = await bit_mask(task.vectors, 2)
    own = 1 if task.spec.index == 2 else 0
    opened = await reveal_under(task.vectors, field61.vector([own, 0]), mask)
    return {"pattern": opened}


async def wrong(task: Task) -> Mapping[str, Vector]:
    """Shares of a product, of which party 3 hands its node another share than it computed."""
    arrays = dict(await product(task))
    if task.spec.index == 3:
        arrays["pattern"] = field61.add_constant(arrays["pattern"], 1)
    return arrays


async def nothing(task: Task) -> Mapping[str, Vector]:
    """Compute nothing: hello, then the barrier at the end."""
    return {"pattern": field61.vector([task.spec.index])}


async def crash(task: Task) -> Mapping[str, Vector]:
    """Fail with a secret in the exception's text."""
    await task.vectors.exchange(dict.fromkeys(task.session.connections, field61.vector([1])))
    raise ValueError("secret 123456789")


async def twice(task: Task) -> Mapping[str, Vector]:
    """Try to open a second session in one process."""
    type(task.session)(task.spec)
    return {}


WORKS: dict[str, Any] = {
    work.__name__: work
    for work in (
        *(product, wait, busy, arrays, compare, streams, large, table),
        *(lie, wrong, nothing, crash, twice),
    )
}

if __name__ == "__main__":
    chosen: Work = WORKS[sys.argv[1]]
    os._exit(main(chosen))
