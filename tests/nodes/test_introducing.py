"""A node proves who it is, and which nodes file it has, to whoever asks with a challenge."""

import secrets
from http import HTTPStatus

import pytest
from django.test import Client

from mpcengine.protocol.errors import BadSignature
from mpcengine.protocol.nodesfile import introduction_body, nodes_digest
from mpcengine.protocol.signing import LABEL_INTRODUCTION, verify
from mpcengine.protocol.strict import parse_base64
from nodes.keystore import identity_public
from nodes.policy import federation
from tests.nodes.anna import Anna

pytestmark = pytest.mark.urls("config.urls_node")


def ask(challenge: str) -> tuple[int, dict[str, str]]:
    answer = Client().get(f"/api/v1/introductions/{challenge}")
    return answer.status_code, answer.json()


@pytest.mark.usefixtures("anna")
def test_it_signs_a_challenge_and_its_nodes_file() -> None:
    challenge = secrets.token_bytes(32)
    status, said = ask(challenge.hex())
    assert status == HTTPStatus.OK
    assert (said["node"], said["nodes"]) == ("a", nodes_digest(federation()))
    body = introduction_body(nodes_digest(federation()), challenge)
    signature = parse_base64(said["signature"]) or b""
    verify(identity_public(), LABEL_INTRODUCTION, body, signature)
    other = introduction_body(nodes_digest(federation()), bytes(32))
    with pytest.raises(BadSignature):
        verify(identity_public(), LABEL_INTRODUCTION, other, signature)


@pytest.mark.parametrize("challenge", ["00" * 31, "00" * 33, "zz" * 32, "AB" * 32])
@pytest.mark.usefixtures("anna")
def test_it_signs_nothing_but_32_bytes(challenge: str) -> None:
    status, said = ask(challenge)
    assert (status, said["code"]) == (HTTPStatus.BAD_REQUEST, "challenge")


def test_it_says_so_while_its_nodes_file_is_broken(anna: Anna) -> None:
    (anna.folder / "nodes.json").write_text("{", "utf-8")
    status, said = ask("00" * 32)
    assert (status, said["code"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "policy.unreadable")
