"""Connect to a receiver over TLS that is checked before a byte of the call is sent.

With pins (SHA-256 of a certificate's DER form): TLS 1.3 and exactly one of these certificates,
whoever signed it, whatever names it has and however old it is; who gave the pin vouches for it.
Without: the system's authorities, the host's name, TLS 1.2 or newer. Plain HTTP only where the
caller allows it, and to this machine only. Portal, relay, nodes and respondents all call
through these pools. Source: docs/protocol.md §9.4.
"""

import hashlib
import ipaddress
import ssl
from typing import Any

import urllib3
from urllib3.connection import HTTPSConnection

PIN_MISMATCH = "pin_mismatch"
PLAIN_REFUSED = "plain_refused"
TLS_REFUSED = "tls_refused"
UNREACHABLE = "unreachable"


class ReceiverRefused(urllib3.exceptions.HTTPError):
    """Refuse to call: ``cause`` is PIN_MISMATCH or PLAIN_REFUSED. Nothing was sent."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def new_pools(
    *,
    pins: tuple[bytes, ...] = (),
    plain: bool,
    timeout: urllib3.Timeout,
    connections: int = 4,
    receivers: int = 8,
) -> urllib3.PoolManager:
    """Return pools for receivers that hold one of ``pins``, or for any if there are none.

    ``plain`` allows plain HTTP to a loopback address, and never where pins are given. No
    proxies, and nothing is tried twice.
    """
    return _Pools(
        pins=pins,
        plain=plain and not pins,
        num_pools=receivers,
        maxsize=connections,
        retries=False,
        timeout=timeout,
    )


def cause_of(error: BaseException) -> str:
    """Name why a call failed: one of this module's four words, good for an event or a log."""
    if isinstance(error, ReceiverRefused):
        return error.cause
    if isinstance(error, (urllib3.exceptions.SSLError, ssl.SSLError)):
        return TLS_REFUSED
    return UNREACHABLE


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its very name or address; nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class _Pools(urllib3.PoolManager):
    """Pools whose every connection is allowed and checked; see ``new_pools``."""

    def __init__(self, *, pins: tuple[bytes, ...], plain: bool, **options: Any) -> None:
        context = _pinned_context() if pins else _authorities_context()
        if pins:
            options["assert_hostname"] = False
        super().__init__(ssl_context=context, **options)
        self._plain = plain
        if pins:
            self.pool_classes_by_scheme = {
                **self.pool_classes_by_scheme,
                "https": _pinned_pool(frozenset(pins)),
            }

    def connection_from_host(
        self,
        host: str | None,
        port: int | None = None,
        scheme: str | None = "http",
        pool_kwargs: dict[str, Any] | None = None,
    ) -> urllib3.HTTPConnectionPool:
        """Return the pool of a host, unless the call would go out in the clear."""
        if scheme != "https" and not (self._plain and is_loopback(host or "")):
            raise ReceiverRefused(PLAIN_REFUSED)
        return super().connection_from_host(host, port, scheme, pool_kwargs)


def _authorities_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _pinned_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # The pin is the check: a self-made certificate has no authority and may bear no name.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _pinned_pool(pins: frozenset[bytes]) -> type[urllib3.HTTPSConnectionPool]:
    class PinnedConnection(HTTPSConnection):
        """A connection that is closed before the request unless its certificate is pinned."""

        def connect(self) -> None:
            """Connect, then compare the certificate that the handshake proved."""
            super().connect()
            proved = getattr(self.sock, "getpeercert", lambda _binary: None)(True)  # noqa: FBT003 - ssl's own argument
            if proved is None or hashlib.sha256(proved).digest() not in pins:
                self.close()
                raise ReceiverRefused(PIN_MISMATCH)
            self.is_verified = True

    class PinnedPool(urllib3.HTTPSConnectionPool):
        """Pool of pinned connections to one receiver."""

        ConnectionCls = PinnedConnection

    return PinnedPool
