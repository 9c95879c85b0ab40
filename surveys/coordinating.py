"""What the coordinator's pages share: who may see them, and whose things they are."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from accounts.authentication import coordinates, signed_in
from accounts.selectors import who
from problems import Missing
from security_events import emit
from surveys.draft_selectors import draft_get
from surveys.models import Draft, Survey
from surveys.selectors import survey_get

View = Callable[..., HttpResponse]


def coordinator_page(view: View) -> View:
    """Let coordinators in and nobody else; who is not signed in is led to signing in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = signed_in(request)
        if not coordinates(user):
            emit("authz.denied", outcome="failure", person=who(user), reason="role")
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return login_required(guarded)


def draft_of(request: HttpRequest, draft_id: str) -> Draft:
    """Return a draft of the person's organisation; 404 for absent and not yours alike."""
    try:
        return draft_get(draft_id=draft_id, organisation=signed_in(request).organisation_id)
    except Missing:
        raise Http404 from None


def survey_of(request: HttpRequest, survey_id: str) -> Survey:
    """Return a survey of the person's organisation; 404 for absent and not yours alike."""
    try:
        return survey_get(survey_id=survey_id, organisation=signed_in(request).organisation_id)
    except Missing:
        raise Http404 from None


def tell(request: HttpRequest, words: object, *, wrong: bool = False) -> None:
    """Say something on the next page that is shown."""
    level = messages.ERROR if wrong else messages.SUCCESS
    messages.add_message(request, level, str(words))


def reader_language() -> str:
    """Return the language in which the page is read."""
    return get_language() or "nl"


def now() -> datetime:
    """Return the present moment."""
    return timezone.now()
