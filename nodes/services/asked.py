"""Remember who asked what, and refuse a requester who asks too much or the same again.

Source: docs/protocol.md §19.5; reference/data-requests.md R11, R12, 6.4. Each node counts by
itself, by the requester's key and by its name, which the coordinator vouches for.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.policy import Policy
from mpcengine.protocol.request_manifest_parts import FIRST, RequestManifest
from nodes.models_requests import AskedQuestion

# How long a question is remembered: the longest budget, and the guard's window.
REMEMBERED = timedelta(days=365)
# Refusals that tell nothing of the requester: anybody could cause them in its name, or the
# budget itself did.
_NOT_COUNTED = ("policy.coordinator", "policy.max_questions", "policy.max_refusals")


def question_note(
    manifest: RequestManifest, *, now: datetime, refusal: PolicyRefused | None = None
) -> None:
    """Remember that a question was asked, once, and whether it is refused now."""
    AskedQuestion.objects.update_or_create(
        digest=manifest.digest,
        defaults={"refused": "" if refusal is None else refusal.code},
        create_defaults={
            "requester_key": manifest.requester.key.hex(),
            "requester_name": manifest.requester.name,
            "subject": subject_of(manifest),
            "holders": holder_digests(manifest, range(len(manifest.owners))),
            "refused": "" if refusal is None else refusal.code,
            "asked_at": now,
        },
    )
    AskedQuestion.objects.filter(asked_at__lt=now - REMEMBERED).delete()


def check_budgets(policy: Policy, manifest: RequestManifest, *, now: datetime) -> None:
    """Raise PolicyRefused for a spent budget, or a question asked again of fewer holders."""
    earlier = _of_requester(manifest).exclude(digest=manifest.digest)
    for days, most in policy.max_questions_per_days.items():
        asked = earlier.filter(asked_at__gte=now - timedelta(days=days), refused="")
        if asked.count() >= most:
            raise PolicyRefused(
                "policy.max_questions",
                f"This node's operator takes {most} questions of a requester in {days} days.",
            )
    for days, most in policy.max_refusals_per_days.items():
        since = earlier.filter(asked_at__gte=now - timedelta(days=days)).exclude(refused="")
        if since.exclude(refused__in=_NOT_COUNTED).count() >= most:
            raise PolicyRefused(
                "policy.max_refusals",
                f"This node has refused {most} questions of this requester in {days} days; ask "
                "its operator.",
            )
    holders = holder_digests(manifest, range(len(manifest.owners)))
    check_holders(manifest, holders, earlier)


def check_holders(
    manifest: RequestManifest, holders: Iterable[str], earlier: QuerySet[AskedQuestion]
) -> None:
    """Raise PolicyRefused ``policy.holder_set`` for what would tell one holder's part (R11).

    That is a question of the same requester, the same but for its texts, or after a holder of
    the earlier one withdrew, whose holders differ from those of an earlier outcome by fewer
    than may be shown.
    """
    least, asked = max(2, manifest.request.min_organisations), set(holders)
    for one in earlier.exclude(used=[]):
        gone = asked ^ set(one.used)
        is_same = one.subject == subject_of(manifest)
        has_left = bool(set(one.withdrawn) & (set(one.used) - asked))
        if 0 < len(gone) < least and (is_same or has_left):
            raise PolicyRefused(
                "policy.holder_set",
                "This question was answered before, of holders that differ by too few: the two "
                "outcomes together would tell what one of them has.",
            )


def earlier_of(manifest: RequestManifest) -> QuerySet[AskedQuestion]:
    """Return the other questions of the same requester that are remembered."""
    return _of_requester(manifest).exclude(digest=manifest.digest)


def outcome_note(manifest: RequestManifest, lists: Iterable[int]) -> None:
    """Remember of whose lists a released outcome is."""
    rows = AskedQuestion.objects.filter(digest=manifest.digest)
    rows.update(used=holder_digests(manifest, lists))


def withdrawal_note(manifest: RequestManifest, owner: int) -> None:
    """Remember that an owner withdrew after the outcome."""
    for row in AskedQuestion.objects.filter(digest=manifest.digest):
        gone = {*row.withdrawn, *holder_digests(manifest, [owner])}
        AskedQuestion.objects.filter(pk=row.pk).update(withdrawn=sorted(gone))


def subject_of(manifest: RequestManifest) -> str:
    """Return SHA-256 of the question without its texts, hexadecimal."""
    document = {
        key: value
        for key, value in manifest.request.to_json().items()
        if key not in {"title", "purpose"}
    }
    return hashlib.sha256(canonical(document)).hexdigest()


def holder_digests(manifest: RequestManifest, owners: Iterable[int]) -> list[str]:
    """Return SHA-256 of the keys of these owners, sorted, without a match's requester."""
    is_asker = {FIRST} if manifest.owners[FIRST].key == manifest.requester.key else set()
    keys = [manifest.owners[owner].key for owner in owners if owner not in is_asker]
    return sorted(hashlib.sha256(key).hexdigest() for key in keys)


def _of_requester(manifest: RequestManifest) -> QuerySet[AskedQuestion]:
    by = Q(requester_key=manifest.requester.key.hex()) | Q(
        requester_name=manifest.requester.name
    )
    return AskedQuestion.objects.filter(by)
