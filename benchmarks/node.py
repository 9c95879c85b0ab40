"""One node of a case: seals its batch beforehand, then opens it and runs its party.

Started by ``benchmarks.trio`` with one JSON object on standard input; says ``ready``, waits for
a line, and prints its figures and its arrays as one JSON line.
"""

import hashlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.checking import check_reports
from benchmarks.data import records, reports, shares, spoil, survey
from mpcengine.circuits.runtime import Vector
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.codec import unpack_vector
from mpcengine.protocol.envelope import (
    generate_share_key,
    open_vector,
    seal_envelope,
    share_public,
)
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.partywire import (
    PREFIX_BYTES,
    PartySpec,
    PeerAddress,
    encode_spec,
    frame_length,
    parse_outcome,
    split_arrays,
)
from mpcengine.protocol.survey import parse_survey

MANIFEST = "sha256:" + "5" * 64
ROOT = "sha256:" + "6" * 64
WORD = np.dtype("<u8")
_KEY_BYTES = 65


def one_time_key(place: int) -> bytes:
    """Return a stand-in of 65 bytes for a respondent's one-time key."""
    return hashlib.shake_256(b"key %d" % place).digest(_KEY_BYTES)


class Batch:
    """Hold a node's sealed rows, or the rows themselves where a case does not seal."""

    def __init__(self, rows: Vector, index: int, *, sealed: bool) -> None:
        self.width = rows.shape[1]
        self.index = index
        self._rows: Vector | None = None if sealed else rows
        self._private = generate_share_key()
        self._sealed = list(self._seal(rows)) if sealed else []

    def _seal(self, rows: Vector) -> Iterator[bytes]:
        public = share_public(self._private)
        for place, row in enumerate(rows):
            yield seal_envelope(
                public,
                manifest=MANIFEST,
                index=self.index,
                one_time_key=one_time_key(place),
                revision=0,
                share=row.astype("<u8").tobytes(),
            )

    def opened(self) -> bytes:
        """Return all rows as the party reads them."""
        if self._rows is not None:
            return bytes(self._rows.astype("<u8").tobytes())
        return b"".join(
            open_vector(
                self._private,
                manifest=MANIFEST,
                index=self.index,
                one_time_key=one_time_key(place),
                revision=0,
                sealed=sealed,
                words=self.width,
            )
            for place, sealed in enumerate(self._sealed)
        )


def make_spec(job: dict[str, Any], definition: JSON, width: int, accepted: int) -> PartySpec:
    """Return the party's spec from what the driver sent."""
    first, second = (PeerAddress(**peer) for peer in job["peers"])
    return PartySpec(
        job=MANIFEST,
        attempt=1,
        round=1,
        index=job["index"],
        listen_fd=job["listen_fd"],
        certificate=job["certificate"],
        private_key=job["private_key"],
        pin=job["pin"],
        peers=(first, second),
        root=ROOT,
        survey=definition,
        rows=accepted,
        width=width,
        accepted=accepted,
        min_count=10,
        draw_seed=bytes([job["index"]]) * 32,
        deadline_seconds=3600.0,
        connect_seconds=120.0,
        stall_seconds=120.0,
    )


def run_party(spec: PartySpec, rows: bytes) -> tuple[dict[str, float], dict[str, list[int]]]:
    """Run the party to its end; return its figures and arrays."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.party"],
        input=encode_spec(spec) + rows,
        stdout=subprocess.PIPE,
        pass_fds=[spec.listen_fd],
        check=True,
    )
    start = PREFIX_BYTES + frame_length(done.stdout[:PREFIX_BYTES])
    header = parse_outcome(done.stdout[PREFIX_BYTES:start])
    arrays = split_arrays(header, done.stdout[start:])
    return header.figures, {
        name: unpack_vector(data, len(data) // ELEMENT_BYTES) for name, data in arrays.items()
    }


def prepare(job: dict[str, Any], layout: Layout) -> Batch:
    """Return this node's batch: shares of records, or of reports some of which are crooked."""
    plain = records(job["answers"], job["questions"], job["options"], job["seed"])
    if job["proven"]:
        plain = reports(plain, layout.proof, job["seed"])
        spoil(plain)
    own = shares(plain, job["index"], job["seed"])
    return Batch(own, job["index"], sealed=job["sealed"])


def main() -> None:
    """Prepare, wait for the start, and run once."""
    job = json.loads(sys.stdin.readline())
    definition = parse_survey(survey(job["questions"], job["options"])).to_json()
    layout = build_layout(parse_survey(definition))
    batch = prepare(job, layout)
    print("ready", flush=True)
    sys.stdin.readline()
    start, used = time.monotonic(), time.process_time()
    rows, accepted = batch.opened(), job["answers"]
    unsealed, cpu = time.monotonic() - start, time.process_time() - used
    checked: Mapping[str, float] = {}
    if job["proven"]:
        table = np.frombuffer(rows, dtype=WORD).reshape(accepted, -1)
        rows, accepted, checked = check_reports(job["index"], layout, table, MANIFEST, ROOT)
    figures, arrays = run_party(make_spec(job, definition, layout.width, accepted), rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures |= {"seconds_unseal": unsealed, "cpu_unseal": cpu, "node_rss_mb": peak, **checked}
    answer = {"figures": figures, "arrays": arrays, "accepted": accepted}
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    np.seterr(all="raise")
    main()
