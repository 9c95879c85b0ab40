"""Turn every refusal of an HTTP interface into one RFC 9457 problem document.

Problem
├── Malformed     400  what was sent is not what the interface says
├── Forbidden     403  the sender may not do this
├── Missing       404  there is no such thing, or it is not yours
├── Conflict      409  the thing is in another state
├── TooLarge      413  what was sent is too long
└── Unavailable   503  it cannot be done now; try again

A document never repeats what was sent: its ``code`` is stable, its ``detail`` is a sentence
written by us; only the ``evidence`` of a Conflict is what its sender signed earlier. A Conflict
over pieces says in ``received`` how many bytes are here.
A ProtocolError keeps its own code and sentence (docs/protocol.md §1).
A database that is away or full is answered with 503 as well: the call has changed nothing that
its caller could rely on, and may be made again.
"""

import errno
import logging
import re
import sys
from collections.abc import Mapping
from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from mpcengine.protocol.errors import (
    BadSignature,
    DisclosureRefused,
    MalformedInput,
    PolicyRefused,
    ProtocolError,
)
from mpcengine.protocol.strict import to_base64

logger = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
# What a caller is asked to wait, in seconds, when something here is down or full.
RETRY_SECONDS = 5
# The database is away, full, or busy beyond its limits: nothing was accepted, so come back.
_AWAY = (OperationalError, InterfaceError)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_AWAY_CODE = "unavailable"
_AWAY_SENTENCE = "This service cannot use its database now; try again later."
# What Django itself raises, and how that is answered.
_DJANGO: Mapping[type[Exception], tuple[HTTPStatus, str, str]] = {
    Http404: (HTTPStatus.NOT_FOUND, "not_found", "There is no such thing."),
    PermissionDenied: (HTTPStatus.FORBIDDEN, "forbidden", "You may not do this."),
    UnreadablePostError: (
        HTTPStatus.BAD_REQUEST,
        "body.unfinished",
        "The body did not come to its end.",
    ),
}
_CODE_CHARACTER = re.compile(r"[^a-z0-9_.-]")
_FORBIDDEN = (BadSignature, PolicyRefused, DisclosureRefused)


class Problem(Exception):
    """Refuse a call with a stable dotted ``code`` and one ``sentence`` for a person."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Malformed(Problem):
    """What was sent is not what the interface says."""


class Forbidden(Problem):
    """The sender may not do this."""

    status = HTTPStatus.FORBIDDEN


class Missing(Problem):
    """There is no such thing, or it is not yours: the same answer for both."""

    status = HTTPStatus.NOT_FOUND


class Conflict(Problem):
    """The thing is in a state in which this cannot be done.

    ``evidence``: bytes by which the sender can see that it is so; mostly there are none.
    ``received``: how many bytes of what comes in pieces are here, where that is the matter.
    """

    status = HTTPStatus.CONFLICT

    def __init__(
        self, code: str, sentence: str, *, evidence: bytes = b"", received: int | None = None
    ) -> None:
        super().__init__(code, sentence)
        self.evidence = evidence
        self.received = received


class TooLarge(Problem):
    """What was sent is too long."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Unavailable(Problem):
    """It cannot be done now; the same call may succeed later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    wait = RETRY_SECONDS


def is_out_of_reach(error: BaseException | None) -> bool:
    """Tell whether a database does not answer, cannot go on or has no room, or a disk is full.

    All of these pass, and whatever was begun is undone. SQLite's and PostgreSQL's reasons are
    of the same two classes, a pool's included.
    """
    if isinstance(error, _AWAY):
        return True
    return isinstance(error, OSError) and error.errno in _FULL


def problem(status: int, code: str, detail: str, *, where: str = "") -> dict[str, object]:
    """Return the members of a problem document; ``where`` names the place of a bad input."""
    members: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
    }
    if where:
        members["where"] = where
    return members


def exception_handler(error: Exception, _context: object) -> Response | None:
    """Answer a known refusal with its problem document; return None for anything else.

    Django then logs the unknown error without its text and answers with ``server_error``.
    """
    members = _members_of(error)
    if members is None:
        return None
    set_rollback()
    headers: dict[str, str] = {}
    wait = RETRY_SECONDS if is_out_of_reach(error) else getattr(error, "wait", None)
    scheme = getattr(error, "auth_header", None)
    if wait:
        headers["Retry-After"] = str(int(wait))
    if isinstance(scheme, str):
        headers["WWW-Authenticate"] = scheme
    status = members["status"]
    return Response(
        members,
        status=status if isinstance(status, int) else HTTPStatus.BAD_REQUEST,
        headers=headers,
        content_type=PROBLEM_TYPE,
    )


def _members_of(error: Exception) -> dict[str, object] | None:
    match error:
        case Problem():
            return _own_members(error)
        case ProtocolError():
            return _protocol_members(error)
        case exceptions.ValidationError():
            return _invalid(error)
        case exceptions.APIException():
            return problem(error.status_code, _code_of(error), _sentence_of(error))
    for kind, told in _DJANGO.items():
        if isinstance(error, kind):
            return problem(*told)
    if is_out_of_reach(error):
        logger.warning("the database could not be used (%s)", type(error).__name__)
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, _AWAY_CODE, _AWAY_SENTENCE)
    return None


def _own_members(error: Problem) -> dict[str, object]:
    members = problem(error.status, error.code, error.sentence)
    if isinstance(error, Conflict) and error.evidence:
        members["evidence"] = to_base64(error.evidence)
    if isinstance(error, Conflict) and error.received is not None:
        members["received"] = error.received
    return members


def _protocol_members(error: ProtocolError) -> dict[str, object]:
    is_forbidden = isinstance(error, _FORBIDDEN)
    status = HTTPStatus.FORBIDDEN if is_forbidden else HTTPStatus.BAD_REQUEST
    where = error.where if isinstance(error, MalformedInput) else ""
    return problem(status, error.code, error.sentence, where=where)


def _invalid(error: exceptions.ValidationError) -> dict[str, object]:
    """Name the first member that is wrong and how, by DRF's code: its texts repeat input."""
    name, code = _first_fault(error.get_codes())
    return problem(
        HTTPStatus.BAD_REQUEST,
        "malformed",
        f'"{name}" is not what the interface says ({code}).'
        if name
        else f"The body is not what the interface says ({code}).",
        where=name,
    )


def _first_fault(codes: object, name: str = "") -> tuple[str, str]:
    if isinstance(codes, dict) and codes:
        # Field names come from our serializers; an index of a list is a number.
        member, inner = next(iter(codes.items()))
        return _first_fault(inner, _inside(name, member))
    if isinstance(codes, list) and codes:
        place = next((i for i, code in enumerate(codes) if code), 0)
        inside = name if isinstance(codes[place], str) else f"{name}[{place}]"
        return _first_fault(codes[place], inside)
    return name, codes if isinstance(codes, str) else "invalid"


def _inside(name: str, member: object) -> str:
    if member == "non_field_errors":
        return name
    return f"{name}[{member}]" if isinstance(member, int) else f"{name}.{member}".strip(".")


def _code_of(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return _CODE_CHARACTER.sub("_", codes.lower()) if isinstance(codes, str) else "refused"


def _sentence_of(error: exceptions.APIException) -> str:
    """Return the text of the error where it is ours, the class's own where input is in it."""
    if isinstance(error, exceptions.ParseError):
        return "The body cannot be read as what its Content-Type says."
    if isinstance(error, exceptions.MethodNotAllowed):
        return "This address does not take that method."
    if isinstance(error, exceptions.UnsupportedMediaType):
        return "This address does not take that Content-Type."
    return str(error.detail)


def _answer(status: HTTPStatus, code: str, detail: str) -> JsonResponse:
    return JsonResponse(problem(status, code, detail), status=status, content_type=PROBLEM_TYPE)


def not_found(_request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer an unknown address (Django's handler404)."""
    del exception  # its text holds the path
    return _answer(HTTPStatus.NOT_FOUND, "not_found", "There is no such address.")


def bad_request(_request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer what Django itself refuses (handler400)."""
    del exception  # its text holds what was sent
    return _answer(HTTPStatus.BAD_REQUEST, "malformed", "The call cannot be read.")


def permission_denied(_request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer what Django itself forbids (handler403)."""
    del exception
    return _answer(HTTPStatus.FORBIDDEN, "forbidden", "You may not do this.")


def server_error(_request: HttpRequest) -> JsonResponse:
    """Answer our own fault, or that the database is away (handler500)."""
    if is_out_of_reach(sys.exc_info()[1]):
        answer = _answer(HTTPStatus.SERVICE_UNAVAILABLE, _AWAY_CODE, _AWAY_SENTENCE)
        answer["Retry-After"] = str(RETRY_SECONDS)
        return answer
    return _answer(
        HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side."
    )
