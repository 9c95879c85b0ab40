"""Read a node's rows from the inherited pipe in chunks, never holding them all.

Source: docs/protocol.md §16. Memory stays at one chunk whatever the number of answers.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61
from mpcengine.party.failure import PartyFailure
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.partywire import PREFIX_BYTES, frame_length

_WORD_BYTES = 8
_CHUNK_BYTES = 4 * 2**20


def read_frame(descriptor: int) -> bytes:
    """Return the body of the frame at the start of a pipe, reading not one byte further.

    Raises MalformedMessage if the pipe ends early or the frame is too long.
    """
    length = frame_length(_read_exactly(descriptor, PREFIX_BYTES))
    return _read_exactly(descriptor, length)


async def chunks(descriptor: int, rows: int, width: int) -> AsyncIterator[Vector]:
    """Yield matrices of about 4 MiB, ``rows`` × ``width`` elements in all.

    Raises PartyFailure (``bad_spec``) if the pipe ends early or a word is not in the field.
    """
    if rows == 0:
        return
    step = max(1, _CHUNK_BYTES // (_WORD_BYTES * width))
    async with _reading(descriptor) as reader:
        for start in range(0, rows, step):
            count = min(step, rows - start)
            yield _matrix(await _take(reader, _WORD_BYTES * count * width), count, width)


async def blocks(descriptor: int, sizes: Sequence[int]) -> AsyncIterator[Vector]:
    """Yield a node's shares of words block by block: arrays (2, words), any 64-bit values.

    Raises PartyFailure (``bad_spec``) if the pipe ends early.
    """
    async with _reading(descriptor) as reader:
        for words in sizes:
            block = np.empty((2, words), dtype="<u8")
            view = block.data.cast("B")
            for start in range(0, len(view), _CHUNK_BYTES):
                part = await _take(reader, min(_CHUNK_BYTES, len(view) - start))
                view[start : start + len(part)] = part
            yield block.astype(np.uint64, copy=False)


@asynccontextmanager
async def _reading(descriptor: int) -> AsyncIterator[asyncio.StreamReader]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2 * _CHUNK_BYTES)
    pipe = os.fdopen(os.dup(descriptor), "rb", buffering=0)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        yield reader
    finally:
        transport.close()


async def _take(reader: asyncio.StreamReader, length: int) -> bytes:
    try:
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        raise PartyFailure("bad_spec", detail="the rows end too early") from None


def _matrix(data: bytes, rows: int, width: int) -> Vector:
    words = np.frombuffer(data, dtype="<u8").astype(np.uint64, copy=False)
    try:
        return field61.check(words.reshape(rows, width), dimensions=2)
    except MalformedMessage:
        raise PartyFailure("bad_spec", detail="a row holds a word outside the field") from None


def _read_exactly(descriptor: int, count: int) -> bytes:
    parts = []
    while count:
        part = os.read(descriptor, min(count, _CHUNK_BYTES))
        if not part:
            raise MalformedMessage("party.frame", "The input ends before its frame does.")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
