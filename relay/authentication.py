"""Let the portal in by the token of its file; everybody else needs no sign-in."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from relay.keys import is_portal_token

PORTAL = "portal"


class PortalAuthentication(BaseAuthentication):
    """Accept the token in the portal's token file."""

    def authenticate(self, request: Request) -> tuple[None, str]:
        """Return the portal's mark; raise AuthenticationFailed for every other caller."""
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "token" or not is_portal_token(token.strip()):
            raise AuthenticationFailed("Only the portal may do this.", code="token_unknown")
        return None, PORTAL

    def authenticate_header(self, _request: Request) -> str:
        """Name the scheme in a 401."""
        return "Token"


class PortalScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular registers through __init_subclass__ without annotations
    """Describe the portal's token in the OpenAPI document."""

    target_class = "relay.authentication.PortalAuthentication"
    name = "portal"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """Return the security scheme object."""
        return {"type": "apiKey", "in": "header", "name": "Authorization"}


class IsPortal(BasePermission):
    """Allow the portal."""

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Tell whether PortalAuthentication let the caller in."""
        return request.auth == PORTAL
