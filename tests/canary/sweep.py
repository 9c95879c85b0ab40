"""Look for many needles in many files at once, and say which lies where.

A table of hashed eight-byte beginnings passes over a gigabyte in seconds; what it lets through
is compared in full. Every file is read as it is: nothing is unpacked, so what a database may
have compressed is looked for in its dump.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.canary.forms import SHORTEST, Needle

_BITS = 20
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - _BITS)
_PIECE = 16 * 2**20
# More than any needle is long, so that none is cut by two pieces.
_OVERLAP = 4096


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """One canary in one form in one file."""

    path: Path
    canary: str
    form: str


class Haystack:
    """The needles, prepared for looking."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._by_start: dict[bytes, list[Needle]] = {}
        self._table = np.zeros(2**_BITS, dtype=bool)
        for needle in needles:
            assert SHORTEST <= len(needle.data) <= _OVERLAP
            start = needle.data[:SHORTEST]
            self._by_start.setdefault(start, []).append(needle)
            word = np.frombuffer(start, dtype="<u8")
            self._table[_hashed(word)] = True

    def look(self, data: bytes) -> Iterator[Needle]:
        """Yield the needles in ``data``, perhaps more than once."""
        for offset in range(SHORTEST):
            count = (len(data) - offset) // SHORTEST
            if count <= 0:
                continue
            words = np.frombuffer(data, dtype="<u8", count=count, offset=offset)
            for place in np.flatnonzero(self._table[_hashed(words)]):
                at = offset + SHORTEST * int(place)
                for needle in self._by_start.get(data[at : at + SHORTEST], ()):
                    if data.startswith(needle.data, at):
                        yield needle

    def sweep(self, folders: Sequence[Path]) -> set[Hit]:
        """Return what lies in the names and contents of all files under the folders."""
        hits = set()
        for path in files_under(folders):
            for data in _pieces(path):
                for needle in self.look(data):
                    hits.add(Hit(path, needle.canary, needle.form))
            for needle in self.look(os.fsencode(path)):
                hits.add(Hit(path, needle.canary, f"{needle.form} in its name"))
        return hits


def files_under(folders: Sequence[Path]) -> list[Path]:
    """Return every plain file under the folders, hidden ones too."""
    found = set()
    for folder in folders:
        for parent, _, names in os.walk(folder):
            found |= {Path(parent, name) for name in names}
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def by_canary(hits: Iterable[Hit]) -> Mapping[str, set[str]]:
    """Return for each canary the names of the files it lies in."""
    found: dict[str, set[str]] = {}
    for hit in hits:
        found.setdefault(hit.canary, set()).add(hit.path.name)
    return found


def _hashed(
    words: "np.ndarray[tuple[int], np.dtype[np.uint64]]",
) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    with np.errstate(over="ignore"):
        return (words * _FACTOR) >> _SHIFT


def _pieces(path: Path) -> Iterator[bytes]:
    # A broker's message or a journal may be gone by the time it is read.
    with suppress(FileNotFoundError), path.open("rb") as file:
        kept = b""
        while piece := file.read(_PIECE):
            yield kept + piece
            kept = piece[-_OVERLAP:]
