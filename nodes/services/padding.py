"""Agree with the peers on the padding of published lists, as soon as a survey is open.

Source: docs/protocol.md §10.7. What is said here is for three nodes and is never published.
"""

import secrets

from mpcengine.protocol import stages
from mpcengine.protocol.padding import SEED_BYTES
from nodes.keystore import node_name
from nodes.models import Job
from nodes.selectors import PAD, stage_bodies
from nodes.services.meeting import job_recall, stage_tell
from nodes.services.stages import stage_say


def padding_agree(job: Job) -> bool:
    """Say this node's padding seed, hear the peers'; tell whether all three are here.

    A seed is drawn only after both peers have said that they hold none of ours: a node
    restored from a backup draws no second one, and MustWithhold (``lost``) is raised.
    """
    if node_name() not in stage_bodies(job, PAD):
        if not job_recall(job):
            return False
        seed = secrets.token_bytes(SEED_BYTES)
        message = stages.Pad(manifest=job.digest, node=node_name(), seed=seed)
        stage_say(job, PAD, stages.build_pad(message))
    return stage_tell(job, PAD)
