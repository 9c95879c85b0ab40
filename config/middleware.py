"""Refuse a body that is too long before anything reads it, and let nobody cache an answer."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from problems import PROBLEM_TYPE, problem


class BodyLimit:
    """Answer 413 where Content-Length passes MAX_BODY_BYTES.

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
            return _refusal(413, "body.length", "The body is too long.")
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _refusal(status: int, code: str, detail: str) -> HttpResponse:
    return JsonResponse(problem(status, code, detail), status=status, content_type=PROBLEM_TYPE)
