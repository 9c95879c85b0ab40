"""Read every JSON body strictly, whatever the role, and none that is too long for its view."""

import pytest
from django.test import Client

from mpcengine.protocol.canonical import parse_json
from mpcengine.protocol.errors import MalformedMessage

SECRET = "the-code-of-rosa"
RELAY = pytest.mark.urls("config.urls_relay")
NODE = pytest.mark.urls("config.urls_node")
ADDRESSES = [
    pytest.param("/api/v1/orders", marks=RELAY, id="relay"),
    pytest.param("/api/v1/orders", marks=NODE, id="node"),
]
every_role = pytest.mark.parametrize("address", ADDRESSES)


def posted(address: str, body: bytes) -> tuple[int, str]:
    """Return status and code of the refusal, which repeats nothing of the body."""
    client = Client(raise_request_exception=False)
    answer = client.post(address, data=body, content_type="application/json")
    assert answer["Content-Type"] == "application/problem+json"
    assert SECRET not in answer.content.decode()
    return answer.status_code, answer.json()["code"]


@every_role
def test_it_refuses_a_key_that_stands_twice(address: str) -> None:
    body = f'{{"{SECRET}": 1, "{SECRET}": 2}}'.encode()
    assert posted(address, body) == (400, "json.duplicate_key")


@every_role
@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_it_refuses_what_is_nested_too_deeply(address: str, opening: bytes) -> None:
    assert posted(address, opening * 10_000) == (400, "json.syntax")
    for depth in (60, 400, 900, 950, 990):
        closing = b"]" if opening == b"[" else b"}"
        body = opening * depth + b"1" + closing * depth
        assert posted(address, body) == (400, "json.syntax")


@NODE
def test_it_refuses_a_longer_depth_bomb_where_long_bodies_are_taken() -> None:
    assert posted("/api/v1/manifests", b"[" * 200_000) == (400, "json.syntax")


@every_role
def test_it_refuses_a_long_body_where_short_ones_are_expected(address: str) -> None:
    assert posted(address, b"[" * 65_536)[0] == 400
    assert posted(address, b"[" * 65_537) == (413, "body.length")


@RELAY
def test_the_relay_answers_a_package_that_is_too_long_as_a_node_does() -> None:
    body = bytes(4 * 1024 * 1024 + 1)
    answer = Client().post(
        "/api/v1/packages", data=body, content_type="application/octet-stream"
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body.length")


@NODE
def test_a_message_with_an_unknown_key_is_refused_without_naming_it() -> None:
    body = f'{{"order": "", "signature": "", "{SECRET}": 1}}'.encode()
    assert posted("/api/v1/orders", body) == (400, "json.unknown_key")


def test_the_owner_of_a_file_is_told_which_key_stands_twice() -> None:
    body = f'{{"{SECRET}": 1, "{SECRET}": 2}}'.encode()
    with pytest.raises(MalformedMessage, match=SECRET):
        parse_json(body, file=True)
