"""Tell an operator's security team how the parties of a job fare."""

from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.partywire import Failure
from nodes.models import Job
from security_events import duration_class, emit, reason_code

# Causes that a peer can be looked at for; the others end an attempt and no more.
NAMED_CAUSES = frozenset(
    {
        "peer_lost",
        "peer_stalled",
        "peer_unknown_cert",
        "impersonation_refused",
        "frame_rejected",
        "digest_mismatch",
        "bad_share",
        "texts_changed",
    }
)


def attempt_started_tell(job: Job) -> None:
    """Tell that this attempt's party was started."""
    emit("mpc.started", manifest=job.digest, job=job.pk, round=job.round, attempt=job.attempt)


def attempt_finished_tell(job: Job, took: float) -> None:
    """Tell that the party has its outcome; ``took``: seconds, told as a class."""
    emit(
        "mpc.finished",
        manifest=job.digest,
        job=job.pk,
        round=job.round,
        attempt=job.attempt,
        duration=duration_class(took),
    )


def attempt_failed_tell(job: Job, failure: Failure, took: float) -> None:
    """Tell why an attempt ended without an outcome, and which peer its party names."""
    peer = {"peer": NODE_NAMES[failure.peer - 1]} if failure.peer else {}
    emit(
        "mpc.attempt_failed",
        outcome="failure",
        manifest=job.digest,
        job=job.pk,
        round=job.round,
        attempt=job.attempt,
        reason=reason_code(failure.cause),
        duration=duration_class(took),
        **peer,
    )
    if failure.cause in NAMED_CAUSES:
        emit(
            f"mpc.{failure.cause}",
            outcome="failure",
            manifest=job.digest,
            job=job.pk,
            round=job.round,
            attempt=job.attempt,
            **peer,
        )
