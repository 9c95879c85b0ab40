"""Agree with the peers on who consented, and draw the nonce that places words in buckets.

The nonce is drawn after the consents are settled, so that nobody chooses a list for it; each
node commits to its part before it sees another's. Source: docs/protocol.md §19.6.
"""

import secrets
from collections.abc import Collection

from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.consent import MOST_NONCES, consents_digest, verify_consent
from mpcengine.protocol.contribution import verify_overflow
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.words import NONCE_BYTES
from nodes.keystore import node_index, node_name
from nodes.models import Job, Overflow, OwnerConsent
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import stage_bodies
from nodes.selectors_requests import AGREED, job_consents
from nodes.services.leases import job_write
from nodes.services.meeting import job_recall, stage_tell
from nodes.services.pausing import Pause
from nodes.services.stages import stage_say

_SILENT_SECONDS = 1.0


def nonce_step(job: Job, manifest: RequestManifest) -> Pause | None:
    """Say the next message on the way to the nonce of now; None when three parts are here.

    Consenting is over. Raises MustWithhold for too few consents or a part that is not the one
    committed to.
    """
    number = job.coin_round
    draw, reveal = f"draw/{number}", f"reveal/{number}"
    for stage in (AGREED, draw, reveal):
        if node_name() not in stage_bodies(job, stage) and not _say(job, stage):
            return Pause(seconds=_SILENT_SECONDS)
        if not stage_tell(job, stage):
            return Pause(stage=stage)
        if stage == AGREED:
            _check_consents(job, manifest)
    _check_parts(job, number)
    return None


def nonce_again(job: Job, manifest: RequestManifest) -> Pause | None:
    """Go on to another nonce where an owner's list did not fit; None if nobody said so.

    Returns a pause of no time when the number has risen.
    """
    number = job.coin_round
    stage = f"again/{number}"
    if number == MOST_NONCES:
        return None
    said = stage_bodies(job, stage)
    if node_name() not in said:
        owner, signature = _overflow(job, number) or _heard(said, manifest) or (None, b"")
        if owner is None:
            return None
        message = stages.Again(
            manifest=job.digest,
            node=node_name(),
            number=number,
            owner=owner,
            signature=signature,
        )
        stage_say(job, stage, stages.build_again(message))
    if not stage_tell(job, stage):
        return Pause(stage=stage)
    with job_write(job, coin_round=number + 1, coin_seed=b""):
        pass
    return Pause(seconds=0.01)


def _say(job: Job, stage: str) -> bool:
    if stage == AGREED:
        _say_agreed(job)
    elif stage.startswith("draw/"):
        return _say_draw(job)
    else:
        _say_reveal(job)
    return True


def _say_agreed(job: Job) -> None:
    rows = OwnerConsent.objects.filter(job=job)
    consents = {one.owner: (bytes(one.consent), bytes(one.signature)) for one in rows}
    message = stages.Agreed(manifest=job.digest, node=node_name(), consents=consents)
    stage_say(job, AGREED, stages.build_agreed(message))


def _say_draw(job: Job) -> bool:
    """Commit to a part; a node restored from a backup draws no second one."""
    if not job_recall(job):
        return False
    part = secrets.token_bytes(NONCE_BYTES)
    commitment = stages.draw_commitment(
        job.digest,
        number=job.coin_round,
        index=node_index(),
        consents=_consents(job),
        part=part,
    )
    message = stages.Draw(
        manifest=job.digest, node=node_name(), number=job.coin_round, commitment=commitment
    )
    stage_say(job, f"draw/{job.coin_round}", stages.build_draw(message), coin_seed=part)
    return True


def _say_reveal(job: Job) -> None:
    message = stages.Reveal(
        manifest=job.digest,
        node=node_name(),
        number=job.coin_round,
        part=bytes(job.coin_seed),
    )
    stage_say(job, f"reveal/{job.coin_round}", stages.build_reveal(message))


def _consents(job: Job) -> bytes:
    return consents_digest(job.digest, job_consents(job) or {})


def _check_consents(job: Job, manifest: RequestManifest) -> None:
    """Raise MustWithhold unless every consent holds, and there are enough with owner 0's."""
    for node, body in stage_bodies(job, AGREED).items():
        for owner, (data, signature) in stages.parse_agreed(body).consents.items():
            try:
                is_owners = verify_consent(manifest, data, signature).owner == owner
            except ProtocolError:
                is_owners = False
            if not is_owners:
                detail = f"Node {node} told of a consent that is none."
                raise MustWithhold(Reason.PEERS_DISAGREE, detail)
    lists_check(manifest, job_consents(job) or {})


def lists_check(manifest: RequestManifest, owners: Collection[int]) -> None:
    """Raise MustWithhold unless owner 0 is among the owners, and enough others."""
    if FIRST not in owners or len(owners) < manifest.fewest_lists:
        raise MustWithhold(Reason.TOO_FEW_LISTS, f"{len(owners)} lists take part.")


def _check_parts(job: Job, number: int) -> None:
    """Raise MustWithhold where a node revealed another part than it committed to."""
    commitments = stage_bodies(job, f"draw/{number}")
    standing = _consents(job)
    reveals = stage_bodies(job, f"reveal/{number}")
    for index, (name, body) in enumerate(reveals.items(), start=1):
        found = stages.draw_commitment(
            job.digest,
            number=number,
            index=index,
            consents=standing,
            part=stages.parse_reveal(body).part,
        )
        if found != stages.parse_draw(commitments[name]).commitment:
            detail = f"Node {name} revealed another part than it had committed to."
            raise MustWithhold(Reason.PEER_EQUIVOCATED, detail)


def _overflow(job: Job, number: int) -> tuple[int, bytes] | None:
    row = Overflow.objects.filter(job=job, number=number).order_by("owner").first()
    return None if row is None else (row.owner, bytes(row.signature))


def _heard(said: dict[str, bytes], manifest: RequestManifest) -> tuple[int, bytes] | None:
    """Return an owner's word that a peer passed on; raise MustWithhold if it is none."""
    for name, body in said.items():
        message = stages.parse_again(body)
        try:
            verify_overflow(
                manifest,
                owner=message.owner,
                number=message.number,
                signature=message.signature,
            )
        except ProtocolError as error:
            detail = f"Node {name} asked for another nonce without an owner's word."
            raise MustWithhold(Reason.PEERS_DISAGREE, detail) from error
        return message.owner, message.signature
    return None
