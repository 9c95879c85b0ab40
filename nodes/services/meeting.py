"""The driver's side of talking to peers: tell them, hear them, ask what was said, fetch.

Nothing is sent that is not stored. A silent or confused peer is asked again later; what it
signed twice differently ends the job (``stage_hear``).
"""

import logging
from collections.abc import Callable, Mapping, Sequence

from django.db import transaction

from mpcengine.protocol.batch import pack_ids
from mpcengine.protocol.canonical import parse_canonical
from mpcengine.protocol.codec import unpack_batch
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.messages import PeerMessage, unpack_signed
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.package import package_length
from mpcengine.protocol.request_statement import parse_request_statement
from mpcengine.protocol.signing import LABEL_REQUEST_STATEMENT, LABEL_STATEMENT, verify
from mpcengine.protocol.statement import WITHHELD, parse_statement
from nodes.keystore import node_name, peer_names
from nodes.models import Job, JobKind, StageMessage, StoredPackage
from nodes.peer_client import PeerError, PeerMisbehaved, peer_ask
from nodes.policy import federation
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import stages_said
from nodes.services.answering_peers import (
    ENDED,
    EXCHANGE,
    LARGEST_ASK,
    LARGEST_PACKAGES,
    PACKAGES,
    RECALL,
    TRANSCRIPT,
)
from nodes.services.intake import package_read, package_rows
from nodes.services.leases import job_keep, job_lock
from nodes.services.memory import job_memory
from nodes.services.stages import stage_hear, stage_packed
from security_events import emit

logger = logging.getLogger(__name__)

_ROWS_AT_ONCE = 400


def stage_count(job: Job, stage: str) -> int:
    """Return how many of the three nodes' messages of a stage are here."""
    return StageMessage.objects.filter(job=job, stage=stage).count()


def stage_tell(job: Job, stage: str) -> bool:
    """Tell both peers this node's message of a stage and take theirs; say if all are here.

    A peer that was told is not told again by this process, only asked for what is missing.
    The lease is renewed between peers: one call may last LONGEST_CALL_SECONDS. Raises
    MustWithhold if a peer has ended the job, StaleJob if the lease was lost.
    """
    told = job_memory(job.digest).told
    heard = set(
        StageMessage.objects.filter(job=job, stage=stage).values_list("sender", flat=True)
    )
    for peer in peer_names():
        is_told = (stage, peer) in told
        if is_told and peer in heard:
            continue
        job_keep(job)
        body = b"" if is_told else stage_packed(job, stage)
        if _exchange(job, stage, peer, body):
            told.add((stage, peer))
    return stage_count(job, stage) == len(NODE_NAMES)


def job_recall(job: Job) -> bool:
    """Ask both peers what this node said before this process started; say if both answered.

    A node restored from a backup must not say anything anew that it said before: raises
    MustWithhold (``lost``) if a peer holds a message of ours that we do not (docs/protocol.md
    §13). Done once in the life of a process.
    """
    memory = job_memory(job.digest)
    if memory.is_recalled:
        return True
    own = stages_said(job, node_name())
    for peer in peer_names():
        job_keep(job)
        answer = _ask(job, peer, RECALL)
        said = None if answer is None else _stages(answer)
        if said is None:
            return False
        lost = sorted(said - own)
        if lost:
            emit("node.rollback_detected", manifest=job.digest, job=job.pk, peer=peer)
            raise MustWithhold(Reason.LOST, f"Node {peer} holds {lost[-1]} of ours; we do not.")
    memory.is_recalled = True
    return True


def transcript_ask(job: Job, peer: str) -> bytes | None:
    """Return the coin's transcript that a peer has, empty if none; None if it is silent."""
    job_keep(job)
    answer = _ask(job, peer, TRANSCRIPT)
    return None if answer is None else answer.body


def packages_fetch(
    job: Job,
    manifest: Manifest,
    holders: Mapping[str, Sequence[str]],
    keep: Callable[[], None],
) -> bool:
    """Fetch what ``holders`` (peer to ids) say they hold and this node lacks; store it.

    ``keep`` renews the lease around every call. Returns whether every peer asked has answered;
    what it could not deliver stays missing.
    """
    lacking = set().union(*holders.values()) - packages_held(job)
    length = package_length(manifest.envelope_length)
    chunk = max(1, min(LARGEST_ASK, LARGEST_PACKAGES // length))
    for peer, ids in holders.items():
        wanted = sorted(lacking.intersection(ids))
        for start in range(0, len(wanted), chunk):
            keep()
            got = _fetch(job, manifest, peer, wanted[start : start + chunk])
            keep()
            if got is None:
                return False
            lacking -= got
    return True


def packages_held(job: Job) -> set[str]:
    """Return the ids of all packages this node has verified and stored."""
    return set(StoredPackage.objects.filter(job=job).values_list("package_id", flat=True))


def _fetch(job: Job, manifest: Manifest, peer: str, ids: Sequence[str]) -> set[str] | None:
    """Ask one peer for some packages; return the ids that came and verified, None if silent."""
    answer = _ask(job, peer, PACKAGES, pack_ids(ids))
    if answer is None:
        return None
    good = []
    try:
        for data in unpack_batch(answer.body, len(ids)):
            package = package_read(data, manifest)
            if package.package_id in ids:
                good.append(package)
    except ProtocolError as error:
        logger.warning("job %s: node %s delivers bad packages (%s)", job.pk, peer, error.code)
    with transaction.atomic():
        # A call may outlast the lease: whoever erased the job meanwhile erased its packages.
        job_lock(job)
        StoredPackage.objects.bulk_create(
            package_rows(job, good, is_own=False),
            batch_size=_ROWS_AT_ONCE,
            ignore_conflicts=True,
        )
    return {package.package_id for package in good}


def _exchange(job: Job, stage: str, peer: str, body: bytes) -> bool:
    """Send and hear one stage message; say whether the peer took the call."""
    try:
        answer = peer_ask(
            peer, EXCHANGE, label=EXCHANGE, job=job.digest, epoch=stage, body=body
        )
        if answer is None:
            return True
        if answer.label == ENDED:
            _peer_ended(job, peer, answer.body)
        elif answer.label == EXCHANGE:
            stage_hear(job, stage, peer, answer.body)
    except (PeerError, ProtocolError) as error:
        kind = type(error).__name__
        logger.info("job %s: node %s brought no %s (%s)", job.pk, peer, stage, kind)
        return False
    return True


def _ask(job: Job, peer: str, label: str, body: bytes = b"") -> PeerMessage | None:
    """Ask one peer for what ``label`` names; return None if it brings nothing."""
    address = PACKAGES if label == PACKAGES else EXCHANGE
    try:
        answer = peer_ask(peer, address, label=label, job=job.digest, epoch=label, body=body)
    except PeerError as error:
        logger.info("node %s: %s", peer, type(error).__name__)
        return None
    return answer if answer is not None and answer.label == label else None


def _peer_ended(job: Job, peer: str, packed: bytes) -> None:
    """End with the reason a peer signed; raise ProtocolError or PeerError if it did not."""
    data, signature = unpack_signed(packed)
    whole = job.whole
    is_survey = whole.kind == JobKind.SURVEY
    label = LABEL_STATEMENT if is_survey else LABEL_REQUEST_STATEMENT
    verify(federation().named(peer).identity_key, label, data, signature)
    statement = parse_statement(data) if is_survey else parse_request_statement(data)
    if (statement.manifest, statement.node, statement.state) != (whole.digest, peer, WITHHELD):
        raise PeerMisbehaved(peer)
    known = {reason.value: reason for reason in Reason}
    reason = known.get(statement.reason or "", Reason.PEER_WITHHELD)
    raise MustWithhold(reason, f"Node {peer} ended the job.")


def _stages(answer: PeerMessage) -> set[str] | None:
    try:
        stages = parse_canonical(answer.body)
    except ProtocolError:
        return None
    if not isinstance(stages, list) or not all(isinstance(stage, str) for stage in stages):
        return None
    return set(stages)
