"""Call one known receiver over HTTP, with limits on time, size and repetition.

No redirects and no proxies are followed. Errors name the receiver, never what was sent or
answered, but for the code and sentence of a problem document. Every call of the interface
(docs/protocol.md §9, §15) does no harm when repeated, so silence is answered by a second try
after a short random wait; ``repeat=False`` switches that off.
"""

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import urlsplit

import urllib3
from django.conf import settings

from bounded_http import AnswerTooLong, body_pieces, read_answer
from mpcengine.protocol.canonical import parse_json
from mpcengine.protocol.errors import ProtocolError
from pinned_http import PIN_MISMATCH, UNREACHABLE, cause_of, new_pools
from security_events import emit_rarely
from stopping import stop_check

CONNECT_SECONDS = 4.0
READ_SECONDS = 15.0
# Of one call as a whole, with its second try: READ_SECONDS bounds only the silence between two
# pieces. With that silence at its end a call is still shorter than what a lease has left.
CALL_SECONDS = 45.0
TRIES = 2
WAIT_SECONDS = 0.2
# The longest answer is a statement of the widest survey, with its list of refused packages.
MAX_ANSWER_BYTES = 16 * 1024 * 1024
MAX_PROBLEM_BYTES = 16 * 1024
JSON_TYPE = "application/json"
OCTETS_TYPE = "application/octet-stream"
CODE = re.compile(r"[a-z][a-z0-9_.-]{0,79}")
_LATER = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}

JsonObject = dict[str, object]


class ClientError(Exception):
    """Name the receiver of a call that did not succeed.

    ``cause`` is one of ``pinned_http``'s words where the call did not come through, else empty.

    ClientError
    ├── Unreachable   nobody answered, or not in time, or "later": try again
    ├── Refused       the receiver said no, with a code and a sentence
    └── Misbehaved    the answer is not what the interface says
    """

    def __init__(self, receiver: str, cause: str = "") -> None:
        super().__init__(receiver)
        self.receiver = receiver
        self.cause = cause


class Unreachable(ClientError):  # named for what happened, as in protocol.errors
    """Nobody answered in time, or the receiver asked to come back later."""


class Misbehaved(ClientError):  # named for what happened, as in protocol.errors
    """The receiver answered with something the interface does not know."""


class Refused(ClientError):  # named for what happened, as in protocol.errors
    """The receiver refused; ``code`` and ``sentence`` are from its problem document."""

    def __init__(self, receiver: str, *, status: int, code: str, sentence: str) -> None:
        super().__init__(receiver)
        self.status = status
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPeer:
    """One receiver: a short name for errors, a base address, perhaps a token.

    ``pins`` are the SHA-256 digests of the only certificates it may have (``pinned_http``);
    plain HTTP is for the embedded layer. ``seconds`` bounds every call as a whole, however
    slowly the receiver reads or answers. Calls raise Stopping once this process is to end.
    """

    name: str
    url: str
    token: str = ""
    pins: tuple[bytes, ...] = ()
    seconds: float = CALL_SECONDS

    def get(self, path: str) -> JsonObject:
        """Return the JSON object at ``path``; raise ClientError."""
        return self._call("GET", path, body=None, media="", repeat=True)

    def send(
        self, method: str, path: str, value: Mapping[str, object], *, repeat: bool = True
    ) -> JsonObject:
        """Send a JSON object and return the JSON answer; raise ClientError."""
        body = json.dumps(value, separators=(",", ":")).encode()
        return self._call(method, path, body=body, media=JSON_TYPE, repeat=repeat)

    def send_octets(self, path: str, body: bytes) -> JsonObject:
        """Post bytes and return the JSON answer; raise ClientError."""
        return self._call("POST", path, body=body, media=OCTETS_TYPE, repeat=True)

    def _call(
        self, method: str, path: str, *, body: bytes | None, media: str, repeat: bool
    ) -> JsonObject:
        until = time.monotonic() + self.seconds
        for attempt in range(1, TRIES):
            try:
                return self._once(method, path, body=body, media=media, until=until)
            except Unreachable as error:
                if error.cause not in {"", UNREACHABLE}:
                    raise
                wait = WAIT_SECONDS * attempt * (0.5 + secrets.randbelow(1000) / 1000)
                if not repeat or time.monotonic() + wait > until:
                    raise
                time.sleep(wait)
        return self._once(method, path, body=body, media=media, until=until)

    def _once(
        self, method: str, path: str, *, body: bytes | None, media: str, until: float
    ) -> JsonObject:
        headers = {"Accept": JSON_TYPE, "Accept-Encoding": "identity"}
        if media:
            headers["Content-Type"] = media
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        if body is not None:
            headers["Content-Length"] = str(len(body))
        address = self._address(path)
        stop_check()
        try:
            answer = _pools(self.pins, settings.EMBEDDED).request(
                method,
                address,
                body=None if body is None else body_pieces(body, until),
                headers=headers,
                redirect=False,
                preload_content=False,
            )
            status = answer.status
            content = read_answer(answer, _limit(status), until)
        except AnswerTooLong:
            raise Misbehaved(self.name) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            # The error holds the address and perhaps the body: it is left behind.
            stop_check()
            cause = cause_of(error)
            if cause == PIN_MISMATCH:
                emit_rarely("tls.pin_mismatch", outcome="failure", peer=self.name)
            raise Unreachable(self.name, cause) from None
        return self._judge(status, content)

    def _address(self, path: str) -> str:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise Misbehaved(self.name)
        return f"{self.url.rstrip('/')}/api/v1/{path}"

    def _judge(self, status: int, content: bytes) -> JsonObject:
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _LATER:
            raise Unreachable(self.name)
        if status >= HTTPStatus.BAD_REQUEST:
            raise _refusal(self.name, status, content)
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise Misbehaved(self.name)
        return _object(self.name, content) if content else {}


@lru_cache(maxsize=16)
def _pools(pins: tuple[bytes, ...], is_plain_allowed: bool) -> urllib3.PoolManager:  # noqa: FBT001 - a key of the cache
    return new_pools(
        pins=pins,
        plain=is_plain_allowed,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
    )


def _limit(status: int) -> int:
    return MAX_PROBLEM_BYTES if status >= HTTPStatus.BAD_REQUEST else MAX_ANSWER_BYTES


def _object(name: str, content: bytes) -> JsonObject:
    try:
        value = parse_json(content)
    except ProtocolError:
        raise Misbehaved(name) from None
    if not isinstance(value, dict):
        raise Misbehaved(name)
    return value


def _refusal(name: str, status: int, content: bytes) -> Refused:
    try:
        problem = _object(name, content)
    except Misbehaved:
        problem = {}
    code, detail = problem.get("code"), problem.get("detail") or problem.get("title")
    return Refused(
        name,
        status=status,
        code=code if isinstance(code, str) and CODE.fullmatch(code) else "refused",
        sentence=(
            detail[:300]
            if isinstance(detail, str) and detail.isprintable()
            else "No reason was given."
        ),
    )
