"""TLS 1.3 with one certificate a party and attempt, both sides pinned, no authority at all.

The pins come from the nodes' signed messages; a pin stands for a party number (study M2, M3).
Python's ssl gives a listener no certificate that it cannot verify, so both sides first show
their certificate in the clear (it is public and lives for one attempt). Each refuses one whose
hash is no pin, takes it as the only anchor of a fresh context, and compares again what the
handshake proved.
Source: docs/protocol.md §16.
"""

import asyncio
import hashlib
import os
import socket
import ssl
import struct

from mpcengine.party.failure import PartyFailure
from mpcengine.protocol.wordswire import AnySpec

_LENGTH = struct.Struct("<H")
_LONGEST_CERTIFICATE = 4096
# X509_V_FLAG_NO_CHECK_TIME: the pin is for one attempt, so clocks need not agree.
_IGNORE_CLOCK = 0x200000
HANDSHAKE_SECONDS = 10.0


def pin_of(certificate: bytes) -> str:
    """Return SHA-256 of a certificate's DER bytes in hexadecimal."""
    return hashlib.sha256(certificate).hexdigest()


def own_certificate(spec: AnySpec) -> bytes:
    """Return the DER bytes of the certificate in the spec.

    Raises PartyFailure (``bad_spec``) if it is none or its hash is not the pin in the spec.
    """
    try:
        certificate = ssl.PEM_cert_to_DER_cert(spec.certificate)
    except ValueError:
        raise PartyFailure("bad_spec", detail="certificate is not in PEM form") from None
    if pin_of(certificate) != spec.pin:
        raise PartyFailure("bad_spec", detail="certificate does not match its own pin")
    return certificate


def make_context(spec: AnySpec, anchor: bytes, *, server: bool) -> ssl.SSLContext:
    """Return a context that speaks TLS 1.3 only and accepts one certificate, ``anchor``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # The pin names the party; host names say nothing here.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags = ssl.VerifyFlags(
        context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN | _IGNORE_CLOCK
    )
    try:
        context.load_verify_locations(cadata=anchor)
        _load_key(context, spec)
    except (ssl.SSLError, ValueError):
        raise PartyFailure("bad_spec", detail="certificate and key cannot be used") from None
    if server:
        context.num_tickets = 0
    return context


async def send_certificate(sock: socket.socket, certificate: bytes) -> None:
    """Show our certificate on a fresh connection, before TLS."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, _LENGTH.pack(len(certificate)) + certificate)


async def receive_certificate(sock: socket.socket) -> bytes:
    """Return the certificate that the other side shows, at most 4096 bytes.

    Raises ConnectionError if the other side closes or shows something longer.
    """
    length = int(_LENGTH.unpack(await _receive_exactly(sock, _LENGTH.size))[0])
    if not 1 <= length <= _LONGEST_CERTIFICATE:
        raise ConnectionError("no certificate of an allowed length")
    return await _receive_exactly(sock, length)


def proven_pin(transport: asyncio.BaseTransport) -> str:
    """Return the pin of the certificate whose key the other side proved to hold."""
    tls = transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if tls is not None else None
    return pin_of(certificate) if certificate else ""


def _load_key(context: ssl.SSLContext, spec: AnySpec) -> None:
    # ssl reads keys from files only; an anonymous file in memory never reaches a disk.
    memory = os.memfd_create("party-key", os.MFD_CLOEXEC)
    try:
        os.write(memory, spec.private_key.encode() + b"\n" + spec.certificate.encode())
        context.load_cert_chain(f"/proc/self/fd/{memory}")
    finally:
        os.close(memory)


async def _receive_exactly(sock: socket.socket, count: int) -> bytes:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < count:
        part = await loop.sock_recv(sock, count - len(data))
        if not part:
            raise ConnectionError("closed before TLS")
        data += part
    return data
