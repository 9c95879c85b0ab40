"""A real HTTPS server with a certificate of the test's making, which counts what reaches it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A certificate and its key, in files."""

    certificate: Path
    key: Path
    pin: bytes


def make_paper(folder: Path, name: str = "localhost", *, age_days: int = 1) -> Paper:
    """Make a self-signed certificate, valid for 30 days from ``age_days`` ago on."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime.now(UTC) - age_days * DAY
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + 30 * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(private, SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{certificate.serial_number}"
    place.with_suffix(".crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    place.with_suffix(".key").write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    place.with_suffix(".key").chmod(0o600)
    der = Hash(SHA256())
    der.update(certificate.public_bytes(Encoding.DER))
    return Paper(
        certificate=place.with_suffix(".crt"),
        key=place.with_suffix(".key"),
        pin=der.finalize(),
    )


@dataclass(slots=True)
class Served:
    """Where a server listens, and what it has read of calls."""

    port: int = 0
    read: list[bytes] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@contextmanager
def served(paper: Paper | None, *, newest: ssl.TLSVersion | None = None) -> Iterator[Served]:
    """Serve ``{}`` over TLS with ``paper``, or in the clear without one."""
    told = Served()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            told.read.append(self.requestline.encode() + self.rfile.read(length))
            version = getattr(self.connection, "version", str)()
            told.versions.append(version)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = _answer  # noqa: N815 - names that http.server looks for

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Say nothing: a refused handshake is what the tests want."""

    server = Server(("127.0.0.1", 0), Handler)
    if paper is not None:
        server.socket = _over_tls(server.socket, paper, newest)
    told.port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _over_tls(
    listener: socket.socket, paper: Paper, newest: ssl.TLSVersion | None
) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paper.certificate, paper.key)
    if newest is not None:
        context.maximum_version = newest
    return context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
