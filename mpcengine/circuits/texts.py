"""From rows of one text question to shares of the texts that were answered, in no known order.

Source: docs/protocol.md §11.7. Nothing of a text is opened here.
"""

import numpy as np

from mpcengine.circuits.openings import reveal_on_line
from mpcengine.circuits.runtime import Vector, VectorRuntime
from mpcengine.circuits.shuffle import shuffle
from mpcengine.protocol.errors import InconsistentShares, MalformedInput

# Words of one question: with its copies far below a party's memory.
LARGEST_WORDS = 1 << 25


async def answered_texts(runtime: VectorRuntime, rows: Vector) -> Vector:
    """Return shares of the words of answered rows, m × W, in a secret order; sixteen rounds.

    ``rows``: n × (1 + W) degree-1 shares, ``answered`` before the words, n and W at least 1.
    The caller has released how many answered, m: that is opened here, bit by bit in the secret
    order. Raises what `shuffle` raises; InconsistentShares ``texts.answered`` if a mark is no
    bit; MalformedInput ``texts.size`` for another shape or more than 2^25 words.
    """
    if rows.ndim != 2 or len(rows) < 1 or rows.shape[1] < 2 or rows.size > LARGEST_WORDS:
        raise MalformedInput("texts.size", "The rows of a text question do not fit.")
    mixed = await shuffle(runtime, rows)
    marks = await reveal_on_line(runtime, mixed[:, 0].copy())
    if marks.max() > 1:
        raise InconsistentShares("texts.answered", "An answered mark is no bit.")
    return np.ascontiguousarray(mixed[marks == 1, 1:])
