"""CLOSING: agree with the peers on the one batch that is counted (docs/protocol.md §10).

Agree on padding if that is still to be done, commit to the own list, show it, fetch what others
hold, say what is held, agree on the root.
Each ``_say_…`` stores this node's message of its stage, or returns False while something is
missing.
"""

import secrets
from collections.abc import Mapping

from mpcengine.protocol import batch, stages
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from nodes.keystore import node_name, peer_names
from nodes.models import Job, JobList, JobState, StoredPackage
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import COUNTED, PAD, STRUCK, SUPERSEDED_LIST, stage_bodies
from nodes.services.incidents import incident_note
from nodes.services.leases import job_keep, job_move
from nodes.services.meeting import packages_fetch, packages_held, stage_count, stage_tell
from nodes.services.padding import padding_agree
from nodes.services.pausing import Pause
from nodes.services.seen import seen_publish
from nodes.services.stages import stage_say

_STAGES = ("commit", "list", "held", "root")
# How soon a peer that did not deliver is asked again.
_FETCH_SECONDS = 1.0


def freezing_step(job: Job, manifest: Manifest) -> Pause | None:
    """Say the next message of the freeze, or move to FROZEN once three roots are equal.

    The draw seed is fixed in the same transaction, so that every attempt draws the same.
    Raises MustWithhold where nodes disagree.
    """
    if not padding_agree(job):
        return Pause(stage=PAD)
    for stage in _STAGES:
        if stage_count(job, stage) == len(NODE_NAMES):
            continue
        own = stage_bodies(job, stage).get(node_name())
        if own is None and not _say(job, manifest, stage):
            return Pause(seconds=_FETCH_SECONDS)
        if not stage_tell(job, stage):
            return Pause(stage=stage)
    roots = [stages.parse_root(body) for body in stage_bodies(job, "root").values()]
    if len({(root.root, root.size, root.superseded) for root in roots}) != 1:
        raise MustWithhold(Reason.PEERS_DISAGREE, "The three roots are not equal.")
    job_move(job, JobState.FROZEN, draw_seed=secrets.token_bytes(32))
    return None


def _say(job: Job, manifest: Manifest, stage: str) -> bool:
    if stage == "commit":
        return _say_commit(job)
    if stage == "list":
        return _say_list(job)
    if stage == "held":
        return _say_held(job, manifest)
    return _say_root(job, manifest)


def _say_commit(job: Job) -> bool:
    salt = secrets.token_bytes(batch.SALT_BYTES)
    commitment = batch.list_commitment(job.digest, salt, _own_ids(job))
    body = stages.build_commit(
        stages.Commit(manifest=job.digest, node=node_name(), commitment=commitment)
    )
    stage_say(job, "commit", body, list_salt=salt)
    return True


def _say_list(job: Job) -> bool:
    message = stages.IdList(
        manifest=job.digest, node=node_name(), salt=bytes(job.list_salt), ids=_own_ids(job)
    )
    stage_say(job, "list", stages.build_list(message))
    return True


def _say_held(job: Job, manifest: Manifest) -> bool:
    lists = _checked_lists(job)
    if not _fetch(job, manifest, lists):
        return False
    held = packages_held(job).intersection(batch.union_ids(lists.values()))
    message = stages.Ids(manifest=job.digest, node=node_name(), ids=tuple(sorted(held)))
    stage_say(job, "held", stages.build_held(message))
    return True


def _say_root(job: Job, manifest: Manifest) -> bool:
    held = {
        name: stages.parse_held(body).ids for name, body in stage_bodies(job, "held").items()
    }
    agreed = batch.held_batch(list(held.values()))
    claims = {name: set(ids).intersection(agreed.ids) for name, ids in held.items()}
    _fetch(job, manifest, {name: tuple(ids) for name, ids in claims.items()})
    entries = _entries(job, set(agreed.ids))
    if len(entries) != len(agreed.ids):
        return False
    counted, superseded = batch.choose_revisions(entries)
    message = stages.Root(
        manifest=job.digest,
        node=node_name(),
        root=batch.batch_root(job.digest, counted),
        size=len(counted),
        superseded=len(superseded),
    )
    lists = {COUNTED: counted, SUPERSEDED_LIST: superseded, STRUCK: agreed.struck}

    def write() -> None:
        _keep(job, lists)
        seen_publish(job, manifest, counted)

    stage_say(job, "root", stages.build_root(message), write=write)
    return True


def _checked_lists(job: Job) -> dict[str, tuple[str, ...]]:
    """Return each node's list; raise MustWithhold if one is not what was committed to."""
    commits = stage_bodies(job, "commit")
    lists = {}
    for name, body in stage_bodies(job, "list").items():
        shown = stages.parse_list(body)
        commitment = stages.parse_commit(commits[name]).commitment
        try:
            batch.check_list(commitment, job.digest, shown.salt, shown.ids)
        except MalformedMessage as error:
            detail = f"Node {name}'s list is not the one it committed to."
            raise MustWithhold(Reason.PEER_EQUIVOCATED, detail) from error
        lists[name] = shown.ids
    return lists


def _fetch(job: Job, manifest: Manifest, lists: Mapping[str, tuple[str, ...]]) -> bool:
    holders = {peer: lists[peer] for peer in peer_names()}
    return packages_fetch(job, manifest, holders, lambda: job_keep(job))


def _own_ids(job: Job) -> tuple[str, ...]:
    rows = StoredPackage.objects.filter(job=job, is_own=True)
    return tuple(sorted(rows.values_list("package_id", flat=True)))


def _entries(job: Job, ids: set[str]) -> list[batch.Entry]:
    rows = StoredPackage.objects.filter(job=job)
    return [
        batch.Entry(package=package, one_time_key=bytes(key), revision=revision)
        for package, key, revision in rows.values_list("package_id", "one_time_key", "revision")
        if package in ids
    ]


def _keep(job: Job, lists: Mapping[str, tuple[str, ...]]) -> None:
    for name, ids in lists.items():
        JobList.objects.create(job=job, name=name, ids=batch.pack_ids(ids))
    for package in lists[STRUCK]:
        incident_note(job, "package struck", f"Only one node held package {package}.")
