"""Say and hear stage messages: stored before they are sent, and never changed.

A node's own message of a stage is written once, under the job's lease; from then on these
bytes are sent, however often. What a peer says is stored once; if it ever says something else
at the same stage, the job ends as ``peer equivocated`` (docs/protocol.md §10, §15).
"""

from collections.abc import Callable

from django.db import transaction

import faults
from mpcengine.protocol import difference, request_stages, validity_messages
from mpcengine.protocol import stages as protocol
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.messages import pack_signed, unpack_signed
from mpcengine.protocol.signing import verify
from mpcengine.protocol.stage_names import stage_label
from nodes.keystore import node_name, node_sign
from nodes.models import Job, StageMessage
from nodes.policy import federation
from nodes.reasons import Reason
from nodes.selectors import stage_message
from nodes.services.incidents import incident_end
from nodes.services.leases import job_write

_PARSERS: dict[str, Callable[[bytes], object]] = {
    "pad": protocol.parse_pad,
    "commit": protocol.parse_commit,
    "list": protocol.parse_list,
    "held": protocol.parse_held,
    "root": protocol.parse_root,
    "verdict": protocol.parse_verdict,
    "toss": validity_messages.parse_toss,
    "coin": validity_messages.parse_coin,
    "lines": validity_messages.parse_lines,
    "checked": protocol.parse_checked,
    "ready": protocol.parse_ready,
    "done": protocol.parse_done,
    "pattern": protocol.parse_pattern,
    "opening": protocol.parse_opening,
    "agreed": request_stages.parse_agreed,
    "draw": request_stages.parse_draw,
    "reveal": request_stages.parse_reveal,
    "again": request_stages.parse_again,
    "complete": request_stages.parse_complete,
    "unusable": request_stages.parse_unusable,
    "ordered": request_stages.parse_ordered,
    "outcome": request_stages.parse_outcome,
    "earlier": difference.parse_earlier,
    "near": difference.parse_near,
}
# What a stage's name counts, as its message says it again.
_COUNTED = ("number", "round", "attempt")


def stage_say(
    job: Job,
    stage: str,
    body: bytes,
    *,
    write: Callable[[], object] | None = None,
    **changes: object,
) -> None:
    """Store this node's message of a stage, with what belongs to it, in one transaction.

    Sends nothing. Raises StaleJob if the job was lost. Kill points ``nodes.say_<stage>.*``,
    the stage without its numbers.
    """
    signature = node_sign(stage_label(stage), body)
    point = f"nodes.say_{stage.partition('/')[0]}"
    faults.point(f"{point}.before_write")
    with job_write(job, **changes):
        StageMessage.objects.create(
            job=job, stage=stage, sender=node_name(), body=body, signature=signature
        )
        if write is not None:
            write()
        faults.point(f"{point}.after_write")
    faults.point(f"{point}.after_commit")


def stage_hear(job: Job, stage: str, sender: str, packed: bytes) -> None:
    """Store what a peer signed for a stage; note an incident if it said otherwise before.

    A job that was withheld meanwhile keeps nothing more.
    Raises BadSignature, or MalformedMessage for a body that is not of this job, stage and
    sender; neither is stored.
    """
    body, signature = unpack_signed(packed)
    verify(federation().named(sender).identity_key, stage_label(stage), body, signature)
    known = stage_message(job, stage, sender)
    if known is not None and bytes(known.body) == body:
        return
    _check_body(job, stage, sender, body)
    with transaction.atomic():
        # The row lock keeps the job's end from passing between this check and the commit.
        if Job.objects.select_for_update().get(pk=job.pk).reason:
            return
        row = StageMessage(job=job, stage=stage, sender=sender, body=body, signature=signature)
        StageMessage.objects.bulk_create([row], ignore_conflicts=True)
        kept = StageMessage.objects.get(job=job, stage=stage, sender=sender)
        if bytes(kept.body) != body:
            incident_end(
                job, Reason.PEER_EQUIVOCATED, f"Node {sender} said two things at {stage}."
            )


def stage_packed(job: Job, stage: str) -> bytes:
    """Return this node's stored message of a stage as it is sent, or nothing (empty bytes)."""
    row = stage_message(job, stage, node_name())
    return b"" if row is None else pack_signed(bytes(row.body), bytes(row.signature))


def _check_body(job: Job, stage: str, sender: str, body: bytes) -> None:
    name, *numbers = stage.split("/")
    parsed = _PARSERS[name](body)
    said = [str(getattr(parsed, key)) for key in _COUNTED if hasattr(parsed, key)]
    common = (getattr(parsed, "manifest", None), getattr(parsed, "node", None))
    if common != (job.digest, sender) or said != numbers:
        raise MalformedMessage(
            "peer.stage", "A node's message is not of the job, stage and sender it came with."
        )
