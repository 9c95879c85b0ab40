"""What a node says is stored before it is sent; what a peer says is stored once."""

import secrets

import pytest

from mpcengine.protocol.batch import list_commitment
from mpcengine.protocol.errors import BadSignature, MalformedMessage, ProtocolError
from mpcengine.protocol.messages import (
    PeerMessage,
    pack_signed,
    sign_peer_message,
    unpack_signed,
    verify_peer_message,
)
from mpcengine.protocol.signing import LABEL_COMMIT, LABEL_LIST, sign, verify
from mpcengine.protocol.stages import Commit, build_commit
from nodes.models import Incident, Job, StageMessage
from nodes.reasons import Reason
from nodes.selectors import ending_incident
from nodes.services.answering_peers import exchange_answer, peer_message_read
from nodes.services.stages import stage_hear, stage_say
from problems import Conflict, Missing
from tests.nodes.anna import Anna
from tests.nodes.publishing import colour_survey
from tests.people import ANNA, BRAM, CHRIS, Operator

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


def commit(digest: str, node: str) -> bytes:
    salt = secrets.token_bytes(32)
    return build_commit(
        Commit(manifest=digest, node=node, commitment=list_commitment(digest, salt, []))
    )


def packed(person: Operator, body: bytes, label: bytes = LABEL_COMMIT) -> bytes:
    return pack_signed(body, sign(person.signing_key, label, body))


@pytest.fixture
def job(anna: Anna) -> Job:
    return anna.open(anna.draft(colour_survey()))[1]


def test_it_says_the_same_bytes_for_ever(job: Job) -> None:
    body = commit(job.digest, "a")
    stage_say(job, "commit", body)
    message = PeerMessage(
        label="exchange",
        sender="b",
        receiver="a",
        job=job.digest,
        epoch="commit",
        nonce=bytes(range(16)),
        body=b"",
    )
    answers = [exchange_answer(message, job) for _ in range(2)]
    assert answers[0] == answers[1] is not None
    data, signature = answers[0] or (b"", b"")
    read = verify_peer_message(
        data, signature, sender="a", receiver="b", identity_key=ANNA.public_key
    )
    assert read.nonce == message.nonce
    said, own = unpack_signed(read.body)
    assert said == body
    verify(ANNA.public_key, LABEL_COMMIT, said, own)


def test_it_hears_a_peer_once_however_often_it_speaks(job: Job) -> None:
    body = commit(job.digest, "b")
    for _ in range(3):
        stage_hear(job, "commit", "b", packed(BRAM, body))
    assert bytes(StageMessage.objects.get().body) == body
    assert not Incident.objects.exists()


def test_it_notes_a_peer_that_says_two_things_and_keeps_the_first(job: Job) -> None:
    first = commit(job.digest, "b")
    stage_hear(job, "commit", "b", packed(BRAM, first))
    stage_hear(job, "commit", "b", packed(BRAM, commit(job.digest, "b")))
    assert bytes(StageMessage.objects.get().body) == first
    incident = ending_incident(job)
    assert incident is not None
    assert incident.code == Reason.PEER_EQUIVOCATED


@pytest.mark.parametrize("what", ["signer", "label", "sender", "job", "stage", "bytes"])
def test_it_stores_nothing_that_is_not_what_it_should_be(job: Job, what: str) -> None:
    body = commit(job.digest, "b")
    spoiled = {
        "signer": lambda: stage_hear(job, "commit", "b", packed(CHRIS, body)),
        "label": lambda: stage_hear(job, "commit", "b", packed(BRAM, body, LABEL_LIST)),
        "sender": lambda: stage_hear(job, "commit", "c", packed(CHRIS, body)),
        "job": lambda: stage_hear(
            job, "commit", "b", packed(BRAM, commit("sha256:" + "0" * 64, "b"))
        ),
        "stage": lambda: stage_hear(job, "list", "b", packed(BRAM, body, LABEL_LIST)),
        "bytes": lambda: stage_hear(job, "commit", "b", b"\x00" * 70),
    }
    with pytest.raises(ProtocolError):
        spoiled[what]()
    assert not StageMessage.objects.exists()


def peer(sender: Operator, receiver: str, job: str, label: str = "exchange") -> PeerMessage:
    return PeerMessage(
        label=label,
        sender=sender.node,
        receiver=receiver,
        job=job,
        epoch="commit",
        nonce=bytes(16),
        body=b"",
    )


def test_it_reads_messages_of_its_two_peers_only(job: Job) -> None:
    data, signature = sign_peer_message(BRAM.signing_key, peer(BRAM, "a", job.digest))
    assert peer_message_read(data, signature)[1] == job
    with pytest.raises(BadSignature):
        peer_message_read(data, bytes(64))
    with pytest.raises(BadSignature):
        peer_message_read(*sign_peer_message(CHRIS.signing_key, peer(BRAM, "a", job.digest)))
    with pytest.raises(BadSignature):
        peer_message_read(*sign_peer_message(ANNA.signing_key, peer(ANNA, "a", job.digest)))
    with pytest.raises(MalformedMessage):
        peer_message_read(*sign_peer_message(BRAM.signing_key, peer(BRAM, "c", job.digest)))


def test_it_answers_nobody_about_what_it_has_not_opened(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    data, signature = sign_peer_message(BRAM.signing_key, peer(BRAM, "a", manifest.digest))
    with pytest.raises(Missing):
        peer_message_read(data, signature)
    anna.accept(draft, manifest)
    with pytest.raises(Conflict):
        peer_message_read(data, signature)


def test_it_says_nothing_yet_where_it_has_said_nothing(job: Job) -> None:
    assert exchange_answer(peer(BRAM, "a", job.digest), job) is None
    with pytest.raises(MalformedMessage):
        exchange_answer(peer(BRAM, "a", job.digest, label="packages"), job)
