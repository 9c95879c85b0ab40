"""Turn a list into sorted words, fix it by a salted digest, and find values behind words again.

Source: docs/protocol.md §19.2 and §19.6. The values themselves are not kept: who needs them
reads the file once more.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from connector.list_files import Report, Source
from mpcengine.protocol.buckets import LARGEST_CLASS
from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers import Identifier
from mpcengine.protocol.words import (
    SALT_BYTES,
    WORD_BYTES,
    snapshot_digest_bytes,
    word_key,
)

WORD = np.dtype("<u8")
Words = NDArray[np.uint64]
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WordList:
    """Hold a list's different words, ascending, its snapshot, and what was left out.

    ``salt`` stays with the owner: with it the snapshot can be shown to be of this list.
    """

    words: Words
    salt: bytes
    snapshot: Digest
    report: Report = field(default_factory=Report)


def words_read(source: Source, federation: bytes) -> WordList:
    """Read a list's file and return its words; raise MalformedInput or OSError.

    More than 16,777,216 different values are refused.
    """
    hashed = _hasher(source.identifiers, federation)
    joined = bytearray()

    def take(_row: int, identifier: Identifier) -> None:
        joined.extend(hashed(identifier))

    report = source.read(take)
    words = np.unique(np.frombuffer(bytes(joined), dtype=WORD)).astype(np.uint64, copy=False)
    if len(words) > LARGEST_CLASS:
        raise MalformedInput(
            "list.length", f"{len(words)} different values are more than a list may have."
        )
    return words_fix(words, report)


def words_fix(words: Words, report: Report | None = None) -> WordList:
    """Return a list of these different words, ascending, with a snapshot under a fresh salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    return WordList(
        words=words,
        salt=salt,
        snapshot=snapshot_digest_bytes(salt, words.astype(WORD, copy=False).tobytes()),
        report=Report() if report is None else report,
    )


def nothing_held() -> WordList:
    """Return the list of who holds nothing or refuses: nobody can tell it from another."""
    return words_fix(np.empty(0, dtype=np.uint64))


def values_find(
    source: Source, federation: bytes, wanted: Words
) -> dict[int, tuple[Identifier, list[int]]]:
    """Return by word the values behind ``wanted`` words, each with all its rows in the file."""
    hashed = _hasher(source.identifiers, federation)
    looked_for = set(wanted.tolist())
    found: dict[int, tuple[Identifier, list[int]]] = {}

    def take(row: int, identifier: Identifier) -> None:
        word = int.from_bytes(hashed(identifier), "little")
        if word in looked_for:
            found.setdefault(word, (identifier, []))[1].append(row)

    if looked_for:
        source.read(take)
    return found


def _hasher(identifiers: tuple[str, ...], federation: bytes) -> Callable[[Identifier], bytes]:
    # One keyed state a type, copied for each value: half the work of ``words.word_bytes``.
    states = {
        kind: hmac.new(word_key(federation, kind), digestmod=hashlib.sha256)
        for kind in identifiers
    }

    def hashed(identifier: Identifier) -> bytes:
        state = states[identifier.type].copy()
        state.update(identifier.value.encode())
        return state.digest()[:WORD_BYTES]

    return hashed
