"""One bucket of a request: a job of its own, so that any worker of this node can drive it.

The first PARTS_AT_ONCE parts that are not fixed are due, the same at all three nodes, so that
no two nodes wait for each other's next part. Source: docs/protocol.md §19.14.
"""

from datetime import datetime

from django.db.models import F
from django.utils import timezone

from mpcengine.protocol.request_stages import bucket_digest
from mpcengine.protocol.wordswire import MERGE
from nodes.models import Job, JobKind, JobOutput, JobState
from nodes.phases import gives_up_at
from nodes.reasons import Reason
from nodes.selectors import request_of
from nodes.selectors_requests import buckets_of
from nodes.services.attempts import round_step
from nodes.services.incidents import incident_end
from nodes.services.leases import job_move, job_write
from nodes.services.meeting import job_recall
from nodes.services.memory import job_forget
from nodes.services.pausing import Pause
from nodes.services.request_rounds import MergeRound

PARTS_AT_ONCE = 2
_DIGEST_PREFIX, _ID_DIGITS = "sha256:", 32


def parts_make(whole: Job) -> None:
    """Write a job for every bucket; to be called in the transaction that begins the round."""
    now = timezone.now()
    rows = []
    for bucket in range(request_of(whole).buckets):
        name = bucket_digest(whole.digest, bucket)
        rows.append(
            Job(
                digest=name,
                kind=JobKind.PART,
                parent=whole,
                part=bucket,
                survey_id=name.removeprefix(_DIGEST_PREFIX)[:_ID_DIGITS],
                manifest=b"",
                coordinator_signature=b"",
                state=JobState.COMPUTING,
                closed_at=whole.closed_at,
                round=MERGE,
                attempt=1,
                due_at=now if bucket < PARTS_AT_ONCE else None,
            )
        )
    Job.objects.bulk_create(rows)


def merge_begin(whole: Job) -> None:
    """Go on to the merge of a request: one job for every bucket."""
    with job_write(whole, round=MERGE, attempt=1):
        parts_make(whole)


def parts_fixed(whole: Job) -> bool:
    """Tell whether every bucket's flags are fixed."""
    return not buckets_of(whole).exclude(state=JobState.FIXED).exists()


def parts_erase(whole: Job) -> None:
    """Take the parts from whoever drives them and destroy what they hold."""
    parts = buckets_of(whole)
    for name in parts.values_list("digest", flat=True):
        job_forget(name)
    JobOutput.objects.filter(job__in=parts).delete()
    parts.update(
        state=JobState.ERASED,
        epoch=F("epoch") + 1,
        due_at=None,
        lease_owner="",
        lease_until=None,
    )


def part_step(job: Job) -> Pause | None:
    """Bring the merge of one bucket one step on."""
    whole = _whole(job)
    work = MergeRound(job, whole, lambda: parts_push(whole, besides=job.pk))
    return round_step(job, work)


def part_recall(job: Job) -> bool:
    """Ask the peers what this node said of the whole request, once a process."""
    return job_recall(_whole(job))


def part_gives_up_at(job: Job) -> datetime | None:
    """Return when the whole request gives up waiting for a node."""
    whole = _whole(job)
    return gives_up_at(whole, request_of(whole).give_up_after_days)


def part_withhold(job: Job, reason: Reason, detail: str) -> None:
    """End this part, and have the driver of the whole request end it for the same reason."""
    whole = _whole(job)

    def write() -> None:
        incident_end(whole, reason, f"Bucket {job.part}: {detail}")
        Job.objects.filter(pk=whole.pk).update(due_at=timezone.now())

    job_forget(job.digest)
    job_move(job, JobState.WITHHELD, write=write, reason=reason.value, due_at=None)


def parts_push(whole: Job, *, besides: int = 0) -> None:
    """See that the first parts that are not fixed are due; ``besides``: one that now will be.

    Where none is left the whole request is due.
    """
    waiting = buckets_of(whole).filter(state=JobState.COMPUTING).exclude(pk=besides)
    first = waiting.order_by("part").values_list("pk", flat=True)[:PARTS_AT_ONCE]
    chosen, now = list(first), timezone.now()
    idle = Job.objects.filter(pk__in=chosen, due_at=None, lease_owner="")
    idle.update(due_at=now)
    if not chosen:
        Job.objects.filter(pk=whole.pk).update(due_at=now)


def _whole(job: Job) -> Job:
    if job.parent is None:
        raise ValueError("a part has a parent")
    return job.parent
