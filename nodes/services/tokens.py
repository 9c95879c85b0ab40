"""Exchange a code, or a partner's signed request, for a blind signature, once, unseen."""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

import faults
from mpcengine.protocol.eligibility import check_blinded, request_mark
from mpcengine.protocol.errors import BadSignature
from mpcengine.protocol.manifest import ROSTER_CODE, ROSTER_KEY
from mpcengine.protocol.partners import partner_entry
from mpcengine.protocol.roster import roster_entry
from mpcengine.protocol.signedrequest import SignedRequest, verify_request
from nodes.issuing import IssuerPrivate, SigningFault, blind_sign
from nodes.keystore import issuer_key_unwrap, node_name
from nodes.models import IssuerKey, Job, JobState, RosterEntry
from nodes.phases import takes_tokens
from nodes.routers import ISSUING
from nodes.selectors import job_terms_get, manifest_of
from problems import Conflict, Forbidden, Malformed, Unavailable
from security_events import refusal_count

logger = logging.getLogger(__name__)


def token_issue_once(*, digest: str, node_code: bytes, blinded: bytes, now: datetime) -> bytes:
    """Return this node's 256-byte signature of a blinded message, the same for the same bytes.

    The roster row takes the message's hash before anything is signed, in one transaction.
    Raises Missing, MalformedMessage, Conflict outside the issuing time or for a code spent on
    other bytes, Forbidden for a code that is not in the roster. Source: docs/protocol.md §8.2.
    """
    job = _open_job(digest, now, ROSTER_CODE)
    check_blinded(_issuer_key(job), blinded)
    return _issue(job, roster_entry(node_code), blinded, b"")


def partner_token_issue_once(*, request: SignedRequest, now: datetime) -> bytes:
    """Return this node's 256-byte signature of what a partner asks for, the same once more.

    ``request.index`` is this node's. The request granted is kept as evidence until closing, and
    a Conflict for another one carries it. Raises as ``token_issue_once``, and BadSignature
    before anything is said about the key. Source: docs/protocol.md §8.2.
    """
    job = _open_job(request.manifest, now, ROSTER_KEY)
    check_blinded(_issuer_key(job), request.blinded)
    try:
        verify_request(request)
    except BadSignature as bad:
        refusal_count(bad.code)
        raise
    return _issue(job, partner_entry(request.key), request.blinded, request.encode())


def requests_erase(digest: str) -> None:
    """Erase the signed requests of a survey: nobody can be told of them any more."""
    RosterEntry.objects.filter(manifest=digest).exclude(request=b"").update(request=b"")


def _issue(job: Job, entry: bytes, blinded: bytes, request: bytes) -> bytes:
    digest = manifest_of(job).digest
    mark = request_mark(digest, blinded)
    faults.point("nodes.token.before_write")
    with transaction.atomic(using=ISSUING):
        rows = RosterEntry.objects.filter(manifest=digest, entry=entry)
        if rows.filter(spent_by=None).update(spent_by=mark, request=request) != 1:
            _check_same(rows, mark, is_partner=bool(request))
        # Read in here: a key that is gone must not cost anybody the code.
        wrapped = bytes(IssuerKey.objects.get(pk=job.survey_id).wrapped)
        if not wrapped:
            raise _closed()
        faults.point("nodes.token.after_write")
    faults.point("nodes.token.after_commit")
    return _signed(issuer_key_unwrap(wrapped, job.survey_id), blinded)


def _signed(key: bytes, blinded: bytes) -> bytes:
    try:
        return blind_sign(IssuerPrivate.from_bytes(key), blinded)
    except SigningFault:
        logger.error("a blind signature came out wrong; nobody was given it")  # noqa: TRY400 - a trace would show numbers of the key
        raise Unavailable(
            "token.signing_fault", "This node computed wrongly and kept the outcome; try again."
        ) from None


def _issuer_key(job: Job) -> bytes:
    return manifest_of(job).node(node_name()).issuer_key


def _open_job(digest: str, now: datetime, kind: str) -> Job:
    job = job_terms_get(digest=digest)
    if job.state in {JobState.PREPARED, JobState.REFUSED}:
        raise Conflict("survey.not_open", "Not all three nodes have signed the manifest yet.")
    manifest = manifest_of(job)
    if manifest.roster.kind != kind:
        raise Malformed(
            "token.roster_kind", "In this survey people are known by something else than this."
        )
    if job.state == JobState.OPEN and now < manifest.issuing.opens:
        raise Conflict("survey.not_open", "The time for exchanging codes has not begun.")
    if not takes_tokens(job, manifest, now):
        raise _closed()
    return job


def _closed() -> Conflict:
    return Conflict("token.closed", "The time for exchanging codes is over.")


def _check_same(rows: QuerySet[RosterEntry], mark: bytes, *, is_partner: bool) -> None:
    """Return nothing if the entry was spent on the same bytes before; raise otherwise."""
    row = rows.first()
    if row is None:
        raise _unknown(is_partner=is_partner)
    if bytes(row.spent_by or b"") != mark:
        refusal_count("token.already_issued")
        what = "A token was issued to this key" if is_partner else "This code was used"
        raise Conflict(
            "token.already_issued",
            f"{what} with another one-time key before.",
            evidence=bytes(row.request),
        )


def _unknown(*, is_partner: bool) -> Forbidden:
    what = "partner" if is_partner else "code"
    code = f"token.unknown_{what}"
    refusal_count(code)
    return Forbidden(code, f"This {what} is not on the list of this survey.")
