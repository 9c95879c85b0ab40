"""Lists that are not what their owners say are left out, and nobody else notices."""

import secrets
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connector import splitting
from connector.list_words import WordList
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request_result import verify_request_result
from tests.nodes.asked import Asked, ask, count, words
from tests.nodes.harness import Nodes

LISTS = {
    0: words((0, 40)),
    1: words((0, 20)),
    2: words((0, 15), (300, 310)),
    3: words((0, 10), (100, 200)),
}
# Every one of these would change the outcome if it were used.
BENT = {place: words((0, 40)) for place in (4, 5, 6)}


def other_hash(salt: bytes, context: bytes, component: bytes) -> bytes:
    """Return a hash as if the component were another one."""
    del salt, context, component
    return secrets.token_bytes(32)


def two_swapped(real: Any, capacity: int) -> Any:
    """Return a padded list in which two neighbours have changed places."""
    listed = splitting_padded(real, capacity)
    listed[[3, 4]] = listed[[4, 3]]
    return listed


def one_twice(real: Any, capacity: int) -> Any:
    """Return a padded list that has one word twice, so that it would count twice."""
    listed = splitting_padded(real, capacity)
    place = int(np.searchsorted(listed, real[5]))
    listed[place + 1] = listed[place]
    return listed


splitting_padded = splitting.padded
WAYS = {
    4: ("component_hash", other_hash),
    5: ("padded", two_swapped),
    6: ("padded", one_twice),
}


def contribute_bent(asked: Asked, place: int, own: WordList, folder: Path) -> None:
    """Hand a list in that is cut as no honest connector would."""
    name, how = WAYS[place]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, name, how)
        asked.contribute({place: own}, folder)


@pytest.fixture(scope="module")
def bent(nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> tuple[Asked, JSON]:
    folder = tmp_path_factory.mktemp("bent")
    asked = ask(nodes, owners=7)
    asked.consent(LISTS | BENT)
    asked.contribute(LISTS, folder)
    for place, own in BENT.items():
        contribute_bent(asked, place, own, folder)
    return asked, asked.result()


def test_it_leaves_out_what_is_not_usable_and_says_no_more(
    nodes: Nodes, bent: tuple[Asked, JSON]
) -> None:
    _, document = bent
    verify_request_result(document, nodes.house.nodes)
    assert document["accepted"] == 3
    assert document["rejected"] == [{"reason": "not usable", "count": 3}]


def test_it_counts_everybody_else_as_before(bent: tuple[Asked, JSON]) -> None:
    asked, document = bent
    assert count(document, "match", "organisations") == 3
    assert count(document, "match", "indicators") == 20
    assert asked.counts() == dict.fromkeys(range(10), 3)
    assert asked.hits(2) == set(range(15))


def test_each_operator_can_read_whose_lists_they_were(
    nodes: Nodes, bent: tuple[Asked, JSON]
) -> None:
    asked, _ = bent
    query = (
        "SELECT i.code, i.detail FROM nodes_incident i JOIN nodes_job j ON j.id = i.job_id"
        " WHERE j.digest = ? AND i.code LIKE ?"
    )
    for node in NODE_NAMES:
        assert sorted(nodes.read(node, query, asked.digest, "list not %")) == [
            ("list not ordered", "Owner 5's list does not increase."),
            ("list not ordered", "Owner 6's list does not increase."),
            ("list not usable", "Owner 4's components differ."),
        ]


def test_without_the_requesters_list_there_is_no_outcome(nodes: Nodes, tmp_path: Path) -> None:
    asked = ask(nodes, owners=4)
    asked.consent(LISTS)
    asked.contribute({place: LISTS[place] for place in (1, 2, 3)}, tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "padded", one_twice)
        asked.contribute({0: LISTS[0]}, tmp_path)
    document = asked.result()
    assert (document["state"], document["reason"]) == ("withheld", "too few lists")
    asked.wait_state("erased")
    for node in NODE_NAMES:
        query = (
            "SELECT m.stage FROM nodes_stagemessage m JOIN nodes_job j ON j.id = m.job_id"
            " WHERE j.digest = ? AND m.stage IN ('ordered', 'outcome')"
        )
        assert nodes.read(node, query, asked.digest) == []
