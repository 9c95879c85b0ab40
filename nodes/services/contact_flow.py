"""The steps of contact: who decided, whose parts fit, the round, what is sealed, erasing.

Source: docs/protocol.md §19.17; corrections B1, B7. Nothing is opened by anybody but the two
who get each other's key; nothing is computed again once three nodes have stored it.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.request_statement import build_request_statement, withheld_request
from mpcengine.protocol.signing import LABEL_REQUEST_STATEMENT
from mpcengine.protocol.wordswire import CONTACT
from nodes.keystore import node_name, node_sign
from nodes.models import Job, JobOutput, JobState, PrivateOutcome, StoredContact
from nodes.phases import gives_up_at
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import request_of, stage_bodies
from nodes.selectors_contact import settled_contacts, used_contacts
from nodes.selectors_requests import COMPLETE, UNUSABLE, used_lists
from nodes.services.attempts import round_step
from nodes.services.contact_rounds import (
    ContactRound,
    contact_opened,
    contact_root,
    is_enough,
)
from nodes.services.contact_sealing import contact_sealed
from nodes.services.flows import Flow, final_step, no_care
from nodes.services.incidents import incident_note
from nodes.services.leases import job_move
from nodes.services.meeting import job_recall, stage_tell
from nodes.services.memory import job_forget
from nodes.services.pausing import Pause
from nodes.services.request_ending import share_key_destroy
from nodes.services.stages import stage_say
from nodes.wal import wal_truncate

_NUMBER = 1
_LOOKS = 2


def _deciding_step(job: Job) -> Pause | None:
    """Wait until every owner whose list was used has decided, or the time for it is over."""
    whole, now = _whole(job), timezone.now()
    terms = request_of(whole).contact
    if terms is None or job.opened_at is None:
        raise ValueError("a contact has terms and a beginning")
    closes = job.opened_at + timedelta(days=terms.decide_days)
    owners = used_lists(whole)
    decided = StoredContact.objects.filter(job=whole, owner__in=owners).count()
    if now < closes and decided < len(owners):
        look = timedelta(seconds=_LOOKS * settings.RECONCILE_SECONDS)
        return Pause(until=min(closes, now + look))
    job_move(job, JobState.CLOSING, closed_at=now)
    return None


def _settling_step(job: Job) -> Pause | None:
    """Say whose words are here, and go on with those that three nodes hold alike."""
    if node_name() not in stage_bodies(job, COMPLETE):
        owners = used_lists(_whole(job))
        rows = StoredContact.objects.filter(job=job.parent, owner__in=owners)
        headers = {one.owner: stages.header_hash(bytes(one.contact)) for one in rows}
        message = stages.Complete(
            manifest=job.digest, node=node_name(), nonce=_NUMBER, headers=headers
        )
        stage_say(job, COMPLETE, stages.build_complete(message))
    if not stage_tell(job, COMPLETE):
        return Pause(stage=COMPLETE)
    _check_enough(tuple(settled_contacts(job)))
    job_move(job, JobState.FROZEN)
    return None


def _comparing_step(job: Job) -> Pause | None:
    """Say whose parts are not those of the word they signed; settle who is left."""
    if node_name() not in stage_bodies(job, UNUSABLE):
        whole = _whole(job)
        owners = tuple(
            one for one in settled_contacts(job) if contact_opened(whole, one) is None
        )
        message = stages.Unusable(
            manifest=job.digest, node=node_name(), root=contact_root(job), owners=owners
        )
        stage_say(job, UNUSABLE, stages.build_unusable(message))
    if not stage_tell(job, UNUSABLE):
        return Pause(stage=UNUSABLE)
    said = [stages.parse_unusable(body) for body in stage_bodies(job, UNUSABLE).values()]
    if {one.root for one in said} != {contact_root(job)}:
        raise MustWithhold(Reason.PEERS_DISAGREE, "The three roots are not equal.")
    _check_enough(used_contacts(job))
    job_move(job, JobState.COMPUTING, round=CONTACT, attempt=1)
    return None


def _computing_step(job: Job) -> Pause | None:
    return round_step(job, ContactRound(job, _whole(job)))


def _sealing_step(job: Job) -> Pause | None:
    """Seal to each owner what is hers alone, and destroy what it was made of."""
    whole = _whole(job)

    def write() -> None:
        PrivateOutcome.objects.bulk_create(contact_sealed(job, whole), batch_size=50)
        _destroy(job, whole)

    job_move(job, JobState.RELEASED, write=write)
    wal_truncate()
    return None


def _keeping_step(job: Job) -> Pause | None:
    """Keep what is sealed as long as the question says, then erase it."""
    terms = request_of(_whole(job)).contact
    if job.reason or terms is None or job.opened_at is None:
        return Pause(is_final=True)
    end = job.opened_at + timedelta(days=terms.decide_days + terms.keep_days)
    if timezone.now() < end:
        return Pause(until=end)

    def write() -> None:
        PrivateOutcome.objects.filter(job=job).delete()
        StoredContact.objects.filter(job=job.parent).delete()

    job_forget(job.digest)
    job_move(job, JobState.ERASED, write=write, due_at=None)
    wal_truncate()
    return None


def _withhold(job: Job, reason: Reason, detail: str) -> None:
    """End contact without anybody getting anything, sign that, and destroy what was kept."""
    whole = _whole(job)
    body = build_request_statement(
        withheld_request(node=node_name(), manifest=job.digest, reason=reason.value)
    )

    def write() -> None:
        incident_note(job, reason.value, detail)
        _destroy(job, whole)
        StoredContact.objects.filter(job=whole).delete()

    job_forget(job.digest)
    job_move(
        job,
        JobState.WITHHELD,
        write=write,
        reason=reason.value,
        statement=body,
        statement_signature=node_sign(LABEL_REQUEST_STATEMENT, body),
        due_at=None,
    )
    wal_truncate()


def _destroy(job: Job, whole: Job) -> None:
    """Destroy the share key, the sealed parts and all shares of contact."""
    share_key_destroy(whole)
    StoredContact.objects.filter(job=whole).update(part=b"")
    JobOutput.objects.filter(job=job).delete()


def _check_enough(owners: tuple[int, ...]) -> None:
    if not is_enough(owners):
        raise MustWithhold(Reason.TOO_FEW_LISTS, "There are no two sides to be in touch.")


def _gives_up_at(job: Job) -> datetime | None:
    return gives_up_at(job, request_of(_whole(job)).give_up_after_days)


def _whole(job: Job) -> Job:
    if job.parent is None:
        raise ValueError("a contact has a parent")
    return job.parent


CONTACT_FLOW = Flow(
    steps={
        JobState.OPEN: _deciding_step,
        JobState.CLOSING: _settling_step,
        JobState.FROZEN: _comparing_step,
        JobState.COMPUTING: _computing_step,
        JobState.FIXED: _sealing_step,
        JobState.RELEASED: _keeping_step,
        JobState.WITHHELD: final_step,
        JobState.ERASED: final_step,
    },
    attend=no_care,
    recall=job_recall,
    gives_up_at=_gives_up_at,
    withhold=_withhold,
)
