"""A broken file of the operator's is never told to a caller as a fault of what was sent."""

from http import HTTPStatus

import pytest
from django.test import Client

from mpcengine.protocol.orders import prepare_body
from mpcengine.protocol.signing import LABEL_PREPARE, sign
from mpcengine.protocol.strict import to_base64
from nodes.policy import federation, operator_policy
from problems import Unavailable
from tests.nodes.anna import Anna
from tests.people import CAROL

pytestmark = [
    pytest.mark.urls("config.urls_node"),
    pytest.mark.django_db(databases=["default", "issuing"]),
]

SURVEY = "ab" * 16


def ask_keys() -> tuple[int, str]:
    signature = sign(CAROL.signing_key, LABEL_PREPARE, prepare_body(SURVEY))
    answer = Client().post(
        f"/api/v1/surveys/{SURVEY}/keys",
        {
            "coordinator": to_base64(CAROL.public_key),
            "signature": to_base64(signature),
        },
        content_type="application/json",
    )
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"format": "drempel-policy/1"}', b"\xff"])
def test_it_tells_a_caller_to_come_back_while_the_policy_is_broken(
    anna: Anna, content: bytes
) -> None:
    (anna.folder / "policy.json").write_bytes(content)
    assert ask_keys() == (HTTPStatus.SERVICE_UNAVAILABLE, "policy.unreadable")
    anna.write_policy({"max_roster": 7})
    assert ask_keys() == (HTTPStatus.OK, "")
    assert operator_policy().max_roster == 7


def test_it_tells_a_caller_to_come_back_while_the_policy_is_missing(anna: Anna) -> None:
    (anna.folder / "policy.json").unlink()
    assert ask_keys() == (HTTPStatus.SERVICE_UNAVAILABLE, "policy.unreadable")


@pytest.mark.parametrize("content", [b"{", b'{"format": "drempel-nodes/1", "nodes": []}'])
def test_it_names_a_broken_nodes_file_as_its_own_fault(anna: Anna, content: bytes) -> None:
    (anna.folder / "nodes.json").write_bytes(content)
    with pytest.raises(Unavailable) as refusal:
        federation()
    assert refusal.value.code == "policy.unreadable"
