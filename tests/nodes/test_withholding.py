"""A withheld job keeps no share of what would have been released, and says only its end."""

from dataclasses import replace

import pytest

from mpcengine.protocol.messages import PeerMessage, pack_signed, unpack_signed
from mpcengine.protocol.messages import verify_peer_message as verify_peer
from mpcengine.protocol.signing import LABEL_OPENING, LABEL_STATEMENT, sign, verify
from mpcengine.protocol.stages import Opening, build_opening
from mpcengine.protocol.statement import WITHHELD, parse_statement
from nodes.models import Job, StageMessage
from nodes.reasons import Reason
from nodes.services.answering_peers import ENDED, EXCHANGE, exchange_answer
from nodes.services.stages import stage_hear, stage_packed, stage_say
from nodes.services.statements import job_withhold
from tests.nodes.anna import Anna
from tests.nodes.publishing import colour_survey
from tests.people import ANNA, BRAM, Operator

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


@pytest.fixture
def job(anna: Anna) -> Job:
    return anna.open(anna.draft(colour_survey()))[1]


def opening(job: Job, node: str) -> bytes:
    shares = {"cell/colour/0": 271828}
    return build_opening(Opening(manifest=job.digest, node=node, shares=shares))


def packed(job: Job, person: Operator) -> bytes:
    body = opening(job, person.node)
    return pack_signed(body, sign(person.signing_key, LABEL_OPENING, body))


def question(job: Job) -> PeerMessage:
    return PeerMessage(
        label=EXCHANGE,
        sender="b",
        receiver="a",
        job=job.digest,
        epoch="opening",
        nonce=bytes(16),
        body=packed(job, BRAM),
    )


def answered(message: PeerMessage, job: Job) -> PeerMessage:
    data, signature = exchange_answer(message, job) or (b"", b"")
    return verify_peer(data, signature, sender="a", receiver="b", identity_key=ANNA.public_key)


def test_it_deletes_its_own_and_its_peers_openings(job: Job) -> None:
    stage_say(job, "opening", opening(job, "a"))
    assert answered(question(job), job).body == stage_packed(job, "opening")
    assert StageMessage.objects.filter(stage="opening").count() == 2
    job_withhold(job, Reason.DISCLOSURE, "")
    assert not StageMessage.objects.filter(stage="opening").exists()


def test_it_answers_with_its_end_before_anything_it_said(job: Job) -> None:
    stage_say(job, "opening", opening(job, "a"))
    job_withhold(job, Reason.DISCLOSURE, "")
    # As a node of before this rule left it: the end must come first all the same.
    body = opening(job, "a")
    signature = sign(ANNA.signing_key, LABEL_OPENING, body)
    row = StageMessage(job=job, stage="opening", sender="a", body=body, signature=signature)
    row.save()
    for message in (question(job), replace(question(job), body=b"")):
        answer = answered(message, job)
        assert answer.label == ENDED
        said, signed = unpack_signed(answer.body)
        verify(ANNA.public_key, LABEL_STATEMENT, said, signed)
        statement = parse_statement(said)
        assert (statement.state, statement.reason) == (WITHHELD, "disclosure check failed")
    assert list(StageMessage.objects.values_list("sender", flat=True)) == ["a"]


def test_it_keeps_no_opening_that_arrives_while_the_job_ends(job: Job) -> None:
    before = Job.objects.get(pk=job.pk)
    job_withhold(job, Reason.DISCLOSURE, "")
    # A web process read the row before the driver ended the job.
    stage_hear(before, "opening", "b", packed(job, BRAM))
    assert not StageMessage.objects.exists()
