"""Store parcels that arrive at the same moment in one transaction.

A commit that survives a power cut costs a few milliseconds whatever it holds. While one thread
commits, the others put their parcels in a row; the next one through the door commits them
all. Every caller returns only after the commit that holds its own parcel.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F
from django.utils import timezone

import faults
from mpcengine.protocol.outer import parcel_hash
from problems import Conflict, Unavailable
from relay.models import RelayedSurvey, WaitingParcel
from relay.selectors import intake_of, manifest_of

# Rubbish looks like an answer here. Eight revisions of everybody invited fit; what is beyond
# that has nobody to come from, and honest senders can still go to the nodes.
WAITING_PER_INVITED = 8


@dataclass(slots=True, kw_only=True)
class Arrival:
    """One parcel on its way into the database, and how that ended."""

    survey: str
    parcel: bytes
    is_done: bool = False
    error: BaseException | None = field(default=None)


_waiting: list[Arrival] = []
_row = threading.Lock()
_door = threading.Lock()


def parcel_store(arrival: Arrival) -> None:
    """Return when the parcel is committed; raise Conflict if its survey takes none now.

    Raises Unavailable where as many wait as could be of use.
    """
    with _row:
        _waiting.append(arrival)
    with _door:
        if not arrival.is_done:
            with _row:
                group = list(_waiting)
                _waiting.clear()
            _commit(group)
    if arrival.error is not None:
        raise arrival.error


def check_intake(survey: RelayedSurvey) -> None:
    """Return nothing if the survey takes parcels now; raise Conflict otherwise."""
    intake = intake_of(survey, now=timezone.now())
    if intake.is_closed:
        raise Conflict("survey.closed", "The survey has closed; no more answers are taken.")
    if not intake.is_open:
        raise Conflict("survey.not_open", "The survey does not take answers yet.")


def _commit(group: Sequence[Arrival]) -> None:
    error: BaseException | None = None
    faults.point("relay.stored.before_write")
    try:
        with transaction.atomic():
            for digest in {arrival.survey for arrival in group}:
                _insert(digest, [arrival for arrival in group if arrival.survey == digest])
            faults.point("relay.stored.after_write")
    except Exception as failure:  # noqa: BLE001  # every caller in the group must hear of it
        error = failure
    for arrival in group:
        arrival.error = arrival.error or error
        arrival.is_done = True
    faults.point("relay.stored.after_commit")


def _insert(digest: str, arrivals: Sequence[Arrival]) -> None:
    """Insert what does not wait already; closing and storing exclude each other by the lock."""
    survey = RelayedSurvey.objects.select_for_update().get(digest=digest)
    try:
        check_intake(survey)
    except Conflict as conflict:
        for arrival in arrivals:
            arrival.error = conflict
        return
    named = {parcel_hash(arrival.parcel): arrival.parcel for arrival in arrivals}
    before = _held(digest, named)
    room = WAITING_PER_INVITED * manifest_of(digest).roster.size - survey.waiting
    fresh = [name for name in named if name not in before][: max(0, room)]
    WaitingParcel.objects.bulk_create(
        [
            WaitingParcel(survey_id=digest, parcel_hash=name, parcel=named[name])
            for name in fresh
        ],
        ignore_conflicts=True,
    )
    after = _held(digest, named)
    if len(after) > len(before):
        rows = RelayedSurvey.objects.filter(digest=digest)
        rows.update(waiting=F("waiting") + len(after) - len(before))
    for arrival in arrivals:
        name = parcel_hash(arrival.parcel)
        if name not in after:
            arrival.error = _not_stored(is_full=name not in fresh)


def _held(digest: str, named: Mapping[bytes, bytes]) -> set[bytes]:
    """Return which of these parcels wait."""
    rows = WaitingParcel.objects.filter(survey_id=digest, parcel_hash__in=named).order_by()
    return {bytes(name) for name in rows.values_list("parcel_hash", flat=True)}


def _not_stored(*, is_full: bool) -> Exception:
    """Return why nothing is promised: the sender tries again, or goes to the nodes."""
    if is_full:
        return Unavailable(
            "relay.full", "The relay holds as many answers as it can; try later, or directly."
        )
    # Two random keys of rows met.
    return Unavailable("parcel.not_stored", "The answer could not be stored; send it again.")
