"""Hear from allauth what happened to second factors, and call what follows from it.

allauth tells of some new factors after they are committed, too late for an event: that one is
written by ``views.factor_view``.
"""

from allauth.mfa import signals as factor
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest

from accounts.models import User
from accounts.people import sessions_end
from accounts.selectors import who
from security_events import emit


def receivers_connect() -> None:
    """Connect all receivers; called once, when the app is ready."""
    factor.authenticator_added.connect(factor_changed, dispatch_uid="drempel.added")
    factor.authenticator_removed.connect(factor_removed, dispatch_uid="drempel.removed")
    factor.authenticator_reset.connect(factor_changed, dispatch_uid="drempel.reset")
    factor.authentication_failed.connect(factor_failed, dispatch_uid="drempel.failed")


def factor_removed(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: object
) -> None:
    """Tell of a factor that is gone, and end the other sessions."""
    emit("auth.mfa.removed", person=who(user), target=who(user), method=str(authenticator.type))
    factor_changed(request, user)


def factor_changed(request: HttpRequest, user: User, **_: object) -> None:
    """End a person's other sessions when a second factor changes; this one goes on."""
    sessions_end(user=user)
    if request.user.pk == user.pk:
        update_session_auth_hash(request, user)
        # The session has a new key: without this it would not be listed any more.
        UserSession.objects.create_from_request(request)


def factor_failed(user: User, authenticator: Authenticator, **_: object) -> None:
    """Tell of a code that did not fit."""
    emit("auth.login.fail", outcome="failure", person=who(user), method=str(authenticator.type))
