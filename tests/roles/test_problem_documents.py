"""Every refusal is one RFC 9457 document with a stable code, and repeats nothing sent."""

import errno
import json
from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.core.exceptions import PermissionDenied
from django.core.handlers.exception import convert_exception_to_response
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from pytest_django import Settings
from rest_framework import exceptions, serializers

import problems
from mpcengine.protocol.errors import (
    BadSignature,
    MalformedInput,
    MalformedMessage,
    PolicyRefused,
)

SECRET = "what-mallory-sent"
MEMBERS = {"type", "title", "status", "code", "detail"}


class Inner(serializers.Serializer[dict[str, object]]):
    size = serializers.IntegerField(max_value=3)


class Shape(serializers.Serializer[dict[str, object]]):
    name = serializers.CharField(max_length=3)
    parts = Inner(many=True)


def invalid(data: object) -> exceptions.ValidationError:
    given = Shape(data=data)
    with pytest.raises(exceptions.ValidationError) as refused:
        given.is_valid(raise_exception=True)
    return refused.value


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (problems.Malformed("a.b", "No."), 400, "a.b"),
        (problems.Forbidden("a.b", "No."), 403, "a.b"),
        (problems.Missing("a.b", "No."), 404, "a.b"),
        (problems.Conflict("a.b", "No."), 409, "a.b"),
        (problems.TooLarge("a.b", "No."), 413, "a.b"),
        (problems.Unavailable("a.b", "No."), 503, "a.b"),
        (MalformedMessage("m.m", "No."), 400, "m.m"),
        (PolicyRefused("p.p", "No."), 403, "p.p"),
        (BadSignature("s.s", "No."), 403, "s.s"),
        (OperationalError(SECRET), 503, "unavailable"),
        (InterfaceError(SECRET), 503, "unavailable"),
        (Http404(SECRET), 404, "not_found"),
        (PermissionDenied(SECRET), 403, "forbidden"),
        (exceptions.ParseError(SECRET), 400, "parse_error"),
        (exceptions.MethodNotAllowed(SECRET), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType(SECRET), 415, "unsupported_media_type"),
        (exceptions.NotAuthenticated("No.", code="token_unknown"), 401, "token_unknown"),
    ],
)
def test_it_answers_a_known_refusal(error: Exception, status: int, code: str) -> None:
    response = problems.exception_handler(error, None)
    assert response is not None
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert set(response.data) == MEMBERS
    assert (response.data["status"], response.data["code"]) == (status, code)
    assert SECRET not in str(response.data)


@pytest.mark.parametrize(
    "error",
    [
        OperationalError(SECRET),
        InterfaceError(SECRET),
        OSError(errno.ENOSPC, SECRET),
        problems.Unavailable("a.b", "No."),
    ],
)
def test_it_says_when_to_come_back(error: Exception) -> None:
    response = problems.exception_handler(error, None)
    assert response is not None
    assert response["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError(SECRET), 503), (ValueError(SECRET), 500)]
)
def test_it_tells_a_database_that_is_away_from_a_fault_of_ours(
    error: Exception, status: int
) -> None:
    """What the middleware raises reaches Django's own handler, not the interface's."""

    def broken(_request: HttpRequest) -> HttpResponse:
        raise error

    with override_settings(ROOT_URLCONF="config.urls_node"):
        response = convert_exception_to_response(broken)(HttpRequest())
    assert isinstance(response, HttpResponse)
    assert response.status_code == status
    assert response.has_header("Retry-After") == (status == 503)
    assert SECRET not in response.content.decode()


def test_it_names_the_place_of_a_bad_input() -> None:
    error = MalformedInput("survey.bins", "No.", where="questions[2].bins")
    response = problems.exception_handler(error, None)
    assert response is not None
    assert response.data["where"] == "questions[2].bins"


@pytest.mark.parametrize(
    ("data", "where", "how"),
    [
        ({"name": SECRET, "parts": []}, "name", "max_length"),
        ({"parts": []}, "name", "required"),
        ({"name": "a", "parts": [{"size": 1}, {"size": SECRET}]}, "parts[1].size", "invalid"),
        (SECRET, "", "invalid"),
    ],
)
def test_it_names_the_first_bad_member_and_no_value(data: object, where: str, how: str) -> None:
    response = problems.exception_handler(invalid(data), None)
    assert response is not None
    assert response.data.get("where", "") == where
    assert response.data["code"] == "malformed"
    assert how in response.data["detail"]
    assert SECRET not in str(response.data)


@pytest.mark.parametrize(
    "error", [ValueError(SECRET), DatabaseError(SECRET), IntegrityError(), OSError(5, SECRET)]
)
def test_it_leaves_an_unknown_error_to_django(error: Exception) -> None:
    assert problems.exception_handler(error, None) is None


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda: problems.not_found(HttpRequest(), Exception(SECRET)), 404),
        (lambda: problems.bad_request(HttpRequest(), Exception(SECRET)), 400),
        (lambda: problems.permission_denied(HttpRequest(), Exception(SECRET)), 403),
        (lambda: problems.server_error(HttpRequest()), 500),
    ],
)
def test_it_answers_for_django_too(answer: Callable[[], object], status: int) -> None:
    response = answer()
    members = json.loads(getattr(response, "content", b""))
    assert members["status"] == status == getattr(response, "status_code", None)
    assert SECRET not in str(members)


def test_it_answers_an_unknown_address_without_repeating_it(client: Client) -> None:
    response = client.get(f"/api/{SECRET}")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert response["Content-Type"] == "application/problem+json"
    assert SECRET not in response.content.decode()


def test_it_refuses_a_body_that_is_too_long_and_no_shorter(
    client: Client, settings: Settings
) -> None:
    settings.MAX_BODY_BYTES = 8
    for body, status in ((b"12345678", 404), (b"123456789", 413)):
        response = client.post("/api/absent", data=body, content_type="application/json")
        assert response.status_code == status
        assert response["Content-Type"] == "application/problem+json"
