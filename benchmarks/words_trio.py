"""Start three parties for a round of matching on this machine, and put figures together."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from benchmarks.delay import delayed
from benchmarks.trio import INDEXES, papers
from mpcengine.kernels.words import moved
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.partywire import (
    PREFIX_BYTES,
    PeerAddress,
    frame_length,
    parse_outcome,
    split_arrays,
)
from mpcengine.protocol.wordswire import WordsList, WordsSpec, encode_words

JOB, ROOT = "sha256:" + "5" * 64, "sha256:" + "6" * 64
PRODUCT, MEASURED = "mpcengine.party", "benchmarks.words_party"
Words = NDArray[np.uint64]
Blocks = Mapping[int, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Say what three parties compute; ``delay`` is one way, in seconds."""

    number: int
    lists: tuple[WordsList, ...]
    buckets: int = 1
    bucket: int = 0
    request: JSON = None
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """Hold what came of a round: the slowest party's figures, and each party's arrays."""

    seconds: float
    figures: dict[str, float]
    arrays: dict[int, dict[str, bytes]]

    def opened(self, name: str) -> Words:
        """Return the words behind an array; raise RuntimeError if copies do not agree."""
        rows = {
            index: np.frombuffer(arrays[name], dtype="<u8").reshape(2, -1)
            for index, arrays in self.arrays.items()
        }
        if any((rows[i][1] != rows[i % 3 + 1][0]).any() for i in INDEXES):
            raise RuntimeError("two nodes hold different copies of a component")
        total: Words = rows[1][0] ^ rows[2][0] ^ rows[3][0]
        return total

    def bits(self, name: str, count: int) -> NDArray[np.bool_]:
        """Return the flags behind an array."""
        words = self.opened(name).astype("<u8").view(np.uint8)
        return np.unpackbits(words, count=count, bitorder="little").astype(bool)


def share(words: Words, seed: int) -> dict[int, bytes]:
    """Return each node's block of words as they are."""
    drawn = np.random.default_rng(seed)
    parts = drawn.integers(2**64, size=(2, len(words)), dtype=np.uint64, endpoint=False)
    components = (parts[0], parts[1], words ^ parts[0] ^ parts[1])
    return {
        index: np.stack([components[index - 1], components[index % 3]]).astype("<u8").tobytes()
        for index in INDEXES
    }


def share_list(words: Words, seed: int) -> dict[int, bytes]:
    """Return each node's block of an ascending list, its bits moved as owners do."""
    return share(moved(words), seed)


def distinct(count: int, seed: Sequence[int]) -> Words:
    """Return ``count`` different words, ascending."""
    drawn = np.random.default_rng(seed)
    words = np.unique(drawn.integers(2**64, size=count + 64, dtype=np.uint64, endpoint=False))
    return np.sort(drawn.permutation(words)[:count])


def run(one: Round, blocks: Sequence[Blocks], *, module: str, arguments: Sequence[str]) -> Ran:
    """Run one round; raise RuntimeError if a party fails."""
    with ExitStack() as stack:
        listeners = {
            index: stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for index in INDEXES
        }
        ports = {index: sock.getsockname()[1] for index, sock in listeners.items()}
        if one.delay:
            ports = stack.enter_context(delayed(ports, one.delay))
        start = time.monotonic()
        parties = {}
        for index, spec in _specs(one, listeners, ports).items():
            party = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=[spec.listen_fd],
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
            stack.callback(_end, party)
            data = [encode_words(spec), *(block[index] for block in blocks)]
            threading.Thread(target=_feed, args=(party.stdin, data)).start()
            parties[index] = party
        outcomes = {index: _outcome(party) for index, party in parties.items()}
        seconds = time.monotonic() - start
    figures = [found for found, _ in outcomes.values()]
    return Ran(
        seconds=seconds,
        figures={key: max(part[key] for part in figures) for key in figures[0]},
        arrays={index: arrays for index, (_, arrays) in outcomes.items()},
    )


def _specs(
    one: Round, listeners: Mapping[int, socket.socket], ports: Mapping[int, int]
) -> dict[int, WordsSpec]:
    all_papers = {index: papers() for index in INDEXES}
    specs = {}
    for index in INDEXES:
        certificate, key, pin = all_papers[index]
        first, second = (
            PeerAddress(index=peer, host="127.0.0.1", port=ports[peer], pin=all_papers[peer][2])
            for peer in INDEXES
            if peer != index
        )
        specs[index] = WordsSpec(
            job=JOB,
            attempt=1,
            round=one.number,
            index=index,
            listen_fd=listeners[index].fileno(),
            certificate=certificate,
            private_key=key,
            pin=pin,
            peers=(first, second),
            root=ROOT,
            buckets=one.buckets,
            bucket=one.bucket,
            lists=one.lists,
            request=one.request,
            deadline_seconds=3600.0,
            connect_seconds=120.0,
            stall_seconds=120.0,
        )
    return specs


def _outcome(party: "subprocess.Popen[bytes]") -> tuple[dict[str, float], dict[str, bytes]]:
    if party.stdout is None:
        raise RuntimeError("a party has no output")
    output = party.stdout.read()
    if party.wait():
        raise RuntimeError("a party failed")
    start = PREFIX_BYTES + frame_length(output[:PREFIX_BYTES])
    header = parse_outcome(output[PREFIX_BYTES:start])
    return header.figures, split_arrays(header, output[start:])


def _end(party: "subprocess.Popen[bytes]") -> None:
    party.kill()
    party.wait()
    if party.stdout is not None:
        party.stdout.close()


def _feed(pipe: IO[bytes] | None, parts: Sequence[bytes]) -> None:
    if pipe is None:
        return
    with pipe:
        for part in parts:
            pipe.write(part)
