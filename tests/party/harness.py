"""Start real party processes on this machine, feed them, and read how they ended."""

import contextlib
import datetime
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import IO

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mpcengine.party.tls import pin_of
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.partywire import (
    PREFIX_BYTES,
    Failure,
    OutcomeHeader,
    PartySpec,
    PeerAddress,
    encode_spec,
    frame_length,
    parse_failure,
    parse_outcome,
    split_arrays,
)
from mpcengine.protocol.wordswire import WordsList, WordsSpec, encode_words

ROOT = Path(__file__).parents[2]
DOUBLE = "tests.party.double"
JOB, OTHER_JOB = "sha256:" + "1" * 64, "sha256:" + "2" * 64
WORKER = """
import subprocess, sys, time
module, work, descriptor = sys.argv[1:]
command = [sys.executable, "-m", module, work]
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
print(subprocess.Popen(command, pass_fds=[int(descriptor)], **quiet).pid, flush=True)
time.sleep(600)
"""
BATCH_ROOT = "sha256:" + "3" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    certificate: str
    key: str
    pin: str


@cache
def identity(name: str) -> Identity:
    """A self-signed certificate as a node makes it for one attempt; one a name and test run."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return Identity(
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        pin=pin_of(certificate.public_bytes(serialization.Encoding.DER)),
    )


@dataclass(slots=True, kw_only=True)
class Ending:
    """How a party ended: exit code, arrays or failure, and seconds since it was waited for."""

    code: int
    header: OutcomeHeader | None
    arrays: dict[str, list[int]]
    failure: Failure | None
    stderr: bytes
    ended_at: float


@dataclass(slots=True)
class Party:
    spec: PartySpec | WordsSpec
    process: subprocess.Popen[bytes]

    def finish(self, timeout: float = 150.0) -> Ending:
        stdout, stderr = self.process.communicate(timeout=timeout)
        ended_at = time.monotonic()
        if self.process.returncode != 0:
            failure = parse_failure(stderr)
            return Ending(
                code=self.process.returncode,
                header=None,
                arrays={},
                failure=failure,
                stderr=stderr,
                ended_at=ended_at,
            )
        length = frame_length(stdout[:PREFIX_BYTES])
        body = PREFIX_BYTES + length
        header = parse_outcome(stdout[PREFIX_BYTES:body])
        return Ending(
            code=0,
            header=header,
            arrays={
                name: unpack_words(data)
                for name, data in split_arrays(header, stdout[body:]).items()
            },
            failure=None,
            stderr=stderr,
            ended_at=ended_at,
        )


def unpack_words(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // ELEMENT_BYTES}Q", data))


def feed(pipe: IO[bytes], data: bytes) -> None:
    """Write everything and close; a party that ended early has read enough."""
    with contextlib.suppress(BrokenPipeError), pipe:
        pipe.write(data)


@dataclass
class Trio:
    """Three listening sockets, three identities, three specs; processes started on demand."""

    specs: dict[int, PartySpec] = field(default_factory=dict)
    listeners: dict[int, socket.socket] = field(default_factory=dict)
    parties: dict[int, Party] = field(default_factory=dict)
    lines: list[socket.socket] = field(default_factory=list)
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @classmethod
    def make(cls, **changes: object) -> "Trio":
        trio = cls()
        for index in (1, 2, 3):
            trio.listeners[index] = socket.create_server(("127.0.0.1", 0), backlog=16)
        for index in (1, 2, 3):
            trio.specs[index] = replace(trio._spec(index), **changes)  # type: ignore[arg-type]
        return trio

    def _spec(self, index: int) -> PartySpec:
        own = identity(f"party {index}")
        first, second = (
            PeerAddress(
                index=peer,
                host="127.0.0.1",
                port=self.port(peer),
                pin=identity(f"party {peer}").pin,
            )
            for peer in (1, 2, 3)
            if peer != index
        )
        return PartySpec(
            job=JOB,
            attempt=1,
            round=1,
            index=index,
            listen_fd=self.listeners[index].fileno(),
            certificate=own.certificate,
            private_key=own.key,
            pin=own.pin,
            peers=(first, second),
            root=BATCH_ROOT,
            survey={},
            rows=0,
            width=1,
            accepted=0,
            min_count=5,
            draw_seed=bytes([index]) * 32,
            deadline_seconds=120.0,
            connect_seconds=60.0,
            stall_seconds=30.0,
        )

    def words_spec(self, index: int, **changes: object) -> WordsSpec:
        """The spec of a round of matching for this party's address and peers."""
        one = self.specs[index]
        spec = WordsSpec(
            job=one.job,
            attempt=one.attempt,
            round=5,
            index=index,
            listen_fd=one.listen_fd,
            certificate=one.certificate,
            private_key=one.private_key,
            pin=one.pin,
            peers=one.peers,
            root=one.root,
            buckets=1,
            bucket=0,
            lists=(WordsList(owner=0, words=1), WordsList(owner=1, words=1)),
            deadline_seconds=one.deadline_seconds,
            connect_seconds=one.connect_seconds,
            stall_seconds=one.stall_seconds,
        )
        return replace(spec, **changes)  # type: ignore[arg-type]

    def port(self, index: int) -> int:
        return int(self.listeners[index].getsockname()[1])

    def change(self, index: int, **changes: object) -> None:
        self.specs[index] = replace(self.specs[index], **changes)  # type: ignore[arg-type]

    def start(
        self, index: int, *arguments: str, module: str = DOUBLE, rows: bytes = b""
    ) -> Party:
        spec = self.specs[index]
        return self.launch(spec, encode_spec(spec) + rows, *arguments, module=module)

    def start_words(
        self, spec: WordsSpec, *arguments: str, module: str = DOUBLE, blocks: bytes = b""
    ) -> Party:
        return self.launch(spec, encode_words(spec) + blocks, *arguments, module=module)

    def launch(
        self, spec: PartySpec | WordsSpec, data: bytes, *arguments: str, module: str
    ) -> Party:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[spec.listen_fd],
            cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        pipe, process.stdin = process.stdin, None
        threading.Thread(target=feed, args=(pipe, data)).start()
        party = Party(spec, process)
        self.parties[spec.index] = party
        return party

    def start_below_a_worker(
        self, index: int, work: str
    ) -> tuple["subprocess.Popen[bytes]", psutil.Process]:
        """Start a party as the child of a process of its own, which the test can kill."""
        spec = self.specs[index]
        worker: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-c", WORKER, DOUBLE, work, str(spec.listen_fd)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[spec.listen_fd],
            cwd=ROOT,
        )
        self.workers.append(worker)
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(encode_spec(spec))
        worker.stdin.close()
        party = psutil.Process(int(worker.stdout.readline()))
        worker.stdout.close()
        return worker, party

    def start_all(self, *arguments: str, module: str = DOUBLE) -> None:
        for index in (1, 2, 3):
            self.start(index, *arguments, module=module)

    def finish_all(self, timeout: float = 150.0) -> dict[int, Ending]:
        return {index: party.finish(timeout) for index, party in self.parties.items()}

    def close(self) -> None:
        for party in self.parties.values():
            if party.process.poll() is None:
                party.process.kill()
            party.process.wait()
            for pipe in (party.process.stdout, party.process.stderr):
                if pipe is not None:
                    pipe.close()
        for worker in self.workers:
            worker.kill()
            worker.wait()
        for sock in (*self.lines, *self.listeners.values()):
            sock.close()
