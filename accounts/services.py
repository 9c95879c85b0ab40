"""What can happen to people, their tokens, and the answers kept for repeated writes."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import ApiToken, KeptAnswer, Role, User
from accounts.people import person_create
from accounts.selectors import TOKEN_PREFIX, token_digest, who
from mpcengine.protocol.canonical import JSON
from problems import Conflict, Missing
from security_events import emit

TOKEN_BYTES = 32
KEEP_ANSWERS = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a write was answered with: an HTTP status and a JSON body.

    A body with a secret in it is shown once and not ``kept``: a repetition is refused.
    """

    status: int
    body: JSON
    kept: bool = True


def coordinator_create(*, email: str, name: str, organisation: str) -> User:
    """Create a coordinator and, if it is new, the organisation; return the person.

    An existing person with this address keeps organisation and role.
    """
    user, _ = person_create(
        email=email, name=name, organisation=organisation, role=Role.COORDINATOR
    )
    return user


@transaction.atomic
def token_issue(*, user: User, name: str) -> str:
    """Make a token of 256 random bits and return it; only its digest is stored."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    ApiToken.objects.create(user=user, name=name, digest=token_digest(token))
    emit("account.token_created", person=who(user), target=who(user))
    return token


@transaction.atomic
def token_revoke(*, user: User, token_id: int, by: User | None = None) -> None:
    """Delete one of a person's tokens, by that person or an operator; raise Missing."""
    gone, _ = ApiToken.objects.filter(user=user, pk=token_id).delete()
    if not gone:
        raise Missing("token.unknown", "You have no such token.")
    emit("account.token_revoked", person=who(by or user), target=who(user))


def language_choose(*, user: User, language: str) -> None:
    """Remember the language a person reads."""
    user.language = language
    user.save(update_fields=["language"])


def write_once(
    *, user: User, key: str, request_digest: str, act: Callable[[], Answer]
) -> Answer:
    """Run ``act`` once per Idempotency-Key and give its answer again afterwards.

    The write and the kept answer are one transaction. Raises Conflict when the key was used
    for another request, or when its answer was to be shown only once.
    """
    kept = _kept_answer(user=user, key=key, request_digest=request_digest)
    if kept is not None:
        return kept
    try:
        with transaction.atomic():
            answer = act()
            KeptAnswer.objects.create(
                user=user,
                key=key,
                request_digest=request_digest,
                status=answer.status,
                body=answer.body if answer.kept else None,
            )
    except IntegrityError:
        # Another worker was first with this key; what ``act`` wrote here is undone.
        kept = _kept_answer(user=user, key=key, request_digest=request_digest)
        if kept is None:
            raise
        return kept
    return answer


@transaction.atomic
def kept_answers_purge() -> int:
    """Delete the answers that have been kept for KEEP_ANSWERS; return how many there were."""
    old = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEEP_ANSWERS)
    return old.delete()[0]


def request_digest(*, method: str, path: str, body: bytes) -> str:
    """Return the SHA-256 that stands for a write: method, path and body."""
    head = f"{method} {path}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


def _kept_answer(*, user: User, key: str, request_digest: str) -> Answer | None:
    kept = KeptAnswer.objects.filter(user=user, key=key).first()
    if kept is None:
        return None
    if kept.request_digest != request_digest:
        raise Conflict(
            "idempotency.other_request", "This Idempotency-Key was used for another request."
        )
    if kept.body is None:
        raise Conflict(
            "idempotency.forgotten", "The answer to this Idempotency-Key is not kept."
        )
    return Answer(status=kept.status, body=kept.body)
