"""Take a question in, return it, and build the manifest over it that everybody signs."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from datarequests.models import (
    ApproverSeat,
    DataRequest,
    Invitation,
    KeyRole,
    OrganisationKey,
    RequestVersion,
    SignedKind,
)
from datarequests.people import Viewer
from datarequests.selectors import key_get, keys_offered, version_of
from datarequests.services.moving import check_state, request_locked, request_move
from datarequests.services.signing import signed_keep
from datarequests.states import RequestState
from mpcengine.protocol.manifest_parts import Coordinator, Window
from mpcengine.protocol.request import COMPARE, parse_request
from mpcengine.protocol.request_manifest import (
    Approvals,
    Approver,
    Owner,
    Requester,
    RequestNode,
    RequestTerms,
    build_request_manifest,
    parse_request_manifest,
    prepare_request_body,
)
from mpcengine.protocol.request_manifest_parts import HOLDER, REQUESTER
from mpcengine.protocol.signing import (
    LABEL_PREPARE_REQUEST,
    LABEL_REQUEST_MANIFEST,
    verify,
)
from mpcengine.services import request_keys_collect
from problems import Conflict, Forbidden, Malformed

OPEN_TO_PREPARE = (RequestState.INTAKE, RequestState.PREPARED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareTerms:
    """What a coordinator decides: whose keys, how many approvals, sizes and times.

    ``holders`` and ``approvers`` are numbers of registered keys, in the order of the manifest.
    """

    key: int
    signature: bytes
    holders: tuple[int, ...]
    approvers: tuple[int, ...]
    needed: int
    holder_size: int
    consenting: Window
    contributing: Window
    give_up_after_days: int


@transaction.atomic
def intake_begin(*, row: DataRequest, viewer: Viewer) -> DataRequest:
    """Take a submitted question in. Raises Forbidden, Conflict, EventsDown."""
    viewer.need("coordinator")
    row = request_locked(row)
    check_state(row, RequestState.SUBMITTED)
    request_move(row, RequestState.INTAKE, by=viewer.person)
    return row


@transaction.atomic
def request_return(*, row: DataRequest, viewer: Viewer, reason: str) -> DataRequest:
    """Give a question back with a reason; what is signed about this version is void.

    Raises Forbidden, Conflict once it is approved, EventsDown.
    """
    viewer.need("coordinator")
    row = request_locked(row)
    check_state(row, RequestState.SUBMITTED, *OPEN_TO_PREPARE, RequestState.REVIEW)
    request_move(row, RequestState.RETURNED, by=viewer.person, code="returned", reason=reason)
    return row


def nodes_collect(
    *, row: DataRequest, viewer: Viewer, terms: PrepareTerms
) -> tuple[RequestNode, ...]:
    """Ask the nodes for their keys of a request, over HTTP, outside any transaction.

    Raises Forbidden, Conflict, Missing, BadSignature, Unavailable, PolicyRefused.
    """
    viewer.need("coordinator")
    check_state(row, *OPEN_TO_PREPARE)
    held = key_get(key_id=terms.key, person=viewer.person, role=KeyRole.COORDINATOR)
    used = bytes(held.sign_key)
    verify(used, LABEL_PREPARE_REQUEST, prepare_request_body(row.pk), terms.signature)
    return request_keys_collect(
        request_id=row.pk, coordinator_key=used, signature=terms.signature
    )


@transaction.atomic
def request_prepare(
    *, row: DataRequest, viewer: Viewer, terms: PrepareTerms, nodes: tuple[RequestNode, ...]
) -> DataRequest:
    """Build the manifest: question, holders, approvers, sizes and times; nobody signed yet.

    Preparing again builds another one and voids what was signed under the one before. Raises
    Forbidden (separation of duties), Conflict, Malformed, MalformedMessage (§19.5), EventsDown.
    """
    viewer.need("coordinator")
    row = request_locked(row)
    check_state(row, *OPEN_TO_PREPARE)
    version = version_of(row)
    if version is None:
        raise Conflict("request.state", "The question is not submitted.")
    holders = _offered(row, KeyRole.HOLDER, terms.holders)
    approvers = _offered(row, KeyRole.APPROVER, terms.approvers)
    _check_duties(row, viewer, approvers, needed=terms.needed)
    _check_holders(row, holders)
    coordinator = key_get(key_id=terms.key, person=viewer.person, role=KeyRole.COORDINATOR)
    owners = _owners(row, version, holders)
    manifest = build_request_manifest(
        RequestTerms(
            request_id=row.pk,
            request=parse_request(row.definition),
            requester=Requester(name=row.organisation.name, key=bytes(version.key.sign_key)),
            coordinator=Coordinator(
                name=coordinator.organisation.name, key=bytes(coordinator.sign_key)
            ),
            approvals=_approvals(approvers, terms.needed),
            owners=owners,
            nodes=nodes,
            first_size=row.list_size,
            other_size=terms.holder_size,
            consenting=terms.consenting,
            contributing=terms.contributing,
            give_up_after_days=terms.give_up_after_days,
        )
    )
    version.manifest, version.manifest_digest = manifest.raw, manifest.digest
    version.needed, version.consenting_closes = terms.needed, terms.consenting.closes
    version.save()
    _seats_write(version, approvers, holders, first=len(owners) - len(holders))
    request_move(row, RequestState.PREPARED, by=viewer.person)
    return row


@transaction.atomic
def manifest_sign(
    *, row: DataRequest, viewer: Viewer, key: int, signature: bytes
) -> DataRequest:
    """Take the requester's or the coordinator's signature under the manifest.

    With both the question goes into review. Raises Forbidden, Conflict, Missing for a key that
    is not hers, Malformed for one that the manifest does not name so, BadSignature, EventsDown.
    """
    row = request_locked(row)
    check_state(row, RequestState.PREPARED)
    version = version_of(row)
    if version is None or version.manifest is None:
        raise Conflict("request.state", "There is no manifest to sign.")
    data = bytes(version.manifest)
    parsed = parse_request_manifest(data)
    is_asker = viewer.requests and row.organisation_id == viewer.organisation
    if not is_asker:
        viewer.need("coordinator")
    role = KeyRole.REQUESTER if is_asker else KeyRole.COORDINATOR
    kind = SignedKind.REQUESTER if is_asker else SignedKind.COORDINATOR
    due = parsed.requester.key if is_asker else parsed.coordinator.key
    held = bytes(key_get(key_id=key, person=viewer.person, role=role).sign_key)
    if held != due:
        raise Malformed("key.other", "The manifest names another key for you.")
    verify(held, LABEL_REQUEST_MANIFEST, data, signature)
    signed_keep(row, kind, viewer, key=held, body=data, signature=signature)
    both = {SignedKind.REQUESTER, SignedKind.COORDINATOR}
    if both <= set(row.signed.filter(body=data).values_list("kind", flat=True)):
        request_move(row, RequestState.REVIEW, by=viewer.person)
    return row


def _offered(row: DataRequest, role: KeyRole, numbers: Sequence[int]) -> list[OrganisationKey]:
    found = keys_offered(community=row.community_id, role=role).in_bulk(list(numbers))
    if len(set(numbers)) != len(numbers) or len(found) != len(numbers):
        raise Malformed(
            "keys.unknown", f"Name different keys in use of the community's {role}s."
        )
    return [found[number] for number in numbers]


def _check_duties(
    row: DataRequest, viewer: Viewer, approvers: Sequence[OrganisationKey], *, needed: int
) -> None:
    """Keep duties apart: who asks or runs it does not approve it, nor does her organisation."""
    if not 1 <= needed <= len(approvers):
        raise Malformed("approvals.needed", "needed is 1 to the number of approvers.")
    own: set[UUID] = {row.author_id, viewer.person}
    if any(one.person_id in own for one in approvers):
        raise Forbidden("approvals.own", "Nobody approves what she asks or coordinates.")
    if any(one.organisation_id == row.organisation_id for one in approvers):
        raise Forbidden(
            "approvals.organisation", "Nobody approves what her own organisation asks."
        )
    if len({one.person_id for one in approvers}) != len(approvers):
        raise Malformed("approvals.twice", "A person approves once.")


def _check_holders(row: DataRequest, holders: Sequence[OrganisationKey]) -> None:
    if len({one.organisation_id for one in holders}) != len(holders):
        raise Malformed("holders.twice", "Name one key of each holder.")
    if row.kind != COMPARE and any(
        one.organisation_id == row.organisation_id for one in holders
    ):
        raise Malformed("holders.own", "Who asks is no holder of a match.")
    request = parse_request(row.definition)
    least = 2 if row.kind == COMPARE else request.min_organisations
    if len(holders) < least:
        raise Malformed("holders.few", f"Invite at least {least} holders.")


def _owners(
    row: DataRequest, version: RequestVersion, holders: Sequence[OrganisationKey]
) -> tuple[Owner, ...]:
    first = [] if row.kind == COMPARE else [version.key]
    return tuple(
        Owner(
            owner=place,
            name=key.organisation.name,
            role=HOLDER if key in holders else REQUESTER,
            key=bytes(key.sign_key),
            seal_key=bytes(key.seal_key or b""),
        )
        for place, key in enumerate([*first, *holders])
    )


def _approvals(approvers: Sequence[OrganisationKey], needed: int) -> Approvals:
    return Approvals(
        needed=needed,
        approvers=tuple(
            Approver(
                name=one.person.name or one.person.email,
                organisation=one.organisation.name,
                key=bytes(one.sign_key),
            )
            for one in approvers
        ),
    )


def _seats_write(
    version: RequestVersion,
    approvers: Sequence[OrganisationKey],
    holders: Sequence[OrganisationKey],
    *,
    first: int,
) -> None:
    version.seats.all().delete()
    version.invitations.all().delete()
    ApproverSeat.objects.bulk_create(
        ApproverSeat(version=version, place=place, key=key)
        for place, key in enumerate(approvers)
    )
    Invitation.objects.bulk_create(
        Invitation(version=version, owner=place, organisation_id=key.organisation_id, key=key)
        for place, key in enumerate(holders, start=first)
    )
