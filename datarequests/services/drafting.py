"""Draft a question, change it, submit it with a signature, take it back."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from datarequests.models import (
    DataRequest,
    KeyRole,
    OrganisationKey,
    RegisterEntry,
    RequestVersion,
    SignedKind,
)
from datarequests.people import Viewer
from datarequests.selectors import key_get
from datarequests.services.moving import check_state, request_locked, request_move
from datarequests.services.signing import signed_keep
from datarequests.states import EDITABLE, MOVES, RequestState
from mpcengine.protocol.buckets import is_size_class
from mpcengine.protocol.canonical import JSON, digest
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.signing import LABEL_SUBMISSION, verify
from mpcengine.protocol.submission import RegisteredKey, submission_bytes
from problems import Conflict, Malformed
from security_events import emit, pseudonym


@transaction.atomic
def draft_create(*, viewer: Viewer, definition: JSON, list_size: int) -> DataRequest:
    """Store a question in its normal form as a draft of the person's organisation.

    Raises Forbidden unless she is a requester, MalformedInput with the place (§19.1).
    """
    viewer.need("requester")
    _check_size(list_size)
    request = parse_request(definition)
    return DataRequest.objects.create(
        organisation_id=viewer.organisation,
        community_id=viewer.community,
        author_id=viewer.person,
        kind=request.kind,
        definition=request.to_json(),
        list_size=list_size,
    )


@transaction.atomic
def draft_change(
    *, row: DataRequest, viewer: Viewer, definition: JSON, list_size: int
) -> DataRequest:
    """Change a draft or a returned question; what was signed about it earlier is void.

    Raises Forbidden, Conflict unless it can be edited, MalformedInput.
    """
    _need_author(row, viewer)
    _check_size(list_size)
    request = parse_request(definition)
    row = request_locked(row)
    check_state(row, *sorted(EDITABLE))
    row.kind, row.definition, row.list_size = request.kind, request.to_json(), list_size
    row.save(update_fields=["kind", "definition", "list_size", "changed_at"])
    return row


def submission_of(*, row: DataRequest, viewer: Viewer, key: int) -> bytes:
    """Return the bytes that the requester signs to submit the question as it is now.

    Raises Forbidden, Conflict unless it can be edited, Missing for a key that is not hers.
    """
    _need_author(row, viewer)
    check_state(row, *sorted(EDITABLE))
    held = key_get(key_id=key, person=viewer.person, role=KeyRole.REQUESTER)
    return _submission(row, held)


@transaction.atomic
def request_submit(
    *, row: DataRequest, viewer: Viewer, key: int, signature: bytes
) -> DataRequest:
    """Freeze the question as a new version, signed by who asks, and enter it in the register.

    Raises Forbidden, Conflict unless it can be edited or the budget is spent, Missing,
    BadSignature, EventsDown.
    """
    _need_author(row, viewer)
    row = request_locked(row)
    check_state(row, *sorted(EDITABLE))
    _check_budget(row, viewer)
    held = key_get(key_id=key, person=viewer.person, role=KeyRole.REQUESTER)
    body, used = _submission(row, held), bytes(held.sign_key)
    verify(used, LABEL_SUBMISSION, body, signature)
    row.version += 1
    RequestVersion.objects.create(
        request=row,
        number=row.version,
        submission=body,
        submission_digest=digest(body),
        key=held,
    )
    signed_keep(row, SignedKind.SUBMISSION, viewer, key=used, body=body, signature=signature)
    RegisterEntry.objects.update_or_create(
        request=row,
        defaults={
            "title": row.definition["title"],
            "purpose": row.definition["purpose"],
            "asker": viewer.organisation_name,
            "kind": row.kind,
        },
    )
    request_move(row, RequestState.SUBMITTED, by=viewer.person)
    return row


@transaction.atomic
def request_withdraw(*, row: DataRequest, viewer: Viewer) -> DataRequest:
    """Take a question back; while the nodes have it, by a signed withdrawal to them only.

    The register keeps its title and state. Raises Forbidden, Conflict, EventsDown.
    """
    _need_author(row, viewer)
    row = request_locked(row)
    may_withdraw = [one for one, after in MOVES.items() if RequestState.WITHDRAWN in after]
    if row.state in {RequestState.INVITING, RequestState.READY, RequestState.COMPUTING}:
        raise Conflict(
            "request.at_nodes",
            "The nodes have this question; withdraw your consent from them, which ends it.",
        )
    check_state(row, *may_withdraw)
    request_move(row, RequestState.WITHDRAWN, by=viewer.person, code="requester")
    return row


def _need_author(row: DataRequest, viewer: Viewer) -> None:
    """Raise Forbidden unless she asks in the name of the organisation whose request it is."""
    viewer.need("requester")
    if row.organisation_id != viewer.organisation:
        viewer.refuse()


def _submission(row: DataRequest, held: OrganisationKey) -> bytes:
    return submission_bytes(
        request_id=row.pk,
        version=row.version + 1,
        request=parse_request(row.definition),
        key=RegisteredKey(
            organisation=held.organisation.name,
            role=held.role,
            key=bytes(held.sign_key),
            seal_key=bytes(held.seal_key or b"") or None,
        ),
        list_size=row.list_size,
    )


def _check_size(list_size: int) -> None:
    if not is_size_class(list_size):
        raise Malformed("request.list_size", "list_size is a power of two, 64 to 16777216.")


def _check_budget(row: DataRequest, viewer: Viewer) -> None:
    """Refuse a submission beyond the portal's own budget; the nodes' budgets hold besides."""
    versions = RequestVersion.objects.filter(request__organisation=row.organisation_id)
    for days, most in settings.REQUEST_BUDGETS.items():
        since = timezone.now() - timedelta(days=days)
        if versions.filter(created_at__gte=since).count() >= most:
            person = pseudonym(str(viewer.person))
            emit("request.over_budget", outcome="failure", survey=row.pk, person=person)
            raise Conflict(
                "request.budget",
                f"Your organisation has submitted {most} questions in {days} days; wait.",
            )
