"""Start three nodes on this machine for one case, and put their figures together."""

import argparse
import datetime
import hashlib
import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.checking import STAGES
from benchmarks.data import SPOILT_AT, SPOILT_EVERY, records, spoilt, survey
from mpcengine.protocol.field import interpolate_at_zero, on_line
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.pattern import pattern_from_bits, released_values
from mpcengine.protocol.survey import parse_survey

INDEXES = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Say how large a case is."""

    answers: int
    questions: int
    options: int
    seed: str
    sealed: bool
    proven: bool


def size_chosen(description: str | None, *, sealed: bool) -> Size:
    """Return the size of a survey with proofs that the command line asks for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--options", type=int, default=5)
    parser.add_argument("--seed", default="drempel", help="of the made-up answers")
    chosen = parser.parse_args()
    return Size(
        answers=chosen.answers,
        questions=chosen.questions,
        options=chosen.options,
        seed=chosen.seed,
        sealed=sealed,
        proven=True,
    )


def run_case(size: Size) -> dict[str, float]:
    """Run one case to released tables, check them, and return the slowest node's figures.

    Raises RuntimeError if a released cell is not the plain count.
    """
    listeners = {index: socket.create_server(("127.0.0.1", 0)) for index in INDEXES}
    nodes = _start(size, listeners)
    try:
        for node in nodes.values():
            if node.stdout is None or node.stdout.readline() != b"ready\n":
                raise RuntimeError("a node did not prepare its batch")
        start = time.monotonic()
        for node in nodes.values():
            _write(node, b"go\n")
        for _ in STAGES if size.proven else ():
            _pass_on(list(nodes.values()))
        answers = [json.loads(node.communicate()[0]) for node in nodes.values()]
        if {answer["accepted"] for answer in answers} != {size.answers - crooked(size)}:
            raise RuntimeError("the nodes did not accept exactly the valid reports")
        _release(size, [answer["arrays"] for answer in answers])
        seconds = time.monotonic() - start
    finally:
        for node in nodes.values():
            node.kill()
            node.communicate()
        for listener in listeners.values():
            listener.close()
    figures = [answer["figures"] for answer in answers]
    slowest = {key: max(part[key] for part in figures) for key in figures[0]}
    # What lies between a bare replay and the whole is measured apart and not the product's.
    extra = slowest["seconds_bare"] + slowest["seconds_meeting"]
    extra += slowest.get("seconds_products", 0.0)
    return {**slowest, "seconds": seconds - extra}


def crooked(size: Size) -> int:
    """Return how many reports of a case are invalid."""
    return spoilt(size.answers) if size.proven else 0


def versions() -> dict[str, str]:
    """Return the versions that figures depend on."""
    return {name: version(name) for name in ("drempel", "numpy", "numba", "mpyc")}


def line(case: str, n: int, figures: dict[str, float], seconds: float) -> str:
    """Return the JSON line of a case, with the fields of ``drempel bench``."""
    bare = figures["seconds_bare"]
    phases = ("unseal", "connect", "tally", "gate")
    value = {
        "case": case,
        "n": n,
        "seconds": round(seconds, 3),
        "bytes_sent_per_party": int(figures["round_bytes"]),
        "rounds": int(figures["round_rounds"]),
        "peak_rss_mb": round(max(figures["peak_rss_mb"], figures["node_rss_mb"]), 1),
        "bound_seconds": round(bare, 4),
        "ratio_to_bound": round(figures["seconds_gate"] / bare, 2),
        "bare_rate": round(figures["round_bytes"] / bare),
        **{f"seconds_{name}": round(figures[f"seconds_{name}"], 3) for name in phases},
        "seconds_check": round(figures["seconds_check"], 3)
        if "seconds_check" in figures
        else None,
        "cpu_seconds_unseal": round(figures["cpu_unseal"], 3),
        "versions": versions(),
    }
    return json.dumps(value)


def _start(
    size: Size, listeners: dict[int, socket.socket]
) -> dict[int, "subprocess.Popen[bytes]"]:
    all_papers = {index: papers() for index in INDEXES}
    nodes = {}
    for index in INDEXES:
        certificate, key, pin = all_papers[index]
        peers = [
            {
                "index": peer,
                "host": "127.0.0.1",
                "port": listeners[peer].getsockname()[1],
                "pin": all_papers[peer][2],
            }
            for peer in INDEXES
            if peer != index
        ]
        job: dict[str, Any] = {
            **{name: getattr(size, name) for name in size.__slots__},
            "index": index,
            "listen_fd": listeners[index].fileno(),
            "certificate": certificate,
            "private_key": key,
            "pin": pin,
            "peers": peers,
        }
        nodes[index] = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.node"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[listeners[index].fileno()],
        )
        _write(nodes[index], json.dumps(job).encode() + b"\n")
    return nodes


def _pass_on(nodes: list["subprocess.Popen[bytes]"]) -> None:
    """Give every node what all three say in one stage of the check."""
    said = []
    for node in nodes:
        if node.stdout is None:
            raise RuntimeError("a node has no output")
        said.append(node.stdout.readline().strip())
    for node in nodes:
        _write(node, b"[" + b",".join(said) + b"]\n")


def _write(node: "subprocess.Popen[bytes]", data: bytes) -> None:
    if node.stdin is None:
        raise RuntimeError("a node has no input")
    node.stdin.write(data)
    node.stdin.flush()


def _release(size: Size, arrays: list[dict[str, list[int]]]) -> None:
    """Open pattern and released cells with three shares, as nodes do, and check the counts."""
    plan = build_layout(parse_survey(survey(size.questions, size.options))).plan
    bits = [
        _opened(list(shares)) for shares in zip(*(a["pattern"] for a in arrays), strict=True)
    ]
    plain = records(size.answers, size.questions, size.options, size.seed)
    if size.proven:
        plain[SPOILT_AT::SPOILT_EVERY] = 0
    plain = plain.sum(axis=0)
    for value in released_values(plan, pattern_from_bits(plan, 1, bits)):
        slot = value.form[0][0]
        if _opened([a["counts"][slot] for a in arrays]) != int(plain[slot]):
            raise RuntimeError("a released cell is not the count of its records")


def _opened(shares: list[int]) -> int:
    if not on_line(shares):
        raise RuntimeError("three shares are not on one line")
    return interpolate_at_zero(shares)


def papers() -> tuple[str, str, str]:
    """Return a new certificate, its key, both as PEM, and the certificate's pin."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "benchmark")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return (
        certificate.public_bytes(pem).decode(),
        private.decode(),
        hashlib.sha256(der).hexdigest(),
    )
