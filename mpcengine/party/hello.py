"""The first message after TLS: what both sides must agree on before any share is used.

Source: docs/protocol.md §16; study M8. Every field is compared; a difference ends the attempt
with ``digest_mismatch`` and the field's name, a false party number with
``impersonation_refused``.
"""

from mpcengine.party.code_digest import code_digest, versions
from mpcengine.party.failure import PartyFailure
from mpcengine.party.isolated import SECURITY_BITS
from mpcengine.protocol.canonical import JSON, canonical, digest, parse_canonical
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.partywire import PartySpec, texts_json
from mpcengine.protocol.wordswire import AnySpec, WordsSpec, earlier_json, lists_json

LONGEST_HELLO = 16_384
_FORMAT = "drempel-party-hello/1"


def make_hello(spec: AnySpec) -> dict[str, JSON]:
    """Return this party's hello: its number, job, attempt, code, inputs and parameters."""
    return {
        "format": _FORMAT,
        "index": spec.index,
        "job": spec.job,
        "attempt": spec.attempt,
        "round": spec.round,
        "code": code_digest(),
        **versions(),
        "root": spec.root,
        **(_words(spec) if isinstance(spec, WordsSpec) else _survey(spec)),
    }


def _words(spec: WordsSpec) -> dict[str, JSON]:
    return {
        "buckets": spec.buckets,
        "bucket": spec.bucket,
        "lists": digest(canonical(lists_json(spec.lists))),
        "request": digest(canonical(spec.request)),
        "earlier": digest(canonical(earlier_json(spec.earlier))),
    }


def _survey(spec: PartySpec) -> dict[str, JSON]:
    return {
        "survey": digest(canonical(spec.survey)),
        "pattern": digest(canonical(list(spec.pattern))),
        "texts": digest(canonical(texts_json(spec.texts))),
        "rows": spec.rows,
        "width": spec.width,
        "accepted": spec.accepted,
        "min_count": spec.min_count,
        "security_bits": SECURITY_BITS,
    }


def check_hello(own: dict[str, JSON], peer: int, body: bytes) -> None:
    """Compare a peer's hello with our own; return only if every field but the number agrees.

    Raises PartyFailure: ``frame_rejected`` if it is no hello, ``impersonation_refused`` if its
    number is not the one of its certificate, ``digest_mismatch`` naming the first field.
    """
    try:
        theirs = parse_canonical(body)
    except MalformedMessage:
        theirs = None
    if not isinstance(theirs, dict):
        raise PartyFailure("frame_rejected", peer=peer, detail="the hello is not JSON")
    if theirs.get("index") != peer:
        raise PartyFailure(
            "impersonation_refused", peer=peer, detail="the hello claims another party's number"
        )
    for field, value in own.items():
        if field != "index" and (field not in theirs or theirs[field] != value):
            raise PartyFailure("digest_mismatch", peer=peer, detail=field)
    if len(theirs) != len(own):
        raise PartyFailure("digest_mismatch", peer=peer, detail="unknown field")
