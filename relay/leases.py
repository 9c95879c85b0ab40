"""Take, keep and put down the flush of a survey: one process at a time chooses and sends.

Two would not lose a parcel, but the second would count the first one's parcels, which are on
their way, among those that wait, and send a new one in a group of hardly anybody. Taking is one
UPDATE … WHERE the flush is free. The lease is null again when the flush ends, so no time stays.
"""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from relay.models import RelayedSurvey


def flush_take(*, digest: str, owner: str, seconds: float) -> bool:
    """Take the flush of a survey if it is free or this owner's; renew it if so."""
    now = timezone.now()
    free = Q(flush_until__isnull=True) | Q(flush_until__lt=now) | Q(flush_owner=owner)
    rows = RelayedSurvey.objects.filter(free, digest=digest)
    return rows.update(flush_owner=owner, flush_until=now + timedelta(seconds=seconds)) == 1


def flush_keep(*, digest: str, owner: str, seconds: float) -> bool:
    """Renew the lease, and tell whether it was still this owner's."""
    until = timezone.now() + timedelta(seconds=seconds)
    rows = RelayedSurvey.objects.filter(digest=digest, flush_owner=owner)
    return rows.update(flush_until=until) == 1


def flushes_give_up(owner: str) -> None:
    """Put down every flush that ``owner`` holds."""
    RelayedSurvey.objects.filter(flush_owner=owner).update(flush_owner="", flush_until=None)


def flushes_clear() -> None:
    """Take every flush from whoever holds it; for a worker that starts as the only one."""
    held = RelayedSurvey.objects.exclude(flush_owner="")
    held.update(flush_owner="", flush_until=None)
