"""Refuse a body that is too long before anything reads it; tell browsers what they may do.

With an answer they keep nothing, run nothing, and tell nobody, unless a view allows more.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from problems import PROBLEM_TYPE, problem
from security_events import refusal_count

PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "picture-in-picture",
        "screen-wake-lock",
        "usb",
        "xr-spatial-tracking",
    )
)


class SecurityHeaders:
    """Set the headers that every answer has, problem documents and failures too.

    Outermost, so that it sees them all. What a view has set stays: a page's own
    Content-Security-Policy, or settings.PAGE_POLICY where it set none; everything else may load
    and run nothing. HSTS, nosniff, no-referrer and COOP are Django's SecurityMiddleware's, by
    settings; it needs to know that a proxy which ends TLS was reached over TLS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the call on and complete its answer."""
        if settings.BEHIND_PROXY:
            request.META["wsgi.url_scheme"] = "https"
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        policy = settings.PAGE_POLICY if is_page else settings.DATA_POLICY
        for name, value in (
            ("Content-Security-Policy", policy),
            ("Permissions-Policy", PERMISSIONS),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("X-Frame-Options", "DENY"),
            ("Cache-Control", "no-store"),
        ):
            response.headers.setdefault(name, value)
        return response


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
        return self.get_response(request)

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
