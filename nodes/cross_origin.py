"""Let pages call what respondents and owners of lists need of a node, from their origin.

Anybody may call these without a browser too; a browser alone asks before it lets a page of
another origin. No credentials go along, and nothing else of a node may be called that way.
Source: docs/protocol.md §20.3.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_RESPONDENTS = r"tokens|packages|lists/.*|results/.*|health"
_OWNERS = (
    r"requests/sha256:[0-9a-f]{64}(/(consents|nonce|overflow|contributions.*|private/.*))?"
)
_PAGES = re.compile(rf"/api/v1/({_RESPONDENTS}|{_OWNERS})")
_SENT, _TOLD = "Content-Type, Drempel-Signature", "Retry-After, Drempel-Signature"
# Browsers keep what they were told for two hours at most.
_KEPT_SECONDS = "7200"


class CrossOrigin:
    """Answer a browser's question before such a call, and mark the answers to the calls."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the call on, unless it is a browser's question, and say who may read it."""
        if _PAGES.fullmatch(request.path) is None:
            return self.get_response(request)
        asked = "Access-Control-Request-Method" in request.headers
        is_question = request.method == "OPTIONS" and asked
        response = HttpResponse(status=204) if is_question else self.get_response(request)
        response.headers["Access-Control-Allow-Origin"] = "*"
        if is_question:
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT"
            response.headers["Access-Control-Allow-Headers"] = _SENT
            response.headers["Access-Control-Max-Age"] = _KEPT_SECONDS
        else:
            response.headers["Access-Control-Expose-Headers"] = _TOLD
        return response
