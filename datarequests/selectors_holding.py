"""Find what an organisation is invited to hold a list for.

Whether it takes part is known to its own people's browsers and to the nodes, and not here.
"""

from django.db.models import F, QuerySet

from datarequests.models import Invitation
from datarequests.people import Viewer
from datarequests.states import SHOWN_TO_HOLDERS
from problems import Missing


def holdings_list(*, viewer: Viewer) -> QuerySet[Invitation]:
    """Return the invitations of a person's organisation, newest request first."""
    if not viewer.holds:
        return Invitation.objects.none()
    rows = Invitation.objects.filter(
        organisation=viewer.organisation,
        version__number=F("version__request__version"),
        version__request__state__in=SHOWN_TO_HOLDERS,
        version__request__community=viewer.community,
    )
    joined = rows.select_related("version__request__organisation", "key__person")
    return joined.order_by("-version__request__changed_at", "version__request_id")


def holding_get(*, request_id: str, viewer: Viewer) -> Invitation:
    """Return one invitation; raise the same Missing for absent and somebody else's."""
    found = holdings_list(viewer=viewer).filter(version__request=request_id).first()
    if found is None or not found.version.manifest:
        raise Missing("request.unknown", "There is no such request.")
    return found
