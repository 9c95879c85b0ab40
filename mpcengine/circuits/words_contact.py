"""Give two owners each other's keys on shares, where both opted in and the holder has a hit.

Every key leaves as new shares: the key itself, or a word that the three parties drew together
and nobody knows. Which of the two nobody can tell but who can open an envelope with it.
Source: docs/protocol.md §19.17; data requests 7; corrections C4. Same messages for every input.
"""

from dataclasses import dataclass

import numpy as np

from mpcengine.circuits.words_compare import and_words, mask_of
from mpcengine.circuits.words_runtime import WordsRuntime
from mpcengine.kernels.words import Words

KEY_WORDS = 4
_ONE = np.uint64(1)


@dataclass(frozen=True, slots=True, repr=False)
class ContactShares:
    """Hold one node's components of what is given to whom, (2, holders, KEY_WORDS) each.

    ``to_requester``: each holder's key; ``to_holders``: the requester's key for each holder.
    """

    to_requester: Words
    to_holders: Words


async def contact_shares(runtime: WordsRuntime, contacts: Words, hits: Words) -> ContactShares:
    """Return shares of keys where both opted in and the holder has a hit, else of chance.

    ``contacts``: the requester's words and each holder's, (2, 1 + holders, KEY_WORDS + 1): the
    key, then a word whose lowest bit is the opt-in. ``hits``: a word a holder, (2, holders),
    whose lowest bit counts. Three rounds; 8 · holders + 2 · holders words sent.
    """
    holders = hits.shape[1]
    opted = contacts[:, :, KEY_WORDS] & _ONE
    asked = np.repeat(opted[:, :1], holders, axis=1)
    both = await and_words(runtime, np.ascontiguousarray(opted[:, 1:]), asked)
    granted = await and_words(runtime, both, hits & _ONE)
    keys = np.stack(
        [
            contacts[:, 1:, :KEY_WORDS],
            np.repeat(contacts[:, :1, :KEY_WORDS], holders, axis=1),
        ],
        axis=1,
    )
    masks = np.broadcast_to(mask_of(granted)[:, None, :, None], keys.shape)
    drawn = runtime.joint(keys[0].size).reshape(keys.shape)
    kept = await and_words(
        runtime,
        np.ascontiguousarray(masks).reshape(2, -1),
        (keys ^ drawn).reshape(2, -1),
    )
    given = kept.reshape(keys.shape) ^ drawn
    return ContactShares(given[:, 0], given[:, 1])
