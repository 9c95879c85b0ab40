"""Refuse a body that is too long before anything reads it, and let nobody cache an answer."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from problems import PROBLEM_TYPE, problem
from security_events import refusal_count


class BodyLimit:
    """Answer 413 where Content-Length passes what the view takes, MAX_BODY_BYTES at most.

    A view takes SMALL_BODY_BYTES unless its ``largest_body`` says otherwise. Where it
    ``is_submission``, what is too long is counted.

    The WSGI server reads no more than Content-Length says, and none of a body without one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the call on, or refuse it."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isascii() or not length.isdigit():
            return _refusal(400, "malformed", "Content-Length is not a number.")
        if int(length) > settings.MAX_BODY_BYTES:
            return _too_long()
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_: object
    ) -> HttpResponse | None:
        """Refuse a body that is too long for this view."""
        kind = getattr(view, "view_class", None)
        largest = getattr(kind, "largest_body", settings.SMALL_BODY_BYTES)
        is_long = int(request.META.get("CONTENT_LENGTH") or "0") > largest
        if is_long and getattr(kind, "is_submission", False):
            refusal_count("body.length")
        return _too_long() if is_long else None


def _too_long() -> HttpResponse:
    return _refusal(413, "body.length", "The body is too long.")


def _refusal(status: int, code: str, detail: str) -> HttpResponse:
    return JsonResponse(problem(status, code, detail), status=status, content_type=PROBLEM_TYPE)
