"""Do the keys load, and are they those that the nodes file tells everybody about (D03)?"""

from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from cli.doctoring.finding import Finding, fail, ok
from cli.doctoring.service import Service
from cli.errors import BadInput
from cli.files import read_nodes
from cli.installing.certificates import certificate_load, certificate_pin
from cli.installing.keys import PUBLIC_SUFFIX, signing_key_load
from mpcengine.protocol.canonical import digest_bytes
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.nodesfile import NODE_NAMES, NodeEntry
from mpcengine.protocol.signing import p256_from_scalar, point_bytes, public_bytes

NUMBER = "D03"


def keys(service: Service) -> Iterator[Finding]:
    """Load every key and compare public halves with what others believe."""
    try:
        wrong = list(_wrong(service))
    except BadInput as error:
        yield fail(NUMBER, error.sentence, "Put the file back from its backup.")
        return
    if wrong:
        yield from (fail(NUMBER, seen, do) for seen, do in wrong)
    else:
        yield ok(NUMBER, "Keys load and are those of the nodes file.")


def _wrong(service: Service) -> Iterator[tuple[str, str]]:
    if (signing := service.file("signing_key_file")) is not None:
        signing_key_load(signing)
    if not _fits(service):
        yield (
            "The TLS key is not that of the certificate.",
            "Name two files that belong together.",
        )
    if not service.is_node:
        return
    entry = own_entry(service)
    identity = service.file("identity_key_file")
    if identity is None or public_bytes(signing_key_load(identity)) != entry.identity_key:
        yield (
            f"The nodes file has another identity key for node {entry.node} than yours.",
            "Compare entries with the other operators: theirs may be old, or not yours.",
        )
    certificate = service.file("tls_certificate_file")
    pinned = None if certificate is None else digest_bytes(certificate_pin(certificate))
    if entry.pins and pinned is not None and pinned not in entry.pins:
        yield (
            "The nodes file has another pin than your certificate's.",
            "Use the certificate of that pin, or hand out a new entry.",
        )
    yield from _wrapping(service.file("wrapping_key_file"))


def own_entry(service: Service) -> NodeEntry:
    """Return this node's entry of its nodes file; raise BadInput."""
    path, node = service.file("nodes_file"), service.text("node")
    if path is None or node not in NODE_NAMES:
        raise BadInput("The service file names no nodes file or no node.")
    return read_nodes(path).named(node)


def _wrapping(path: Path | None) -> Iterator[tuple[str, str]]:
    if path is None or not path.is_file():
        return
    try:
        private = p256_from_scalar(bytes.fromhex(path.read_text("ascii").strip()))
        public = bytes.fromhex(path.with_name(path.name + PUBLIC_SUFFIX).read_text("ascii"))
    except (OSError, ValueError, ProtocolError):
        yield "The wrapping key does not load.", "Put it and its .pub back from their backup."
        return
    if point_bytes(private) != public:
        yield "The wrapping key and its .pub do not belong together.", "Put both back."


def _fits(service: Service) -> bool:
    certificate, key = service.file("tls_certificate_file"), service.file("tls_key_file")
    if certificate is None or key is None:
        return True
    try:
        private = load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, InvalidSignature):
        raise BadInput(f"{key} cannot be read as a key.") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    shown = certificate_load(certificate).public_key().public_bytes(*form)
    return private.public_key().public_bytes(*form) == shown
