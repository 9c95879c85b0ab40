"""The checked stage of a case's node: coin, evaluations, verdict, as docs/protocol.md §18 says.

Messages are the product's, signed and verified; the driver passes them on in place of HTTPS.
"""

import json
import secrets
import sys
import time
from collections.abc import Mapping

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpcengine.circuits.runtime import Vector
from mpcengine.circuits.validity import ReportChecker
from mpcengine.kernels import field61
from mpcengine.protocol.canonical import Digest, digest
from mpcengine.protocol.field import ELEMENT_BYTES, POINTS
from mpcengine.protocol.layout import Layout
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import (
    LABEL_COIN,
    LABEL_LINES,
    LABEL_TOSS,
    public_bytes,
    sign,
    verify,
)
from mpcengine.protocol.strict import parse_base64, to_base64
from mpcengine.protocol.validity_check import coin_weights
from mpcengine.protocol.validity_coin import SEED_BYTES, toss_commitment
from mpcengine.protocol.validity_messages import (
    CoinSeed,
    Lines,
    SignedToss,
    Toss,
    build_coin,
    build_lines,
    build_toss,
    build_transcript,
    check_same_terms,
    open_transcript,
    parse_lines,
    tosses_digest,
)
from mpcengine.protocol.validity_plan import ValidityPlan

STAGES = ("toss", "coin", "lines")
_LABELS = {"toss": LABEL_TOSS, "coin": LABEL_COIN, "lines": LABEL_LINES}
# Keys of a benchmark: anybody may know them.
_KEYS = [Ed25519PrivateKey.from_private_bytes(bytes((index,)) * 32) for index in POINTS]
_IDENTITIES = [public_bytes(key) for key in _KEYS]
_UNSEALED: Digest = "sha256:" + "7" * 64

Said = list[tuple[bytes, bytes]]


class Meeting:
    """Exchange one signed body a stage with both peers through the driver; count bytes."""

    def __init__(self, index: int) -> None:
        self._key = _KEYS[index - 1]
        self.sent = 0
        self.waited = 0.0

    def exchange(self, stage: str, body: bytes) -> Said:
        """Return the three nodes' bodies and signatures in order, each verified."""
        label = _LABELS[stage]
        signature = sign(self._key, label, body)
        self.sent += 2 * (len(body) + len(signature))
        print(json.dumps([to_base64(body), to_base64(signature)]), flush=True)
        start = time.monotonic()
        line = sys.stdin.readline()
        self.waited += time.monotonic() - start
        said = [(parse_base64(b) or b"", parse_base64(s) or b"") for b, s in json.loads(line)]
        for (other, proof), identity in zip(said, _IDENTITIES, strict=True):
            verify(identity, label, other, proof)
        return said


def check_reports(
    index: int, layout: Layout, rows: Vector, manifest: Digest, root: Digest
) -> tuple[bytes, int, Mapping[str, float]]:
    """Check this node's reports with its peers.

    Returns the accepted records' shares as the party reads them, their number, and figures.
    """
    start, used = time.monotonic(), time.process_time()
    plan = layout.proof
    meeting = Meeting(index)
    transcript = _toss(meeting, index, manifest, root)
    coin = open_transcript(transcript, manifest=manifest, root=root, identity_keys=_IDENTITIES)
    checker = ReportChecker(coin_weights(plan, coin))
    # Processor time, as for the bare products: both are one thread's arithmetic.
    idle = time.process_time()
    values = checker.evaluate(rows)
    evaluated = time.process_time() - idle
    body = _lines_body(index, manifest, root, transcript, values)
    said = [parse_lines(other) for other, _ in meeting.exchange("lines", body)]
    check_same_terms(said)
    verdicts = checker.judge(_tables(said, plan))
    accepted = np.array([reason is None for reason in verdicts])
    records = rows[:, : plan.width][accepted]
    seconds, cpu = time.monotonic() - start, time.process_time() - used
    # The bound is measured after the check and is taken from the whole (``trio.run_case``).
    begun = time.monotonic()
    bound = _bare(rows, plan)
    figures = {
        "seconds_check": seconds,
        "cpu_check": cpu,
        "check_waited": meeting.waited,
        "cpu_evaluate": evaluated,
        "bound_evaluate": bound,
        "seconds_products": time.monotonic() - begun,
        "check_bytes": float(meeting.sent),
        "report_bytes": float(plan.words * ELEMENT_BYTES),
    }
    return records.astype("<u8").tobytes(), len(records), figures


def _toss(meeting: Meeting, index: int, manifest: Digest, root: Digest) -> bytes:
    seed, node = secrets.token_bytes(SEED_BYTES), NODE_NAMES[index - 1]
    commitment = toss_commitment(
        manifest=manifest, root=root, round_number=1, index=index, seed=seed
    )
    toss = Toss(manifest=manifest, node=node, root=root, round=1, commitment=commitment)
    tosses = meeting.exchange("toss", build_toss(toss))
    held = tosses_digest([body for body, _ in tosses])
    coin = CoinSeed(manifest=manifest, node=node, root=root, round=1, seed=seed, tosses=held)
    coins = meeting.exchange("coin", build_coin(coin))
    signed = [
        SignedToss(toss=t[0], toss_signature=t[1], coin=c[0], coin_signature=c[1])
        for t, c in zip(tosses, coins, strict=True)
    ]
    return build_transcript(manifest=manifest, root=root, round_number=1, signed=signed)


def _lines_body(
    index: int, manifest: Digest, root: Digest, transcript: bytes, values: Vector
) -> bytes:
    return build_lines(
        Lines(
            manifest=manifest,
            node=NODE_NAMES[index - 1],
            root=root,
            coin=digest(transcript),
            verdict=_UNSEALED,
            count=values.shape[0],
            opened=values.shape[1],
            values=values.astype("<u8").tobytes(),
        )
    )


def _tables(said: list[Lines], plan: ValidityPlan) -> tuple[Vector, Vector, Vector]:
    first, second, third = (
        np.frombuffer(one.values, dtype="<u8").reshape(one.count, plan.opened) for one in said
    )
    return first, second, third


def _bare(rows: Vector, plan: ValidityPlan) -> float:
    """Return the processor time of as many bare products as ``evaluate`` needs."""
    weights = field61.vector(list(range(1, plan.words + 1)))
    start = time.process_time()
    field61.matrix_vector(rows, weights)
    return (time.process_time() - start) * (plan.words + plan.width) / plan.words
