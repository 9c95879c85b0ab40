"""Call the two other nodes: signed messages over HTTP, with limits on time and size.

No redirects and no proxies are followed. A peer has one of the certificates that the nodes file
pins, or one that the system's authorities vouch for (``pinned_http``). Errors name the peer,
never what was sent or answered.
"""

import logging
import secrets
import time
from functools import lru_cache
from http import HTTPStatus

import urllib3
from django.conf import settings

from bounded_http import AnswerTooLong, body_pieces, read_answer
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.messages import (
    NONCE_BYTES,
    PeerMessage,
    sign_peer_message,
    verify_peer_message,
)
from mpcengine.protocol.nodesfile import NodeEntry
from mpcengine.protocol.strict import parse_base64, to_base64
from nodes.clock import clock_compare
from nodes.keystore import identity_key, node_name
from nodes.policy import federation
from pinned_http import PIN_MISMATCH, UNREACHABLE, cause_of, new_pools
from security_events import emit_rarely
from stopping import stop_check

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 3.0
READ_SECONDS = 20.0
SIGNATURE_HEADER = "Drempel-Signature"


class PeerError(Exception):
    """Name the peer of a call that brought nothing; ``cause``: why it did not come through.

    PeerError
    ├── PeerSilent       nobody answered, or "later": try again
    └── PeerMisbehaved   the answer is not what the protocol says
    """

    def __init__(self, peer: str, cause: str = "") -> None:
        super().__init__(peer)
        self.peer = peer
        self.cause = cause


class PeerSilent(PeerError):
    """Nobody answered in time, or the peer is not yet where it could answer."""


class PeerMisbehaved(PeerError):
    """The peer answered with something the protocol does not know."""


def peer_ask(
    peer: str, address: str, *, label: str, job: str, epoch: str, body: bytes = b""
) -> PeerMessage | None:
    """Send a signed message to ``peer``; return its signed answer, None for "not yet".

    ``address`` is ``exchange`` or ``packages``. An answer to another question, however old
    and well signed, is none. Raises PeerError.
    """
    entry = federation().named(peer)
    question = PeerMessage(
        label=label,
        sender=node_name(),
        receiver=peer,
        job=job,
        epoch=epoch,
        nonce=secrets.token_bytes(NONCE_BYTES),
        body=body,
    )
    data, signature = sign_peer_message(identity_key(), question)
    status, content, header = _post(entry, address, data, to_base64(signature))
    if status == HTTPStatus.ACCEPTED:
        return None
    if status != HTTPStatus.OK:
        raise PeerSilent(peer)
    return _read(entry, question, content, header)


def _read(entry: NodeEntry, question: PeerMessage, content: bytes, header: str) -> PeerMessage:
    signature = parse_base64(header)
    if signature is None:
        raise PeerMisbehaved(entry.node)
    try:
        answer = verify_peer_message(
            content,
            signature,
            sender=entry.node,
            receiver=node_name(),
            identity_key=entry.identity_key,
        )
    except ProtocolError:
        raise PeerMisbehaved(entry.node) from None
    asked = (question.job, question.epoch, question.nonce)
    if (answer.job, answer.epoch, answer.nonce) != asked:
        raise PeerMisbehaved(entry.node)
    return answer


def _post(entry: NodeEntry, address: str, data: bytes, header: str) -> tuple[int, bytes, str]:
    until = time.monotonic() + settings.LONGEST_CALL_SECONDS
    pool = _pools(entry.pins, settings.EMBEDDED)
    try:
        stop_check()
        answer = pool.request(
            "POST",
            f"{entry.url.rstrip('/')}/api/v1/peer/{address}",
            body=body_pieces(data, until),
            headers={
                "Content-Type": "application/json",
                "Content-Length": str(len(data)),
                SIGNATURE_HEADER: header,
            },
            redirect=False,
            preload_content=False,
        )
        content = read_answer(answer, settings.MAX_BODY_BYTES, until)
    except AnswerTooLong:
        raise PeerMisbehaved(entry.node) from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        # The error holds the address and perhaps the body: it is left behind.
        stop_check()
        cause = cause_of(error)
        if cause == PIN_MISMATCH:
            emit_rarely("tls.pin_mismatch", outcome="failure", peer=entry.node)
        if cause != UNREACHABLE:
            logger.warning("node %s was not called: %s", entry.node, cause)
        raise PeerSilent(entry.node, cause) from None
    clock_compare(entry.node, answer.headers.get("Date", ""))
    return answer.status, content, answer.headers.get(SIGNATURE_HEADER, "")


@lru_cache(maxsize=8)
def _pools(pins: tuple[bytes, ...], is_plain_allowed: bool) -> urllib3.PoolManager:  # noqa: FBT001 - a key of the cache
    return new_pools(
        pins=pins,
        plain=is_plain_allowed,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        connections=2,
        receivers=4,
    )
