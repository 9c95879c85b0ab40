"""Sign programs in by ``Authorization: Token …``, pages by their session; repeat writes safely.

A token is tried first. It stands for both factors, so it works for nobody who signs in
with a password alone. A write by session needs the page's CSRF token as well, in the header
``X-CSRFToken``: a browser sends the cookie by itself, also for a stranger's page.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Role, User
from accounts.selectors import lacks_second_factor, may, user_get_by_token, who
from accounts.services import Answer, request_digest, write_once
from mpcengine.protocol.canonical import canonical
from problems import Malformed
from security_events import emit

KEYWORD = b"token"
MAX_KEY_CHARACTERS = 100


class HashedTokenAuthentication(BaseAuthentication):
    """Accept a token whose digest is stored; to revoke it is to delete its row."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the person behind the header, None without one; raise if it is wrong."""
        parts = request.META.get("HTTP_AUTHORIZATION", "").encode("latin-1", "replace").split()
        if not parts or parts[0].lower() != KEYWORD:
            return None
        user = user_get_by_token(parts[1].decode("latin-1")) if len(parts) == 2 else None
        if user is None:
            raise AuthenticationFailed("This token is not known.", code="token_unknown")
        # Who has no password has the token from an operator's own hands, and no other way in.
        if user.has_usable_password() and lacks_second_factor(user):
            raise PermissionDenied(
                "Set up a second factor on the portal first.", code="account.second_factor"
            )
        return user, None

    def authenticate_header(self, _request: Request) -> str:
        """Name the scheme in a 401."""
        return "Token"


class HashedTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular registers through __init_subclass__ without annotations
    """Describe the token header in the OpenAPI document."""

    target_class = "accounts.authentication.HashedTokenAuthentication"
    name = "token"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """Return the security scheme object."""
        return {"type": "apiKey", "in": "header", "name": "Authorization"}


class PortalSessionAuthentication(SessionAuthentication):
    """Accept the session of a person who is signed in on the portal's pages."""

    def enforce_csrf(self, request: Request) -> None:
        """Raise PermissionDenied unless the call comes from one of our own pages."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise PermissionDenied("Send the page's CSRF token.", code="csrf") from None


class PortalSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # as above
    """Describe the session cookie in the OpenAPI document."""

    target_class = "accounts.authentication.PortalSessionAuthentication"
    name = "session"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """Return the security scheme object."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


SIGN_IN = (HashedTokenAuthentication, PortalSessionAuthentication)


class IsCoordinator(BasePermission):
    """Allow people whose role is coordinator."""

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Tell whether the person signed in is a coordinator."""
        if not isinstance(request.user, User):
            return False
        if not coordinates(request.user):
            emit("authz.denied", outcome="failure", person=who(request.user), reason="role")
            return False
        return True


class IsMember(BasePermission):
    """Allow people who have any part in requests: everybody but operators."""

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Tell whether the person signed in is somebody else than an operator."""
        if not isinstance(request.user, User):
            return False
        if may(request.user, Role.OPERATOR):
            emit("authz.denied", outcome="failure", person=who(request.user), reason="role")
            return False
        return True


def coordinates(user: User) -> bool:
    """Tell whether a person is a coordinator."""
    return may(user, Role.COORDINATOR)


def signed_in(request: Request | HttpRequest) -> User:
    """Return the person a permission has let through."""
    if not isinstance(request.user, User):
        raise AuthenticationFailed
    return request.user


def answered_once(request: Request, *, act: Callable[[], Answer]) -> Response:
    """Answer a write, once per Idempotency-Key if the caller gave one."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAX_KEY_CHARACTERS or not key.isprintable():
        raise Malformed(
            "idempotency.key",
            f"An Idempotency-Key has at most {MAX_KEY_CHARACTERS} characters.",
        )
    if not key:
        answer = act()
    else:
        digest = request_digest(
            method=request.method or "", path=request.path, body=canonical(request.data)
        )
        answer = write_once(user=signed_in(request), key=key, request_digest=digest, act=act)
    return Response(answer.body, status=answer.status)
