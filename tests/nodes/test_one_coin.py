"""A batch is opened under one coin, once: over restarts, losses and nodes that lie."""

import secrets
from dataclasses import replace

import pytest

from mpcengine.protocol.canonical import digest
from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.validity_coin import toss_commitment
from mpcengine.protocol.validity_messages import (
    CoinSeed,
    Toss,
    build_coin,
    build_lines,
    build_toss,
    parse_lines,
    parse_toss,
    tosses_digest,
)
from tests.nodes import crooked
from tests.nodes.harness import Nodes, Survey
from tests.nodes.publishing import colour_survey
from tests.nodes.test_restarts import check_counts
from tests.nodes.test_three_nodes import colours

KEPT = "nodes.coin_kept.after_commit"
POINTS = [
    f"nodes.{move}.{phase}"
    for move in ("say_toss", "say_coin", "coin_kept", "say_lines")
    for phase in ("before_write", "after_write", "after_commit")
]


@pytest.fixture
def survey(nodes: Nodes) -> Survey:
    made = nodes.publish(colour_survey(), 7)
    nodes.deliver(made, nodes.answers(made, colours(3, 2, 2)))
    return made


def transcript(nodes: Nodes, node: str, survey: Survey) -> bytes:
    query = "SELECT coin FROM nodes_job WHERE digest = ?"
    return bytes(nodes.read(node, query, survey.manifest.digest)[0][0])


def stopped(nodes: Nodes, survey: Survey, node: str, point: str) -> None:
    """Close the survey and wait until a node's worker has died at a kill point."""
    nodes.arm(node, point)
    nodes.order(survey, "close")
    nodes.wait_death(node, point)


def ended(nodes: Nodes, survey: Survey) -> tuple[str, str]:
    document = nodes.result(survey, nodes.end(survey, seconds=90.0))
    return document["state"], document["reason"]


def incidents(nodes: Nodes, node: str, survey: Survey) -> list[str]:
    rows = nodes.read(
        node,
        "SELECT i.detail FROM nodes_incident i JOIN nodes_job j ON j.id = i.job_id"
        " WHERE j.digest = ?",
        survey.manifest.digest,
    )
    return [detail for (detail,) in rows]


def test_it_keeps_its_coin_and_its_values_over_kills(nodes: Nodes, survey: Survey) -> None:
    """Switched off: `if job.coin` in `coins.coin_step`; or the seed stored with the toss."""
    stopped(nodes, survey, "b", "nodes.say_coin.before_write")
    nodes.arm("b", KEPT)
    nodes.start("b", "worker")
    nodes.wait_death("b", KEPT)
    kept = transcript(nodes, "b", survey)
    nodes.arm("b", "nodes.say_lines.after_commit")
    nodes.start("b", "worker")
    nodes.wait_death("b", "nodes.say_lines.after_commit")
    lines = nodes.said("b", survey, "lines", "b")
    assert lines is not None
    assert parse_lines(lines).coin == digest(kept)
    nodes.start("b", "worker")
    check_counts(nodes, survey)
    for node in "abc":
        assert transcript(nodes, node, survey) == kept
        assert nodes.said(node, survey, "lines", "b") == lines
        assert nodes.said(node, survey, "toss/2", "b") is None


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_it_goes_on_from_every_kill_point(nodes: Nodes, survey: Survey, point: str) -> None:
    stopped(nodes, survey, "c", point)
    nodes.start("c", "worker")
    check_counts(nodes, survey)
    assert len({transcript(nodes, node, survey) for node in "abc"}) == 1


@pytest.mark.parametrize("point", ["check.rows_read"])
def test_it_evaluates_again_when_the_process_died(
    nodes: Nodes, survey: Survey, point: str
) -> None:
    nodes.arm("a", point)
    nodes.order(survey, "close")
    check_counts(nodes, survey)
    assert not nodes.is_armed("a", point)


def test_a_second_toss_ends_the_job_of_whoever_has_a_coin(nodes: Nodes, survey: Survey) -> None:
    """Switched off: `coins._check_nobody_tosses`."""
    stopped(nodes, survey, "a", KEPT)
    own = parse_toss(nodes.said("a", survey, "toss/1", "c") or b"")
    commitment = toss_commitment(
        manifest=survey.manifest.digest,
        root=own.root,
        round_number=2,
        index=3,
        seed=secrets.token_bytes(32),
    )
    body = build_toss(replace(own, round=2, commitment=commitment))
    assert crooked.say(nodes, survey, "toss/2", body, "ca") == 202
    nodes.start("a", "worker")
    assert ended(nodes, survey) == ("withheld", "nodes disagree")
    assert "Node c tosses again although there is a coin." in incidents(nodes, "a", survey)
    assert nodes.said("a", survey, "lines", "a") is None


def test_a_node_that_lost_its_values_ends_the_job(nodes: Nodes, survey: Survey) -> None:
    """Switched off: `job_recall` in `driving._step`."""
    stopped(nodes, survey, "b", "nodes.say_checked.before_write")
    nodes.wait_said("a", survey, "lines", "b")
    job = "(SELECT id FROM nodes_job WHERE digest = ?)"
    nodes.write(
        "b",
        f"DELETE FROM nodes_stagemessage WHERE stage = 'lines' AND job_id = {job}",  # noqa: S608 - a constant
        survey.manifest.digest,
    )
    assert transcript(nodes, "b", survey)
    nodes.start("b", "worker")
    assert ended(nodes, survey) == ("withheld", "lost")


def test_another_seed_than_the_one_committed_to_gives_no_coin(
    nodes: Nodes, survey: Survey
) -> None:
    """Node c has seen two seeds and shows another of its own: that round is over.

    Switched off: the comparison in `validity_coin.joint_coin`.
    """
    stopped(nodes, survey, "c", "nodes.say_coin.before_write")
    nodes.write(
        "c",
        "UPDATE nodes_job SET coin_seed = ? WHERE digest = ?",
        bytes(32),
        survey.manifest.digest,
    )
    nodes.start("c", "worker")
    check_counts(nodes, survey)
    for node in "abc":
        assert any("committed to" in one for one in incidents(nodes, node, survey))
        assert nodes.said(node, survey, "toss/2", "c") is not None
        assert nodes.said(node, survey, "toss/3", "c") is None


def test_two_seeds_for_two_peers_end_the_job(nodes: Nodes, survey: Survey) -> None:
    """Node c gives a its seed and b another: a has a coin, and b must not get a second.

    Switched off: `coins._is_coinless`.
    """
    stopped(nodes, survey, "c", "nodes.say_coin.before_write")
    query = "SELECT coin_seed FROM nodes_job WHERE digest = ?"
    seed = bytes(nodes.read("c", query, survey.manifest.digest)[0][0])
    root = parse_toss(nodes.said("c", survey, "toss/1", "c") or b"").root
    tosses = [nodes.said("c", survey, "toss/1", node) or b"" for node in "abc"]
    right = CoinSeed(
        manifest=survey.manifest.digest,
        node="c",
        root=root,
        round=1,
        seed=seed,
        tosses=tosses_digest(tosses),
    )
    crooked.say(nodes, survey, "coin/1", build_coin(right), "ca")
    nodes.wait_stage("a", survey, "lines")
    crooked.say(nodes, survey, "coin/1", build_coin(replace(right, seed=bytes(32))), "cb")
    outcomes = nodes.end(survey, nodes=("a", "b"), seconds=60.0)
    document = nodes.withheld(survey, outcomes)
    assert (document["state"], document["reason"]) == ("withheld", "peer equivocated")
    assert nodes.said("b", survey, "lines", "b") is None


def test_two_commitments_for_two_peers_end_the_job(nodes: Nodes, survey: Survey) -> None:
    """Node c commits to one seed before a, to another before b, and opens each rightly.

    Each coin would stand; under both, c has two points of every line and reads every answer.
    Switched off: `coin.tosses` in `validity_messages.open_transcript`.
    """
    stopped(nodes, survey, "c", crooked.BEFORE_TOSS)
    digest_of, root, seeds = survey.manifest.digest, crooked.root_of(nodes, survey), {}
    for peer in "ab":
        nodes.wait_said("c", survey, "toss/1", peer, 90.0)
        seeds[peer] = secrets.token_bytes(32)
        commitment = toss_commitment(
            manifest=digest_of, root=root, round_number=1, index=3, seed=seeds[peer]
        )
        toss = Toss(manifest=digest_of, node="c", root=root, round=1, commitment=commitment)
        crooked.say(nodes, survey, "toss/1", build_toss(toss), f"c{peer}")
    for peer in "ab":
        nodes.wait_stage(peer, survey, "coin/1", 90.0)
        tosses = [nodes.said(peer, survey, "toss/1", node) or b"" for node in "abc"]
        coin = CoinSeed(
            manifest=digest_of,
            node="c",
            root=root,
            round=1,
            seed=seeds[peer],
            tosses=tosses_digest(tosses),
        )
        crooked.say(nodes, survey, "coin/1", build_coin(coin), f"c{peer}")
    outcomes = nodes.end(survey, nodes=("a", "b"), seconds=90.0)
    document = nodes.withheld(survey, outcomes)
    assert (document["state"], document["reason"]) == ("withheld", "peer equivocated")
    for peer in "ab":
        assert transcript(nodes, peer, survey) == b""
        found = incidents(nodes, peer, survey)
        assert any("other commitments" in one or "ended the job" in one for one in found)


def test_values_that_differ_from_peer_to_peer_are_noticed(nodes: Nodes, survey: Survey) -> None:
    """Node c tells a and b different values, and then one of them a verdict.

    Switched off: `lines` among what three ``checked`` must have in common (checking_step).
    """
    crooked.closed_alone(nodes, survey, "c", "nodes.say_lines.after_commit")
    said = parse_lines(nodes.said("c", survey, "lines", "c") or b"")
    zeros = pack_vector([0] * (said.count * said.opened))
    # One report is spoiled for a, another for b: each alone stays within the limit.
    size = 8 * said.opened
    for_a = zeros[:size] + said.values[size:]
    for_b = said.values[:size] + zeros[:size] + said.values[2 * size :]
    for values, way in ((for_a, "ca"), (for_b, "cb")):
        body = build_lines(replace(said, values=values))
        assert crooked.say(nodes, survey, "lines", body, way) in {200, 202}
    for node in "ab":
        nodes.wait_stage(node, survey, "checked", seconds=90.0)
    for node in "ab":
        own = nodes.said(node, survey, "checked", node) or b""
        body = own.replace(b'"node":"' + node.encode() + b'"', b'"node":"c"')
        crooked.say(nodes, survey, "checked", body, f"c{node}")
    outcomes = nodes.end(survey, nodes=("a", "b"), seconds=60.0)
    document = nodes.withheld(survey, outcomes)
    assert (document["state"], document["reason"]) == ("withheld", "nodes disagree")
