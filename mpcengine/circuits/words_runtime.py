"""The little that a Boolean circuit needs from the party it runs in.

Source: docs/protocol.md §19 (words). A word x is c0 ^ c1 ^ c2; the node with index i (1, 2, 3)
holds components i - 1 and i mod 3, in this order, as the two rows of an array (2, n). The
neighbours in the ring 1 → 2 → 3 → 1 are `previous` (it lacks our first component and needs it
after an AND) and `next` (it holds our second component as its first).

One AND costs one message to the previous node: each computes a product of what it holds, masks
it with a share of zero, and that is the first component of the result; what arrives from the
next node is the second.
"""

from collections.abc import Awaitable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Joint = NDArray[np.uint64]
# A message on its way; None if it is there.
Arriving = Awaitable[None] | None
# Bytes of the longest message; most have 8 to 256 KiB.
LONGEST = 2**20


def previous_of(index: int) -> int:
    """Return the index of the node that our messages of an AND go to."""
    return (index + 1) % 3 + 1


def next_of(index: int) -> int:
    """Return the index of the node that messages of an AND come from."""
    return index % 3 + 1


class WordsRuntime(Protocol):
    """Hand a circuit its party index, its two neighbours, and shares of zero.

    Messages are one-dimensional, contiguous, writable ``uint8`` arrays of 1 to `LONGEST` bytes.
    All three parties make the same calls in the same order with the same lengths, so each
    direction is one stream of bytes without labels: what `expect` asks for is always the
    next that the peer has sent, in pieces as it was sent. Circuits keep at most about
    4 MiB sent and not yet received, so a runtime that buffers that much never blocks in `send`.
    A runtime raises its own named failure when a peer is gone, stalls or sends another length.
    """

    index: int

    def mask(self, message: Bytes) -> None:
        """XOR this party's next share of zero into ``message``, in place.

        It is the XOR of the next bytes of two streams, one that only we and the next node
        can make and one that only we and the previous node can make, keys fresh for each
        attempt (corrections B1); the three parties' shares XOR to zero.
        """
        ...

    def joint(self, count: int) -> Joint:
        """Return this party's components, (2, count), of words that no party knows.

        The first component comes from a stream that only we and the previous node can make,
        the second from one that only we and the next node can make; neither is a stream of
        `mask`, and both are fresh for each attempt. All three parties ask for the same counts.
        """
        ...

    async def send(self, message: Bytes) -> None:
        """Send to the previous node; after the return ``message`` may be overwritten.

        Returns as soon as the bytes are taken (copied, encrypted or written), not when they
        have arrived.
        """
        ...

    def expect(self, into: Bytes) -> "Arriving":
        """Say where the next message from the next node goes, one that it sent whole.

        Messages fill the arrays in the order of these calls. ``into`` is the runtime's until
        `arrived` has returned.
        """
        ...

    async def arrived(self, message: "Arriving") -> None:
        """Return when the message that `expect` gave is there; each is awaited once."""
        ...

    async def exchange(
        self, to_previous: Bytes, to_next: Bytes, from_previous: Bytes, from_next: Bytes
    ) -> None:
        """Send one message to each neighbour and fill the two last arrays with theirs.

        For openings only: nothing is masked. Called when no message of `send` is under way.
        """
        ...
