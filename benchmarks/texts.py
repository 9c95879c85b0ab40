"""The mixing of texts alone: ``python -m benchmarks.texts [--rows 1000 10000] [--bytes 280]``.

Three real parties run round 3 over made-up rows, one text question; what comes out is opened
and compared with what went in. One JSON line a number of rows. The bound in time replays
messages of the same lengths bare; the bound in bytes is every word sent once in each of a
party's two steps, without tags and openings.
"""

import argparse
import json
import socket
import subprocess
import sys
import threading
import time
from typing import IO

import numpy as np

from benchmarks.data import shares
from benchmarks.trio import INDEXES, papers, versions
from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.partywire import (
    PREFIX_BYTES,
    PartySpec,
    PeerAddress,
    TextColumns,
    encode_spec,
    frame_length,
    parse_outcome,
    split_arrays,
)

JOB, ROOT = "sha256:" + "5" * 64, "sha256:" + "6" * 64
QUESTION, ANSWERED_IN_TEN = "why", 7
BYTES_A_WORD, LENGTH_BYTES = 7, 2


def main() -> int:
    """Run every size and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--bytes", type=int, default=280, help="longest text")
    parser.add_argument("--seed", default="drempel", help="of the made-up answers")
    chosen = parser.parse_args()
    words = -(-(LENGTH_BYTES + chosen.bytes) // BYTES_A_WORD)
    for count in chosen.rows:
        print(json.dumps(measured(made_rows(count, words), chosen.seed)), flush=True)
    return 0


def made_rows(count: int, words: int) -> Vector:
    """Return rows of marks and words; the first word is the row's number."""
    drawn = np.random.default_rng([count, words])
    rows = drawn.integers(1 << 56, size=(count, 1 + words), dtype=np.uint64)
    rows[:, 0] = np.arange(count, dtype=np.uint64) % 10 < ANSWERED_IN_TEN
    rows[:, 1] = np.arange(count)
    return rows


def measured(rows: Vector, seed: str) -> dict[str, object]:
    """Mix the rows at three parties and return the slowest one's figures."""
    listeners = {index: socket.create_server(("127.0.0.1", 0)) for index in INDEXES}
    start = time.monotonic()
    parties = {}
    for index, spec in specs(rows, listeners).items():
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.party"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[spec.listen_fd],
        )
        data = encode_spec(spec) + shares(rows, index, seed).astype("<u8").tobytes()
        pipe, process.stdin = process.stdin, None
        threading.Thread(target=_feed, args=(pipe, data)).start()
        parties[index] = process
    found = [outcome(process) for process in parties.values()]
    seconds = time.monotonic() - start
    for listener in listeners.values():
        listener.close()
    _check(rows, [words for _, words in found])
    figures = {key: max(part[key] for part, _ in found) for key in found[0][0]}
    whole = seconds - figures["seconds_bare"] - figures["seconds_meeting"]
    return line(rows, figures, whole)


def line(rows: Vector, figures: dict[str, float], whole: float) -> dict[str, object]:
    """Return the fields of one size; ``whole``: seconds with the start of the processes."""
    least = 2 * rows.size * ELEMENT_BYTES
    return {
        "case": "texts",
        "n": len(rows),
        "words": rows.shape[1] - 1,
        "seconds": round(figures["seconds_texts"], 3),
        "seconds_whole": round(whole, 3),
        "bytes_sent_per_party": int(figures["round_bytes"]),
        "bytes_bound": least,
        "ratio_to_bytes_bound": round(figures["round_bytes"] / least, 3),
        "rounds": int(figures["round_rounds"]),
        "peak_rss_mb": round(figures["peak_rss_mb"], 1),
        "bound_seconds": round(figures["seconds_bare"], 4),
        "ratio_to_bound": round(figures["seconds_texts"] / figures["seconds_bare"], 2),
        "bare_rate": round(figures["round_bytes"] / figures["seconds_bare"]),
        "rate": round(rows.size / figures["seconds_texts"]),
        "versions": versions(),
    }


def specs(rows: Vector, listeners: dict[int, socket.socket]) -> dict[int, PartySpec]:
    """Return what each party is told."""
    all_papers = {index: papers() for index in INDEXES}
    made = {}
    for index in INDEXES:
        certificate, key, pin = all_papers[index]
        first, second = (
            PeerAddress(
                index=peer,
                host="127.0.0.1",
                port=listeners[peer].getsockname()[1],
                pin=all_papers[peer][2],
            )
            for peer in INDEXES
            if peer != index
        )
        made[index] = PartySpec(
            job=JOB,
            attempt=1,
            round=3,
            index=index,
            listen_fd=listeners[index].fileno(),
            certificate=certificate,
            private_key=key,
            pin=pin,
            peers=(first, second),
            root=ROOT,
            survey={},
            rows=len(rows),
            width=rows.shape[1],
            accepted=len(rows),
            min_count=10,
            draw_seed=bytes([index]) * 32,
            deadline_seconds=3600.0,
            connect_seconds=120.0,
            stall_seconds=120.0,
            texts=(TextColumns(question=QUESTION, words=rows.shape[1] - 1),),
        )
    return made


def outcome(process: "subprocess.Popen[bytes]") -> tuple[dict[str, float], Vector]:
    """Return a party's figures and its shares of words; raise RuntimeError if it failed."""
    output = process.communicate()[0]
    if process.returncode:
        raise RuntimeError("a party failed")
    start = PREFIX_BYTES + frame_length(output[:PREFIX_BYTES])
    header = parse_outcome(output[PREFIX_BYTES:start])
    (words,) = split_arrays(header, output[start:]).values()
    return header.figures, np.frombuffer(words, dtype="<u8").astype(np.uint64)


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with pipe:
        pipe.write(data)


def _check(rows: Vector, parts: list[Vector]) -> None:
    """Raise RuntimeError unless exactly the answered texts came out, in another order."""
    first, second, third = parts
    if field61.combine(first, second, third, (1, -2, 1)).any():
        raise RuntimeError("three shares are not on one line")
    texts = field61.combine(first, second, third, (2, -1, 0)).reshape(-1, rows.shape[1] - 1)
    wanted = rows[rows[:, 0] == 1, 1:]
    if not np.array_equal(texts[np.argsort(texts[:, 0])], wanted):
        raise RuntimeError("the texts are not those that were answered")


if __name__ == "__main__":
    sys.exit(main())
