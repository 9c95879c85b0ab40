"""Keep one respondent's attempt in a file, so that a crash costs nothing and repeats nothing.

The file (mode 0600, read by this module alone and by nobody else) holds the one-time key and
the blinding before their first use, the tokens once they are there (and the blinding no more),
and the finished package and its parcel before they are sent; no answer, and no code. Once the
receipt is there, it may be erased. Source: docs/protocol.md §8.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from connector.claims import Claim
from connector.http import Receiver
from connector.respondent import (
    Ticket,
    TicketDraw,
    package_seal,
    ticket_draw,
    ticket_fetch,
)
from connector.sending import Parcel, package_deliver, package_send, package_wrap
from mpcengine.protocol.blindrsa import MODULUS_BYTES, SALT_BYTES
from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.eligibility import TOKEN_BYTES
from mpcengine.protocol.encoding import Answers, encode_answers
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.package import Package, Three
from mpcengine.protocol.receipt import Receipt
from mpcengine.protocol.signing import p256_from_scalar, p256_scalar
from mpcengine.protocol.strict import Fields, to_base64

ATTEMPT_FORMAT = "drempel-attempt/3"
_KEYS = ("format", "manifest", "one_time_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Hold how far a respondent is: a draw, then a ticket, then the package in its parcel."""

    manifest: Manifest
    drawn: TicketDraw | None = None
    ticket: Ticket | None = None
    package: Package | None = None
    parcel: Parcel | None = None


def attempt_finish(
    path: Path,
    manifest: Manifest,
    *,
    code: Claim,
    answers: Answers,
    nodes: Mapping[str, Receiver],
    relay: Receiver,
    is_direct: bool = False,
) -> Receipt:
    """Answer a survey from wherever the attempt in ``path`` stands, and return the receipt.

    A finished package is sent as it is, whatever ``answers`` says; ``is_direct``: to the nodes,
    who then see from where. Raises MalformedInput for
    answers or a code that break a rule, ConnectorError; calling again goes on.
    """
    record = encode_answers(manifest.layout, answers)
    attempt = _load(path, manifest)
    if attempt.package is None or attempt.parcel is None:
        ticket = attempt.ticket or ticket_fetch(nodes, manifest, code, attempt.drawn)
        attempt = Attempt(manifest=manifest, ticket=ticket)
        _save(path, attempt)
        package = package_seal(manifest, ticket, record)
        parcel = package_wrap(manifest, package)
        attempt = replace(attempt, package=package, parcel=parcel)
        _save(path, attempt)
    assert attempt.parcel is not None  # noqa: S101 - set just above, for the type checker
    if is_direct:
        return package_deliver(nodes, manifest, attempt.parcel)
    return package_send(relay, manifest, attempt.parcel)


def _load(path: Path, manifest: Manifest) -> Attempt:
    """Read the attempt, or begin and keep one: what is drawn must outlive its first use."""
    if not path.exists():
        attempt = Attempt(manifest=manifest, drawn=ticket_draw(manifest))
        _save(path, attempt)
        return attempt
    top = Fields(
        parse_json(path.read_bytes()),
        required=_KEYS,
        optional=("blinding", "tokens", "package", "parcel"),
        file=True,
    )
    top.choice("format", (ATTEMPT_FORMAT,))
    if top.digest("manifest") != manifest.digest:
        raise top.refuse("manifest", "must be the manifest of this survey")
    if not top.has("tokens"):
        return Attempt(manifest=manifest, drawn=_drawn(top))
    private = p256_from_scalar(top.data("one_time_key", 32))
    ticket = Ticket(private=private, tokens=_thirds(top.data("tokens", 3 * TOKEN_BYTES)))
    if not top.has("package"):
        return Attempt(manifest=manifest, ticket=ticket)
    package = Package.decode(top.data("package"), manifest.envelope_length)
    parcel = Parcel(
        package=package.package_id,
        revision=package.revision,
        content=top.data("parcel", manifest.parcel_length),
    )
    return Attempt(manifest=manifest, ticket=ticket, package=package, parcel=parcel)


def _drawn(top: Fields) -> TicketDraw:
    if not top.has("blinding"):
        raise top.refuse("blinding", "is missing")
    parts = _thirds(top.data("blinding", 3 * (SALT_BYTES + MODULUS_BYTES)))
    first, second, third = (int.from_bytes(part[SALT_BYTES:], "big") for part in parts)
    return TicketDraw(
        private=p256_from_scalar(top.data("one_time_key", 32)),
        salts=(parts[0][:SALT_BYTES], parts[1][:SALT_BYTES], parts[2][:SALT_BYTES]),
        factors=(first, second, third),
    )


def _blinding(drawn: TicketDraw) -> bytes:
    pairs = zip(drawn.salts, drawn.factors, strict=True)
    return b"".join(salt + factor.to_bytes(MODULUS_BYTES, "big") for salt, factor in pairs)


def _thirds(joined: bytes) -> Three:
    length = len(joined) // 3
    return joined[:length], joined[length : 2 * length], joined[2 * length :]


def _save(path: Path, attempt: Attempt) -> None:
    owner = attempt.ticket or attempt.drawn
    assert owner is not None  # noqa: S101 - an attempt is one or the other
    document: dict[str, JSON] = {
        "format": ATTEMPT_FORMAT,
        "manifest": attempt.manifest.digest,
        "one_time_key": to_base64(p256_scalar(owner.private)),
    }
    if attempt.drawn is not None:
        document["blinding"] = to_base64(_blinding(attempt.drawn))
    if attempt.ticket is not None:
        document["tokens"] = to_base64(b"".join(attempt.ticket.tokens))
    if attempt.package is not None and attempt.parcel is not None:
        document["package"] = to_base64(attempt.package.encode())
        document["parcel"] = to_base64(attempt.parcel.content)
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
