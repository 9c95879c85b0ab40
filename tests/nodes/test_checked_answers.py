"""Crooked answers are left out for the right reason, whoever helps, and the rest is counted."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from connector.checks import checks_verify
from connector.errors import Misbehaved
from connector.lists import published_read
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.codec import pack_vector, unpack_vector
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.package import Package
from mpcengine.protocol.validity_messages import build_lines, parse_lines
from tests.nodes import crooked
from tests.nodes.harness import Nodes, Survey, cells
from tests.nodes.publishing import colour_survey
from tests.nodes.test_three_nodes import colours

HELPED = "nodes.say_lines.after_commit"


def rejected(nodes: Nodes, survey: Survey) -> dict[str, str]:
    """Return what node a publishes of who was not counted, by id."""
    path = f"lists/{survey.manifest.digest}/rejected"
    return {one["id"]: one["reason"] for one in nodes.receivers["a"].get(path)["rejected"]}


def reasons(document: Mapping[str, JSON]) -> dict[str, int]:
    return {one["reason"]: one["count"] for one in document["rejected"]}


def honest(nodes: Nodes, survey: Survey, *numbers: int) -> list[Package]:
    """Return packages of the first codes; the codes after them are left for crooks."""
    return nodes.answers(survey, colours(*numbers))


def test_it_rejects_each_crook_for_what_is_wrong_and_counts_the_rest(nodes: Nodes) -> None:
    """Switched off: `judged_verdict` gives None for every report (nodes/services/verdicts)."""
    survey = nodes.publish(colour_survey(), 10)
    good = honest(nodes, survey, 3, 2, 2)
    made = {
        "not bits": crooked.not_bits(survey.manifest),
        "constraint": crooked.two_answers(survey.manifest),
        "inconsistent": crooked.off_the_line(survey.manifest),
    }
    bad = {
        reason: crooked.sealed(nodes, survey, place, shares)
        for place, (reason, shares) in enumerate(made.items(), start=len(good))
    }
    nodes.deliver(survey, [*good, *bad.values()])
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert cells(document, "colour") == [3, 2, 2]
    assert document["accepted"] == len(good)
    assert reasons(document) == dict.fromkeys(made, 1)
    assert rejected(nodes, survey) == {one.package_id: why for why, one in bad.items()}
    for terms in survey.manifest.nodes:
        receiver = nodes.receivers[terms.node]
        published = published_read(
            receiver,
            node=terms.node,
            identity_key=terms.identity_key,
            manifest=survey.manifest.digest,
        )
        checks_verify(receiver, survey.manifest, published)
        spared = replace(published, accepted=published.accepted | {bad["not bits"].package_id})
        with pytest.raises(Misbehaved):
            checks_verify(receiver, survey.manifest, spared)


def test_a_node_cannot_have_a_crook_accepted(nodes: Nodes) -> None:
    """Node c moves its share of H so that the square holds: the three are off the line then.

    Switched off: `on_line` in `validity_check.judge`.
    """
    survey = nodes.publish(colour_survey(), 8)
    good = honest(nodes, survey, 3, 2, 2)
    crook = crooked.sealed(nodes, survey, 7, crooked.not_bits(survey.manifest))
    nodes.deliver(survey, [*good, crook])
    crooked.closed_alone(nodes, survey, "c", HELPED)
    said = parse_lines(nodes.said("c", survey, "lines", "c") or b"")
    place = sorted(one.package_id for one in [*good, crook]).index(crook.package_id)
    values = unpack_vector(said.values, said.count * said.opened)
    at = place * said.opened + 1
    values[at] = (values[at] + 12345) % MODULUS
    body = build_lines(replace(said, values=pack_vector(values)))
    crooked.rewrite(nodes, "c", survey, "lines", body)
    nodes.start("c", "web")
    nodes.start("c", "worker")
    document = nodes.result(survey, nodes.end(survey))
    assert cells(document, "colour") == [3, 2, 2]
    assert reasons(document) == {"inconsistent": 1}


def test_too_many_that_a_node_could_have_spoiled_stop_the_release(nodes: Nodes) -> None:
    """Switched off: the limit in `checking._check_verdict`."""
    survey = nodes.publish(colour_survey(), 9)
    good = honest(nodes, survey, 3, 2, 2)
    bad = [
        crooked.sealed(nodes, survey, place, crooked.off_the_line(survey.manifest))
        for place in (7, 8)
    ]
    nodes.deliver(survey, [*good, *bad])
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert (document["state"], document["reason"]) == ("withheld", "too many inconsistent")
    assert document["accepted"] is None


def test_what_cannot_be_opened_and_what_is_inconsistent_count_together(nodes: Nodes) -> None:
    """One of each, where one is allowed: the first verdict alone would let it pass."""
    survey = nodes.publish(colour_survey(), 9)
    good = honest(nodes, survey, 3, 2, 3)
    broken = nodes.broken(survey, good.pop(), "b")
    odd = crooked.sealed(nodes, survey, 8, crooked.off_the_line(survey.manifest))
    nodes.deliver(survey, [*good, broken, odd])
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert (document["state"], document["reason"]) == ("withheld", "too many inconsistent")
    assert nodes.said("a", survey, "lines", "a") is None
    assert nodes.said("a", survey, "checked", "a") is None


@pytest.mark.slow
def test_crooks_do_not_count_towards_min_count(nodes: Nodes) -> None:
    survey = nodes.publish(colour_survey(min_count=4), 5)
    good = honest(nodes, survey, 1, 1, 1)
    bad = [
        crooked.sealed(nodes, survey, place, crooked.two_answers(survey.manifest))
        for place in (3, 4)
    ]
    nodes.deliver(survey, [*good, *bad])
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert (document["state"], document["reason"]) == ("withheld", "fewer than min_count")
