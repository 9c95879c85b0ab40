"""Refuse transports that say more, or to others, than they should.

drempel.E020  an address without TLS in the nodes file, or of the relay, outside embedded
drempel.E021  a node's own web certificate is none that the nodes file pins for it
drempel.E022  the web certificate is not to be read, is not of its key, or is over
"""

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from django.core.checks import Error, register

from config.checks import Apps, Found
from mpcengine.protocol.canonical import parse_json
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.nodesfile import NodeEntry, parse_nodes_file


@register()
def check_addresses(app_configs: Apps, **_: Any) -> Found:
    """Require https of every service that this one calls."""
    del app_configs
    if settings.EMBEDDED:
        return []
    found = [
        f'Node {entry.node}\'s address in "nodes_file"'
        for entry in _entries()
        if not entry.url.startswith("https://")
    ]
    if settings.ROLE == "portal" and not settings.RELAY_URL.startswith("https://"):
        found.append('The address in "relay_url"')
    return [Error(f"{what} must be https.", id="drempel.E020") for what in found]


@register()
def check_own_pin(app_configs: Apps, **_: Any) -> Found:
    """Require that a node shows the certificate which its nodes file promises of it."""
    del app_configs
    if settings.ROLE != "node" or not settings.TLS_CERTIFICATE_FILE:
        return []
    own = [entry for entry in _entries() if entry.node == settings.NODE_NAME and entry.pins]
    certificate = _certificate()
    if not own or certificate is None or certificate.fingerprint(SHA256()) in own[0].pins:
        return []
    return [
        Error(
            '"tls_certificate_file" is neither "pin" nor "next_pin" of this node in its'
            " nodes file: its peers will not call it.",
            id="drempel.E021",
        )
    ]


@register()
def check_certificate(app_configs: Apps, **_: Any) -> Found:
    """Require a certificate that belongs to its key and is not over."""
    del app_configs
    if not settings.TLS_CERTIFICATE_FILE:
        return []
    certificate = _certificate()
    if certificate is None or not _is_pair():
        sentence = '"tls_certificate_file" and "tls_key_file" must be a PEM certificate and'
        return [Error(f"{sentence} its key.", id="drempel.E022")]
    if certificate.not_valid_after_utc < datetime.now(UTC):
        return [Error('The certificate in "tls_certificate_file" is over.', id="drempel.E022")]
    return []


def _entries() -> tuple[NodeEntry, ...]:
    """Return the nodes of the nodes file; none if it cannot be read, which others tell."""
    try:
        content = Path(settings.NODES_FILE).read_bytes()
        return parse_nodes_file(parse_json(content, file=True)).nodes
    except (OSError, ProtocolError):
        return ()


def _certificate() -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(Path(settings.TLS_CERTIFICATE_FILE).read_bytes())
    except (OSError, ValueError):
        return None


def _is_pair() -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.TLS_CERTIFICATE_FILE, settings.TLS_KEY_FILE)
    except (OSError, ssl.SSLError):
        return False
    return True
