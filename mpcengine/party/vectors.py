"""What a circuit sees of its party: exchange of vectors, pairwise streams, own randomness.

Source: docs/protocol.md §11 and §16. Vectors travel as raw little-endian words over MPyC's
connections, labelled by MPyC's program counter. The stream of a pair is AES-128 in counter mode
under a key derived from MPyC's key of that pair (new in every process) and from job, attempt
and round, so no stream ever serves twice (corrections B1).
"""

import asyncio
import secrets
from collections.abc import Mapping

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61
from mpcengine.party.connection import PeerBytes
from mpcengine.party.failure import PartyFailure
from mpcengine.party.session import Session
from mpcengine.protocol.canonical import digest_bytes
from mpcengine.protocol.errors import MalformedMessage

STREAM_LABEL = b"drempel/stream/1"
_WORD_BYTES = 8
_KEY_BYTES = 16
# Words of one frame: half of the frame limit.
_FRAME_WORDS = 2**22


class PartyVectors:
    """Implement ``circuits.runtime.VectorRuntime`` over one session."""

    def __init__(self, session: Session) -> None:
        self.index = session.spec.index
        self._session = session
        self._streams = {
            _pair(self.index, peer): _stream(session, peer) for peer in session.connections
        }

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        """Send one vector to each peer and return theirs, of the same lengths.

        Raises PartyFailure: ``frame_rejected`` if a peer's vector has another length or a word
        outside the field, ``peer_lost`` if it is gone.
        """
        lengths = {peer: len(outgoing[peer]) for peer in self._session.connections}
        incoming = {peer: np.empty(length, dtype=np.uint64) for peer, length in lengths.items()}
        longest = max(lengths.values())
        for start in range(0, longest, _FRAME_WORDS) or (0,):
            parts = {peer: outgoing[peer][start : start + _FRAME_WORDS] for peer in lengths}
            arrived = await self._exchange_frames(parts)
            for peer, part in arrived.items():
                incoming[peer][start : start + _FRAME_WORDS] = part
        self._session.rounds += 1
        return incoming

    def stream(self, subset: tuple[int, int], count: int) -> Vector:
        """Return the next elements of the stream of ``subset``, a pair that includes us."""
        return field61.from_bytes(self._streams[subset].update(bytes(_WORD_BYTES * count)))

    def fresh(self, count: int) -> Vector:
        """Return field elements from the system's generator."""
        return field61.from_bytes(secrets.token_bytes(_WORD_BYTES * count))

    async def _exchange_frames(self, parts: Mapping[int, Vector]) -> dict[int, Vector]:
        label = self._next_label()
        connections = self._session.connections
        for peer, part in parts.items():
            connections[peer].send(label, part.astype("<u8", copy=False).tobytes())
        arrived = {}
        for peer, part in parts.items():
            payload = connections[peer].receive(label)
            if isinstance(payload, asyncio.Future):
                payload = await payload
            arrived[peer] = _vector(peer, payload, len(part))
        return arrived

    def _next_label(self) -> int:
        counter: list[int] = self._session.runtime._program_counter  # noqa: SLF001
        counter[0] += 1
        return counter[0]


def _vector(peer: int, payload: PeerBytes, length: int) -> Vector:
    if len(payload) != _WORD_BYTES * length:
        raise PartyFailure("frame_rejected", peer=peer, detail="a vector has another length")
    words = np.frombuffer(payload, dtype="<u8").astype(np.uint64, copy=False)
    try:
        return field61.check(words)
    except MalformedMessage:
        detail = "a word is outside the field"
        raise PartyFailure("frame_rejected", peer=peer, detail=detail) from None


def _pair(first: int, second: int) -> tuple[int, int]:
    return (first, second) if first < second else (second, first)


def _stream(session: Session, peer: int) -> CipherContext:
    spec = session.spec
    low, high = _pair(spec.index, peer)
    place = b"%d.%d.%d.%d" % (spec.attempt, spec.round, low, high)
    info = STREAM_LABEL + b"\x00" + digest_bytes(spec.job) + place
    key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=info).derive(session.pair_key(peer))
    # The key is used for this one stream, so the counter may start at zero.
    return Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
