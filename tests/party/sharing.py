"""Lists of words as three nodes hold them, and what their shares open to."""

import numpy as np
from numpy.typing import NDArray

from mpcengine.kernels.words import moved

Words = NDArray[np.uint64]
INDEXES = (1, 2, 3)


def share(words: Words, generator: np.random.Generator) -> dict[int, bytes]:
    """Each node's block of some words as they are."""
    parts = generator.integers(2**64, size=(2, len(words)), dtype=np.uint64, endpoint=False)
    components = (parts[0], parts[1], words ^ parts[0] ^ parts[1])
    return {
        index: np.stack([components[index - 1], components[index % 3]]).astype("<u8").tobytes()
        for index in INDEXES
    }


def share_list(words: Words, generator: np.random.Generator) -> dict[int, bytes]:
    """Each node's block of an ascending list, its bits moved as owners do."""
    return share(moved(words), generator)


def opened(blocks: dict[int, list[int]]) -> Words:
    """The words behind three nodes' blocks, in which both copies of a component must agree."""
    rows = {index: np.array(b, dtype=np.uint64).reshape(2, -1) for index, b in blocks.items()}
    for index in INDEXES:
        assert (rows[index][1] == rows[index % 3 + 1][0]).all()
    total: Words = rows[1][0] ^ rows[2][0] ^ rows[3][0]
    return total


def opened_flags(blocks: dict[int, list[int]], count: int) -> NDArray[np.bool_]:
    """The flags behind three nodes' blocks; what fills the last word must be 0."""
    bits = np.unpackbits(opened(blocks).astype("<u8").view(np.uint8), bitorder="little")
    assert not bits[count:].any()
    return bits[:count].astype(bool)
