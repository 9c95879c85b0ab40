"""Exchange a code for a token on a one-time key, once."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

import faults
from mpcengine.protocol.eligibility import token_body, token_issue
from mpcengine.protocol.roster import roster_entry
from nodes.keystore import issuer_key_unwrap
from nodes.models import IssuerKey, JobState, RosterEntry, SurveyJob
from nodes.phases import takes_tokens
from nodes.routers import ISSUING
from nodes.selectors import job_terms_get, manifest_of
from problems import Conflict, Forbidden
from security_events import refusal_count


def token_issue_once(
    *, digest: str, node_code: bytes, one_time_key: bytes, now: datetime
) -> bytes:
    """Return this node's 64-byte token on a one-time key, the same for the same key.

    The roster row takes the key's hash before anything is signed, in one transaction. Raises
    Missing, Conflict outside the issuing time or for a code spent on another key, Forbidden
    for a code that is not in the roster. Source: docs/protocol.md §8.
    """
    body = token_body(digest, one_time_key)
    job = _open_job(digest, now)
    issuer = IssuerKey.objects.get(pk=job.survey_id)
    private = issuer_key_unwrap(bytes(issuer.wrapped), job.survey_id)
    spent_by = hashlib.sha256(body).digest()
    faults.point("nodes.token.before_write")
    with transaction.atomic(using=ISSUING):
        rows = RosterEntry.objects.filter(manifest=digest, entry=roster_entry(node_code))
        if rows.filter(spent_by=None).update(spent_by=spent_by) != 1:
            _check_same(rows, spent_by)
        faults.point("nodes.token.after_write")
    faults.point("nodes.token.after_commit")
    return token_issue(private, digest, one_time_key)


def _open_job(digest: str, now: datetime) -> SurveyJob:
    job = job_terms_get(digest=digest)
    if job.state in {JobState.PREPARED, JobState.REFUSED}:
        raise Conflict("survey.not_open", "Not all three nodes have signed the manifest yet.")
    manifest = manifest_of(job)
    if job.state == JobState.OPEN and now < manifest.issuing.opens:
        raise Conflict("survey.not_open", "The time for exchanging codes has not begun.")
    if not takes_tokens(job, manifest, now):
        raise Conflict("token.closed", "The time for exchanging codes is over.")
    return job


def _check_same(rows: QuerySet[RosterEntry], spent_by: bytes) -> None:
    """Return nothing if the code was spent on the same key before; raise otherwise."""
    row = rows.first()
    if row is None or bytes(row.spent_by or b"") != spent_by:
        refusal_count("token.unknown_code" if row is None else "token.already_issued")
    if row is None:
        raise Forbidden("token.unknown_code", "This code is not on the list of this survey.")
    if bytes(row.spent_by or b"") != spent_by:
        raise Conflict("token.already_issued", "This code was used with another key before.")
