"""One respondent of whom everything is known, and everything that can go wrong for her.

What she has and is (``secrets``) is what the sweep looks for. She calls from an address of her
own in the loopback network, with headers nobody else sends.
"""

import hashlib
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import urllib3

from cli.reachable import Reachable
from connector import respondent, sending
from connector.http import Receiver
from connector.respondent import Ticket, package_seal, ticket_fetch
from connector.sending import Parcel, package_deliver, package_send, package_wrap
from mpcengine.protocol.codec import pack_batch, pack_vector
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.outer import parcel_hash, seal_parcel
from mpcengine.protocol.package import Package, sign_package
from mpcengine.protocol.roster import code_from_bytes, node_code, parse_code, roster_entry
from mpcengine.protocol.sharing import split
from mpcengine.protocol.signing import p256_scalar, point_bytes
from mpcengine.protocol.strict import to_base64
from tests.canary.forms import Needle, element_needles, needles_of

ADDRESS = "127.77.143.59"
HEADERS = {
    "User-Agent": "canary-agent-4b1f/7.3",
    "Referer": "https://canary-referrer-9e2c.example/",
    "Accept-Language": "x-canary-tongue",
    "Cookie": "sid=canary-cookie-81d4",
    "X-Forwarded-For": "203.0.113.177",
    "X-Request-Id": "canary-request-0c55",
}
STRAY_HOST = "canary-host-6f0a.example"
WRONG_CODE = code_from_bytes(bytes(range(40, 57)))
ANSWER = 1_987_654_321
OCTETS = "application/octet-stream"
JSON_TYPE = "application/json"


@dataclass(slots=True)
class Respondent:
    """The canary respondent of one survey."""

    federation: Reachable
    manifest: Manifest
    code: str
    secrets: dict[str, list[bytes]] = field(default_factory=dict)
    elements: list[int] = field(default_factory=list)
    parcels: dict[str, Parcel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare her connections, and note what she has before she does anything."""
        one = self.federation
        for receiver in (one.portal, one.relay, *one.nodes.values()):
            _as_her(receiver.pool)
        self.note("address", ADDRESS.encode())
        for name, value in HEADERS.items():
            self.note(name.lower(), value.removeprefix("sid=").encode())
        self.note("host", STRAY_HOST.encode())
        self.note("answer", str(ANSWER).encode())
        self._note_code("code", self.code)
        self._note_code("wrong code", WRONG_CODE)

    def _note_code(self, name: str, code: str) -> None:
        secret = parse_code(code)
        self.note(name, code.encode(), code.lower().encode(), code.replace("-", "").encode())
        self.note(name, secret)
        for index in (1, 2, 3):
            own = node_code(secret, self.manifest.survey_id, index)
            self.note(name, own)
            self.note(f"{name}, hashed", roster_entry(own))

    def note(self, name: str, *secrets: bytes) -> None:
        """Add a secret to what is looked for."""
        self.secrets.setdefault(name, []).extend(secrets)

    def needles(self) -> Iterator[Needle]:
        """Yield every needle of every secret."""
        for name, secrets in self.secrets.items():
            for secret in secrets:
                yield from needles_of(name, secret)
        for element in self.elements:
            # A small one is no secret: shares are uniform, and the rare small one is left out.
            if element > 2**40:
                yield from element_needles("share", element)

    @property
    def relay(self) -> Receiver:
        """Return the relay, called by her."""
        return self.federation.relay

    def ticket(self) -> Ticket:
        """Exchange her code for tokens."""
        ticket = ticket_fetch(self.federation.nodes, self.manifest, self.code)
        self.note("one-time secret key", p256_scalar(ticket.private))
        self.note("one-time key", point_bytes(ticket.private)[1:])
        self.note("token", *ticket.tokens)
        return ticket

    def package(self, ticket: Ticket, answers: Mapping[str, Any], revision: int = 0) -> Package:
        """Seal her answers, noting the shares that nobody should see together or apart."""
        record = encode_answers(self.manifest.layout, answers)

        def noted(*arguments: Any) -> Any:
            shares = split(*arguments)
            for share in shares:
                self.elements += share
                self.note("plaintext", pack_vector(share))
            return shares

        with mock.patch.object(respondent, "split", noted):
            package = package_seal(self.manifest, ticket, record, revision)
        self.note("package", package.encode())
        self.note("package id", bytes.fromhex(package.package_id))
        self.note("envelope", *package.envelopes)
        return package

    def parcel(self, package: Package) -> Parcel:
        """Return a package in its parcel, the same again, noting the key that was drawn."""
        if package.package_id in self.parcels:
            return self.parcels[package.package_id]

        def noted(*arguments: Any, content_key: bytes, **rest: Any) -> Any:
            self.note("content key", content_key)
            return seal_parcel(*arguments, content_key=content_key, **rest)

        with mock.patch.object(sending, "seal_parcel", noted):
            made = package_wrap(self.manifest, package)
        self.note("package digest", hashlib.sha256(package.encode()).digest())
        self.note("parcel", made.content[33:])
        self.note("parcel hash", parcel_hash(made.content))
        self.parcels[package.package_id] = made
        return made

    def send(self, package: Package) -> None:
        """Send a package and note the promise."""
        receipt = package_send(self.relay, self.manifest, self.parcel(package))
        self.note("promise", receipt.promise)

    def deliver(self, package: Package) -> None:
        """Give a package to the nodes herself and note what they sign."""
        receipt = package_deliver(self.federation.nodes, self.manifest, self.parcel(package))
        self.note("confirmation", *(node.confirmation for node in receipt.nodes))

    def call(
        self, to: Receiver, method: str, path: str, body: bytes = b"", media: str = OCTETS
    ) -> int:
        """Make one call as she would, and return the status; 0 if the line was cut."""
        try:
            answer = to.pool.request(
                method,
                f"{to.url.rstrip('/')}/{path}",
                body=body,
                headers={"Content-Type": media},
                redirect=False,
                timeout=30,
            )
        except urllib3.exceptions.HTTPError:
            return 0
        return answer.status

    def raw(self, to: Receiver, data: bytes) -> None:
        """Send bytes that are no HTTP call, from her address, and read what comes back.

        Where TLS is spoken they are sent inside it, and once more in the clear.
        """
        parts = urlsplit(to.url)
        for is_sealed in (False, True) if parts.scheme == "https" else (False,):
            with (
                suppress(OSError),
                socket.create_connection(
                    ("127.0.0.1", parts.port or 80), timeout=10, source_address=(ADDRESS, 0)
                ) as one,
                _sealed(one) if is_sealed else one as line,
            ):
                line.sendall(data)
                line.settimeout(3)
                while line.recv(65536):
                    continue


def _as_her(pool: urllib3.PoolManager) -> None:
    """Have a pool call from her address, with her headers."""
    if "source_address" in pool.connection_pool_kw:
        return
    pool.connection_pool_kw["source_address"] = (ADDRESS, 0)
    request = pool.request

    def with_headers(method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
        options["headers"] = {**options.get("headers", {}), **HEADERS}
        return request(method, url, **options)

    pool.request = with_headers  # type: ignore[method-assign,assignment]  # as a browser would


def _sealed(one: socket.socket) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(one, server_hostname=STRAY_HOST)


def everything_wrong(who: Respondent, ticket: Ticket, package: Package) -> dict[str, int]:
    """Do at relay, nodes and portal what goes wrong in practice; return each status."""
    federation, data = who.federation, who.parcel(package).content
    relay, node, portal = federation.relay, federation.nodes["a"], federation.portal
    other = sign_package(
        ticket.private,
        manifest=who.manifest.digest,
        revision=package.revision,
        tokens=ticket.tokens,
        envelopes=_turned(package.envelopes),
    )
    who.note("package", other.encode())
    who.note("package id", bytes.fromhex(other.package_id))
    again = who.parcel(other).content
    who.deliver(package)
    wrong = {
        **_at_the_relay(who, relay, data, again),
        "straight to a node": who.call(
            node, "POST", "api/v1/packages", pack_batch([data, again, data[:-1]])
        ),
        "without a parcel": who.call(
            node, "POST", "api/v1/packages", pack_batch([package.encode()])
        ),
        "without a parcel, to the relay": who.call(
            relay, "POST", "api/v1/packages", package.encode()
        ),
        "half a batch": who.call(node, "POST", "api/v1/packages", pack_batch([data])[:-9]),
        **_at_a_node(who, node, point_bytes(ticket.private)),
    }
    for base_name, base in (("relay", relay), ("node", node), ("portal", portal)):
        wrong |= _lost(who, base_name, base)
    return wrong


def _at_the_relay(
    who: Respondent, relay: Receiver, data: bytes, other: bytes
) -> dict[str, int]:
    path = "api/v1/packages"
    forged = data[:-1] + bytes([data[-1] ^ 1])
    return {
        "cut": who.call(relay, "POST", path, data[:-5]),
        "longer": who.call(relay, "POST", path, data + b"x"),
        "forged": who.call(relay, "POST", path, forged),
        "another version": who.call(relay, "POST", path, b"\2" + data[1:]),
        "again": who.call(relay, "POST", path, data),
        "replayed": who.call(relay, "POST", path, other),
        "oversize": who.call(relay, "POST", path, (data + who.code.encode()) * 4000),
        "as json": who.call(relay, "POST", path, data, JSON_TYPE),
        "code as body": who.call(relay, "POST", "api/v1/orders", who.code.encode(), JSON_TYPE),
        "of no survey": who.call(relay, "POST", path, b"\1" * 33 + data[33:]),
    }


def _at_a_node(who: Respondent, node: Receiver, point: bytes) -> dict[str, int]:
    wrong = {}
    other = b"\0" + os.urandom(255)  # some blinded key, below every modulus
    for name, code, key in (
        ("wrong code", WRONG_CODE, other),
        ("other key", who.code, other),
        ("no key", who.code, point),
    ):
        own = node_code(parse_code(code), who.manifest.survey_id, 1)
        wrong[name] = _token(who, node, to_base64(own), to_base64(key))
    wrong["code in the clear"] = _token(who, node, who.code, to_base64(point))
    broken = f'{{"code": "{who.code}", '.encode()
    wrong["broken json"] = who.call(node, "POST", "api/v1/tokens", broken, JSON_TYPE)
    return wrong


def _token(who: Respondent, node: Receiver, code: str, key: str) -> int:
    body = f'{{"manifest":"{who.manifest.digest}","code":"{code}","blinded":"{key}"}}'
    return who.call(node, "POST", "api/v1/tokens", body.encode(), JSON_TYPE)


def _lost(who: Respondent, name: str, base: Receiver) -> dict[str, int]:
    """Come to a service with the code in places where it does not belong."""
    found = {
        f"{name}: code as address": who.call(base, "GET", who.code),
        f"{name}: code as survey": who.call(base, "GET", f"api/v1/manifests/{who.code}"),
        f"{name}: code in the query": who.call(base, "GET", f"api/v1/health?code={who.code}"),
        f"{name}: code as method": who.call(base, who.code.replace("-", ""), "api/v1/health"),
        f"{name}: posted": who.call(base, "POST", f"x/{who.code}", who.code.encode()),
    }
    for raw in (
        f"GET /{who.code} HTTP/9.9\r\nHost: {STRAY_HOST}\r\n\r\n",
        f"{who.code} {who.code}\r\n\r\n",
        f"GET /api/v1/health HTTP/1.1\r\nHost: {STRAY_HOST}\r\nX-A: {who.code}\r\n\r\n",
        f"GET /{who.code} HTTP/1.1\r\nHost: {STRAY_HOST}\r\n\r\n",
        f"POST /{who.code} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {who.code}\r\n\r\n",
        f"POST /api/v1/packages HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{who.code}",
        f"GET /{'a' * 9000}{who.code} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{who.code}: a b\r\n bad {who.code}\r\n\r\n",
    ):
        who.raw(base, raw.encode())
    return found


def _turned(envelopes: tuple[bytes, bytes, bytes]) -> tuple[bytes, bytes, bytes]:
    first, second, third = envelopes
    return first, third, second
