"""Who a person is to requests: her organisation, its community, and what she may do."""

from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.authentication import signed_in
from datarequests.models import KeyRole
from problems import Forbidden
from security_events import emit, pseudonym

# The role of a person (accounts) that an organisation's key of a role asks for.
ROLE_OF_KEY = {
    KeyRole.REQUESTER: "requester",
    KeyRole.COORDINATOR: "coordinator",
    KeyRole.APPROVER: "approver",
    KeyRole.HOLDER: "consent_officer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A person who is signed in, with what her roles let her do.

    ``holds``: she is a data steward or a consent officer; ``consents``: the latter.
    """

    person: UUID
    name: str
    organisation: UUID
    organisation_name: str
    community: UUID
    roles: frozenset[str]

    @property
    def requests(self) -> bool:
        """Tell whether she asks in the name of her organisation."""
        return "requester" in self.roles

    @property
    def coordinates(self) -> bool:
        """Tell whether she coordinates: the role, in the organisation that does."""
        return "coordinator" in self.roles and self.organisation == self.community

    @property
    def approves(self) -> bool:
        """Tell whether she may be asked to approve."""
        return "approver" in self.roles

    @property
    def holds(self) -> bool:
        """Tell whether she works for a holder of lists."""
        return bool(self.roles & {"steward", "consent_officer"})

    @property
    def consents(self) -> bool:
        """Tell whether she signs a holder's consents."""
        return "consent_officer" in self.roles

    @property
    def audits(self) -> bool:
        """Tell whether she audits her community."""
        return "auditor" in self.roles

    def need(self, role: str) -> None:
        """Raise Forbidden ``role.missing`` unless she has a role; a coordinator coordinates."""
        has_it = self.coordinates if role == "coordinator" else role in self.roles
        if not has_it:
            self.refuse()

    def refuse(self) -> NoReturn:
        """Tell of it, and raise Forbidden ``role.missing``."""
        person = pseudonym(str(self.person))
        emit("authz.denied", outcome="failure", person=person, reason="role")
        raise Forbidden("role.missing", "Your role does not include this.")


def viewer_of(request: Request | HttpRequest) -> Viewer:
    """Return the person a permission has let through."""
    user = signed_in(request)
    return Viewer(
        person=user.pk,
        name=user.name or user.email,
        organisation=user.organisation_id,
        organisation_name=user.organisation.name,
        community=user.organisation.community,
        roles=user.roles,
    )
