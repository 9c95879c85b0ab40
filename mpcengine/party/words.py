"""What a Boolean circuit sees of its party: two neighbours, and shares of zero.

Messages go over the attempt's two pinned connections as they are, without copies that can be
avoided: small ones wait for each other until this party has to wait itself, and what arrives
is decrypted into the array that waits for it. The streams of a pair are AES-128 in counter
mode under a key derived from the pair's key (new in every process) and from job, attempt,
round and bucket, so no stream ever serves twice (corrections B1).
Source: docs/protocol.md §16.8 and §19.
"""

from asyncio import Future

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from mpcengine.circuits.words_runtime import Arriving, Bytes, next_of, previous_of
from mpcengine.party.session import Session
from mpcengine.protocol.canonical import digest_bytes
from mpcengine.protocol.wordswire import WordsSpec

STREAM_LABEL = b"drempel/words/1"
JOINT_LABEL = b"drempel/words-joint/1"
_KEY_BYTES, _WORD_BYTES = 16, 8
# Two components of words, an array (2, words).
Shares = NDArray[np.uint64]


class PartyWords:
    """Implement ``circuits.words_runtime.WordsRuntime`` over one session."""

    def __init__(self, session: Session, spec: WordsSpec) -> None:
        self.index = spec.index
        self.messages = 0
        self.waits = 0
        self._previous = session.connections[previous_of(spec.index)]
        self._next = session.connections[next_of(spec.index)]
        self._streams = tuple(_stream(session, spec, peer) for peer in session.connections)
        self._joint = tuple(
            _stream(session, spec, peer, JOINT_LABEL)
            for peer in (previous_of(spec.index), next_of(spec.index))
        )

    def mask(self, message: Bytes) -> None:
        """XOR this party's next share of zero into ``message``, in place."""
        view = message.data
        for stream in self._streams:
            # Counter mode adds the stream to what it is given: in place, nothing is copied.
            stream.update_into(view, view)

    def joint(self, count: int) -> Shares:
        """Return this party's components, (2, count), of words that no party knows."""
        rows = [stream.update(bytes(_WORD_BYTES * count)) for stream in self._joint]
        return np.stack([np.frombuffer(row, dtype="<u8") for row in rows]).astype(np.uint64)

    async def send(self, message: Bytes) -> None:
        """Send to the previous node; after the return ``message`` may be overwritten.

        Raises PartyFailure ``peer_lost`` if it is gone.
        """
        self.messages += 1
        await self._previous.send_words(message.data)

    def expect(self, into: Bytes) -> Arriving:
        """Say where the next message from the next node goes.

        Raises PartyFailure: ``frame_rejected`` if it has another length, ``peer_lost`` if the
        peer is gone.
        """
        return self._next.receive_words(into.data)

    async def arrived(self, message: Arriving) -> None:
        """Return when a message is there; what waits at us is sent before we wait."""
        if isinstance(message, Future) and not message.done():
            self.waits += 1
            await self._previous.flush_words()
            await message

    async def receive(self, into: Bytes) -> None:
        """Fill ``into`` with the next message from the next node."""
        await self.arrived(self.expect(into))

    async def exchange(
        self, to_previous: Bytes, to_next: Bytes, from_previous: Bytes, from_next: Bytes
    ) -> None:
        """Send one message to each neighbour and fill the two last arrays with theirs."""
        self.messages += 2
        arriving = (
            self._previous.receive_words(from_previous.data),
            self._next.receive_words(from_next.data),
        )
        await self._previous.send_words(to_previous.data)
        await self._next.send_words(to_next.data)
        await self._previous.flush_words()
        await self._next.flush_words()
        for each in arriving:
            if each is not None:
                await each


def _stream(
    session: Session, spec: WordsSpec, peer: int, label: bytes = STREAM_LABEL
) -> CipherContext:
    low, high = sorted((spec.index, peer))
    place = b"%d.%d.%d.%d.%d" % (spec.attempt, spec.round, spec.bucket, low, high)
    info = label + b"\x00" + digest_bytes(spec.job) + place
    key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=info).derive(session.pair_key(peer))
    # The key is used for this one stream, so the counter may start at zero.
    return Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
