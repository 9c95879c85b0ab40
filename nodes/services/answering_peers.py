"""Answer what another node asks: its side of an exchange, packages it lacks, what it said.

Run by web processes; nothing here needs a lease or the share key. A question replayed is
harmless: it says the same again, and the answer holds only what is stored. An answer repeats
the nonce of its question, so that it answers no other (docs/protocol.md §15).
"""

from django.db.models import QuerySet

from mpcengine.protocol.batch import unpack_ids
from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.codec import pack_batch
from mpcengine.protocol.errors import BadSignature, MalformedMessage
from mpcengine.protocol.messages import (
    PeerMessage,
    pack_signed,
    peer_sender,
    sign_peer_message,
    verify_peer_message,
)
from mpcengine.protocol.stage_names import stage_label
from nodes.keystore import identity_key, node_name, peer_names
from nodes.models import Job, JobState, StoredPackage
from nodes.policy import federation
from nodes.selectors import job_or_part_get, stages_said
from nodes.services.stages import stage_hear, stage_packed
from problems import Conflict

EXCHANGE, PACKAGES, RECALL, ENDED = "exchange", "packages", "recall", "ended"
TRANSCRIPT = "transcript"
# The sum of package lengths in one answer; base64 adds a third.
LARGEST_ASK = 1_000
LARGEST_PACKAGES = 16 * 2**20
_NOT_YET = frozenset({JobState.PREPARED, JobState.REFUSED})
_CLOSED = frozenset(set(JobState) - _NOT_YET - {JobState.OPEN})


def peer_message_read(data: bytes, signature: bytes) -> tuple[PeerMessage, Job]:
    """Return a message that one of the two peers signed for this node, and its job.

    Raises MalformedMessage, BadSignature, Missing, or Conflict while the survey is not open.
    """
    sender = peer_sender(data)
    if sender not in peer_names():
        raise BadSignature("peer.sender", "Only the two other nodes may call here.")
    message = verify_peer_message(
        data,
        signature,
        sender=sender,
        receiver=node_name(),
        identity_key=federation().named(sender).identity_key,
    )
    job = job_or_part_get(digest=message.job)
    if job.state in _NOT_YET:
        raise Conflict("survey.not_open", "This node has not opened the survey.")
    return message, job


def exchange_answer(message: PeerMessage, job: Job) -> tuple[bytes, bytes] | None:
    """Hear a peer's stage message and return this node's own, signed; None if it has none.

    A job that was withheld hears nothing and answers with its signed statement instead, and so
    does a part of it.
    """
    if message.label == RECALL:
        said = sorted(stages_said(job, message.sender))
        return _answer(message, RECALL, canonical(said))
    if message.label == TRANSCRIPT:
        return _answer(message, TRANSCRIPT, bytes(job.coin))
    if message.label != EXCHANGE:
        raise MalformedMessage("peer.label", "This address does not take that message.")
    stage_label(message.epoch)
    whole = job.whole
    if whole.reason and whole.statement:
        ended = pack_signed(bytes(whole.statement), bytes(whole.statement_signature))
        return _answer(message, ENDED, ended)
    if message.body:
        stage_hear(job, message.epoch, message.sender, message.body)
    own = stage_packed(job, message.epoch)
    return _answer(message, EXCHANGE, own) if own else None


def packages_answer(message: PeerMessage, job: Job) -> tuple[bytes, bytes] | None:
    """Return the packages asked for that this node holds; None while its intake is open."""
    if message.label != PACKAGES:
        raise MalformedMessage("peer.label", "This address does not take that message.")
    ids = unpack_ids(message.body)
    if len(ids) > LARGEST_ASK:
        raise MalformedMessage("peer.ids", "A node asked for too many packages at once.")
    if job.state not in _CLOSED:
        return None
    rows = StoredPackage.objects.filter(job=job, package_id__in=ids).order_by("package_id")
    return _answer(message, PACKAGES, pack_batch(_up_to_limit(rows)))


def _up_to_limit(rows: QuerySet[StoredPackage]) -> list[bytes]:
    found: list[bytes] = []
    total = 0
    for sealed in rows.values_list("sealed", flat=True).iterator(chunk_size=100):
        total += len(sealed)
        if total > LARGEST_PACKAGES and found:
            break
        found.append(bytes(sealed))
    return found


def _answer(message: PeerMessage, label: str, body: bytes) -> tuple[bytes, bytes]:
    return sign_peer_message(
        identity_key(),
        PeerMessage(
            label=label,
            sender=node_name(),
            receiver=message.sender,
            job=message.job,
            epoch=message.epoch,
            nonce=message.nonce,
            body=body,
        ),
    )
