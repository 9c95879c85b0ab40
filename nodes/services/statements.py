"""Sign how a job ended, and end it: withheld with a reason, or erased.

Source: docs/protocol.md §13.
"""

from typing import TypedDict

from django.db import transaction

from mpcengine.protocol.signing import LABEL_STATEMENT
from mpcengine.protocol.statement import build_statement, withheld_statement
from nodes.keystore import node_name, node_sign
from nodes.models import (
    Job,
    JobOutput,
    JobState,
    RosterEntry,
    StageMessage,
    StoredPackage,
    SurveyKeys,
)
from nodes.reasons import Reason
from nodes.routers import ISSUING
from nodes.selectors import LINES, OPENING, manifest_of
from nodes.services.incidents import incident_note
from nodes.services.leases import job_move
from nodes.services.memory import job_forget
from nodes.services.seen import seen_end
from nodes.services.survey_keys import issuer_key_erase
from nodes.wal import wal_truncate
from security_events import emit, key_id, reason_code


class SignedStatement(TypedDict):
    """The two columns that hold a statement."""

    statement: bytes
    statement_signature: bytes


def statement_sign(body: bytes) -> SignedStatement:
    """Return the columns of a statement and this node's signature over it."""
    return {"statement": body, "statement_signature": node_sign(LABEL_STATEMENT, body)}


def job_withhold(job: Job, reason: Reason, detail: str) -> None:
    """End a job without a number, sign that, and note why; nothing of it is computed again.

    The nodes' openings are deleted: three of them are the numbers that nobody is to have. So
    are their values of each report, which are as many as there were packages. What is published
    of the packages is one list, padded to the roster.
    Kill points ``nodes.withheld.*``.
    """
    # No root, coin or verdict: who knows a digest of the ids can try which of a padded list's
    # entries they are, and has the number of packages.
    body = build_statement(
        withheld_statement(node=node_name(), manifest=job.digest, reason=reason.value)
    )

    def write() -> None:
        StageMessage.objects.filter(job=job, stage__in=(OPENING, LINES)).delete()
        seen_end(job, manifest_of(job))
        incident_note(job, reason.value, detail)
        cause = reason_code(reason.value)
        emit("survey.withheld", manifest=job.digest, job=job.pk, reason=cause)

    job_forget(job.digest)
    job_move(
        job,
        JobState.WITHHELD,
        write=write,
        reason=reason.value,
        **statement_sign(body),
    )


def job_erase(job: Job) -> None:
    """Destroy share, outer and issuer key, packages, shares, draws and the roster.

    Then empties SQLite's write-ahead files, which would keep what was deleted.
    What stays: manifest, orders, statement, lists of ids, stage messages (a peer may still
    need the last ones; they hold shares of released values only, and none if withheld). Kill
    points ``nodes.erased.*``.
    """
    job_forget(job.digest)
    with transaction.atomic(using=ISSUING):
        _tell_issued(job)
        RosterEntry.objects.filter(manifest=job.digest).delete()
    issuer_key_erase(job.survey_id)
    job_move(
        job,
        JobState.ERASED,
        write=lambda: _destroy(job),
        draw_seed=b"",
        list_salt=b"",
        coin_seed=b"",
        lease_owner="",
        lease_until=None,
        due_at=None,
    )
    wal_truncate()


def _tell_issued(job: Job) -> None:
    """Tell how many codes were exchanged, once: erasing again finds no roster."""
    entries = RosterEntry.objects.filter(manifest=job.digest)
    if entries.exists():
        issued = entries.exclude(spent_by=None).count()
        emit("token.batch_issued", manifest=job.digest, job=job.pk, count=issued)


def _destroy(job: Job) -> None:
    share = SurveyKeys.objects.filter(pk=job.survey_id).exclude(wrapped=b"").first()
    if share is not None:
        key = key_id(bytes(share.public))
        emit("key.destroyed", key=key, key_kind="share", survey=job.survey_id)
        outer = key_id(bytes(share.outer_public))
        emit("key.destroyed", key=outer, key_kind="outer", survey=job.survey_id)
    SurveyKeys.objects.filter(pk=job.survey_id).update(wrapped=b"", outer_wrapped=b"")
    StoredPackage.objects.filter(job=job).delete()
    JobOutput.objects.filter(job=job).delete()
