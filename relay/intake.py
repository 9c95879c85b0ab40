"""Store packages that arrive at the same moment in one transaction.

A commit that survives a power cut costs a few milliseconds whatever it holds. While one thread
commits, the others put their packages in a row; the next one through the door commits them
all. Every caller returns only after the commit that holds its own package.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

import faults
from mpcengine.protocol.package import Package
from problems import Conflict, Unavailable
from relay.models import RelayedSurvey, WaitingPackage
from relay.selectors import intake_of


@dataclass(slots=True, kw_only=True)
class Arrival:
    """One package on its way into the database, and how that ended."""

    survey: str
    package: Package
    is_done: bool = False
    error: BaseException | None = field(default=None)


_waiting: list[Arrival] = []
_row = threading.Lock()
_door = threading.Lock()


def package_store(arrival: Arrival) -> None:
    """Return when the package is committed; raise Conflict if its survey takes none now.

    Also for another package of a one-time key and revision that waits already.
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
    """Return nothing if the survey takes packages now; raise Conflict otherwise."""
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
    try:
        check_intake(RelayedSurvey.objects.select_for_update().get(digest=digest))
    except Conflict as conflict:
        for arrival in arrivals:
            arrival.error = conflict
        return
    WaitingPackage.objects.bulk_create(
        [
            WaitingPackage(
                survey_id=digest,
                package_id=arrival.package.package_id,
                one_time_key=arrival.package.one_time_key,
                revision=arrival.package.revision,
                sealed=arrival.package.encode(),
            )
            for arrival in arrivals
        ],
        ignore_conflicts=True,
    )
    wanted = {arrival.package.package_id for arrival in arrivals}
    rows = WaitingPackage.objects.filter(survey_id=digest, package_id__in=wanted).order_by()
    stored = set(rows.values_list("package_id", flat=True))
    for arrival in arrivals:
        if arrival.package.package_id not in stored:
            arrival.error = _not_stored(digest, arrival.package)


def _not_stored(digest: str, package: Package) -> Exception:
    """Return why a package was not inserted: its place is taken, or two random keys met."""
    waiting = WaitingPackage.objects.filter(
        survey_id=digest, one_time_key=package.one_time_key, revision=package.revision
    )
    if waiting.exists():
        return Conflict(
            "package.revision_taken",
            "Another answer with this key and revision came first; send a higher revision.",
        )
    # Nothing is promised, and the sender tries again.
    return Unavailable("package.not_stored", "The answer could not be stored; send it again.")
