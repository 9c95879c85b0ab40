"""Exchange a code for a blind signature, once, without seeing what is signed."""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

import faults
from mpcengine.protocol.eligibility import check_blinded, request_mark
from mpcengine.protocol.roster import roster_entry
from nodes.issuing import IssuerPrivate, SigningFault, blind_sign
from nodes.keystore import issuer_key_unwrap, node_name
from nodes.models import IssuerKey, JobState, RosterEntry, SurveyJob
from nodes.phases import takes_tokens
from nodes.routers import ISSUING
from nodes.selectors import job_terms_get, manifest_of
from problems import Conflict, Forbidden, Unavailable
from security_events import refusal_count

logger = logging.getLogger(__name__)


def token_issue_once(*, digest: str, node_code: bytes, blinded: bytes, now: datetime) -> bytes:
    """Return this node's 256-byte signature of a blinded message, the same for the same bytes.

    The roster row takes the message's hash before anything is signed, in one transaction.
    Raises Missing, MalformedMessage, Conflict outside the issuing time or for a code spent on
    other bytes, Forbidden for a code that is not in the roster. Source: docs/protocol.md §8.2.
    """
    job = _open_job(digest, now)
    check_blinded(manifest_of(job).node(node_name()).issuer_key, blinded)
    mark = request_mark(digest, blinded)
    faults.point("nodes.token.before_write")
    with transaction.atomic(using=ISSUING):
        rows = RosterEntry.objects.filter(manifest=digest, entry=roster_entry(node_code))
        if rows.filter(spent_by=None).update(spent_by=mark) != 1:
            _check_same(rows, mark)
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


def _open_job(digest: str, now: datetime) -> SurveyJob:
    job = job_terms_get(digest=digest)
    if job.state in {JobState.PREPARED, JobState.REFUSED}:
        raise Conflict("survey.not_open", "Not all three nodes have signed the manifest yet.")
    manifest = manifest_of(job)
    if job.state == JobState.OPEN and now < manifest.issuing.opens:
        raise Conflict("survey.not_open", "The time for exchanging codes has not begun.")
    if not takes_tokens(job, manifest, now):
        raise _closed()
    return job


def _closed() -> Conflict:
    return Conflict("token.closed", "The time for exchanging codes is over.")


def _check_same(rows: QuerySet[RosterEntry], mark: bytes) -> None:
    """Return nothing if the code was spent on the same bytes before; raise otherwise."""
    row = rows.first()
    if row is None or bytes(row.spent_by or b"") != mark:
        refusal_count("token.unknown_code" if row is None else "token.already_issued")
    if row is None:
        raise Forbidden("token.unknown_code", "This code is not on the list of this survey.")
    if bytes(row.spent_by or b"") != mark:
        raise Conflict("token.already_issued", "This code was used with another key before.")
