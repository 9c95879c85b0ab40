"""Read what a node holds; nothing here writes."""

from datetime import datetime
from functools import lru_cache

from django.db.models import Q, QuerySet

from mpcengine.protocol.batch import (
    CANNOT_UNSEAL,
    CONSTRAINT,
    INCONSISTENT,
    NOT_BITS,
    SUPERSEDED,
    Rejected,
    Verdict,
    pack_ids,
    unpack_ids,
)
from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request_manifest import RequestManifest, parse_request_manifest
from mpcengine.protocol.statement import RELEASED, WITHHELD
from mpcengine.protocol.strict import to_base64
from nodes.models import (
    Incident,
    IssuerKey,
    Job,
    JobKind,
    JobList,
    JobState,
    SeenList,
    StageMessage,
)
from problems import Missing

DRIVEN_STATES = (
    JobState.OPEN,
    JobState.CLOSING,
    JobState.FROZEN,
    JobState.CHECKED,
    JobState.COMPUTING,
    JobState.FIXED,
    JobState.RELEASED,
    JobState.WITHHELD,
)
# The stage whose three messages are the released numbers.
OPENING = "opening"
# The stage whose three messages tell dummies from packages: never published.
PAD = "pad"
# The stage whose three messages decide which reports are valid.
LINES = "lines"
# Names of the lists a job settles; the accepted are the counted without the rejected.
COUNTED, SUPERSEDED_LIST, STRUCK = "counted", "superseded", "struck"
# Why a package that counts was rejected, and the list of those.
REASON_LISTS = {
    CANNOT_UNSEAL: "broken",
    CONSTRAINT: "constraint",
    INCONSISTENT: "inconsistent",
    NOT_BITS: "not bits",
}


REQUEST_KINDS = (JobKind.MATCH, JobKind.COMPARE)


def job_get(*, digest: str) -> Job:
    """Return the job of a manifest of any kind; raise Missing if this node has none."""
    return _found(Job.objects.filter(digest=digest, parent=None))


def job_or_part_get(*, digest: str) -> Job:
    """Return the job of a manifest, or a part of one, by the digest that peers name it by.

    Raises Missing if this node has none.
    """
    return _found(Job.objects.filter(digest=digest))


def survey_get(*, digest: str) -> Job:
    """Return the job of a survey's manifest; raise Missing if this node has none."""
    return _found(Job.objects.filter(digest=digest, kind=JobKind.SURVEY))


def request_get(*, digest: str) -> Job:
    """Return the job of a request's manifest; raise Missing if this node has none."""
    return _found(Job.objects.filter(digest=digest, kind__in=REQUEST_KINDS))


def _found(rows: QuerySet[Job]) -> Job:
    job = rows.first()
    if job is None:
        raise Missing("manifest.unknown", "This node does not know the manifest.")
    return job


def job_terms_get(*, digest: str) -> Job:
    """Return a job with what says what it takes now, and no more: for the busiest calls.

    Raises Missing if this node has none.
    """
    surveys = Job.objects.filter(kind=JobKind.SURVEY)
    rows = surveys.only("state", "is_answering", "survey_id", "manifest")
    try:
        return rows.get(digest=digest)
    except Job.DoesNotExist:
        raise Missing("manifest.unknown", "This node does not know the manifest.") from None


def manifest_of(job: Job) -> Manifest:
    """Return a survey's manifest, parsed once per process."""
    return _manifest(bytes(job.manifest))


def request_of(job: Job) -> RequestManifest:
    """Return a request's manifest, parsed once per process."""
    return _request(bytes(job.manifest))


@lru_cache(maxsize=8)
def _manifest(data: bytes) -> Manifest:
    return parse_manifest(data)


@lru_cache(maxsize=8)
def _request(data: bytes) -> RequestManifest:
    return parse_request_manifest(data)


def jobs_due(*, now: datetime, owner: str) -> list[int]:
    """Return the ids of jobs that wait for a driver and are held by nobody but ``owner``."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now) | Q(lease_owner=owner)
    rows = Job.objects.filter(free, state__in=DRIVEN_STATES, due_at__lte=now)
    return list(rows.order_by("due_at").values_list("pk", flat=True))


def stage_message(job: Job, stage: str, sender: str) -> StageMessage | None:
    """Return what a node said at a stage, or None."""
    return StageMessage.objects.filter(job=job, stage=stage, sender=sender).first()


def is_said(job: Job, stage: str, sender: str) -> bool:
    """Tell whether this node holds what a node said at a stage; reads no body."""
    return StageMessage.objects.filter(job=job, stage=stage, sender=sender).exists()


def stage_bodies(job: Job, stage: str) -> dict[str, bytes]:
    """Return what each node said at a stage, by name in order of index."""
    rows = StageMessage.objects.filter(job=job, stage=stage).values_list("sender", "body")
    bodies = {sender: bytes(body) for sender, body in rows}
    return {name: bodies[name] for name in NODE_NAMES if name in bodies}


def stages_said(job: Job, sender: str) -> set[str]:
    """Return the stages at which this node holds a message of ``sender``."""
    rows = StageMessage.objects.filter(job=job, sender=sender)
    return set(rows.values_list("stage", flat=True))


def job_list(job: Job, name: str) -> tuple[str, ...]:
    """Return a settled list of package ids, ascending; empty if there is none."""
    row = JobList.objects.filter(job=job, name=name).values_list("ids", flat=True).first()
    return () if row is None else unpack_ids(bytes(row))


def ending_incident(job: Job) -> Incident | None:
    """Return the first incident that must end the job, or None."""
    return Incident.objects.filter(job=job, ends_job=True).order_by("pk").first()


def outcome_get(*, digest: str) -> dict[str, str | None]:
    """Return how a job ended, with this node's signed statement; raise Missing before that."""
    job = job_get(digest=digest)
    if not job.statement:
        raise Missing("result.none", "There is no result yet.")
    return {
        "state": WITHHELD if job.reason else RELEASED,
        "reason": job.reason or None,
        "statement": to_base64(bytes(job.statement)),
        "signature": to_base64(bytes(job.statement_signature)),
    }


def signed_manifest_get(*, digest: str) -> dict[str, object]:
    """Return a manifest with the signatures this node has under it; raise Missing."""
    job = survey_get(digest=digest)
    return {
        "manifest": to_base64(bytes(job.manifest)),
        "coordinator_signature": to_base64(bytes(job.coordinator_signature)),
        "signatures": job.signatures,
    }


def accepted_get(*, digest: str) -> bytes:
    """Return the ids counted in a released survey, 32 bytes each; raise Missing otherwise."""
    return _published(digest)[0]


def rejected_get(*, digest: str) -> tuple[Rejected, ...]:
    """Return the ids not counted in a released survey, ascending; raise Missing otherwise."""
    return _published(digest)[1]


@lru_cache(maxsize=2)
def _published(digest: str) -> tuple[bytes, tuple[Rejected, ...]]:
    """Return both lists of a released survey; kept, for anybody may ask for every page."""
    verdict = settled_verdict(_released_job(digest))
    return pack_ids(verdict.accepted), verdict.rejected


def seen_get(*, digest: str) -> SeenList:
    """Return the padded list that stands for a survey until it is released, and if it never is.

    Raises Missing while there is none, or if this node does not know the manifest.
    """
    row = SeenList.objects.filter(job=survey_get(digest=digest)).first()
    if row is None:
        raise Missing("lists.none", "This node has published no list of this survey yet.")
    return row


@lru_cache(maxsize=8)
def proof_get(digest: str) -> dict[str, object]:
    """Return how a released survey's reports were checked; raise Missing for any other.

    Kept, for the bodies whose digests these are have up to 48 MiB each.
    """
    job = _released_job(digest)
    # The bodies are large: they are not read here.
    rows = StageMessage.objects.filter(job=job, stage=LINES).order_by("sender")
    lines = [
        {"node": sender, "signature": to_base64(bytes(signature))}
        for sender, signature in rows.values_list("sender", "signature")
    ]
    return {"manifest": digest, "transcript": to_base64(bytes(job.coin)), "lines": lines}


def lines_get(*, digest: str, node: str) -> bytes:
    """Return the values that one of the nodes said in a released survey; raise Missing."""
    row = stage_message(_released_job(digest), LINES, node)
    if row is None:
        raise Missing("lists.none", "There are no values of this node.")
    return bytes(row.body)


def accepted_ids(job: Job) -> tuple[str, ...]:
    """Return the ids of a checked job's accepted packages, ascending."""
    return settled_verdict(job).accepted


def settled_verdict(job: Job) -> Verdict:
    """Return the final verdict of a checked job, from its stored lists."""
    lists = {**REASON_LISTS, SUPERSEDED: SUPERSEDED_LIST}
    reasons = {one: reason for reason, name in lists.items() for one in job_list(job, name)}
    return Verdict(
        accepted=tuple(one for one in job_list(job, COUNTED) if one not in reasons),
        rejected=tuple(Rejected(package=one, reason=reasons[one]) for one in sorted(reasons)),
    )


def databases_read() -> None:
    """Read both databases; raise DatabaseError if one does not answer."""
    Job.objects.exists()
    IssuerKey.objects.exists()


def _released_job(digest: str) -> Job:
    job = survey_get(digest=digest)
    # The number of packages of a withheld survey is published by nobody.
    if job.reason or not job.statement:
        raise Missing("lists.none", "Lists are published with a released result only.")
    return job
