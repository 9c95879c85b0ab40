"""FIXED of a request: store, send and check the components of the outcome, then sign.

What is some owner's alone is sealed to that owner in the transaction that releases; no node
opens it. Source: docs/protocol.md §19.9 to §19.11.
"""

from collections.abc import Iterator

from django.utils import timezone

from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.canonical import digest
from mpcengine.protocol.errors import DisclosureRefused, InconsistentShares
from mpcengine.protocol.private_outcome import PrivatePlace, private_body, seal_private
from mpcengine.protocol.request import ITEMS, MATCH
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.request_statement import (
    RELEASED,
    VALUE_NAMES,
    RequestStatement,
    SharedValue,
    build_request_statement,
    open_request_values,
)
from mpcengine.protocol.signing import LABEL_PRIVATE, LABEL_REQUEST_STATEMENT
from mpcengine.protocol.wordswire import (
    HITS_ARRAY,
    SHOWN_ARRAY,
    VALUES_ARRAY,
    counts_array,
    other_array,
)
from nodes.keystore import node_index, node_name, node_sign
from nodes.models import Job, JobState, PrivateOutcome
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import request_of, stage_bodies
from nodes.selectors_requests import OUTCOME, buckets_of, excluded_owners, used_lists
from nodes.services.asked import outcome_note
from nodes.services.contact_beginning import contact_begin
from nodes.services.difference_sets import set_retain
from nodes.services.leases import job_move
from nodes.services.meeting import stage_tell
from nodes.services.pausing import Pause
from nodes.services.request_rounds import block_components, word_at
from nodes.services.settling import request_root
from nodes.services.stages import stage_say
from security_events import emit


def request_opening_step(job: Job) -> Pause | None:
    """Say the outcome's components, and move to RELEASED once three of them hold.

    Raises MustWithhold where copies of a component differ, or a value breaks the rules.
    """
    manifest = request_of(job)
    if node_name() not in stage_bodies(job, OUTCOME):
        _say_outcome(job, manifest)
    if not stage_tell(job, OUTCOME):
        return Pause(stage=OUTCOME)
    _check(job, manifest)
    own = stages.parse_outcome(stage_bodies(job, OUTCOME)[node_name()])
    body = build_request_statement(
        RequestStatement(
            node=node_name(),
            manifest=job.digest,
            state=RELEASED,
            reason=None,
            root=request_root(job),
            lists=used_lists(job),
            excluded=tuple(sorted(excluded_owners(job))),
            values=own.values,
        )
    )

    def write() -> None:
        PrivateOutcome.objects.bulk_create(_privates(job, manifest), batch_size=50)
        contact_begin(job)
        outcome_note(manifest, used_lists(job))
        emit("release.done", manifest=job.digest, job=job.pk, result=digest(body))

    job_move(
        job,
        JobState.RELEASED,
        write=write,
        statement=body,
        statement_signature=node_sign(LABEL_REQUEST_STATEMENT, body),
    )
    return None


def _say_outcome(job: Job, manifest: RequestManifest) -> None:
    values, shown = block_components(job, VALUES_ARRAY), block_components(job, SHOWN_ARRAY)
    shared = {
        name: SharedValue(
            shown=(word_at(shown[0], place) & 1, word_at(shown[1], place) & 1),
            value=(word_at(values[0], place), word_at(values[1], place)),
        )
        for place, name in enumerate(VALUE_NAMES[manifest.kind])
    }
    message = stages.Outcome(manifest=job.digest, node=node_name(), values=shared)

    def retain() -> None:
        if manifest.kind == MATCH:
            set_retain(job, manifest, now=timezone.now())

    stage_say(job, OUTCOME, stages.build_outcome(message), write=retain)


def _check(job: Job, manifest: RequestManifest) -> None:
    bodies = stage_bodies(job, OUTCOME).values()
    said = [stages.parse_outcome(body).values for body in bodies]
    try:
        opened = open_request_values(manifest.kind, said)
    except InconsistentShares as error:
        raise MustWithhold(Reason.INCONSISTENT_SHARES, error.sentence) from error
    except DisclosureRefused as error:
        raise MustWithhold(Reason.DISCLOSURE, error.code) from error
    if not _is_shown_rightly(manifest, opened, len(used_lists(job))):
        raise MustWithhold(Reason.DISCLOSURE, "A value is shown that the rules hide.")


def _is_shown_rightly(
    manifest: RequestManifest, opened: dict[str, int | None], lists: int
) -> bool:
    """Tell whether what is shown may be, as far as the clear values alone can tell."""
    request = manifest.request
    if manifest.kind != MATCH:
        common, total = opened["intersection"], opened["union"]
        is_total = total is None or (common is not None and request.list_sizes and lists == 2)
        return is_total and (common is None or common >= request.min_count)
    organisations, indicators = opened["organisations"], opened["indicators"]
    if organisations is None:
        return indicators is None
    most = lists - 1 - int(request.hide_all)
    fewest = request.min_organisations + int(request.leave_one_out)
    is_enough = indicators is None or indicators >= request.min_count
    return fewest <= organisations <= most and is_enough


def _privates(job: Job, manifest: RequestManifest) -> Iterator[PrivateOutcome]:
    """Yield what is each owner's alone, sealed and signed, as unsaved rows."""
    parts = list(buckets_of(job).order_by("part"))
    for owner in used_lists(job):
        for part in parts:
            size = manifest.private_bytes(owner, part.part)
            if size:
                first, second = _private_bytes(job, part, manifest, owner)
                yield _private(job, manifest, owner, part.part, (first[:size], second[:size]))


def _private_bytes(
    job: Job, part: Job, manifest: RequestManifest, owner: int
) -> tuple[bytes, bytes]:
    """Return this node's two components of an owner's private bytes of a bucket."""
    if owner == FIRST:
        return block_components(job, counts_array(part.part))
    if manifest.request.holder_feedback == ITEMS:
        return block_components(part, other_array(owner))
    first, second = block_components(job, HITS_ARRAY)
    place = used_lists(job).index(owner) - 1
    return bytes((word_at(first, place) & 1,)), bytes((word_at(second, place) & 1,))


def _private(
    job: Job,
    manifest: RequestManifest,
    owner: int,
    bucket: int,
    pair: tuple[bytes, bytes],
) -> PrivateOutcome:
    place = PrivatePlace(manifest=job.digest, index=node_index(), owner=owner, bucket=bucket)
    sealed = seal_private(manifest.owners[owner].seal_key, place, pair)
    signature = node_sign(LABEL_PRIVATE, private_body(place, sealed))
    return PrivateOutcome(
        job=job, owner=owner, bucket=bucket, sealed=sealed, signature=signature
    )
