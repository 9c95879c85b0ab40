"""A node that says two things, or lies about its shares, ends the job and opens nothing."""

import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mpcengine.protocol.batch import list_commitment
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.messages import PeerMessage, pack_signed, sign_peer_message
from mpcengine.protocol.signing import LABEL_COMMIT, sign
from mpcengine.protocol.stages import Commit, build_commit
from mpcengine.protocol.strict import to_base64
from nodes.peer_client import SIGNATURE_HEADER
from tests.nodes.harness import Nodes, Survey
from tests.nodes.publishing import colour_survey
from tests.nodes.test_three_nodes import colours


def identity(nodes: Nodes, node: str) -> Ed25519PrivateKey:
    path = nodes.house.service_folder(f"node-{node}") / "identity.pem"
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def say_commit(nodes: Nodes, survey: Survey, sender: str, receiver: str) -> int:
    """Send a made-up commitment, signed as ``sender``; return the HTTP status."""
    key, digest = identity(nodes, sender), survey.manifest.digest
    commitment = list_commitment(digest, secrets.token_bytes(32), [])
    body = build_commit(Commit(manifest=digest, node=sender, commitment=commitment))
    data, signature = sign_peer_message(
        key,
        PeerMessage(
            label="exchange",
            sender=sender,
            receiver=receiver,
            job=digest,
            epoch="commit",
            nonce=secrets.token_bytes(16),
            body=pack_signed(body, sign(key, LABEL_COMMIT, body)),
        ),
    )
    found = nodes.receivers[receiver]
    answer = found.pool.request(
        "POST",
        f"{found.url}/api/v1/peer/exchange",
        body=data,
        headers={
            "Content-Type": "application/json",
            SIGNATURE_HEADER: to_base64(signature),
        },
    )
    return answer.status


def test_it_withholds_when_a_peer_says_two_things(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 4)
    nodes.deliver(survey, nodes.answers(survey, colours(2, 2, 0)))
    nodes.order(survey, "close")
    nodes.wait_said("a", survey, "commit", "c")
    assert say_commit(nodes, survey, "c", "a") == 200
    document = nodes.result(survey, nodes.end(survey))
    assert (document["state"], document["reason"]) == ("withheld", "peer equivocated")
    incidents = nodes.read("a", "SELECT detail FROM nodes_incident WHERE ends_job")
    assert ("Node c said two things at commit.",) in incidents


def test_it_refuses_a_message_that_no_peer_signed(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 4)
    assert say_commit(nodes, survey, "a", "a") == 403
    nodes.order(survey, "close")
    nodes.end(survey)


def alter_output(
    nodes: Nodes, node: str, survey: Survey, name: str, by: int = 1, at: int = 0
) -> None:
    """Add ``by`` to the first element, or that at ``at``, of what a node's party gave back."""
    output, words = nodes.read(
        node,
        "SELECT o.id, o.words"
        " FROM nodes_joboutput o JOIN nodes_job j ON j.id = o.job_id"
        " WHERE j.digest = ? AND o.name = ?",
        survey.manifest.digest,
        name,
    )[0]
    place = 8 * at
    element = (int.from_bytes(words[place : place + 8], "little") + by) % MODULUS
    changed = words[:place] + element.to_bytes(8, "little") + words[place + 8 :]
    assert nodes.write(
        node, "UPDATE nodes_joboutput SET words = ? WHERE id = ?", changed, output
    )


def run_with_altered(nodes: Nodes, name: str) -> tuple[str, str]:
    survey = nodes.publish(colour_survey(), 4)
    nodes.deliver(survey, nodes.answers(survey, colours(2, 2, 0)))
    nodes.arm("c", "nodes.say_done.after_commit")
    nodes.order(survey, "close")
    nodes.wait_death("c", "nodes.say_done.after_commit")
    alter_output(nodes, "c", survey, name)
    nodes.start("c", "worker")
    document = nodes.result(survey, nodes.end(survey))
    return document["state"], document["reason"]


def test_it_withholds_when_a_share_of_the_pattern_was_altered(nodes: Nodes) -> None:
    assert run_with_altered(nodes, "pattern") == ("withheld", "inconsistent shares")


def test_it_opens_nothing_under_a_pattern_that_hides_one_cell_alone(nodes: Nodes) -> None:
    """A gate whose verdict was bent: three shares on one line, but no rule gives this."""
    survey = nodes.publish(colour_survey(), 9)
    nodes.deliver(survey, nodes.answers(survey, colours(4, 3, 2)))
    point = "nodes.say_done.after_commit"
    for node in "abc":
        nodes.arm(node, point)
    nodes.order(survey, "close")
    for node in "abc":
        nodes.wait_death(node, point)
        alter_output(nodes, node, survey, "pattern", MODULUS - 1)
    for node in "abc":
        nodes.start(node, "worker")
    document = nodes.result(survey, nodes.end(survey))
    assert (document["state"], document["reason"]) == ("withheld", "disclosure check failed")
    for node in "abc":
        said = nodes.read(
            node,
            "SELECT m.stage FROM nodes_stagemessage m JOIN nodes_job j ON j.id = m.job_id"
            " WHERE j.digest = ?",
            survey.manifest.digest,
        )
        assert ("pattern/1",) in said
        assert ("opening",) not in said


@pytest.mark.slow
def test_it_withholds_when_a_share_of_a_count_was_altered(nodes: Nodes) -> None:
    assert run_with_altered(nodes, "counts") == ("withheld", "inconsistent shares")


def test_it_ends_when_a_node_stays_away_too_long(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 4)
    nodes.deliver(survey, nodes.answers(survey, colours(2, 2, 0)))
    nodes.order(survey, "close", to="ab")
    nodes.wait_stage("a", survey, "commit")
    nodes.wait_stage("b", survey, "commit")
    for node in "ab":
        nodes.write(
            node,
            "UPDATE nodes_job SET closed_at = '2020-01-01 00:00:00' WHERE digest = ?",
            survey.manifest.digest,
        )
    outcomes = nodes.end(survey, nodes=("a", "b"))
    document = nodes.withheld(survey, outcomes)
    assert (document["state"], document["reason"]) == ("withheld", "node lost")


def test_it_ends_as_lost_when_its_peers_know_more_than_itself(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(), 4)
    nodes.deliver(survey, nodes.answers(survey, colours(2, 2, 0)))
    nodes.arm("b", "nodes.say_verdict.before_write")
    nodes.order(survey, "close")
    nodes.wait_death("b", "nodes.say_verdict.before_write")
    # What a restored backup looks like: the node is where it was, its peers are further.
    digest = survey.manifest.digest
    job = nodes.read("b", "SELECT id FROM nodes_job WHERE digest = ?", digest)[0][0]
    nodes.write("b", "DELETE FROM nodes_stagemessage WHERE job_id = ?", job)
    nodes.write("b", "DELETE FROM nodes_joblist WHERE job_id = ?", job)
    nodes.write("b", "UPDATE nodes_job SET state = 'closing' WHERE id = ?", job)
    nodes.start("b", "worker")
    document = nodes.result(survey, nodes.end(survey))
    assert (document["state"], document["reason"]) == ("withheld", "lost")
