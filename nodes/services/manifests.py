"""Check a manifest for this operator, sign it, open the survey with three signatures."""

import hashlib
from collections.abc import Mapping, Sequence

from django.db import transaction

from booth.terms import check_own_booth
from mpcengine.protocol.errors import BadSignature, MalformedMessage, PolicyRefused
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.policy import BOOTH_OWN, check_policy
from mpcengine.protocol.roster import roster_root
from mpcengine.protocol.signedmanifest import check_nodes, verify_coordinator
from mpcengine.protocol.signing import LABEL_MANIFEST
from nodes.keystore import node_name, node_sign
from nodes.models import (
    IssuerKey,
    Job,
    JobState,
    RosterEntry,
    SeenIssuerKey,
    SurveyKeys,
)
from nodes.policy import federation, operator_policy
from nodes.routers import ISSUING
from nodes.selectors import manifest_of, survey_get
from nodes.services.job_rows import (
    job_open,
    job_store,
    other_manifest,
    refused_tell,
    signatures_check,
)
from nodes.services.rosters import roster_check, roster_enter
from problems import Conflict

_ROSTER_BATCH = 5_000


def manifest_accept(
    *, manifest: bytes, coordinator_signature: bytes, roster: Sequence[bytes]
) -> bytes:
    """Return this node's signature under a manifest that its operator agrees to.

    ``roster``: this node's entries, 32 bytes each, ascending. Answers the same when repeated.
    Raises BadSignature, MalformedMessage, Conflict, or PolicyRefused, which is also noted.
    """
    parsed = verify_coordinator(manifest, coordinator_signature)
    # Of a manifest that is signed already, too: nobody changes a roster after it.
    _check_roster(parsed, roster)
    known = Job.objects.filter(digest=parsed.digest).first()
    if known is None or known.state == JobState.REFUSED:
        _check_is_ours(parsed)
        try:
            policy = operator_policy()
            check_policy(policy, parsed)
            if policy.booth == BOOTH_OWN:
                check_own_booth(parsed)
            roster_check(policy, parsed, roster)
        except PolicyRefused as refusal:
            job_store(_job(parsed, coordinator_signature), refusal)
            refused_tell(parsed.digest, parsed.survey_id, refusal)
            raise
        _issuers_note(parsed)
        _roster_store(parsed.digest, roster)
        try:
            job_store(_job(parsed, coordinator_signature))
        except Conflict:
            RosterEntry.objects.filter(manifest=parsed.digest).delete()
            raise
    return node_sign(LABEL_MANIFEST, manifest)


def manifest_open(*, digest: str, signatures: Mapping[str, bytes]) -> Job:
    """Open a survey once all three nodes have signed; answers the same when repeated.

    Raises Missing, Conflict for a refused manifest, BadSignature, PolicyRefused for a roster
    near one that opened meanwhile, or EventsDown. Kill points ``nodes.open.*``.
    """
    job = survey_get(digest=digest)
    manifest = manifest_of(job)
    signatures_check(manifest, LABEL_MANIFEST, manifest.raw, signatures)
    if job.state == JobState.REFUSED:
        raise Conflict("manifest.refused", "This node has refused the manifest.")
    if job.state != JobState.PREPARED:
        return job
    _roster_enter(job, manifest)
    return job_open(job, signatures)


def _roster_enter(job: Job, manifest: Manifest) -> None:
    try:
        roster_enter(manifest)
    except PolicyRefused as refusal:
        Job.objects.filter(pk=job.pk, state=JobState.PREPARED).update(
            state=JobState.REFUSED, reason=refusal.code, sentence=refusal.sentence[:400]
        )
        RosterEntry.objects.filter(manifest=manifest.digest).delete()
        refused_tell(manifest.digest, manifest.survey_id, refusal)
        raise


def _check_is_ours(manifest: Manifest) -> None:
    check_nodes(manifest, federation())
    terms = manifest.node(node_name())
    keys = SurveyKeys.objects.filter(pk=manifest.survey_id).first()
    issuer = IssuerKey.objects.filter(pk=manifest.survey_id).first()
    if keys is None or issuer is None:
        raise Conflict("manifest.no_keys", "Ask this node for the survey's keys first.")
    if bytes(keys.coordinator) != manifest.coordinator.key:
        raise BadSignature(
            "manifest.coordinator", "Another coordinator asked for this survey's keys."
        )
    own = bytes(keys.public), bytes(keys.outer_public), bytes(issuer.public)
    if own != (terms.share_key, terms.outer_key, terms.issuer_key):
        raise Conflict("manifest.keys", "The manifest does not name this node's keys.")
    others = Job.objects.filter(survey_id=manifest.survey_id)
    if others.exclude(digest=manifest.digest).exclude(state=JobState.REFUSED).exists():
        raise other_manifest()


def _issuers_note(manifest: Manifest) -> None:
    """Remember the three issuer keys; raise Conflict for one that another survey has.

    A blind signer cannot see for which survey it signs, so its key must serve one only.
    """
    marks = [hashlib.sha256(terms.issuer_key).digest() for terms in manifest.nodes]
    fresh = [SeenIssuerKey(fingerprint=m, survey_id=manifest.survey_id) for m in marks]
    with transaction.atomic():
        SeenIssuerKey.objects.bulk_create(fresh, ignore_conflicts=True)
        seen = SeenIssuerKey.objects.filter(fingerprint__in=marks)
        if seen.exclude(survey_id=manifest.survey_id).exists():
            raise Conflict(
                "manifest.issuer_key_reused",
                "An issuer key of the manifest has another survey.",
            )


def _check_roster(manifest: Manifest, roster: Sequence[bytes]) -> None:
    terms = manifest.node(node_name())
    root = manifest.roster.roots[terms.index - 1]
    if len(roster) != manifest.roster.size or roster_root(roster) != root:
        raise MalformedMessage(
            "roster.root", "The roster does not have the size and root in the manifest."
        )


def _roster_store(digest: str, roster: Sequence[bytes]) -> None:
    rows = [RosterEntry(manifest=digest, entry=entry) for entry in roster]
    with transaction.atomic(using=ISSUING):
        RosterEntry.objects.bulk_create(rows, batch_size=_ROSTER_BATCH, ignore_conflicts=True)


def _job(manifest: Manifest, coordinator_signature: bytes) -> Job:
    return Job(
        digest=manifest.digest,
        survey_id=manifest.survey_id,
        manifest=manifest.raw,
        coordinator_signature=coordinator_signature,
    )
