"""The states of a data request and which may follow which.

Source: reference/data-requests.md 6.2. Between intake and review lies ``prepared``: the
manifest that names approvers and holders is built, and waits for two signatures (0031).
"""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class RequestState(models.TextChoices):
    """Where a request stands."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    RETURNED = "returned", _("returned")
    INTAKE = "intake", _("in intake")
    PREPARED = "prepared", _("waits for signatures")
    REVIEW = "review", _("in review")
    REJECTED = "rejected", _("rejected")
    APPROVED = "approved", _("approved")
    INVITING = "inviting", _("asking holders")
    READY = "ready", _("taking lists")
    COMPUTING = "computing", _("computing")
    RELEASED = "released", _("released")
    NOT_RELEASED = "not_released", _("not released")
    INSUFFICIENT = "insufficient", _("too few lists")
    ABORTED = "aborted", _("aborted")
    CONTACT = "contact", _("getting in touch")
    CLOSED = "closed", _("closed")
    PURGED = "purged", _("purged")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("expired")
    REVOKED = "revoked", _("approval revoked")


S = RequestState
_STOPS = (S.WITHDRAWN, S.EXPIRED)
_RUNNING = (S.ABORTED, S.INSUFFICIENT, S.NOT_RELEASED, S.RELEASED, S.WITHDRAWN, S.REVOKED)
MOVES: Mapping[RequestState, tuple[RequestState, ...]] = {
    S.DRAFT: (S.SUBMITTED, S.WITHDRAWN),
    S.RETURNED: (S.SUBMITTED, *_STOPS),
    S.SUBMITTED: (S.INTAKE, S.RETURNED, *_STOPS),
    S.INTAKE: (S.PREPARED, S.RETURNED, *_STOPS),
    S.PREPARED: (S.PREPARED, S.REVIEW, S.RETURNED, *_STOPS),
    S.REVIEW: (S.APPROVED, S.REJECTED, S.RETURNED, *_STOPS),
    S.APPROVED: (S.INVITING, S.REVOKED, *_STOPS),
    S.INVITING: (S.READY, S.COMPUTING, *_RUNNING),
    S.READY: (S.COMPUTING, *_RUNNING),
    S.COMPUTING: _RUNNING,
    S.RELEASED: (S.CONTACT, S.CLOSED),
    S.CONTACT: (S.CLOSED,),
    S.NOT_RELEASED: (S.CLOSED,),
    S.INSUFFICIENT: (S.CLOSED,),
    S.ABORTED: (S.CLOSED,),
    S.CLOSED: (S.PURGED,),
}
EDITABLE = frozenset({S.DRAFT, S.RETURNED})
# The nodes have the question, and it has no end yet.
UNDER_WAY = frozenset({S.INVITING, S.READY, S.COMPUTING})
# Who is invited sees a question from its approval on.
SHOWN_TO_HOLDERS = frozenset(
    {S.APPROVED, S.INVITING, S.READY, S.COMPUTING, S.RELEASED, S.NOT_RELEASED}
    | {S.INSUFFICIENT, S.ABORTED, S.CONTACT, S.CLOSED, S.PURGED, S.REVOKED}
)
ENDED = frozenset(
    {S.REJECTED, S.WITHDRAWN, S.EXPIRED, S.REVOKED, S.CLOSED, S.PURGED, S.NOT_RELEASED}
    | {S.INSUFFICIENT, S.ABORTED}
)
# Only a person moves these.
STANDING = ENDED | {S.RELEASED, S.CONTACT, S.DRAFT}


def may_follow(before: str, after: str) -> bool:
    """Tell whether a request may go from one state to the other."""
    return S(after) in MOVES.get(S(before), ())
