"""gunicorn's settings for a service in production: ``gunicorn -c python:config.gunicorn``.

Address, TLS and role are those of the service file. No access log, no forwarded header, no
control socket: nothing here learns or keeps who called. SIGTERM lets the calls under way end
and closes the rest within GRACE_SECONDS. The command line (``--workers``) wins.
"""

import os
import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from config import env
from config.service_file import Service
from config.web_socket import PatientSocket

GRACE_SECONDS = 20
# AEAD with forward secrecy only; TLS 1.3 has suites of its own, all of them so.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
_ROLES: dict[str, Callable[[], Service]] = {
    "portal": env.portal_service,
    "relay": env.relay_service,
    "node": env.node_service,
}


class _Conf(Protocol):
    certfile: str
    keyfile: str


def _service() -> Service:
    role = os.environ.get("DJANGO_SETTINGS_MODULE", "").rpartition(".")[2]
    if role not in _ROLES:
        raise env.BadConfiguration(
            "Set DJANGO_SETTINGS_MODULE to config.settings.portal, relay or node."
        )
    return _ROLES[role]()


@lru_cache(maxsize=1)
def _context(certificate: str, key: str) -> ssl.SSLContext:
    """Return the context of a worker process; a reload (SIGHUP) starts workers anew."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Browsers may speak 1.2; peers insist on 1.3 themselves (pinned_http).
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = PatientSocket
    return context


def ssl_context(conf: _Conf, _default: object) -> ssl.SSLContext:
    """Return the TLS context for a connection (gunicorn asks anew for each)."""
    return _context(conf.certfile, conf.keyfile)


_SERVICE = _service()
_HOST = f"[{_SERVICE.listen_host}]" if ":" in _SERVICE.listen_host else _SERVICE.listen_host

wsgi_app = "config.wsgi:application"
bind = f"{_HOST}:{_SERVICE.port}"
if _SERVICE.tls_certificate_file is not None and _SERVICE.tls_key_file is not None:
    certfile = str(_SERVICE.tls_certificate_file)
    keyfile = str(_SERVICE.tls_key_file)

# Three thousand answers in a burst need a few processes and many that wait for a disk; every
# process has a pool of connections of its own (config/settings/services.py).
worker_class = "gthread"
workers = 2
threads = 8
backlog = 2048
keepalive = 30
# How long a worker may be frozen before the master replaces it.
timeout = 60
graceful_timeout = GRACE_SECONDS
umask = 0o077

limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 8190

accesslog = None
errorlog = "-"
loglevel = "warning"
logger_class = "config.web_log.QuietLogger"
capture_output = False
control_socket_disable = True
# Whoever connects is not told from a proxy: no header says who, or how, it was.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
http2_cleartext = "off"
