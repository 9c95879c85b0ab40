"""Toss the one coin of a batch with the peers, and keep its transcript (protocol §18.3).

A batch is opened under one coin, once, ever: a second coin would tell every bit. The seed is
stored with the commitment to it, the transcript before anything is evaluated.
"""

import secrets

import faults
from mpcengine.protocol import stages
from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.errors import MalformedMessage, ProtocolError
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.validity_coin import (
    SEED_BYTES,
    check_toss_allowed,
    keep_first,
    toss_commitment,
)
from mpcengine.protocol.validity_messages import (
    CoinSeed,
    SignedToss,
    Toss,
    build_coin,
    build_toss,
    build_transcript,
    open_transcript,
    tosses_digest,
)
from mpcengine.protocol.validity_plan import COIN_ROUNDS
from nodes.keystore import node_index, node_name, peer_names
from nodes.models import Job, StageMessage
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import LINES, is_said, stage_bodies
from nodes.services.incidents import incident_note
from nodes.services.leases import job_write
from nodes.services.meeting import stage_count, stage_tell, transcript_ask
from nodes.services.pausing import Pause
from nodes.services.stages import stage_say

FAILED = "coin failed"
_AGAIN_SECONDS = 1.0


def coin_step(job: Job, manifest: Manifest) -> Pause | None:
    """Toss, round after round, until this node has stored a transcript; None when it has.

    Raises MustWithhold if no round gives a coin, or if there is a second one.
    """
    if job.coin:
        _check_nobody_tosses(job)
        return None
    number = job.coin_round
    toss, coin = f"toss/{number}", f"coin/{number}"
    if stage_count(job, toss) < len(NODE_NAMES):
        if number > 1 and not _is_coinless(job, manifest):
            return Pause(seconds=_AGAIN_SECONDS)
        if not is_said(job, toss, node_name()):
            _say_toss(job, toss)
        if not stage_tell(job, toss):
            return Pause(stage=toss)
    # A seed is shown only with three commitments in hand: who sees one first must not choose.
    if not is_said(job, coin, node_name()):
        _say_coin(job, coin)
    if stage_count(job, coin) < len(NODE_NAMES) and not stage_tell(job, coin):
        return Pause(stage=coin)
    _keep(job, manifest)
    return coin_step(job, manifest)


def joint_coin_of(job: Job, manifest: Manifest) -> bytes:
    """Return the 32 bytes of the stored coin."""
    return _open(job, manifest, bytes(job.coin))


def own_root(job: Job) -> Digest:
    """Return the root of the frozen batch."""
    return stages.parse_root(stage_bodies(job, "root")[node_name()]).root


def _say_toss(job: Job, stage: str) -> None:
    number = job.coin_round
    lines = b"said" if is_said(job, LINES, node_name()) else None
    try:
        check_toss_allowed(number, transcript=bytes(job.coin) or None, lines=lines)
    except MalformedMessage as error:
        raise MustWithhold(Reason.LOST, error.sentence) from error
    seed, root = secrets.token_bytes(SEED_BYTES), own_root(job)
    commitment = toss_commitment(
        manifest=job.digest, root=root, round_number=number, index=node_index(), seed=seed
    )
    message = Toss(
        manifest=job.digest, node=node_name(), root=root, round=number, commitment=commitment
    )
    stage_say(job, stage, build_toss(message), coin_seed=seed)


def _say_coin(job: Job, stage: str) -> None:
    message = CoinSeed(
        manifest=job.digest,
        node=node_name(),
        root=own_root(job),
        round=job.coin_round,
        seed=bytes(job.coin_seed),
        tosses=tosses_digest(list(stage_bodies(job, f"toss/{job.coin_round}").values())),
    )
    stage_say(job, stage, build_coin(message))


def _keep(job: Job, manifest: Manifest) -> None:
    """Store the transcript of a round that gave a coin, or go on to the next round.

    Kill points ``nodes.coin_kept.*``.
    """
    transcript = _transcript(job)
    try:
        _open(job, manifest, transcript)
    except MalformedMessage as error:
        _fail(job, error)
        return
    keep_first(bytes(job.coin) or None, transcript)
    faults.point("nodes.coin_kept.before_write")
    with job_write(job, coin=transcript):
        faults.point("nodes.coin_kept.after_write")
    faults.point("nodes.coin_kept.after_commit")


def _transcript(job: Job) -> bytes:
    number = job.coin_round
    signed = {}
    for stage in (f"toss/{number}", f"coin/{number}"):
        for row in StageMessage.objects.filter(job=job, stage=stage):
            signed[stage[:4], row.sender] = (bytes(row.body), bytes(row.signature))
    rows = [(*signed["toss", name], *signed["coin", name]) for name in NODE_NAMES]
    return build_transcript(
        manifest=job.digest,
        root=own_root(job),
        round_number=number,
        signed=[
            SignedToss(toss=toss, toss_signature=first, coin=coin, coin_signature=second)
            for toss, first, coin, second in rows
        ],
    )


def _open(job: Job, manifest: Manifest, transcript: bytes) -> bytes:
    return open_transcript(
        transcript,
        manifest=job.digest,
        root=own_root(job),
        identity_keys=[node.identity_key for node in manifest.nodes],
    )


def _fail(job: Job, error: MalformedMessage) -> None:
    """End a round without a coin: some seed is not the one its node committed to.

    If the nodes have not seen the same commitments, one of them made two: that ends the job,
    for its peers might otherwise each have a coin, and not the same.
    """
    if error.code == "coin.tosses":
        raise MustWithhold(Reason.PEER_EQUIVOCATED, error.sentence)
    if job.coin_round == COIN_ROUNDS:
        raise MustWithhold(Reason.NO_COIN, error.sentence)
    with job_write(job, coin_round=job.coin_round + 1, coin_seed=b""):
        incident_note(job, FAILED, f"Round {job.coin_round}: {error.sentence}")


def _is_coinless(job: Job, manifest: Manifest) -> bool:
    """Tell whether both peers say that they, too, have no coin; raise if one has.

    A round failed here. A peer for which it did not fail has been sent another seed.
    """
    for peer in peer_names():
        transcript = transcript_ask(job, peer)
        if transcript is None:
            return False
        if transcript:
            _second(job, manifest, peer, transcript)
    return True


def _second(job: Job, manifest: Manifest, peer: str, transcript: bytes) -> None:
    detail = f"Node {peer} has a coin of a round that gave none here."
    try:
        _open(job, manifest, transcript)
    except ProtocolError as error:
        raise MustWithhold(Reason.PEERS_DISAGREE, detail) from error
    raise MustWithhold(Reason.PEER_EQUIVOCATED, detail)


def _check_nobody_tosses(job: Job) -> None:
    """Raise MustWithhold if a peer tosses again although this node has a coin."""
    rows = StageMessage.objects.filter(job=job, stage__startswith="toss/")
    for stage, sender in rows.values_list("stage", "sender"):
        if int(stage.removeprefix("toss/")) > job.coin_round:
            detail = f"Node {sender} tosses again although there is a coin."
            raise MustWithhold(Reason.PEERS_DISAGREE, detail)
