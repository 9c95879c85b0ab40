"""A node believes a peer's answer to the question it has just put, and no other."""

from dataclasses import replace

import pytest

from mpcengine.protocol.messages import PeerMessage, sign_peer_message, verify_peer_message
from mpcengine.protocol.nodesfile import NodeEntry
from mpcengine.protocol.strict import parse_base64, to_base64
from nodes import peer_client
from nodes.models import Job
from nodes.peer_client import PeerMisbehaved, peer_ask
from nodes.services.answering_peers import RECALL
from nodes.services.meeting import job_recall
from tests.nodes.anna import Anna
from tests.nodes.publishing import colour_survey
from tests.people import ANNA, BRAM, CHRIS

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])

PEERS = {"b": BRAM, "c": CHRIS}


class Wire:
    """Stand between Anna's node and its peers, which say they have heard ``said`` of hers."""

    def __init__(self) -> None:
        self.said = b"[]"
        self.kept: dict[str, tuple[int, bytes, str]] = {}
        self.replays = False
        self.change: dict[str, object] = {}

    def post(
        self, entry: NodeEntry, address: str, data: bytes, header: str
    ) -> tuple[int, bytes, str]:
        assert address == "exchange"
        if self.replays:
            return self.kept[entry.node]
        question = verify_peer_message(
            data,
            parse_base64(header) or b"",
            sender="a",
            receiver=entry.node,
            identity_key=ANNA.public_key,
        )
        answer = replace(question, sender=entry.node, receiver="a", body=self.said)
        body, signature = sign_peer_message(
            PEERS[entry.node].signing_key,
            replace(answer, **self.change),  # type: ignore[arg-type]  # fields of a message
        )
        self.kept[entry.node] = 200, body, to_base64(signature)
        return self.kept[entry.node]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    made = Wire()
    monkeypatch.setattr(peer_client, "_post", made.post)
    return made


@pytest.fixture
def job(anna: Anna) -> Job:
    return anna.open(anna.draft(colour_survey()))[1]


def ask(job: Job) -> PeerMessage | None:
    return peer_ask("b", "exchange", label=RECALL, job=job.digest, epoch=RECALL)


def test_it_takes_the_answer_to_its_own_question(job: Job, wire: Wire) -> None:
    answer = ask(job)
    assert answer is not None
    assert answer.body == wire.said


def test_it_takes_no_old_answer_though_the_peer_signed_it(job: Job, wire: Wire) -> None:
    ask(job)
    wire.replays = True
    with pytest.raises(PeerMisbehaved):
        ask(job)


@pytest.mark.parametrize("change", [{"nonce": bytes(16)}, {"epoch": "commit"}])
def test_it_takes_no_answer_to_another_question(
    job: Job, wire: Wire, change: dict[str, object]
) -> None:
    wire.change = change
    with pytest.raises(PeerMisbehaved):
        ask(job)


def test_a_restored_node_is_not_told_by_a_replay_that_it_said_nothing(
    job: Job, wire: Wire
) -> None:
    for peer in PEERS:
        peer_ask(peer, "exchange", label=RECALL, job=job.digest, epoch=RECALL)
    wire.replays = True
    assert not job_recall(job)
    wire.replays = False
    assert job_recall(job)
