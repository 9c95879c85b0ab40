"""Find people by what their programs show."""

import hashlib
import hmac
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import ApiToken, Organisation, User
from security_events import pseudonym

TOKEN_PREFIX = "drempel_"  # noqa: S105  # what every token begins with, no secret


def token_digest(token: str) -> str:
    """Return the SHA-256 of a token, hexadecimal: the only form that is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def user_get_by_token(token: str) -> User | None:
    """Return the active person behind a token, or None.

    The look-up is by the digest of 256 random bits, so its timing tells nothing of use about
    the stored digests; the comparison that decides is constant in time.
    """
    digest = token_digest(token)
    found = (
        ApiToken.objects.select_related("user__organisation")
        .filter(digest=digest, user__is_active=True)
        .first()
    )
    if found is None or not hmac.compare_digest(found.digest, digest):
        return None
    return found.user


def who(user: User) -> str:
    """Return what stands for a person in security events."""
    return pseudonym(str(user.pk))


def may(user: User, role: str) -> bool:
    """Tell whether a person has a role (``accounts.models.Role``)."""
    return role in user.roles


def members_of(community: UUID) -> QuerySet[Organisation]:
    """Return a community: the organisation that coordinates it, and its members, by name."""
    rows = Organisation.objects.filter(Q(pk=community) | Q(coordinated_by=community))
    return rows.order_by("name")


def tokens_list(*, user: User) -> QuerySet[ApiToken]:
    """Return a person's tokens, newest first; their digests stay where they are."""
    return ApiToken.objects.filter(user=user).defer("digest").order_by("-created_at", "-pk")


def lacks_second_factor(user: User) -> bool:
    """Tell whether a person must set up a second factor before anything else."""
    return bool(settings.SECOND_FACTOR_REQUIRED) and not is_mfa_enabled(user)


def factors_list(*, user: User) -> dict[int, str]:
    """Return the kind of each of a person's second factors, by its row's number."""
    return dict(Authenticator.objects.filter(user=user).values_list("pk", "type"))


def is_own_path(address: str | None) -> bool:
    """Tell whether an address is a path of this portal: no scheme, no host, no trick."""
    if not address or not address.startswith("/"):
        return False
    return url_has_allowed_host_and_scheme(address, allowed_hosts=None)
