"""A consent withdrawn and an approval revoked, before, during and after computing."""

from pathlib import Path

import pytest

from cli.errors import CliError
from connector.errors import Refused
from tests.nodes.asked import Asked, ask, count, words
from tests.nodes.harness import Nodes

LISTS = {
    0: words((0, 40)),
    1: words((0, 20)),
    2: words((0, 15)),
    3: words((0, 10)),
    4: words((0, 5)),
}


def events(asked: Asked, node: str) -> list[str]:
    return [code for code in asked.told(node) if code == "request.taken_back"]


def test_before_computing_a_withdrawn_list_counts_nowhere(nodes: Nodes, tmp_path: Path) -> None:
    asked = ask(nodes)
    asked.consent(LISTS)
    asked.contribute({4: LISTS[4]}, tmp_path)
    assert asked.withdraw(4) == ["discarded"] * 3
    assert asked.withdraw(4) == ["discarded"] * 3
    with pytest.raises(Refused) as refusal:
        asked.contribute({4: LISTS[4]}, tmp_path)
    assert refusal.value.code == "contribution.withdrawn"
    asked.contribute({owner: LISTS[owner] for owner in range(4)}, tmp_path)
    document = asked.result()
    assert document["accepted"] == 3
    assert count(document, "match", "organisations") == 3
    assert events(asked, "a") == ["request.taken_back"]


def test_before_computing_the_quorum_is_checked_again(nodes: Nodes, tmp_path: Path) -> None:
    asked = ask(nodes, owners=4)
    lists = {owner: LISTS[owner] for owner in range(4)}
    asked.consent(lists)
    assert asked.withdraw(3) == ["discarded"] * 3
    asked.contribute({owner: lists[owner] for owner in range(3)}, tmp_path)
    assert asked.result()["reason"] == "too few lists"


def test_while_computing_the_nodes_stop(nodes: Nodes, tmp_path: Path) -> None:
    asked = ask(nodes)
    asked.consent(LISTS)
    others = {owner: LISTS[owner] for owner in range(4)}
    asked.contribute(others, tmp_path)
    nodes.stop("c", "worker")
    asked.contribute({4: LISTS[4]}, tmp_path)
    nodes.wait(lambda: all(asked.said(one, "complete", one) for one in "ab"), 30)
    assert asked.withdraw(4) == ["stopped", "stopped", "discarded"]
    nodes.start("c", "worker")
    asked.wait_state("erased", 60)
    document = asked.result()
    assert document["state"] == "withheld"
    assert document["reason"] in {"consent withdrawn", "another node withheld"}


def test_afterwards_the_answer_stands_and_is_not_asked_again_of_one_fewer(
    nodes: Nodes, tmp_path: Path
) -> None:
    asked = ask(nodes)
    asked.consent(LISTS)
    asked.contribute(LISTS, tmp_path)
    assert asked.result()["state"] == "released"
    asked.wait_state("erased", 60)
    assert asked.withdraw(4) == ["stands"] * 3
    own = asked.keys[0].sign
    with pytest.raises(CliError, match="differ by too few"):
        ask(nodes, owners=4, requester=own, holders=asked.keys[1:4])
    assert ask(nodes, owners=5, requester=own, holders=asked.keys[1:5]).digest


@pytest.mark.slow  # a second whole match: pytest -m slow tests/nodes/test_taking_back.py
def test_nodes_refuse_lists_of_one_holder_fewer_also_while_they_compute(
    nodes: Nodes, tmp_path: Path
) -> None:
    first = ask(nodes)
    first.consent(LISTS)
    first.contribute(LISTS, tmp_path)
    assert first.result()["state"] == "released"
    again = ask(nodes, requester=first.keys[0].sign, holders=first.keys[1:])
    some = {owner: LISTS[owner] for owner in range(4)}
    again.consent(some)
    again.order("close-consents")
    (tmp_path / "again").mkdir()
    again.contribute(some, tmp_path / "again")
    again.order("close")
    assert again.result()["reason"] == "holders differ by too few"


def test_an_approval_taken_back_stops_a_request(nodes: Nodes) -> None:
    asked = ask(nodes)
    asked.consent({0: LISTS[0]})
    assert asked.revoke(1) == ["stopped"] * 3
    assert asked.result()["reason"] == "approval revoked"
