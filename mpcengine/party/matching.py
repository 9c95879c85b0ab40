"""What a party computes on words: order and merge.

Source: docs/protocol.md §16.8 and §19.8. Nothing is opened here: a party hands its node its
two components of every result. All arrays are blocks: the first component, then the second.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.words_compare import and_words, strictly_increasing
from mpcengine.circuits.words_merge import match
from mpcengine.kernels.words import Bytes
from mpcengine.party.failure import PartyFailure
from mpcengine.party.program import WordsTask
from mpcengine.protocol.wordswire import (
    MERGE,
    ORDER,
    ORDER_ARRAY,
    WordsList,
    first_array,
    flag_words,
    other_array,
)

# Words that are matched side by side at a time, unless one pair of lists has more.
_SIDE_BY_SIDE = 2**22


async def match_lists(task: WordsTask) -> Mapping[str, Vector]:
    """Return the arrays of the round that the spec names.

    Order: ``order``, a word a list. Merge: ``first/OWNER`` and ``other/OWNER`` for each owner
    but the first.
    """
    rounds = {ORDER: _order, MERGE: _merge}
    if task.spec.round not in rounds:
        raise PartyFailure("bad_spec", detail="this program does not compute the round")
    arrays = await rounds[task.spec.round](task)
    task.fault("party.computed")
    return arrays


async def _order(task: WordsTask) -> Mapping[str, Vector]:
    """Return one bit a list: whether all its buckets are strictly increasing.

    Buckets are read and looked at one after the other, so memory is that of one.
    """
    spec, bits = task.spec, []
    blocks = task.blocks()
    for _ in spec.lists:
        good = None
        for _ in range(spec.buckets):
            block = await anext(blocks)
            bit = await strictly_increasing(task.words, block[:, None, :])
            good = bit if good is None else await and_words(task.words, good, bit)
        bits.append(good)
    task.fault("party.rows_read")
    task.phase("order")
    return {ORDER_ARRAY: np.concatenate(bits, axis=1).ravel()}


async def _merge(task: WordsTask) -> Mapping[str, Vector]:
    """Return the flags of what owner 0 and each other owner both have, in both orders.

    Lists of one length are matched side by side, as many as fit in `_SIDE_BY_SIDE`.
    """
    first, *others = task.spec.lists
    blocks = task.blocks()
    own = await anext(blocks)
    arrays: dict[str, Vector] = {}
    for group in _groups(first.words, others):
        theirs = np.stack([await anext(blocks) for _ in group], axis=1)
        task.phase("read")
        task.fault("party.rows_read")
        mine = np.repeat(own[:, None, :], len(group), axis=1)
        flags = await match(task.words, mine, theirs)
        for place, other in enumerate(group):
            arrays[first_array(other.owner)] = _packed(flags[0][place])
            arrays[other_array(other.owner)] = _packed(flags[1][place])
        task.phase("merge")
    return arrays


def _groups(first: int, others: Sequence[WordsList]) -> list[list[WordsList]]:
    """Cut lists into groups of one length, in their order."""
    groups: list[list[WordsList]] = []
    for other in others:
        most = max(1, _SIDE_BY_SIDE // (first + other.words))
        if not groups or groups[-1][0].words != other.words or len(groups[-1]) == most:
            groups.append([])
        groups[-1].append(other)
    return groups


def _packed(flags: Bytes) -> Vector:
    """Return flags as a block: 64 flags a word."""
    count = len(flags)
    rows = np.zeros((2, 8 * flag_words(count)), dtype=np.uint8)
    for place in (0, 1):
        bits = np.packbits(flags >> place & 1, bitorder="little")
        rows[place, : len(bits)] = bits
    return rows.view("<u8").astype(np.uint64, copy=False).ravel()
