"""Call portal, relay and nodes over HTTP: pooled connections, limits, patience where safe.

No redirects and no proxies are followed. Every call does no harm when it is made twice
(docs/protocol.md §8, §9), or carries a key under which it is done once; so silence is answered
by trying again, ever later, until the receiver's patience ends.
"""

import json
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic

import urllib3

from bounded_http import AnswerTooLong, read_answer
from connector.errors import Misbehaved, Refused, Unreachable
from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.strict import parse_base64, to_base64
from pinned_http import (
    PIN_MISMATCH,
    PLAIN_REFUSED,
    TLS_REFUSED,
    UNREACHABLE,
    cause_of,
    new_pools,
)

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
# Of one call as a whole: READ_SECONDS bounds only the silence between two pieces of an answer.
CALL_SECONDS = 60.0
PATIENCE_SECONDS = 60.0
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 3.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_PROBLEM_BYTES = 16 * 1024
JSON_TYPE = "application/json"
OCTETS_TYPE = "application/octet-stream"
SIGNATURE_HEADER = "Drempel-Signature"
_CODE = re.compile(r"[a-z][a-z0-9_.-]{0,79}")
_LATER = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
_WHY = {
    UNREACHABLE: "{} cannot be reached.",
    PIN_MISMATCH: "{} has another certificate than the nodes file says; nothing was sent.",
    PLAIN_REFUSED: "{} has an address without TLS (http); nothing was sent.",
    TLS_REFUSED: "{} has no certificate that this computer trusts; nothing was sent.",
}
_NO_REASON = "No reason was given."

JsonObject = dict[str, JSON]


def new_pool(connections: int, pins: tuple[bytes, ...] = ()) -> urllib3.PoolManager:
    """Return a pool that keeps up to ``connections`` open to each receiver.

    ``pins``, of one node, are those of your nodes file (``NodeEntry.pins``): TLS 1.3 and
    exactly one of these certificates. Plain HTTP goes to this machine only (``pinned_http``).
    """
    return new_pools(
        pins=pins,
        plain=True,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        connections=connections,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    content: bytes
    signature: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One receiver: a name for sentences, a base address, perhaps a token.

    ``patience`` is how many seconds a call is tried for; ``stop``, once set, ends
    all patience.
    """

    name: str
    url: str
    pool: urllib3.PoolManager
    token: str = ""
    patience: float = PATIENCE_SECONDS
    stop: threading.Event = field(default_factory=threading.Event)

    def get(self, path: str) -> JsonObject:
        """Return the JSON object at ``path`` under ``/api/v1/``; raise ConnectorError."""
        return self._object(self._patiently("GET", path, None, {}).content)

    def send(
        self,
        method: str,
        path: str,
        value: Mapping[str, JSON],
        *,
        once: bool = False,
    ) -> JsonObject:
        """Send a JSON object, again and again if need be, and return the JSON answer.

        ``once``: doing it twice would do harm, so every try carries the same Idempotency-Key
        and the portal does it once. Raises ConnectorError.
        """
        body = json.dumps(value, separators=(",", ":")).encode()
        headers = {"Content-Type": JSON_TYPE}
        if once:
            headers["Idempotency-Key"] = secrets.token_urlsafe(16)
        return self._object(self._patiently(method, path, body, headers).content)

    def send_octets(self, path: str, body: bytes) -> JsonObject:
        """Post bytes, again and again if need be, and return the JSON answer."""
        headers = {"Content-Type": OCTETS_TYPE}
        return self._object(self._patiently("POST", path, body, headers).content)

    def put_signed(self, path: str, body: bytes, signature: bytes) -> JsonObject:
        """Put signed bytes, again and again if need be, and return the JSON answer."""
        headers = {"Content-Type": OCTETS_TYPE, SIGNATURE_HEADER: to_base64(signature)}
        return self._object(self._patiently("PUT", path, body, headers).content)

    def get_signed(self, path: str) -> tuple[bytes, bytes]:
        """Return the bytes at ``path`` and the signature beside them (empty if none)."""
        answer = self._patiently("GET", path, None, {"Accept": "*/*"})
        return answer.content, parse_base64(answer.signature) or b""

    def _patiently(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> "_Answer":
        deadline = monotonic() + self.patience
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                return self._once(method, path, body, headers)
            except Unreachable as error:
                if error.cause != UNREACHABLE:
                    raise
                # Between half the wait and all of it: callers that failed together spread out.
                pause = wait * (0.5 + secrets.randbelow(500) / 1000)
                if monotonic() + pause > deadline or self.stop.wait(pause):
                    raise
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    def _once(
        self, method: str, path: str, body: bytes | None, special: Mapping[str, str]
    ) -> "_Answer":
        headers = {"Accept": JSON_TYPE, "Accept-Encoding": "identity", **special}
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        until = monotonic() + CALL_SECONDS
        try:
            answer = self.pool.request(
                method,
                f"{self.url.rstrip('/')}/api/v1/{path}",
                body=body,
                headers=headers,
                redirect=False,
                preload_content=False,
            )
            status, signature = answer.status, answer.headers.get(SIGNATURE_HEADER)
            content = read_answer(answer, _limit(status), until)
        except AnswerTooLong:
            raise Misbehaved(
                self.name, f"{self.name} sent an answer that is too long."
            ) from None
        except TimeoutError:
            raise Unreachable(self.name, f"{self.name} answers too slowly.") from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            # The error holds the address and perhaps the body: it is left behind.
            cause = cause_of(error)
            raise Unreachable(self.name, _WHY[cause].format(self.name), cause=cause) from None
        self._judge(status, content)
        return _Answer(content, signature)

    def _judge(self, status: int, content: bytes) -> None:
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _LATER:
            raise Unreachable(self.name, f"{self.name} answered with status {status}.")
        if status >= HTTPStatus.BAD_REQUEST:
            raise self._refusal(status, content)
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise Misbehaved(self.name, f"{self.name} sent us elsewhere, which it may not.")

    def _object(self, content: bytes) -> JsonObject:
        try:
            value = parse_json(content)
        except ProtocolError:
            value = None
        if not isinstance(value, dict):
            raise Misbehaved(self.name, f"{self.name} did not answer with a JSON object.")
        return value

    def _refusal(self, status: int, content: bytes) -> Refused:
        try:
            problem = self._object(content)
        except Misbehaved:
            problem = {}
        code, where = problem.get("code"), problem.get("where")
        return Refused(
            self.name,
            _printable(problem.get("detail")) or _NO_REASON,
            status=status,
            code=code_of(code),
            where=_printable(where),
            evidence=parse_base64(problem.get("evidence")) or b"",
        )


def document_get(url: str) -> JSON:
    """Return the JSON at an address, asked once; raise ConnectorError."""
    name = "The address"
    until = monotonic() + CALL_SECONDS
    try:
        answer = new_pool(1).request(
            "GET",
            url,
            headers={"Accept": JSON_TYPE, "Accept-Encoding": "identity"},
            redirect=False,
            preload_content=False,
        )
        content = read_answer(answer, MAX_ANSWER_BYTES, until)
    except AnswerTooLong:
        raise Misbehaved(name, f"{name} sent an answer that is too long.") from None
    except TimeoutError:
        raise Unreachable(name, f"{name} answers too slowly.") from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        cause = cause_of(error)
        raise Unreachable(name, _WHY[cause].format(name), cause=cause) from None
    try:
        if answer.status == HTTPStatus.OK:
            return parse_json(content)
    except ProtocolError:
        pass
    raise Misbehaved(name, f"{name} did not give a JSON document.")


def code_of(value: object) -> str:
    """Return a stable code as it came, or ``refused`` for anything that is none."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else "refused"


def _limit(status: int) -> int:
    return MAX_PROBLEM_BYTES if status >= HTTPStatus.BAD_REQUEST else MAX_ANSWER_BYTES


def _printable(value: object) -> str:
    return value[:300] if isinstance(value, str) and value.isprintable() else ""
