"""Find requests, for the people who have a part in them and nobody else.

One function says which requests a person sees; everything else goes through it, so that
"absent" and "not yours" look the same.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q, QuerySet

from datarequests.models import (
    ApproverSeat,
    DataRequest,
    Invitation,
    OrganisationKey,
    RegisterEntry,
    RequestVersion,
    SignedKind,
    SignedObject,
)
from datarequests.people import Viewer
from datarequests.states import SHOWN_TO_HOLDERS, STANDING
from mpcengine.protocol.canonical import JSON
from mpcengine.selectors import job_view, result_document_get, signed_request_get
from problems import Missing

SORTS = ("created", "changed", "state", "kind")
_COLUMNS = {"created": "created_at", "changed": "changed_at", "state": "state", "kind": "kind"}


def requests_seen(*, viewer: Viewer) -> QuerySet[DataRequest]:
    """Return the requests in which a person has a part by one of her roles.

    A requester: those of her organisation. A coordinator and an auditor: all of the community
    that have been submitted. An approver: those she has been asked to approve. A data steward
    and a consent officer: those to which their organisation is invited, once approved.
    """
    seen = Q(pk__in=[])
    submitted = Q(community=viewer.community, version__gt=0)
    if viewer.requests:
        seen |= Q(organisation=viewer.organisation, community=viewer.community)
    if viewer.coordinates or viewer.audits:
        seen |= submitted
    if viewer.approves:
        seats = ApproverSeat.objects.filter(key__person=viewer.person)
        seen |= submitted & Q(versions__in=seats.values("version"))
    if viewer.holds:
        invited = Invitation.objects.filter(organisation=viewer.organisation)
        shown = Q(state__in=SHOWN_TO_HOLDERS, versions__in=invited.values("version"))
        seen |= submitted & shown
    keys = DataRequest.objects.filter(seen).values("pk")
    return DataRequest.objects.filter(pk__in=keys).select_related("organisation", "author")


def request_list(
    *, viewer: Viewer, states: Sequence[str] = (), kind: str = "", sort: str = "-created"
) -> QuerySet[DataRequest]:
    """Return what a person sees, filtered and sorted; equal places in order of id."""
    rows = requests_seen(viewer=viewer)
    if states:
        rows = rows.filter(state__in=states)
    if kind:
        rows = rows.filter(kind=kind)
    way, name = ("-", sort[1:]) if sort.startswith("-") else ("", sort)
    return rows.order_by(way + _COLUMNS[name], "pk")


def request_get(*, request_id: str, viewer: Viewer) -> DataRequest:
    """Return a request; raise the same Missing for absent and not hers."""
    found = requests_seen(viewer=viewer).filter(pk=request_id).first()
    if found is None:
        raise Missing("request.unknown", "There is no such request.")
    return found


def version_of(row: DataRequest) -> RequestVersion | None:
    """Return the version that was submitted last; None for a first draft."""
    return row.versions.filter(number=row.version).first()


def request_view(row: DataRequest, *, viewer: Viewer) -> dict[str, JSON]:
    """Return what everybody with a part in a request sees of it.

    Holders' own rows of ``invitations`` are marked ``own``; whether anybody takes part is
    nowhere here.
    """
    version = version_of(row)
    found: dict[str, JSON] = {
        **request_row(row),
        "definition": row.definition,
        "list_size": row.list_size,
        "reason_code": row.reason_code or None,
        "reason": row.reason or None,
        "submission_digest": version.submission_digest if version else None,
        "manifest_digest": (version.manifest_digest or None) if version else None,
        "approvals": None,
        "invitations": [],
        "job": None,
        "signed_request": None,
    }
    if version is not None and version.manifest is not None:
        found["approvals"] = approvals_view(version)
        found["invitations"] = _invitations(version, viewer)
        found["job"] = job_view(digest=version.manifest_digest)
        found["signed_request"] = signed_request_get(digest=version.manifest_digest)
    return found


def request_row(row: DataRequest) -> dict[str, JSON]:
    """Return a request as a line of a list."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "state": row.state,
        "version": row.version,
        "title": row.definition.get("title"),
        "organisation": row.organisation.name,
        "created_at": row.created_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
    }


def approvals_view(version: RequestVersion) -> dict[str, JSON]:
    """Return how many approvals are needed, and who is asked and has decided what."""
    return {
        "needed": version.needed,
        "approvers": [
            {
                "approver": seat.place,
                "name": seat.key.person.name,
                "organisation": seat.key.organisation.name,
                "decision": seat.decision or None,
            }
            for seat in version.seats.select_related("key__person", "key__organisation")
        ],
    }


def manifest_of(row: DataRequest) -> bytes:
    """Return the manifest's bytes, which are signed; raise Missing while there is none."""
    version = version_of(row)
    if version is None or version.manifest is None:
        raise Missing("manifest.not_yet", "The manifest is not built yet.")
    return bytes(version.manifest)


def result_get(row: DataRequest) -> JSON:
    """Return the verified result; raise Missing while there is none."""
    version = version_of(row)
    document = result_document_get(digest=version.manifest_digest) if version else None
    if document is None:
        raise Missing("result.not_yet", "The request has no result yet.")
    return document


def history_of(row: DataRequest) -> QuerySet[SignedObject]:
    """Return what was signed about a request, in order."""
    return row.signed.select_related("organisation", "person")


def signed_of(row: DataRequest, kind: SignedKind) -> QuerySet[SignedObject]:
    """Return what of one kind was signed about the present version, in order."""
    return row.signed.filter(kind=kind, version=row.version)


def register_list(*, community: UUID | None = None) -> QuerySet[RegisterEntry]:
    """Return the public register, newest first; of one community, or of all."""
    rows = RegisterEntry.objects.select_related("request")
    return rows if community is None else rows.filter(request__community=community)


def keys_of(*, organisation: UUID) -> QuerySet[OrganisationKey]:
    """Return an organisation's keys, newest first, revoked ones included."""
    return OrganisationKey.objects.filter(organisation=organisation).select_related("person")


def keys_offered(*, community: UUID, role: str) -> QuerySet[OrganisationKey]:
    """Return the keys of a community that are in use for a role: whom a coordinator may ask."""
    in_community = Q(organisation=community) | Q(organisation__coordinated_by=community)
    rows = OrganisationKey.objects.filter(in_community, role=role, revoked_at=None)
    return rows.filter(person__is_active=True).select_related("organisation", "person")


def key_get(*, key_id: int, person: UUID, role: str) -> OrganisationKey:
    """Return a person's own key that is in use for a role; raise Missing for any other."""
    rows = OrganisationKey.objects.select_related("organisation")
    found = rows.filter(pk=key_id, person_id=person, role=role, revoked_at=None).first()
    if found is None:
        raise Missing("key.unknown", "You have no such key in use.")
    return found


def ids_under_way() -> list[str]:
    """Return the requests that a clock or the nodes may move, longest unchanged first."""
    rows = DataRequest.objects.filter(version__gt=0).exclude(state__in=STANDING)
    return list(rows.order_by("changed_at").values_list("pk", flat=True)[:500])


def _invitations(version: RequestVersion, viewer: Viewer) -> list[JSON]:
    rows = version.invitations.select_related("organisation")
    return [
        {
            "owner": row.owner,
            "organisation": row.organisation.name,
            "key": row.key_id,
            "own": viewer.holds and row.organisation_id == viewer.organisation,
        }
        for row in rows
    ]
