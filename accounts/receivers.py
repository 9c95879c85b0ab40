"""Hear from allauth what happened, and call the service that follows from it."""

from allauth.mfa import signals as factor
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest

from accounts.models import User
from accounts.people import sessions_end


def receivers_connect() -> None:
    """Connect all receivers; called once, when the app is ready."""
    for changed in (
        factor.authenticator_added,
        factor.authenticator_removed,
        factor.authenticator_reset,
    ):
        changed.connect(factor_changed, dispatch_uid="drempel.factor_changed")


def factor_changed(request: HttpRequest, user: User, **_: object) -> None:
    """End a person's other sessions when a second factor changes; this one goes on."""
    sessions_end(user=user)
    if request.user.pk == user.pk:
        update_session_auth_hash(request, user)
