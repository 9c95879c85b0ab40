"""Read and write fixed binary layouts, strictly: every byte has one meaning.

Source: docs/protocol.md §8 (packages) and §4 (vectors of field elements).
"""

import struct
from collections.abc import Sequence

from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import ELEMENT_BYTES, MODULUS

_U32 = struct.Struct(">I")
# Long vectors are looked at in pieces: as numbers they take five times their bytes.
_PIECE_BYTES = 2**16 * ELEMENT_BYTES


class Writer:
    """Collect the parts of one message; integers are big-endian."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def u8(self, value: int) -> "Writer":
        """Append an integer of one byte (0 … 255)."""
        self._parts.append(_checked(value, 0xFF).to_bytes(1, "big"))
        return self

    def u32(self, value: int) -> "Writer":
        """Append an integer of four bytes."""
        self._parts.append(_U32.pack(_checked(value, 0xFFFFFFFF)))
        return self

    def fixed(self, data: bytes, length: int) -> "Writer":
        """Append exactly ``length`` bytes; raise MalformedMessage if ``data`` has others."""
        if len(data) != length:
            raise MalformedMessage("codec.length", f"A field must have {length} bytes.")
        self._parts.append(data)
        return self

    def prefixed(self, data: bytes) -> "Writer":
        """Append the length as u32, then the bytes."""
        self.u32(len(data))
        self._parts.append(data)
        return self

    def end(self) -> bytes:
        """Return the whole message."""
        return b"".join(self._parts)


class Reader:
    """Take the parts of one message in order; ``end`` refuses what is left over."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def u8(self) -> int:
        """Take an integer of one byte."""
        return self.fixed(1)[0]

    def u32(self) -> int:
        """Take an integer of four bytes."""
        return int(_U32.unpack(self.fixed(4))[0])

    def fixed(self, length: int) -> bytes:
        """Take exactly ``length`` bytes; raise MalformedMessage if fewer are left."""
        stop = self._at + length
        if stop > len(self._data):
            raise MalformedMessage("codec.truncated", "The message ends too early.")
        part = self._data[self._at : stop]
        self._at = stop
        return part

    def prefixed(self, limit: int) -> bytes:
        """Take a u32 length of at most ``limit``, then that many bytes."""
        length = self.u32()
        if length > limit:
            raise MalformedMessage("codec.limit", f"A part is longer than {limit} bytes.")
        return self.fixed(length)

    def end(self) -> None:
        """Raise MalformedMessage if any byte is left."""
        if self._at != len(self._data):
            raise MalformedMessage("codec.trailing", "The message has bytes after its end.")


def pack_vector(values: Sequence[int]) -> bytes:
    """Write field elements as little-endian 64-bit words; raise MalformedMessage if ≥ p."""
    if values and not 0 <= min(values) <= max(values) < MODULUS:
        raise MalformedMessage("vector.range", "A number is not an element of the field.")
    return struct.pack(f"<{len(values)}Q", *values)


def unpack_vector(data: bytes, count: int) -> list[int]:
    """Read exactly ``count`` field elements; raise MalformedMessage if any is ≥ p."""
    return list(_words(data, count))


def check_vector(data: bytes, count: int) -> bytes:
    """Return ``data`` itself if it is exactly ``count`` field elements, little-endian u64.

    Raises MalformedMessage otherwise. For callers that map the bytes into an array.
    """
    _check_length(data, count)
    for start in range(0, len(data), _PIECE_BYTES):
        piece = data[start : start + _PIECE_BYTES]
        _words(piece, len(piece) // ELEMENT_BYTES)
    return data


def pack_batch(items: Sequence[bytes]) -> bytes:
    """Write a u32 count, then each item as u32 length and bytes."""
    writer = Writer().u32(len(items))
    for item in items:
        writer.prefixed(item)
    return writer.end()


def unpack_batch(data: bytes, limit: int) -> list[bytes]:
    """Read a batch of at most ``limit`` items; raise MalformedMessage if it is not one."""
    reader = Reader(data)
    count = reader.u32()
    if count > limit:
        raise MalformedMessage("batch.limit", f"A batch holds at most {limit} items.")
    items = [reader.prefixed(len(data)) for _ in range(count)]
    reader.end()
    return items


def _check_length(data: bytes, count: int) -> None:
    if len(data) != count * ELEMENT_BYTES:
        raise MalformedMessage("vector.length", f"A vector must have {count} elements.")


def _words(data: bytes, count: int) -> tuple[int, ...]:
    _check_length(data, count)
    words: tuple[int, ...] = struct.unpack(f"<{count}Q", data)
    if words and max(words) >= MODULUS:
        raise MalformedMessage("vector.range", "A word is not an element of the field.")
    return words


def _checked(value: int, largest: int) -> int:
    if not 0 <= value <= largest:
        raise MalformedMessage("codec.range", f"A number must lie in 0 … {largest}.")
    return value
