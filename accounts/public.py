"""Pages that are for everybody: no sign-in, no second factor, and some the same for all."""

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpResponse, HttpResponseBase

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
SAME_FOR_ALL_SECONDS = 300


def public_view(view: View) -> View:
    """Open a view to people who still have to set up a second factor, as to strangers."""
    view.is_public = True  # type: ignore[attr-defined]  # read by accounts.middleware
    return view


def same_for_all(response: HttpResponse) -> HttpResponse:
    """Mark an answer that depends on nothing but its address, so that caches may keep it.

    Whoever fetches it from a cache is not even seen by the portal.
    """
    response.is_same_for_all = True  # type: ignore[attr-defined]  # read by accounts.middleware
    response.headers["Cache-Control"] = f"public, max-age={SAME_FOR_ALL_SECONDS}"
    return response
