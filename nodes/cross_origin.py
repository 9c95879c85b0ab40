"""Let a booth's page call what respondents need of a node, from the relay's origin.

Anybody may call these without a browser too; a browser alone asks before it lets a page of
another origin. No credentials go along, and nothing else of a node may be called that way.
Source: docs/protocol.md §20.3.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_RESPONDENTS = re.compile(r"/api/v1/(tokens|packages|lists/.*|results/.*|health)")
# Browsers keep what they were told for two hours at most.
_KEPT_SECONDS = "7200"


class CrossOrigin:
    """Answer a browser's question before such a call, and mark the answers to the calls."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the call on, unless it is a browser's question, and say who may read it."""
        if _RESPONDENTS.fullmatch(request.path) is None:
            return self.get_response(request)
        asked = "Access-Control-Request-Method" in request.headers
        is_question = request.method == "OPTIONS" and asked
        response = HttpResponse(status=204) if is_question else self.get_response(request)
        response.headers["Access-Control-Allow-Origin"] = "*"
        if is_question:
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Access-Control-Max-Age"] = _KEPT_SECONDS
        else:
            response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        return response
