"""Keep one respondent's attempt in a file, so that a crash costs nothing and repeats nothing.

The file (mode 0600, read by this module alone and by nobody else) holds the one-time key before
its first use, the tokens once they are there, and the finished package before it is sent; no
answer, and no code. Once the receipt is there, it may be erased. Source: docs/protocol.md §8.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from connector.http import Receiver
from connector.respondent import Ticket, package_seal, package_send, ticket_fetch
from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.eligibility import TOKEN_BYTES
from mpcengine.protocol.encoding import Answers, encode_answers
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.package import Package
from mpcengine.protocol.receipt import Receipt
from mpcengine.protocol.signing import generate_p256_key, p256_from_scalar, p256_scalar
from mpcengine.protocol.strict import Fields, to_base64

ATTEMPT_FORMAT = "drempel-attempt/1"
_KEYS = ("format", "manifest", "one_time_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Hold how far a respondent is: a key, then a ticket, then the finished package."""

    manifest: Manifest
    private: EllipticCurvePrivateKey
    ticket: Ticket | None = None
    package: Package | None = None


def attempt_finish(
    path: Path,
    manifest: Manifest,
    *,
    code: str,
    answers: Answers,
    nodes: Mapping[str, Receiver],
    relay: Receiver,
) -> Receipt:
    """Answer a survey from wherever the attempt in ``path`` stands, and return the receipt.

    A finished package is sent as it is, whatever ``answers`` says. Raises MalformedInput for
    answers or a code that break a rule, ConnectorError; calling again goes on.
    """
    record = encode_answers(manifest.layout, answers)
    attempt = _load(path, manifest)
    if attempt.package is None:
        if attempt.ticket is None:
            ticket = ticket_fetch(nodes, manifest, code, attempt.private)
            attempt = replace(attempt, ticket=ticket)
            _save(path, attempt)
        else:
            ticket = attempt.ticket
        attempt = replace(attempt, package=package_seal(manifest, ticket, record))
        _save(path, attempt)
    assert attempt.package is not None  # noqa: S101 - set just above, for the type checker
    return package_send(relay, manifest, attempt.package)


def _load(path: Path, manifest: Manifest) -> Attempt:
    """Read the attempt, or begin and keep one: the key must outlive its first use."""
    if not path.exists():
        attempt = Attempt(manifest=manifest, private=generate_p256_key())
        _save(path, attempt)
        return attempt
    top = Fields(
        parse_json(path.read_bytes()), required=_KEYS, optional=("tokens", "package"), file=True
    )
    top.choice("format", (ATTEMPT_FORMAT,))
    if top.digest("manifest") != manifest.digest:
        raise top.refuse("manifest", "must be the manifest of this survey")
    private = p256_from_scalar(top.data("one_time_key", 32))
    ticket = package = None
    if top.has("tokens"):
        joined = top.data("tokens", 3 * TOKEN_BYTES)
        first, second, third = (
            joined[place : place + TOKEN_BYTES] for place in range(0, len(joined), TOKEN_BYTES)
        )
        ticket = Ticket(private=private, tokens=(first, second, third))
    if top.has("package"):
        package = Package.decode(top.data("package"), manifest.envelope_length)
    return Attempt(manifest=manifest, private=private, ticket=ticket, package=package)


def _save(path: Path, attempt: Attempt) -> None:
    document: dict[str, JSON] = {
        "format": ATTEMPT_FORMAT,
        "manifest": attempt.manifest.digest,
        "one_time_key": to_base64(p256_scalar(attempt.private)),
    }
    if attempt.ticket is not None:
        document["tokens"] = to_base64(b"".join(attempt.ticket.tokens))
    if attempt.package is not None:
        document["package"] = to_base64(attempt.package.encode())
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(document).encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
