"""Three real nodes take a match and a comparison from consents to three signed statements."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request_result import verify_request_result
from tests.nodes.asked import Asked, ask, count, words
from tests.nodes.harness import Nodes

# Of forty values of the requester twenty are held somewhere, and ten by three holders.
LISTS = {
    0: words((0, 40)),
    1: words((0, 20)),
    2: words((0, 15), (300, 310)),
    3: words((0, 10), (100, 200)),
    4: words((500, 520)),
}


@pytest.fixture(scope="module")
def matched(nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> tuple[Asked, JSON]:
    asked = ask(nodes)
    asked.consent(LISTS)
    asked.contribute(LISTS, tmp_path_factory.mktemp("parts"))
    return asked, asked.result()


def test_it_counts_what_holders_have(nodes: Nodes, matched: tuple[Asked, JSON]) -> None:
    _, document = matched
    verify_request_result(document, nodes.house.nodes)
    assert document["accepted"] == 4
    assert document["rejected"] == []
    assert count(document, "match", "organisations") == 3
    assert count(document, "match", "indicators") == 20


def test_it_tells_how_far_a_request_has_come(matched: tuple[Asked, JSON]) -> None:
    asked, _ = matched
    for node in NODE_NAMES:
        assert asked.told(node) == [
            "request.opened",
            "request.consents_closed",
            "request.closed",
        ]


def test_each_owner_reads_what_is_hers_alone(matched: tuple[Asked, JSON]) -> None:
    asked, _ = matched
    assert asked.counts() == dict.fromkeys(range(10), 3)
    assert [asked.hits(place) for place in (1, 2, 3, 4)] == [
        set(range(20)),
        set(range(15)),
        set(range(10)),
        set(),
    ]


def test_it_keeps_no_list_and_no_key_once_the_end_is_signed(
    nodes: Nodes, matched: tuple[Asked, JSON]
) -> None:
    asked, _ = matched
    asked.wait_state("erased")
    for node in NODE_NAMES:
        job, part = nodes.read(
            node, "SELECT id, coin_seed FROM nodes_job WHERE digest = ?", asked.digest
        )[0]
        assert part == b""
        contributions = "SELECT id FROM nodes_storedcontribution WHERE job_id = ?"
        assert nodes.read(node, contributions, job) == []
        outputs = (
            "SELECT o.id FROM nodes_joboutput o JOIN nodes_job j ON j.id = o.job_id"
            " WHERE j.id = ? OR j.parent_id = ?"
        )
        assert nodes.read(node, outputs, job, job) == []
        assert nodes.read(node, "SELECT id FROM nodes_listchunk") == []
        keys = "SELECT wrapped FROM nodes_surveykeys WHERE survey_id = ?"
        assert nodes.read(node, keys, asked.manifest.request_id) == [(b"",)]


@pytest.mark.parametrize("lists", [{0: words((0, 60)), 1: words((40, 120))}])
def test_it_compares_two_lists(nodes: Nodes, tmp_path: Path, lists: Mapping[int, JSON]) -> None:
    asked = ask(nodes, "compare", owners=2)
    asked.consent(lists)
    asked.contribute(lists, tmp_path)
    document = asked.result()
    verify_request_result(document, nodes.house.nodes)
    assert count(document, "compare", "intersection") == 20
    assert count(document, "compare", "union") == 120


def test_it_ends_without_an_outcome_when_too_few_consent(nodes: Nodes) -> None:
    asked = ask(nodes)
    asked.consent({place: LISTS[place] for place in (0, 1, 2)})
    asked.order("close-consents")
    document = asked.result()
    assert (document["state"], document["reason"]) == ("withheld", "too few lists")
    for node in NODE_NAMES:
        assert asked.told(node) == [
            "request.opened",
            "request.consents_closed",
            "request.withheld",
        ]
