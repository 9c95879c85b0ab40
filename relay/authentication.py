"""Let the portal in by the token of its file; everybody else needs no sign-in."""

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from relay.keys import is_portal_token


class IsPortal(BasePermission):
    """Allow the holder of the portal's token."""

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Compare the token in constant time; raise NotAuthenticated if it is another."""
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "token" or not is_portal_token(token.strip()):
            raise NotAuthenticated("Only the portal may do this.", code="token_unknown")
        return True
