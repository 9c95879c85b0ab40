"""Judge a roster of partners: each confirmed by this operator, and no near list before it.

Source: docs/protocol.md §9.6; corrections A6, attack A3. The ledger holds the rosters of
surveys that this node has opened: one that another node refused asked nobody anything, and must
not stand in the way of its corrected list.
"""

import itertools
from collections.abc import Sequence
from datetime import date, timedelta

from django.utils import timezone

from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.manifest import ROSTER_KEY, Manifest
from mpcengine.protocol.partners import check_apart, check_confirmed
from mpcengine.protocol.policy import Policy
from mpcengine.protocol.roster import ENTRY_BYTES
from nodes.models import LedgerRoster, RosterEntry
from nodes.policy import confirmed_partners

LEDGER_DAYS = 365


def roster_check(policy: Policy, manifest: Manifest, roster: Sequence[bytes]) -> None:
    """Raise PolicyRefused for a roster of partners that this operator does not agree to.

    ``roster`` has the manifest's root and size. Raises Unavailable for a broken partners file.
    """
    if manifest.roster.kind != ROSTER_KEY:
        return
    check_confirmed(confirmed_partners(policy), roster)
    _check_ledger(manifest, roster)


def roster_enter(manifest: Manifest) -> None:
    """Enter the roster of a survey that is about to open; the same again when repeated.

    Entered first and compared after: of two that come at once, one sees the other. Raises
    PolicyRefused, and forgets it, where a near one is there.
    """
    if manifest.roster.kind != ROSTER_KEY:
        return
    rows = RosterEntry.objects.filter(manifest=manifest.digest).order_by("entry")
    roster = [bytes(entry) for entry in rows.values_list("entry", flat=True)]
    fresh = LedgerRoster(
        manifest=manifest.digest,
        min_count=manifest.survey.min_count,
        closes_on=manifest.answering.closes.date(),
        size=len(roster),
        entries=b"".join(roster),
    )
    LedgerRoster.objects.bulk_create([fresh], ignore_conflicts=True)
    try:
        _check_ledger(manifest, roster)
    except PolicyRefused:
        LedgerRoster.objects.filter(pk=manifest.digest).delete()
        raise


def rosters_forget(*, today: date) -> None:
    """Forget every roster whose survey closed more than a year ago."""
    old = LedgerRoster.objects.filter(closes_on__lt=today - timedelta(days=LEDGER_DAYS))
    if old.exists():
        old.delete()


def _check_ledger(manifest: Manifest, roster: Sequence[bytes]) -> None:
    own = frozenset(roster)
    since = timezone.now().date() - timedelta(days=LEDGER_DAYS)
    kept = LedgerRoster.objects.exclude(pk=manifest.digest).filter(closes_on__gte=since)
    for row in kept.defer("entries"):
        min_count = max(row.min_count, manifest.survey.min_count)
        # Lists whose sizes are that far apart differ by as much: no need to read them.
        if abs(row.size - len(own)) < min_count:
            check_apart(own, _entries(row), min_count)


def _entries(row: LedgerRoster) -> frozenset[bytes]:
    joined = bytes(row.entries)
    places = range(0, len(joined) + ENTRY_BYTES, ENTRY_BYTES)
    return frozenset(joined[a:b] for a, b in itertools.pairwise(places))
