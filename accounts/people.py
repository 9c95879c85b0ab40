"""What can happen to a person: invited, signed out everywhere, given a new start.

An invitation is one link with 256 random bits, of which only the digest is stored. It is for a
first password and for a new one; who holds it proves the address, because it was sent there.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import ApiToken, Invitation, Organisation, Role, User
from accounts.selectors import factors_list, who
from problems import Missing
from security_events import emit

INVITATION_BYTES = 32
PASSWORD_BYTES = 18


@transaction.atomic
def person_create(*, email: str, name: str, organisation: str, role: Role) -> tuple[User, bool]:
    """Create a person and, if it is new, the organisation; return both person and "is new".

    An existing person with this address keeps organisation and role.
    """
    home, _ = Organisation.objects.get_or_create(name=organisation)
    user, is_new = User.objects.get_or_create(
        email=email.strip().lower(),
        defaults={"name": name, "organisation": home, "role": role},
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        person_created(user=user)
    return user, is_new


def person_created(*, user: User, by: User | None = None) -> None:
    """Tell that there is a new person; called in the transaction that makes it."""
    emit(
        "account.created",
        target=who(user),
        organisation=str(user.organisation_id),
        role=user.role,
        **_acting(by),
    )


def person_changed(*, user: User, before: User, by: User) -> None:
    """Do and tell what a change means for what a person may do; called in its transaction.

    Tokens end with being disabled, and with the organisation they were made for.
    """
    if before.is_active and not user.is_active:
        emit("account.disabled", person=who(by), target=who(user))
    if user.is_active and not before.is_active:
        emit("account.enabled", person=who(by), target=who(user))
    if before.organisation_id != user.organisation_id:
        home = str(user.organisation_id)
        emit("account.moved", person=who(by), target=who(user), organisation=home)
    if not user.is_active or before.organisation_id != user.organisation_id:
        tokens_end(user=user, by=by)
    if before.roles != user.roles:
        emit(
            "account.role_changed",
            person=who(by),
            target=who(user),
            role=_named(user),
            role_before=_named(before),
        )


@transaction.atomic
def invitation_make(*, user: User, by: User | None = None) -> str:
    """Make a person's one invitation, in the place of an older one; return its secret part."""
    token = secrets.token_urlsafe(INVITATION_BYTES)
    Invitation.objects.update_or_create(
        user=user,
        defaults={
            "digest": invitation_digest(token),
            "expires_at": timezone.now() + settings.INVITATION_LIFETIME,
        },
    )
    emit("account.invited", target=who(user), **_acting(by))
    return token


def invitation_digest(token: str) -> str:
    """Return the SHA-256 of an invitation, hexadecimal: the only form that is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def invitation_get(*, digest: str) -> User:
    """Return the active person an invitation is for; raise the same Missing for all others."""
    found = (
        Invitation.objects.select_related("user__organisation")
        .filter(digest=digest, expires_at__gt=timezone.now())
        .filter(user__is_active=True)
        .first()
    )
    if found is None:
        raise Missing("invitation.unknown", "This invitation is used, too old or unknown.")
    return found.user


@transaction.atomic
def invitation_accept(*, digest: str, password: str) -> User:
    """Give the person this password, end the old sessions, and spend the invitation."""
    user = invitation_get(digest=digest)
    spent, _ = Invitation.objects.filter(digest=digest).delete()
    if spent != 1:  # another process was first
        raise Missing("invitation.unknown", "This invitation is used, too old or unknown.")
    password_set(user=user, password=password)
    return user


@transaction.atomic
def password_set(*, user: User, password: str) -> None:
    """Set a password and take the address as verified."""
    user.set_password(password)
    user.save(update_fields=["password"])
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    emit("account.password_set", target=who(user))


def password_make() -> str:
    """Return a password of 144 random bits."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


@transaction.atomic
def sessions_end(*, user: User, by: User | None = None) -> None:
    """End all sessions of a person: each is compared with the generation at every request."""
    User.objects.filter(pk=user.pk).update(session_generation=F("session_generation") + 1)
    user.refresh_from_db(fields=["session_generation"])
    if by is not None:
        emit("auth.session.killed", person=who(by), target=who(user))


def tokens_end(*, user: User, by: User) -> None:
    """Revoke all API tokens of a person; called in the transaction that is the reason."""
    for token in ApiToken.objects.filter(user=user):
        token.delete()
        emit("account.token_revoked", person=who(by), target=who(user))


def sessions_purge() -> None:
    """Delete sessions whose time is over, what is listed of them, and old invitations."""
    SessionStore.clear_expired()
    alive = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=alive).delete()
    Invitation.objects.filter(expires_at__lt=timezone.now()).delete()


def second_factors_added(*, user: User, before: Mapping[int, str]) -> None:
    """Tell which factors a person has beside those ``before``; called in their transaction."""
    for key, method in factors_list(user=user).items():
        if key not in before:
            emit("auth.mfa.enrolled", person=who(user), method=method)


@transaction.atomic
def second_factor_reset(*, people: Iterable[User], by: User) -> int:
    """Take away what people sign in with beside the password; return how many had some.

    For who has lost telephone and recovery codes: the operator has made sure who it is. Their
    tokens end as well: each stood for both factors.
    """
    changed = 0
    for user in people:
        removed, _ = Authenticator.objects.filter(user=user).delete()
        if removed:
            changed += 1
            sessions_end(user=user)
            tokens_end(user=user, by=by)
            emit("auth.mfa.reset", person=who(by), target=who(user))
    return changed


def _named(user: User) -> str:
    """Return a person's roles as one word for an event, the first one first."""
    return "_".join([user.role, *sorted(user.roles - {user.role})])


def _acting(by: User | None) -> dict[str, str]:
    return {} if by is None else {"person": who(by)}
