"""What a party computes on words: order, difference, merge, outcome, contact.

Source: docs/protocol.md §16.8 and §19.8. Nothing is opened here: a party hands its node its
two components of every result. All arrays are blocks: the first component, then the second.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.words_compare import and_words, strictly_increasing
from mpcengine.circuits.words_contact import KEY_WORDS, contact_shares
from mpcengine.circuits.words_difference import any_near, distance, one_run
from mpcengine.circuits.words_merge import match
from mpcengine.circuits.words_outcome import MatchShares, compare_shares, match_shares
from mpcengine.kernels.words import Bytes, Words
from mpcengine.party.failure import PartyFailure
from mpcengine.party.program import WordsTask
from mpcengine.party.words import Shares
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.request import COMPARE, Request, parse_request
from mpcengine.protocol.request_rules import compare_rules, match_rules
from mpcengine.protocol.wordswire import (
    CONTACT,
    DIFFERENCE,
    HITS_ARRAY,
    MERGE,
    NEAR_ARRAY,
    ORDER,
    ORDER_ARRAY,
    OUTCOME,
    SHOWN_ARRAY,
    TO_HOLDERS_ARRAY,
    TO_REQUESTER_ARRAY,
    VALUES_ARRAY,
    WordsList,
    WordsSpec,
    byte_words,
    counts_array,
    first_array,
    flag_words,
    other_array,
)

# Words that are matched side by side at a time, unless one pair of lists has more.
_SIDE_BY_SIDE = 2**22


async def match_lists(task: WordsTask) -> Mapping[str, Vector]:
    """Return the arrays of the round that the spec names.

    Order: ``order``, a word a list. Difference: ``near``, one word. Merge: ``first/OWNER`` and
    ``other/OWNER`` for each owner but the first. Outcome: ``values``, ``shown``, of a match
    also ``counts/BUCKET`` and with feedback ``hit`` or with contact also ``hits``. Contact:
    ``to-requester``, ``to-holders``, a key a holder. Raises PartyFailure (``bad_spec``) if the
    request is none.
    """
    rounds = {
        ORDER: _order,
        DIFFERENCE: _difference,
        MERGE: _merge,
        OUTCOME: _outcome,
        CONTACT: _contact,
    }
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
        good = [
            await strictly_increasing(task.words, (await anext(blocks))[:, None, :])
            for _ in range(spec.buckets)
        ]
        while len(good) > 1:
            good.append(await and_words(task.words, good.pop(), good.pop()))
        bits += good
    task.fault("party.rows_read")
    task.phase("order")
    return {ORDER_ARRAY: np.concatenate(bits, axis=1).ravel()}


async def _difference(task: WordsTask) -> Mapping[str, Vector]:
    """Return one bit: is the list nearly one of the earlier ones, but not equal to it?

    Earlier lists are read and compared one after the other, so memory is that of two.
    """
    spec, blocks = task.spec, task.blocks()
    own, sizes = await _listed(task, blocks, spec.buckets)
    task.fault("party.rows_read")
    distances = []
    for earlier in spec.earlier:
        other, real = await _listed(task, blocks, earlier.buckets)
        together = np.concatenate([sizes, real], axis=1)
        distances.append(await distance(task.words, own, other, together))
    least = [earlier.least for earlier in spec.earlier]
    near = await any_near(task.words, np.concatenate(distances, axis=1), least)
    task.phase("difference")
    return {NEAR_ARRAY: near.ravel()}


async def _listed(
    task: WordsTask, blocks: AsyncIterator[Shares], buckets: int
) -> tuple[Words, Words]:
    """Read a list: all its words in one ascending run, and the true size of each bucket."""
    words = np.stack([await anext(blocks) for _ in range(buckets)], axis=1)
    sizes = np.concatenate([await anext(blocks) for _ in range(buckets)], axis=1)
    return await one_run(task.words, words), sizes


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
            arrays[first_array(other.owner)] = packed_block(flags[0][place])
            arrays[other_array(other.owner)] = packed_block(flags[1][place])
        task.phase("merge")
    return arrays


async def _outcome(task: WordsTask) -> Mapping[str, Vector]:
    """Return shares of what is shown, and of the private parts that need computing."""
    spec, blocks = task.spec, task.blocks()
    lists, buckets = len(spec.lists), spec.buckets
    sizes = np.concatenate([await anext(blocks) for _ in range(lists * buckets)], axis=1)
    flags = [await anext(blocks) for _ in range((lists - 1) * buckets)]
    together = np.stack(flags, axis=1).reshape(2, lists - 1, buckets, -1)
    task.phase("read")
    task.fault("party.rows_read")
    request = _request(spec)
    sizes = sizes.reshape(2, lists, buckets)
    if request.kind == COMPARE:
        rules = compare_rules(request, lists)
        compared = await compare_shares(task.words, rules, sizes, together)
        arrays = {VALUES_ARRAY: compared.values.ravel(), SHOWN_ARRAY: compared.shown.ravel()}
    else:
        first = np.ascontiguousarray(sizes[:, 0])
        matched = await match_shares(
            task.words, match_rules(request, lists - 1), first, together, spec.lists[0].words
        )
        arrays = _match_arrays(matched, with_hits=request.shares_hits)
    task.phase("outcome")
    return arrays


async def _contact(task: WordsTask) -> Mapping[str, Vector]:
    """Return shares of keys where both opted in and the holder has a hit, else of chance."""
    lists, blocks = task.spec.lists, task.blocks()
    if any(one.words != KEY_WORDS + 1 for one in lists):
        raise PartyFailure("bad_spec", detail="a contact has a key and a bit")
    contacts = np.stack([await anext(blocks) for _ in lists], axis=1)
    hits = np.concatenate([await anext(blocks) for _ in lists[1:]], axis=1)
    task.phase("read")
    task.fault("party.rows_read")
    shares = await contact_shares(task.words, contacts, hits)
    task.phase("contact")
    return {
        TO_REQUESTER_ARRAY: shares.to_requester.ravel(),
        TO_HOLDERS_ARRAY: shares.to_holders.ravel(),
    }


def _request(spec: WordsSpec) -> Request:
    try:
        return parse_request(spec.request)
    except ProtocolError as error:
        raise PartyFailure("bad_spec", detail=error.sentence) from None


def _match_arrays(matched: MatchShares, *, with_hits: bool) -> dict[str, Vector]:
    arrays = {VALUES_ARRAY: matched.values.ravel(), SHOWN_ARRAY: matched.shown.ravel()}
    _, buckets, capacity = matched.counts.shape
    rows = np.zeros((2, buckets, 8 * byte_words(capacity)), dtype=np.uint8)
    rows[:, :, :capacity] = matched.counts
    for bucket in range(buckets):
        arrays[counts_array(bucket)] = _as_block(rows[:, bucket])
    if with_hits:
        arrays[HITS_ARRAY] = matched.hits.ravel()
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


def packed_block(flags: Bytes) -> Vector:
    """Return flags, a byte each with both components, as a block: 64 flags a word."""
    count = len(flags)
    rows = np.zeros((2, 8 * flag_words(count)), dtype=np.uint8)
    for place in (0, 1):
        bits = np.packbits(flags >> place & 1, bitorder="little")
        rows[place, : len(bits)] = bits
    return _as_block(rows)


def _as_block(rows: Bytes) -> Vector:
    words = np.ascontiguousarray(rows).view("<u8")
    return words.astype(np.uint64, copy=False).ravel()
