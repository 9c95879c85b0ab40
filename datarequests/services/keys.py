"""Register and revoke the public halves of keys that people of an organisation hold."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from datarequests.models import KeyRole, OrganisationKey
from datarequests.people import ROLE_OF_KEY, Viewer
from mpcengine.protocol.submission import verify_registered_key
from problems import Conflict, Malformed, Missing
from security_events import emit, key_id, pseudonym

MOST_KEYS = 20


@transaction.atomic
def key_register(
    *, viewer: Viewer, name: str, registered: bytes, signature: bytes
) -> OrganisationKey:
    """Keep a key that signed for itself, of the person's own organisation and one of her roles.

    Raises Forbidden for a role she does not have, Malformed for another organisation, Conflict
    for a key that is known or too many in use, MalformedMessage, BadSignature, EventsDown.
    """
    found = verify_registered_key(registered, signature)
    viewer.need(ROLE_OF_KEY[KeyRole(found.role)])
    if found.organisation != viewer.organisation_name:
        raise Malformed("key.organisation", "The key names another organisation than yours.")
    used = OrganisationKey.objects.filter(person_id=viewer.person, revoked_at=None)
    if used.count() >= MOST_KEYS:
        raise Conflict("key.too_many", "Revoke a key before you register another one.")
    try:
        with transaction.atomic():
            row = OrganisationKey.objects.create(
                organisation_id=viewer.organisation,
                person_id=viewer.person,
                role=found.role,
                name=name,
                sign_key=found.key,
                seal_key=found.seal_key,
                signature=signature,
            )
    except IntegrityError:
        raise Conflict("key.known", "This key is registered already.") from None
    emit("key.registered", person=pseudonym(str(viewer.person)), key=key_id(found.key))
    return row


@transaction.atomic
def key_revoke(*, viewer: Viewer, key: int) -> None:
    """Take one of the person's own keys out of use; what it signed stands.

    Raises Missing for a key that is not hers, EventsDown. Again: no effect.
    """
    row = OrganisationKey.objects.filter(pk=key, person_id=viewer.person).first()
    if row is None:
        raise Missing("key.unknown", "You have no such key.")
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        shown = key_id(bytes(row.sign_key))
        emit("key.withdrawn", person=pseudonym(str(viewer.person)), key=shown)
