"""A requester who asks nearly the same again gets no second outcome from which to subtract."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from connector.list_words import WordList
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request_result import verify_request_result
from tests.nodes.asked import Asked, ask, count, words
from tests.nodes.harness import Nodes

# One holder alone has value 19; ten others of the requester's forty are held by three.
HOLDERS = {
    1: words((0, 20)),
    2: words((0, 15), (300, 310)),
    3: words((0, 10), (100, 200)),
}
FIRST = words((0, 19), (20, 41))
ONE_MORE = words((0, 41))
TEN_OTHERS = words((0, 19), (20, 36), (600, 605))
NEAR, LOST = "near an earlier question", "earlier question lost"


class Requester:
    """Somebody with one key who asks the same holders several times."""

    def __init__(self, nodes: Nodes, folder: Path) -> None:
        self.nodes, self.folder = nodes, folder
        self.key = Ed25519PrivateKey.generate()
        self.times = 0

    def begin(self, own: WordList, **terms: Any) -> Asked:
        """Put a question, and hand in all lists."""
        self.times += 1
        folder = self.folder / str(self.times)
        folder.mkdir()
        asked = ask(self.nodes, owners=4, requester=self.key, **terms)
        lists = {0: own, **HOLDERS}
        asked.consent(lists)
        asked.contribute(lists, folder)
        return asked

    def ask(self, own: WordList, **terms: Any) -> dict[str, Any]:
        """Put a question and return the document of its end."""
        document = self.begin(own, **terms).result()
        verify_request_result(document, self.nodes.house.nodes)
        return document


@pytest.fixture
def requester(nodes: Nodes, tmp_path: Path) -> Requester:
    return Requester(nodes, tmp_path)


def end(document: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the state of a request, and why it has no outcome."""
    return str(document["state"]), document["reason"]


def test_one_indicator_more_gets_no_outcome_at_any_node(
    nodes: Nodes, requester: Requester
) -> None:
    """With it, 19 and then 20 indicators would tell that somebody holds value 19."""
    first = requester.ask(FIRST)
    assert count(first, "match", "indicators") == 19
    asked = requester.begin(ONE_MORE)
    assert end(asked.result()) == ("withheld", NEAR)
    asked.wait_state("erased")
    for node in NODE_NAMES:
        assert asked.told(node)[-2:] == ["request.refused.budget", "request.withheld"]
        # The refused list is kept by nobody: no outcome was said of it.
        query = "SELECT id FROM nodes_retainedset WHERE request = ?"
        assert nodes.read(node, query, asked.digest) == []
        assert asked.said(node, "near", node) is None


@pytest.mark.slow
def test_the_same_again_and_one_far_enough_are_answered(requester: Requester) -> None:
    first = requester.ask(FIRST)
    again = requester.ask(FIRST)
    assert again["match"] == first["match"]
    far = requester.ask(TEN_OTHERS)
    assert count(far, "match", "indicators") == 19
    # Nearer to the second than to the first: each of the last counts.
    assert end(requester.ask(words((0, 19), (20, 36), (600, 606)))) == ("withheld", NEAR)


@pytest.mark.slow
def test_another_requester_may_ask_what_is_near(
    nodes: Nodes, requester: Requester, tmp_path: Path
) -> None:
    requester.ask(FIRST)
    (tmp_path / "other").mkdir()
    assert end(Requester(nodes, tmp_path / "other").ask(ONE_MORE)) == ("released", None)


@pytest.mark.slow
def test_lists_in_buckets_of_other_nonces_are_compared(requester: Requester) -> None:
    cut = {"first_size": 4096, "other_size": 4096, "buckets": 2}
    assert end(requester.ask(FIRST, **cut)) == ("released", None)
    assert end(requester.ask(ONE_MORE, **cut | {"buckets": 4})) == ("withheld", NEAR)


@pytest.mark.slow
def test_two_near_questions_at_once_get_one_outcome(requester: Requester) -> None:
    both = [requester.begin(FIRST), requester.begin(ONE_MORE)]
    ends = sorted(end(asked.result()) for asked in both)
    assert ends == [("released", None), ("withheld", NEAR)]


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["earlier", "near"])
@pytest.mark.parametrize("phase", ["before_write", "after_write", "after_commit"])
def test_a_node_that_dies_while_comparing_goes_on(
    nodes: Nodes, requester: Requester, stage: str, phase: str
) -> None:
    assert end(requester.ask(FIRST)) == ("released", None)
    point = f"nodes.say_{stage}.{phase}"
    nodes.arm("b", point)
    asked = requester.begin(ONE_MORE)
    nodes.wait_death("b", point)
    nodes.start("b", "worker")
    assert end(asked.result()) == ("withheld", NEAR)


@pytest.mark.slow
def test_a_node_that_lost_what_it_kept_stops_the_next_question(
    nodes: Nodes, requester: Requester
) -> None:
    first = requester.begin(FIRST)
    assert end(first.result()) == ("released", None)
    statement = (
        "DELETE FROM nodes_retainedchunk"
        " WHERE retained_id = (SELECT id FROM nodes_retainedset WHERE request = ?)"
    )
    assert nodes.write("c", statement, first.digest)
    assert end(requester.ask(TEN_OTHERS)) == ("withheld", LOST)


@pytest.mark.slow
def test_a_year_later_nothing_is_compared(nodes: Nodes, requester: Requester) -> None:
    first = requester.begin(FIRST)
    assert end(first.result()) == ("released", None)
    age(nodes, first, 365, 364.9, 365)
    # Node b still counts it, so all three do: the others hold it for a day more.
    assert end(requester.ask(ONE_MORE)) == ("withheld", NEAR)
    age(nodes, first, 365, 365, 365)
    assert end(requester.ask(ONE_MORE)) == ("released", None)


def age(nodes: Nodes, asked: Asked, *days: float) -> None:
    """Make what each node keeps of a request so many days and a minute old."""
    for node, each in zip(NODE_NAMES, days, strict=True):
        moment = (timezone.now() - timedelta(days=each, minutes=1)).replace(tzinfo=None)
        statement = "UPDATE nodes_retainedset SET retained_at = ? WHERE request = ?"
        assert nodes.write(node, statement, moment.isoformat(" "), asked.digest)
