"""What can happen to a survey: created, invited to, prepared, published, ordered about.

A portal never holds a share, an answer or a node's private key. An invitation code is in
memory while it is made and shown, and in no table; the nodes' entry lists are held only until
the job has them. Partners, who have keys in place of codes, are named and kept.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from booth.files import booth_version
from booth.terms import booth_of
from mpcengine.node_client import NodeKeys
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.layout import build_layout, check_openings
from mpcengine.protocol.manifest import (
    DEFAULT_GIVE_UP_AFTER_DAYS,
    LARGEST_ROSTER,
    ROSTER_CODE,
    ROSTER_KEY,
    Coordinator,
    ManifestTerms,
    NodeTerms,
    Relay,
    Roster,
    Window,
    build_manifest,
)
from mpcengine.protocol.nodesfile import NODE_NAMES, NodesFile
from mpcengine.protocol.orders import OPEN_ANSWERING, parse_order, prepare_body
from mpcengine.protocol.partners import Partner, are_distinct, partner_entry
from mpcengine.protocol.roster import (
    CODE_BYTES,
    code_from_bytes,
    node_code,
    parse_code,
    roster_entry,
    roster_root,
)
from mpcengine.protocol.signing import LABEL_PREPARE, verify
from mpcengine.protocol.survey import check_limits, parse_survey
from mpcengine.services import (
    job_order_take,
    job_propose,
    node_keys_collect,
    nodes_sync,
    relay_key_collect,
)
from problems import Conflict, Malformed
from security_events import emit, pseudonym
from surveys.models import EntryList, InvitedPartner, Survey, SurveyState
from surveys.selectors import entries_held, partners_of, roster_kind

LARGEST_INVITATION = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareTerms:
    """What a coordinator decides when a survey is prepared; None means the default."""

    coordinator_name: str
    coordinator_key: bytes
    prepare_signature: bytes
    timing: str
    issuing: Window
    answering: Window
    flush_min: int | None
    give_up_after_days: int | None
    max_inconsistent: int | None
    relay_url: str

    @property
    def digest(self) -> str:
        """Return a digest of everything but the signature, which may differ at a repetition.

        With the version of the booth: nodes of a later one refuse the earlier one's pages.
        """
        parts = (
            self.coordinator_name,
            self.coordinator_key.hex(),
            self.timing,
            self.issuing.opens.isoformat(),
            self.issuing.closes.isoformat(),
            self.answering.opens.isoformat(),
            self.answering.closes.isoformat(),
            repr(self.flush_min),
            repr(self.give_up_after_days),
            repr(self.max_inconsistent),
            self.relay_url,
            booth_version(),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedKeys:
    """The nodes, their keys for one survey, and the relay's key, as collected and checked."""

    nodes: NodesFile
    keys: Mapping[str, NodeKeys]
    relay_key: bytes


@transaction.atomic
def survey_create(*, organisation_id: UUID, definition: JSON) -> Survey:
    """Store a survey's definition in its normal form, as a draft of this organisation.

    Raises MalformedInput with the place of what breaks a rule (protocol §5).
    """
    survey = parse_survey(definition)
    return Survey.objects.create(organisation_id=organisation_id, definition=survey.to_json())


@transaction.atomic
def invitations_create(*, survey: Survey, count: int) -> list[str]:
    """Make ``count`` new codes of 130 random bits and return them: they are shown once.

    What is stored are the three nodes' entries made from them, never a code: who loses the
    answer invites anew. Raises Conflict unless the survey is a draft, MalformedInput when its
    numbers outgrow the field with so many invited (protocol §8).
    """
    row = _draft_locked(survey)
    if roster_kind(row) == ROSTER_KEY:
        raise Conflict(
            "survey.has_partners", "Partners are invited; make no codes beside them."
        )
    if not 1 <= count <= LARGEST_INVITATION or row.invited + count > LARGEST_ROSTER:
        raise Malformed(
            "invitations.count", f"Ask for 1 to {LARGEST_INVITATION} invitations at a time."
        )
    parsed = parse_survey(row.definition)
    check_limits(parsed, row.invited + count)
    check_openings(build_layout(parsed), row.invited + count)
    codes = [code_from_bytes(secrets.token_bytes(CODE_BYTES)) for _ in range(count)]
    _entries_add(row, [parse_code(code) for code in codes])
    row.invited += count
    row.save(update_fields=["invited"])
    return codes


@transaction.atomic
def partners_invite(*, survey: Survey, partners: Sequence[Partner]) -> None:
    """Invite partners, who answer with keys of their own; the same three lists for the nodes.

    ``partners`` are distinct. Raises Conflict unless the survey is a draft without codes and
    the names and keys are new to it, MalformedInput as ``invitations_create``.
    """
    row = _draft_locked(survey)
    if row.invited and roster_kind(row) == ROSTER_CODE:
        raise Conflict("survey.has_codes", "Codes are made; invite no partners beside them.")
    known = [Partner(name=one.name, key=bytes(one.key)) for one in partners_of(row)]
    if not are_distinct([*known, *partners]):
        raise Conflict(
            "partners.twice", "A name or a key of these partners is invited already."
        )
    check_limits(parse_survey(row.definition), row.invited + len(partners))
    InvitedPartner.objects.bulk_create(
        InvitedPartner(survey=row, name=one.name, key=one.key) for one in partners
    )
    fresh = [partner_entry(one.key).hex() for one in partners]
    for name in NODE_NAMES:
        _list_extend(row, name, fresh)
    row.invited += len(partners)
    row.save(update_fields=["invited"])


def survey_keys_collect(*, survey: Survey, terms: PrepareTerms) -> CollectedKeys:
    """Ask nodes and relay for the keys of a survey, over HTTP, outside any transaction.

    Asking again gives the same keys. Raises BadSignature for a wrong prepare signature,
    Unavailable when a receiver is silent, PolicyRefused when a node refuses.
    """
    verify(
        terms.coordinator_key,
        LABEL_PREPARE,
        prepare_body(survey.pk),
        terms.prepare_signature,
    )
    keys = node_keys_collect(
        survey_id=survey.pk,
        coordinator_key=terms.coordinator_key,
        signature=terms.prepare_signature,
    )
    return CollectedKeys(nodes=nodes_sync(), keys=keys, relay_key=relay_key_collect())


@transaction.atomic
def survey_prepare(*, survey: Survey, terms: PrepareTerms, collected: CollectedKeys) -> bytes:
    """Build the manifest and return the bytes to sign.

    Preparing again with the same terms gives the same bytes; with other terms, as long as
    nothing is signed, a new manifest over the same roster. Raises Conflict without
    invitations or after publishing, MalformedMessage for terms that break a rule (§9).
    """
    row = Survey.objects.select_for_update().get(pk=survey.pk)
    if row.state not in {SurveyState.DRAFT, SurveyState.PREPARED}:
        raise Conflict("survey.published", "The survey is published; its terms stand.")
    if row.prepare_digest == terms.digest and row.manifest is not None:
        return bytes(row.manifest)
    entries = entries_held(row)
    if not entries:
        raise Conflict("survey.no_invitations", "Invite somebody before preparing.")
    manifest = build_manifest(
        ManifestTerms(
            survey_id=row.pk,
            survey=parse_survey(row.definition),
            roster=_roster(entries, roster_kind(row)),
            timing=terms.timing,
            issuing=terms.issuing,
            answering=terms.answering,
            coordinator=Coordinator(name=terms.coordinator_name, key=terms.coordinator_key),
            relay=Relay(url=terms.relay_url, key=collected.relay_key),
            nodes=tuple(_node_terms(collected)),
            booth=booth_of,
            flush_min=terms.flush_min,
            give_up_after_days=terms.give_up_after_days or DEFAULT_GIVE_UP_AFTER_DAYS,
            max_inconsistent=terms.max_inconsistent,
        )
    )
    row.state = SurveyState.PREPARED
    row.manifest, row.manifest_digest = manifest.raw, manifest.digest
    row.prepare_digest = terms.digest
    row.save(update_fields=["state", "manifest", "manifest_digest", "prepare_digest"])
    return manifest.raw


@transaction.atomic
def survey_publish(*, survey: Survey, signature: bytes, by: UUID | None = None) -> int:
    """Hand the signed manifest and the nodes' entry lists to the ledger, and forget the lists.

    ``by``: the person's id, for the event. Publishing again with the same signature returns the
    same job's id. Raises Conflict before preparing, BadSignature (protocol §9), EventsDown.
    """
    row = Survey.objects.select_for_update().get(pk=survey.pk)
    if row.manifest is None:
        raise Conflict("survey.not_prepared", "Prepare the survey before publishing it.")
    job = job_propose(
        manifest=bytes(row.manifest),
        coordinator_signature=signature,
        rosters=entries_held(row),
    )
    if row.state == SurveyState.PREPARED:
        row.entry_lists.all().delete()
        row.state = SurveyState.PUBLISHED
        row.save(update_fields=["state"])
        _tell("survey.published", row, job.pk, by)
    return job.pk


@transaction.atomic
def survey_order(
    *, survey: Survey, order: bytes, signature: bytes, by: UUID | None = None
) -> int:
    """Give a coordinator's signed order about this survey to the ledger; return its job's id.

    ``by``: the person's id, for the event. Raises Conflict when the order names another
    manifest or the job has ended, BadSignature, MalformedMessage (protocol §9), EventsDown.
    """
    parsed = parse_order(order)
    if not survey.manifest_digest or parsed.manifest != survey.manifest_digest:
        raise Conflict("order.other_survey", "The order names another manifest.")
    job = job_order_take(order=order, signature=signature)
    if parsed.order == OPEN_ANSWERING:
        _tell("survey.answering_opened", survey, job.pk, by)
        return job.pk
    published = Survey.objects.filter(pk=survey.pk, state=SurveyState.PUBLISHED)
    if published.update(state=SurveyState.CLOSED):
        _tell("survey.closed", survey, job.pk, by, reason="order")
    return job.pk


def _tell(code: str, survey: Survey, job_id: int, by: UUID | None, **more: str) -> None:
    if by is not None:
        more["person"] = pseudonym(str(by))
    digest = survey.manifest_digest
    emit(code, outcome="success", survey=survey.pk, manifest=digest, job=job_id, **more)


def _entries_add(row: Survey, codes: Sequence[bytes]) -> None:
    """Add each node's entries for new codes to its list, and sort the list."""
    for index, name in enumerate(NODE_NAMES, start=1):
        _list_extend(row, name, _entries(codes, row.pk, index))


def _list_extend(row: Survey, node: str, entries: Sequence[str]) -> None:
    held, _ = EntryList.objects.get_or_create(survey=row, node=node, defaults={"entries": []})
    held.entries = sorted([*held.entries, *entries])
    held.save(update_fields=["entries"])


def _draft_locked(survey: Survey) -> Survey:
    row = Survey.objects.select_for_update().get(pk=survey.pk)
    if row.state != SurveyState.DRAFT:
        raise Conflict("survey.not_draft", "The manifest is built; nobody can be added.")
    return row


def _entries(codes: Sequence[bytes], survey_id: str, index: int) -> list[str]:
    return [roster_entry(node_code(code, survey_id, index)).hex() for code in codes]


def _roster(entries: Mapping[str, Sequence[str]], kind: str) -> Roster:
    roots = tuple(
        roster_root([bytes.fromhex(entry) for entry in entries[name]]) for name in NODE_NAMES
    )
    return Roster(kind=kind, size=len(entries[NODE_NAMES[0]]), roots=roots)


def _node_terms(collected: CollectedKeys) -> list[NodeTerms]:
    return [
        NodeTerms(
            node=entry.node,
            index=entry.index,
            name=entry.name,
            url=entry.url,
            identity_key=entry.identity_key,
            share_key=collected.keys[entry.node].share_key,
            outer_key=collected.keys[entry.node].outer_key,
            issuer_key=collected.keys[entry.node].issuer_key,
            issuer_proof=collected.keys[entry.node].issuer_proof,
        )
        for entry in collected.nodes.nodes
    ]
