"""Start, feed, time-limit and reap one process of ``python -m mpcengine.party``.

A party, one per attempt of a round, or a check of reports, which talks to nobody.

The socket listens before the process exists, so that the address can be told to the peers
first; the party inherits it. Certificate and key are made for this attempt alone. No shell, no
secret in arguments or environment: the spec and the rows go through a pipe.
"""

import contextlib
import ctypes
import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from mpcengine.protocol.canonical import Digest, digest
from mpcengine.protocol.checkwire import CheckSpec, encode_check
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.partywire import (
    CAUSE_OTHER,
    EXIT_DONE,
    PREFIX_BYTES,
    Failure,
    encode_spec,
    frame_length,
    parse_failure,
    parse_outcome,
    split_arrays,
)
from mpcengine.protocol.signing import generate_p256_key
from mpcengine.protocol.wordswire import AnySpec, WordsSpec, encode_words

logger = logging.getLogger(__name__)

ANY_PORT = 0
NO_FREE_PORT = "no_free_port"
NO_ADDRESS = "no_address"
BACKLOG = 16
LONGEST_STDERR = 64 * 1024
# After its own deadline a party gets this long to say why before it is killed.
GRACE_SECONDS = 10.0
_REAP_SECONDS = 5.0
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "NUMBA_CACHE_DIR")
_PR_SET_PDEATHSIG = 1
_PRCTL = ctypes.CDLL(None, use_errno=True).prctl


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyOutcome:
    """Hold how an attempt ended: arrays of little-endian u64 words by name, or a failure."""

    arrays: dict[str, bytes]
    failure: Failure | None


class NowhereToListen(Exception):
    """No address is to be had for a party now; ``cause`` names why, in one word of ours."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class PartyProcess:
    """A process that is fed through a pipe, and at last has an outcome."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        self._stdout = bytearray()
        self._stderr = bytearray()
        self._killed_at = 0.0

    @property
    def is_started(self) -> bool:
        """Tell whether the process was started."""
        return self._process is not None

    def launch(
        self, head: bytes, rows: Iterable[bytes], *, fds: Sequence[int], seconds: float
    ) -> None:
        """Start the process with ``fds``, feed it in the background, kill it if it is late."""
        # The party must not outlive its worker; the call made between fork and exec takes no
        # lock of Python's, which is what makes other uses of preexec_fn unsafe with threads.
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", "mpcengine.party"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=fds,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - see above
        )
        self._process = process
        self._killed_at = time.monotonic() + seconds
        self._run(lambda: _feed(process.stdin, head, rows))
        self._run(lambda: _drain(process.stdout, self._stdout, None))
        self._run(lambda: _drain(process.stderr, self._stderr, LONGEST_STDERR))

    def poll(self) -> PartyOutcome | None:
        """Return the outcome once the process has ended, None before; kill one too late."""
        process = self._process
        if process is None:
            return None
        if process.poll() is None:
            if time.monotonic() > self._killed_at:
                process.kill()
            return None
        for thread in self._threads:
            thread.join(_REAP_SECONDS)
        return self._outcome(process.returncode)

    def stop(self) -> None:
        """Kill the process if it runs and reap it; safe to call twice."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_REAP_SECONDS)
        for thread in self._threads:
            thread.join(_REAP_SECONDS)

    def _outcome(self, code: int) -> PartyOutcome:
        if code == EXIT_DONE:
            with contextlib.suppress(MalformedMessage):
                return PartyOutcome(arrays=_arrays(bytes(self._stdout)), failure=None)
        detail = f"the party ended with code {code} and named no cause"
        named = parse_failure(bytes(self._stderr))
        unnamed = Failure(cause=CAUSE_OTHER, peer=0, detail=detail)
        return PartyOutcome(arrays={}, failure=unnamed if named is None else named)

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="party-pipe", daemon=True)
        thread.start()
        self._threads.append(thread)


class CheckRun(PartyProcess):
    """One evaluation of this node's reports: no socket, no certificate, no peer."""

    def start(self, spec: CheckSpec, rows: Iterable[bytes], seconds: float) -> None:
        """Start the process and feed it the spec, then ``rows``; it has ``seconds``."""
        self.launch(encode_check(spec), rows, fds=(), seconds=seconds)


class PartyAttempt(PartyProcess):
    """One attempt of one round: a listening socket, later a process, at last an outcome.

    ``host`` is told to the peers; the socket listens on ``listen_host`` (default: the same), on
    the first free of ``ports`` (default: any). Raises NowhereToListen.
    """

    def __init__(
        self,
        *,
        round_number: int,
        attempt: int,
        host: str,
        listen_host: str = "",
        ports: Iterable[int] = (ANY_PORT,),
    ) -> None:
        super().__init__()
        self.round = round_number
        self.attempt = attempt
        self.host = host
        self._socket: socket.socket | None = _listen(listen_host or host, ports)
        self.port = int(self._socket.getsockname()[1])
        self.certificate, self.private_key, self.pin = _make_certificate()

    @property
    def listen_fd(self) -> int:
        """Return the number of the socket, the same in the party."""
        if self._socket is None:
            raise RuntimeError("the attempt has been stopped")
        return self._socket.fileno()

    def start(self, spec: AnySpec, rows: Iterable[bytes]) -> None:
        """Start the process and feed it in the background: the spec, then ``rows``."""
        limit = spec.deadline_seconds + spec.connect_seconds + GRACE_SECONDS
        head = encode_words(spec) if isinstance(spec, WordsSpec) else encode_spec(spec)
        self.launch(head, rows, fds=(self.listen_fd,), seconds=limit)
        self._close_socket()

    def stop(self) -> None:
        """Kill the process if it runs, reap it, close the socket; safe to call twice."""
        self._close_socket()
        super().stop()

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _feed(pipe: IO[bytes] | None, head: bytes, rows: Iterable[bytes]) -> None:
    # A party that has ended says why on its standard error; nothing to add here.
    if pipe is None:
        return
    with contextlib.suppress(OSError), pipe:
        pipe.write(head)
        for chunk in rows:
            pipe.write(chunk)


def _drain(pipe: IO[bytes] | None, into: bytearray, limit: int | None) -> None:
    if pipe is None:
        return
    with contextlib.suppress(OSError), pipe:
        while chunk := pipe.read(65536):
            into += chunk
            if limit is not None:
                del into[:-limit]


def _listen(host: str, ports: Iterable[int]) -> socket.socket:
    """Return a socket that listens on the first free port; raise NowhereToListen."""
    for port in ports:
        try:
            return _listen_at(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise NowhereToListen(NO_ADDRESS) from error
    raise NowhereToListen(NO_FREE_PORT)


def _listen_at(host: str, port: int) -> socket.socket:
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, proto)
    try:
        # What an earlier party has left of its connections does not keep a fixed port busy.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _make_certificate() -> tuple[str, str, Digest]:
    """Return certificate and key in PEM, and SHA-256 of the certificate's DER form."""
    private = generate_p256_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "drempel party")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM).decode("ascii")
    return pem, _private_pem(private), digest(certificate.public_bytes(Encoding.DER))


def _private_pem(private: EllipticCurvePrivateKey) -> str:
    form = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return form.decode("ascii")


def _arrays(stdout: bytes) -> dict[str, bytes]:
    """Cut a party's output into its arrays; raise MalformedMessage if it is none."""
    start = PREFIX_BYTES + frame_length(stdout[:PREFIX_BYTES])
    return split_arrays(parse_outcome(stdout[PREFIX_BYTES:start]), stdout[start:])


def _die_with_parent() -> None:
    _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
