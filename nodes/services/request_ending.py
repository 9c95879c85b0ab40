"""Sign how a request ended, and end it: withheld with a reason, or erased.

Source: docs/protocol.md §19.11; corrections C11.
"""

from mpcengine.protocol.request_statement import build_request_statement, withheld_request
from mpcengine.protocol.signing import LABEL_REQUEST_STATEMENT
from nodes.keystore import node_name, node_sign
from nodes.models import (
    Job,
    JobOutput,
    JobState,
    Overflow,
    StageMessage,
    StoredContact,
    StoredContribution,
    SurveyKeys,
)
from nodes.reasons import Reason
from nodes.selectors_contact import contact_job
from nodes.selectors_requests import NEAR, ORDERED, OUTCOME
from nodes.services.incidents import incident_note
from nodes.services.leases import job_move
from nodes.services.memory import job_forget
from nodes.services.parts import parts_erase
from nodes.wal import wal_truncate
from security_events import emit, key_id, reason_code


def request_withhold(job: Job, reason: Reason, detail: str) -> None:
    """End a request without an outcome, sign that, and note why.

    What was opened is deleted: three nodes' components are the numbers that nobody is to have.
    Kill points ``nodes.withheld.*``.
    """
    body = build_request_statement(
        withheld_request(node=node_name(), manifest=job.digest, reason=reason.value)
    )

    def write() -> None:
        StageMessage.objects.filter(job=job, stage__in=(OUTCOME, ORDERED, NEAR)).delete()
        parts_erase(job)
        incident_note(job, reason.value, detail)
        cause = reason_code(reason.value)
        emit("request.withheld", manifest=job.digest, job=job.pk, reason=cause)

    job_forget(job.digest)
    job_move(
        job,
        JobState.WITHHELD,
        write=write,
        reason=reason.value,
        statement=body,
        statement_signature=node_sign(LABEL_REQUEST_STATEMENT, body),
    )


def request_erase(job: Job) -> None:
    """Destroy share key, lists, shares and draws of a request that has ended.

    A contact that follows keeps the share key and each holder's shared hit until it has ended.
    Then empties SQLite's write-ahead files. What stays: manifest, consents, orders, statement,
    stage messages, and what is sealed to owners, who have yet to fetch it. Kill points
    ``nodes.erased.*``.
    """
    job_forget(job.digest)
    job_move(
        job,
        JobState.ERASED,
        write=lambda: _destroy(job),
        coin_seed=b"",
        lease_owner="",
        lease_until=None,
        due_at=None,
    )
    wal_truncate()


def share_key_destroy(job: Job) -> None:
    """Destroy this node's share key of a request; to be called in a transaction."""
    share = SurveyKeys.objects.filter(pk=job.survey_id).exclude(wrapped=b"").first()
    if share is not None:
        key = key_id(bytes(share.public))
        emit("key.destroyed", key=key, key_kind="share", survey=job.survey_id)
    SurveyKeys.objects.filter(pk=job.survey_id).update(wrapped=b"")


def _destroy(job: Job) -> None:
    if contact_job(job) is None:
        share_key_destroy(job)
        StoredContact.objects.filter(job=job).delete()
    StoredContribution.objects.filter(job=job).delete()
    Overflow.objects.filter(job=job).delete()
    JobOutput.objects.filter(job=job).delete()
    parts_erase(job)
