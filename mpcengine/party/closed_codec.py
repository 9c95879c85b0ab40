"""Encode the few kinds of value that MPyC sends, and decode nothing else.

MPyC 0.11 calls ``pickle.dumps`` and ``pickle.loads`` on what peers send (study M1): a peer
could run code here. ``isolated`` puts this module in pickle's place. It knows an integer, a
flat list of integers, and an array of at most two dimensions of 64-bit words or integers.
Every length is stated and checked before anything is built from it.
Source: docs/protocol.md §16.
"""

import struct
from math import prod

import numpy as np
from numpy.typing import NDArray

from mpcengine.party.failure import PartyFailure

_INTEGER, _LIST, _WORDS, _OBJECTS = b"I", b"L", b"W", b"O"
_U32 = struct.Struct("<I")
# MPyC's largest values here are field elements of a few hundred bits.
_LONGEST_INTEGER = 1024
_MOST_ELEMENTS = 2**23


def dumps(value: object) -> bytes:
    """Encode an integer, a flat list of integers, or a uint64 or integer object array.

    Raises TypeError for everything else: such a value must not leave this party.
    """
    if isinstance(value, np.ndarray):
        return _dump_array(value)
    if isinstance(value, list):
        return _LIST + _U32.pack(len(value)) + b"".join(_dump_integer(item) for item in value)
    return _INTEGER + _dump_integer(value)


def loads(data: bytes) -> object:
    """Decode what ``dumps`` wrote; raise PartyFailure ``frame_rejected`` for all other bytes.

    If ``data`` carries an attribute ``peer`` (see ``connection``), the failure names it.
    """
    reader = _Reader(data)
    kind = reader.take(1)
    value: object
    if kind == _INTEGER:
        value = reader.integer()
    elif kind == _LIST:
        value = [reader.integer() for _ in range(reader.count())]
    elif kind in (_WORDS, _OBJECTS):
        value = reader.array(objects=kind == _OBJECTS)
    else:
        raise reader.refusal("is not an integer, list or array")
    reader.end()
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def refusal(self, sentence_end: str) -> PartyFailure:
        peer = int(getattr(self._data, "peer", 0))
        return PartyFailure("frame_rejected", peer=peer, detail=f"a value {sentence_end}")

    def take(self, length: int) -> bytes:
        part = self._data[self._at : self._at + length]
        if len(part) != length:
            raise self.refusal("ends too early")
        self._at += length
        return bytes(part)

    def end(self) -> None:
        if self._at != len(self._data):
            raise self.refusal("has bytes after its end")

    def count(self) -> int:
        count = int(_U32.unpack(self.take(4))[0])
        # Every element takes at least one byte, so a short frame cannot claim a long list.
        if count > min(_MOST_ELEMENTS, len(self._data)):
            raise self.refusal("claims more elements than it has")
        return count

    def integer(self) -> int:
        length = int(_U32.unpack(self.take(4))[0])
        if not 1 <= length <= _LONGEST_INTEGER:
            raise self.refusal("holds an integer that is too long")
        return int.from_bytes(self.take(length), "little", signed=True)

    def array(self, *, objects: bool) -> NDArray[np.generic]:
        dimensions = self.take(1)[0]
        if dimensions > 2:
            raise self.refusal("has more than two dimensions")
        shape = tuple(self.count() for _ in range(dimensions))
        if prod(shape) > _MOST_ELEMENTS:
            raise self.refusal("claims more elements than it has")
        if not objects:
            words = np.frombuffer(self.take(8 * prod(shape)), dtype="<u8")
            return words.astype(np.uint64).reshape(shape)
        items = [self.integer() for _ in range(prod(shape))]
        return np.array(items, dtype=object).reshape(shape)


def _dump_array(array: NDArray[np.generic]) -> bytes:
    if array.ndim > 2:
        raise TypeError("an array of more than two dimensions is never sent")
    head: bytes = bytes([array.ndim]) + b"".join(_U32.pack(length) for length in array.shape)
    if array.dtype == np.uint64:
        words = bytes(array.astype("<u8").tobytes())
        return _WORDS + head + words
    if array.dtype != object:
        raise TypeError("only arrays of 64-bit words or integers are sent")
    return _OBJECTS + head + b"".join(_dump_integer(item) for item in array.reshape(-1))


def _dump_integer(value: object) -> bytes:
    # int(value) serves gmpy2's integers too; bool and everything else is refused by name.
    if isinstance(value, bool) or type(value).__name__ not in ("int", "mpz"):
        raise TypeError("only integers are sent")
    number: int = int(value)  # type: ignore[call-overload]
    length = number.bit_length() // 8 + 1
    return _U32.pack(length) + number.to_bytes(length, "little", signed=True)
