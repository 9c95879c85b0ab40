"""Find people by what their programs show."""

import hashlib
import hmac

from accounts.models import ApiToken, User

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
