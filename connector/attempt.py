"""Keep one respondent's attempt in a file, so that a crash costs nothing and repeats nothing.

The file (mode 0600, read by this module alone and by nobody else) holds the one-time key and
the blinding before their first use, the tokens once they are there (and the blinding no more),
and the finished parcel before it is sent; no answer, no share, and no code. It stays for
corrections: a later answer is the next revision, made from fresh randomness. ``attempt_erase``
ends that. Source: docs/protocol.md §8.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from connector.respondent import Ticket, TicketDraw, package_seal, ticket_draw
from connector.sending import Parcel, package_wrap
from mpcengine.protocol.blindrsa import MODULUS_BYTES, SALT_BYTES
from mpcengine.protocol.canonical import JSON, Digest, parse_json
from mpcengine.protocol.eligibility import TOKEN_BYTES
from mpcengine.protocol.encoding import Answers, encode_answers, encode_texts
from mpcengine.protocol.envelope import HIGHEST_REVISION
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.package import Three
from mpcengine.protocol.signing import p256_from_scalar, p256_scalar
from mpcengine.protocol.strict import Fields, to_base64
from private_files import private_write

ATTEMPT_FORMAT = "drempel-attempt/3"
_KEYS = ("format", "manifest", "one_time_key")
_PARCEL_KEYS = ("package", "revision", "parcel", "sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Hold how far a respondent is: a draw, then a ticket, then a parcel, then it is sent."""

    manifest: Manifest
    drawn: TicketDraw | None = None
    ticket: Ticket | None = None
    parcel: Parcel | None = None
    is_sent: bool = False


def attempt_parcel(
    path: Path,
    manifest: Manifest,
    *,
    answers: Answers,
    fetch: Callable[[TicketDraw], Ticket],
) -> Parcel:
    """Return the parcel to send now, kept in ``path`` before this returns.

    A parcel that is not sent yet (``attempt_sent``) is returned as it is, whatever ``answers``
    says; after one that is sent comes the next revision. ``fetch`` gets the tokens for what was
    drawn; it is called again after a crash, for the same. Raises MalformedInput for answers
    that break a rule, for another survey's file, and ``attempt.revisions`` after the last one.
    """
    record = encode_answers(manifest.layout, answers)
    texts = encode_texts(manifest.layout, answers)
    attempt = attempt_read(path, manifest)
    if attempt is None:
        # What is drawn must outlive its first use.
        attempt = Attempt(manifest=manifest, drawn=ticket_draw(manifest))
        _save(path, attempt)
    if attempt.parcel is not None and not attempt.is_sent:
        return attempt.parcel
    if attempt.parcel is not None and attempt.parcel.revision == HIGHEST_REVISION:
        raise MalformedInput(
            "attempt.revisions", "This answer was corrected seven times; it stays as it is."
        )
    ticket = attempt.ticket
    if ticket is None and attempt.drawn is not None:
        ticket = fetch(attempt.drawn)
        _save(path, Attempt(manifest=manifest, ticket=ticket))
    assert ticket is not None  # noqa: S101 - an attempt is a draw or a ticket
    revision = 0 if attempt.parcel is None else attempt.parcel.revision + 1
    package = package_seal(manifest, ticket, record, revision, texts)
    parcel = package_wrap(manifest, package)
    _save(path, Attempt(manifest=manifest, ticket=ticket, parcel=parcel))
    return parcel


def attempt_kept(path: Path, manifest: Manifest) -> Parcel:
    """Return the parcel in ``path``, sent or not, to be sent as it is.

    Raises MalformedInput if there is none.
    """
    attempt = attempt_read(path, manifest)
    if attempt is None or attempt.parcel is None:
        raise MalformedInput("attempt.empty", "There is no finished answer to send again.")
    return attempt.parcel


def attempt_digest(path: Path) -> Digest | None:
    """Return the digest of the manifest that an attempt is of, or None if there is none."""
    return _fields(path).digest("manifest") if path.exists() else None


def attempt_sent(path: Path, manifest: Manifest) -> None:
    """Note that the parcel was sent and its receipt is kept; what follows is a correction."""
    attempt = attempt_read(path, manifest)
    if attempt is not None and attempt.parcel is not None:
        _save(path, replace(attempt, is_sent=True))


def attempt_is_sent(path: Path) -> bool:
    """Tell whether an answer of the attempt in ``path`` was sent, a correction or the first.

    Raises MalformedInput for what is no attempt.
    """
    if not path.exists():
        return False
    top = _fields(path)
    if not top.has("sent") or not top.has("revision"):
        return False
    return top.boolean("sent") or top.integer("revision", 0, HIGHEST_REVISION) > 0


def attempt_erase(path: Path) -> None:
    """Erase the attempt: nobody can correct this answer any more, its owner included."""
    path.unlink(missing_ok=True)


def attempt_read(path: Path, manifest: Manifest) -> Attempt | None:
    """Return the attempt in ``path``, or None if there is none.

    Raises MalformedInput or MalformedMessage for what is no attempt at this survey.
    """
    if not path.exists():
        return None
    top = _fields(path)
    if top.digest("manifest") != manifest.digest:
        raise top.refuse("manifest", "must be the manifest of this survey")
    if not top.has("tokens"):
        return Attempt(manifest=manifest, drawn=_drawn(top))
    private = p256_from_scalar(top.data("one_time_key", 32))
    ticket = Ticket(private=private, tokens=_thirds(top.data("tokens", 3 * TOKEN_BYTES)))
    if not any(top.has(key) for key in _PARCEL_KEYS):
        return Attempt(manifest=manifest, ticket=ticket)
    missing = next((key for key in _PARCEL_KEYS if not top.has(key)), None)
    if missing is not None:
        raise top.refuse(missing, "is missing")
    parcel = Parcel(
        package=top.hexadecimal("package", 32),
        revision=top.integer("revision", 0, HIGHEST_REVISION),
        content=top.data("parcel", manifest.parcel_length),
    )
    is_sent = top.boolean("sent")
    return Attempt(manifest=manifest, ticket=ticket, parcel=parcel, is_sent=is_sent)


def _fields(path: Path) -> Fields:
    top = Fields(
        parse_json(path.read_bytes(), file=True),
        required=_KEYS,
        optional=("blinding", "tokens", *_PARCEL_KEYS),
        file=True,
    )
    top.choice("format", (ATTEMPT_FORMAT,))
    return top


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
    if attempt.parcel is not None:
        document["package"] = attempt.parcel.package
        document["revision"] = attempt.parcel.revision
        document["parcel"] = to_base64(attempt.parcel.content)
        document["sent"] = attempt.is_sent
    private_write(path, json.dumps(document))
