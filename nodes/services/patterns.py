"""What the parties of a fixed round gave back, and a round's pattern from three shares of it.

Source: docs/protocol.md §12 and §13.1.
"""

from mpcengine.protocol import stages
from mpcengine.protocol.codec import unpack_vector
from mpcengine.protocol.disclosure_pattern import recheck_pattern
from mpcengine.protocol.errors import DisclosureRefused, InconsistentShares
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.pattern import (
    Pattern,
    merge_patterns,
    opened_texts,
    pattern_from_bits,
    pattern_size,
)
from mpcengine.protocol.released import open_pattern
from mpcengine.protocol.tables import TextItem
from nodes.keystore import node_name
from nodes.models import Job, JobOutput
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import stage_bodies
from nodes.services.stages import stage_say


def round_output(job: Job, round_number: int, name: str) -> list[int]:
    """Return an array that the party of a fixed round gave back (secret shares)."""
    rows = JobOutput.objects.filter(job=job, round=round_number, name=name)
    words = bytes(rows.get().words)
    return unpack_vector(words, len(words) // ELEMENT_BYTES)


def pattern_bits(job: Job, round_number: int) -> tuple[int, ...]:
    """Return the public bits of a round from the three nodes' messages.

    Raises MustWithhold if they are not shares of bits.
    """
    bodies = stage_bodies(job, f"pattern/{round_number}")
    try:
        return open_pattern([stages.parse_pattern(body).shares for body in bodies.values()])
    except InconsistentShares as error:
        raise MustWithhold(Reason.INCONSISTENT_SHARES, error.sentence) from error


def pattern_say(job: Job, manifest: Manifest) -> None:
    """Store this node's shares of the round's pattern: from here on nothing is recomputed."""
    shares = round_output(job, job.round, "pattern")
    message = stages.PatternShares(
        manifest=manifest.digest, node=node_name(), round=job.round, shares=tuple(shares)
    )
    stage_say(job, f"pattern/{job.round}", stages.build_pattern(message))


def survey_pattern(job: Job, manifest: Manifest) -> Pattern:
    """Return the public pattern of the rounds that are open, the current one included."""
    plan = manifest.layout.plan
    pattern = pattern_from_bits(plan, 1, pattern_bits(job, 1))
    if job.round > 1 and plan.two_way:
        pattern = merge_patterns(pattern, pattern_from_bits(plan, 2, pattern_bits(job, 2)))
    return pattern


def job_texts(job: Job, manifest: Manifest) -> tuple[TextItem, ...]:
    """Return the text questions whose texts are opened; all patterns are open by then."""
    return opened_texts(manifest.layout.plan, survey_pattern(job, manifest))


def pattern_check(job: Job, manifest: Manifest) -> None:
    """Raise MustWithhold unless the open pattern of this round is one that the rules give."""
    plan = manifest.layout.plan
    if len(pattern_bits(job, job.round)) != pattern_size(plan, job.round):
        raise MustWithhold(Reason.INCONSISTENT_SHARES, "The pattern has another length.")
    pattern = survey_pattern(job, manifest)
    try:
        recheck_pattern(plan, pattern, manifest.survey.min_count)
    except DisclosureRefused as error:
        raise MustWithhold(Reason.DISCLOSURE, error.code) from error
