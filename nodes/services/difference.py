"""Refuse a question that is near an earlier one of the same requester, before it is merged.

One node, fixed by the requester's key, speaks first, and only when no other question of that
requester is between its own first word here and its outcome. So of two questions at once one
is compared with the other. Source: docs/protocol.md §19.15; corrections B8.
"""

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from mpcengine.protocol import difference as messages
from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.difference import SetsMissing
from mpcengine.protocol.errors import InconsistentShares
from mpcengine.protocol.request_manifest import RequestManifest
from nodes.keystore import node_name
from nodes.models import Job, JobKind, JobState, RetainedSet, StageMessage
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import request_of, stage_bodies
from nodes.selectors_requests import EARLIER, NEAR, OUTCOME
from nodes.services.attempts import round_step
from nodes.services.difference_round import DifferenceRound
from nodes.services.difference_sets import sets_named, sets_of, word_keys
from nodes.services.meeting import stage_tell
from nodes.services.parts import merge_begin
from nodes.services.pausing import Pause
from nodes.services.stages import stage_say
from security_events import emit

_SHORT_SECONDS = 0.1
_UNDER_WAY = (
    JobState.OPEN,
    JobState.CLOSING,
    JobState.FROZEN,
    JobState.CHECKED,
    JobState.COMPUTING,
    JobState.FIXED,
)


def difference_step(job: Job) -> Pause | None:
    """Settle what the question is compared with, compare, and open one bit.

    Begins to merge when the question may go on. Raises MustWithhold where it may not, or where
    a node has lost what it would be compared with.
    """
    manifest = request_of(job)
    if node_name() not in stage_bodies(job, EARLIER):
        pause = _say_earlier(job, manifest)
        if pause is not None:
            return pause
    if not stage_tell(job, EARLIER):
        return Pause(stage=EARLIER)
    if node_name() in stage_bodies(job, NEAR):
        return _open_near(job)
    counting = _counting(job, manifest)
    if counting:
        return round_step(job, DifferenceRound(job, counting))
    merge_begin(job)
    return None


def _say_earlier(job: Job, manifest: RequestManifest) -> Pause | None:
    """Name the requester's sets that are here; a pause while another question goes first."""
    requester = manifest.requester.key
    first = messages.first_speaker(requester)
    if node_name() == first:
        if _others_between(job, requester):
            return Pause(seconds=settings.RECONCILE_SECONDS)
    else:
        body = stage_bodies(job, EARLIER).get(first)
        if body is None or _awaits(messages.parse_earlier(body), requester):
            return Pause(seconds=_SHORT_SECONDS)
    last, others = sets_named(requester, now=timezone.now())
    message = messages.Earlier(manifest=job.digest, node=node_name(), last=last, others=others)
    stage_say(job, EARLIER, messages.build_earlier(message))
    return None


def _others_between(job: Job, requester: bytes) -> bool:
    """Tell whether another question of the requester has begun here and said no outcome yet."""
    others = Job.objects.filter(kind=JobKind.MATCH, state__in=_UNDER_WAY).exclude(pk=job.pk)
    begun = others.filter(pk__in=_said(EARLIER)).exclude(pk__in=_said(OUTCOME))
    return any(request_of(other).requester.key == requester for other in begun)


def _said(stage: str) -> QuerySet[StageMessage, int]:
    rows = StageMessage.objects.filter(stage=stage, sender=node_name())
    return rows.values_list("job", flat=True)


def _awaits(heard: messages.Earlier, requester: bytes) -> bool:
    """Tell whether the first node counts a question that this node has yet to bring so far."""
    kept = set(sets_of(requester).values_list("request", flat=True))
    lacking = {*heard.last, *heard.others} - kept
    return Job.objects.filter(digest__in=lacking, state__in=_UNDER_WAY).exists()


def _counting(job: Job, manifest: RequestManifest) -> list[RetainedSet]:
    """Return the kept lists that the question is compared with, by request.

    Words of another federation or version of a canonicaliser have nothing in common with ours:
    such a list is left out, at all nodes alike.
    """
    digests = _settled(job)
    rows = {row.request: row for row in RetainedSet.objects.filter(request__in=digests)}
    if len(rows) != len(digests):
        raise MustWithhold(Reason.EARLIER_LOST, "A list that counted is not here any more.")
    return [rows[one] for one in digests if _is_comparable(rows[one], manifest)]


def _settled(job: Job) -> tuple[Digest, ...]:
    bodies = stage_bodies(job, EARLIER).values()
    try:
        return messages.sets_that_count([messages.parse_earlier(body) for body in bodies])
    except SetsMissing as missing:
        detail = f"Node {missing.node} does not hold a list that another counts."
        raise MustWithhold(Reason.EARLIER_LOST, detail) from missing


def _is_comparable(row: RetainedSet, manifest: RequestManifest) -> bool:
    federation, canonicalisers = word_keys(manifest)
    both = row.canonicalisers.keys() & canonicalisers.keys()
    is_same = all(row.canonicalisers[name] == canonicalisers[name] for name in both)
    return is_same and row.federation == federation


def _open_near(job: Job) -> Pause | None:
    if not stage_tell(job, NEAR):
        return Pause(stage=NEAR)
    said = [messages.parse_near(body) for body in stage_bodies(job, NEAR).values()]
    try:
        is_near = messages.open_near(said)
    except InconsistentShares as error:
        raise MustWithhold(Reason.INCONSISTENT_SHARES, error.sentence) from error
    if is_near:
        emit("request.refused.budget", outcome="failure", manifest=job.digest, job=job.pk)
        detail = "The list differs too little from an earlier one of the requester."
        raise MustWithhold(Reason.NEAR, detail)
    merge_begin(job)
    return None
