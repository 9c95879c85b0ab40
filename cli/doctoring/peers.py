"""Ask the nodes, and the relay or portal one is bound to: are they there, and who are they?

Every node is called under the pins of the nodes file and signs a fresh challenge, so that what
is told about it was told by it.
"""

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import urllib3

from bounded_http import AnswerTooLong, read_answer
from cli.doctoring.finding import Finding, fail, ok, warn
from cli.doctoring.service import Service
from cli.errors import BadInput
from cli.files import read_nodes
from mpcengine.protocol.canonical import JSON, Digest, digest_bytes, is_digest, parse_json
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.nodesfile import (
    NodeEntry,
    NodesFile,
    introduction_body,
    nodes_digest,
)
from mpcengine.protocol.signing import LABEL_INTRODUCTION, verify
from mpcengine.protocol.strict import parse_base64
from pinned_http import (
    PIN_MISMATCH,
    PLAIN_REFUSED,
    TLS_REFUSED,
    UNREACHABLE,
    cause_of,
    new_pools,
)

CONNECT_SECONDS, READ_SECONDS, CALL_SECONDS = 2.0, 3.0, 4.0
MAX_ANSWER_BYTES = 16 * 1024
CHALLENGE_BYTES = 32
CLOCK_SECONDS = 5.0
_WHY = {
    PIN_MISMATCH: ("has another certificate than its pin", "Call its operator: is it new?"),
    PLAIN_REFUSED: ("has an address without TLS", "Ask its operator for an https address."),
    TLS_REFUSED: ("has no certificate that this machine knows", "Ask its operator."),
}
_SILENT = ("does not answer", "Is it up, and is the way there open?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a call brought: an answer and the other clock's distance in seconds, or a cause."""

    answer: JSON = None
    apart: float | None = None
    cause: str = ""


def peers(service: Service) -> Iterator[Finding]:
    """Ask every other node, side by side: reachable (D12), itself (D13), same file (D15)."""
    path = service.file("nodes_file")
    try:
        nodes = read_nodes(path) if path is not None else None
    except BadInput as error:
        yield fail("D15", error.sentence, "Make it anew with drempel install join.")
        return
    if nodes is None:
        yield fail("D15", "The service file names no nodes file.", "Name one.")
        return
    # Also a node asks itself: its own address must lead back to it.
    with ThreadPoolExecutor(len(nodes.nodes) + 1) as pool:
        asked = [pool.submit(_node, entry, nodes) for entry in nodes.nodes]
        relay = pool.submit(_relay, service)
        for one in asked:
            yield from one.result()
        yield from relay.result()


def _node(entry: NodeEntry, nodes: NodesFile) -> list[Finding]:
    name, own = f"Node {entry.node}", nodes_digest(nodes)
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    heard = _call(entry.url, f"introductions/{challenge.hex()}", entry.pins)
    if heard.cause:
        seen, do = _WHY.get(heard.cause, _SILENT)
        return [fail("D12", f"{name} ({entry.url}) {seen}.", do)]
    found = [ok("D12", f"{name} answers at {entry.url}."), *_clock(name, heard.apart)]
    said = _introduced(entry, heard.answer, challenge)
    if said is None:
        seen = f"{name} does not prove the identity key of the nodes file."
        return [*found, fail("D13", seen, "Compare entries with its operator by phone.")]
    found.append(ok("D13", f"{name} proves its identity key."))
    if said != own:
        seen = f"{name} has another nodes file than yours."
        do = "Compare the file's fingerprint by phone; drempel install join prints it."
        return [*found, fail("D15", seen, do)]
    return [*found, ok("D15", f"{name} has the same nodes file.")]


def _introduced(entry: NodeEntry, answer: JSON, challenge: bytes) -> Digest | None:
    """Return the digest that the node of this entry has signed with our challenge, or None."""
    given = answer if isinstance(answer, dict) else {}
    nodes, signature = given.get("nodes"), parse_base64(given.get("signature"))
    if not is_digest(nodes) or not signature:
        return None
    said = Digest(str(nodes))
    body = introduction_body(said, challenge)
    try:
        digest_bytes(said)
        verify(entry.identity_key, LABEL_INTRODUCTION, body, signature)
    except ProtocolError:
        return None
    return said


def _relay(service: Service) -> list[Finding]:
    url = service.text("relay_url")
    if not url:
        return []
    heard = _call(url, "health", ())
    if heard.cause:
        seen, do = _WHY.get(heard.cause, _SILENT)
        return [fail("D12", f"The relay ({url}) {seen}.", do)]
    return [ok("D12", f"The relay answers at {url}."), *_clock("The relay", heard.apart)]


def _clock(name: str, apart: float | None) -> list[Finding]:
    if apart is None:
        return [warn("D11", f"{name} does not say what time it is.", "Ask its operator.")]
    if abs(apart) > CLOCK_SECONDS:
        seen = f"{name}'s clock and yours are {abs(apart):.0f} seconds apart."
        return [warn("D11", seen, "Set yours by a time service; ask whether theirs is.")]
    return [ok("D11", f"{name}'s clock agrees with yours.")]


def _call(url: str, path: str, pins: tuple[bytes, ...]) -> Heard:
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    pool = new_pools(pins=pins, plain=True, timeout=timeout)
    until = time.monotonic() + CALL_SECONDS
    try:
        answer = pool.request(
            "GET",
            f"{url.rstrip('/')}/api/v1/{path}",
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            redirect=False,
            preload_content=False,
        )
        content = read_answer(answer, MAX_ANSWER_BYTES, until)
    except (urllib3.exceptions.HTTPError, OSError, AnswerTooLong) as error:
        return Heard(cause=cause_of(error))
    finally:
        pool.clear()
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Heard(cause=UNREACHABLE)
    apart = _apart(answer.headers.get("Date", ""))
    try:
        return Heard(answer=parse_json(content), apart=apart)
    except ProtocolError:
        return Heard(apart=apart)


def _apart(date: str) -> float | None:
    try:
        # The header has whole seconds, cut off: half a second in the mean.
        return parsedate_to_datetime(date).timestamp() + 0.5 - time.time()
    except (TypeError, ValueError):
        return None
