"""What became of Rosa's package, in every outcome, from nodes that may lie or be silent."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from connector import http, lists
from connector.receipts import Fate, Outcome, receipt_check, said
from mpcengine.protocol.batch import (
    REJECTION_REASONS,
)
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.receipt import (
    NodeAddress,
    Receipt,
    confirmation_body,
    promise_body,
)
from mpcengine.protocol.signing import (
    LABEL_CONFIRMATION,
    LABEL_PROMISE,
    sign,
)
from mpcengine.protocol.strict import to_base64
from tests.connector.doubles import Pool, receiver
from tests.connector.publishing import Publishing
from tests.vectors.cast import cast, seed

OWN = seed("Rosa's package").hex()
OTHERS = tuple(sorted(seed(f"another package {n}").hex() for n in range(6)))
PARCEL = b"Rosa's parcel"
NAMES = "abc"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_WAIT_SECONDS", 0.001)


@pytest.fixture
def manifest() -> Manifest:
    return cast().manifest


@dataclass
class House:
    """Three publishing nodes and Rosa's receipt."""

    nodes: dict[str, Publishing]
    receipt: Receipt
    pools: dict[str, Pool]

    def check(self) -> Fate:
        receivers = {
            name: receiver(pool, f"Node {name}", patience=0.01)
            for name, pool in self.pools.items()
        }
        return receipt_check(self.receipt, receivers, name="rosa.receipt.json")

    def confirm(self, *names: str, promised: bool = True) -> None:
        rows = []
        for index, one in enumerate(self.receipt.nodes, start=1):
            content = bytes.fromhex(self.receipt.content)
            body = confirmation_body(self.receipt.manifest, index, content)
            signed = sign(cast().identity[index - 1], LABEL_CONFIRMATION, body)
            rows.append(replace(one, confirmation=signed if one.node in names else b""))
        promise = self.receipt.promise if promised else b""
        self.receipt = replace(self.receipt, nodes=tuple(rows), promise=promise)


@pytest.fixture
def house(manifest: Manifest) -> House:
    nodes = {name: Publishing(i, manifest.digest) for i, name in enumerate(NAMES, start=1)}
    body = promise_body(manifest.digest, PARCEL)
    receipt = Receipt(
        manifest=manifest.digest,
        package=OWN,
        revision=0,
        content=body[32:].hex(),
        relay_url=manifest.relay.url,
        relay_key=manifest.relay.key,
        promise=sign(cast().relay, LABEL_PROMISE, body),
        nodes=tuple(
            NodeAddress(node=n.node, url=n.url, identity_key=n.identity_key)
            for n in manifest.nodes
        ),
    )
    pools = {name: Pool(node.answer) for name, node in nodes.items()}
    return House(nodes=nodes, receipt=receipt, pools=pools)


def test_it_says_that_it_was_counted(house: House) -> None:
    for node in house.nodes.values():
        node.release((*OTHERS, OWN), {})
    fate = house.check()
    assert (fate.outcome, fate.is_well) == (Outcome.COUNTED, True)
    assert fate.sentence == "Counted: your answer is in the signed list of nodes a, b and c."
    assert fate.nodes == {"a": "counted", "b": "counted", "c": "counted"}


def test_it_asks_no_node_about_a_package(house: House) -> None:
    for node in house.nodes.values():
        node.release((*OTHERS, OWN), {})
    house.check()
    for node in house.nodes.values():
        digest = house.receipt.manifest
        assert sorted(node.asked) == sorted(
            [
                f"results/{digest}",
                f"lists/{digest}/accepted",
                f"lists/{digest}/accepted?page=2",
                f"lists/{digest}/accepted?page=3",
                f"lists/{digest}/rejected",
            ]
        )


@pytest.mark.parametrize("reason", REJECTION_REASONS)
def test_it_says_why_it_was_not_counted(house: House, reason: str) -> None:
    for node in house.nodes.values():
        node.release(OTHERS, {OWN: reason})
    fate = house.check()
    assert (fate.outcome, fate.is_well) == (Outcome.REJECTED, False)
    assert fate.sentence.startswith("Not counted: ")
    assert reason not in {fate.sentence, "superseded"} or "later answer" in fate.sentence
    assert set(fate.nodes.values()) == {f"not counted: {reason}"}


def test_it_says_who_has_seen_it(house: House) -> None:
    house.nodes["a"].see(OWN, *OTHERS)
    house.nodes["b"].see(*OTHERS)
    house.nodes["c"].see(OWN)
    fate = house.check()
    assert (fate.outcome, fate.is_well) == (Outcome.SEEN, True)
    assert fate.sentence == ("On its way: seen by nodes a and c; the survey has not ended.")
    assert fate.nodes == {"a": "seen", "b": "not in its list", "c": "seen"}


def test_it_says_that_it_is_on_its_way(house: House) -> None:
    house.nodes["a"].see(*OTHERS)
    fate = house.check()
    assert (fate.outcome, fate.is_well) == (Outcome.ON_ITS_WAY, True)
    assert "the relay promised to deliver it" in fate.sentence
    assert fate.nodes["b"] == "no list yet"
    house.confirm("c")
    assert "node c confirmed that it is there" in house.check().sentence


@pytest.mark.parametrize("confirmed", ["", "b"])
def test_it_holds_to_their_word_who_signed_for_what_no_list_has(
    house: House, confirmed: str
) -> None:
    house.confirm(*confirmed)
    for node in house.nodes.values():
        node.release(OTHERS, {})
    fate = house.check()
    who = "node b signed for" if confirmed else "the relay promised to deliver"
    assert (fate.outcome, fate.is_well) == (Outcome.MISSING, False)
    assert fate.sentence == (
        f"Missing: {who} your answer, and no list of nodes a, b and c has it. "
        "rosa.receipt.json shows that to you, not to others."
    )


def test_it_says_that_nobody_was_counted(house: House) -> None:
    for name, node in house.nodes.items():
        node.withhold("fewer than min_count")
        node.see(*([OWN] if name != "c" else []))
    fate = house.check()
    assert (fate.outcome, fate.is_well) == (Outcome.WITHHELD, False)
    assert fate.sentence == (
        "Not counted: the survey ended without a result (fewer than min_count), and nobody was "
        "counted. Your answer had arrived: nodes a and b had it."
    )
    assert fate.nodes["c"] == "not in its list; ended without a result: fewer than min_count"
    for node in house.nodes.values():
        node.see()
    assert "although the relay promised to deliver it" in house.check().sentence
    for node in house.nodes.values():
        del node.pages["seen"]
    fate = house.check()
    assert fate.sentence.endswith("No list was published.")
    assert fate.nodes["a"] == "no list; ended without a result: fewer than min_count"


def test_two_nodes_are_enough_and_the_third_is_named(house: House) -> None:
    for node in house.nodes.values():
        node.release((*OTHERS, OWN), {})
    house.pools["b"].failures = 10_000
    fate = house.check()
    assert fate.sentence == (
        "Counted: your answer is in the signed list of nodes a and c. "
        "Only 2 of three nodes said so."
    )
    assert fate.nodes["b"] == "Node b cannot be reached."


def test_it_knows_nothing_where_nobody_answers(house: House) -> None:
    for pool in house.pools.values():
        pool.failures = 10_000
    fate = house.check()
    assert (fate.outcome, fate.is_well) == (Outcome.UNKNOWN, False)


def _drop(path: str, found: JSON) -> JSON:
    if path.endswith("/accepted?page=2"):
        return {**found, "ids": [*found["ids"][:-1], "0" * 64]}
    return found


def _unsigned(path: str, found: JSON) -> JSON:
    if path.startswith("results/"):
        return {**found, "signature": to_base64(bytes(64))}
    return found


def _short(path: str, found: JSON) -> JSON:
    return {**found, "ids": found["ids"][1:]} if path.endswith("?page=3") else found


@pytest.mark.parametrize("lie", [_drop, _unsigned, _short])
def test_a_node_whose_lists_do_not_follow_from_its_statement_is_named(
    house: House, lie: Callable[[str, JSON], JSON]
) -> None:
    """Fails when ``_released`` does not verify, or ``list_read`` does not count."""
    for node in house.nodes.values():
        node.release((*OTHERS, OWN), {})
    house.nodes["a"].change = lie
    fate = house.check()
    assert fate.sentence == (
        "Counted: your answer is in the signed list of nodes b and c. "
        "Only 2 of three nodes said so."
    )
    assert fate.nodes["a"].startswith("Node a")


def test_one_node_alone_cannot_say_counted(house: House) -> None:
    """Fails when ``_fate`` does not ask whether the nodes' ends agree."""
    house.nodes["a"].release((*OTHERS, OWN), {})
    house.nodes["b"].release(OTHERS, {})
    house.nodes["c"].release(OTHERS, {})
    fate = house.check()
    assert (fate.outcome, fate.is_well) == (Outcome.CONTRADICTED, False)
    assert "(node a: lists your answer; nodes b and c: does not list it)" in fate.sentence


@pytest.mark.parametrize("liar", ["a", "c"])
def test_no_result_beside_a_result_is_a_contradiction(house: House, liar: str) -> None:
    for name, node in house.nodes.items():
        node.release((*OTHERS, OWN), {})
        if name == liar:
            node.withhold("node lost")
            node.see(OWN)
    fate = house.check()
    assert (fate.outcome, fate.is_well) == (Outcome.CONTRADICTED, False)
    assert f"node {liar}: says that there is no result" in fate.sentence


def test_a_receipt_with_another_id_accuses_nobody_before_others(house: House) -> None:
    """Its id is signed by nobody: no sentence may call the receipt a proof."""
    for node in house.nodes.values():
        node.release((*OTHERS, OWN), {})
    house.confirm("a", "b")
    house.receipt = replace(house.receipt, package="5a" * 32)
    sentence = house.check().sentence
    assert "to you, not to others" in sentence
    assert "proof" not in sentence


def test_a_node_that_signed_for_another_is_named(house: House) -> None:
    for node in house.nodes.values():
        node.release((*OTHERS, OWN), {})
    house.nodes["a"].statement = house.nodes["b"].statement
    assert house.check().nodes["a"] == "Node a signed for something else."


def test_a_seen_list_with_one_more_id_is_no_list(house: House) -> None:
    """Fails when ``_seen`` does not verify the signature over the whole list."""
    house.nodes["a"].see(*OTHERS)
    house.nodes["a"].pages["seen"] = sorted([*house.nodes["a"].pages["seen"], OWN])
    fate = house.check()
    assert fate.nodes["a"] == "Node a's list is not as it signed it."
    assert fate.outcome == Outcome.ON_ITS_WAY
    assert sum("/seen?page=2" in path for path in house.nodes["a"].asked) == lists.TRIES


def test_a_seen_list_that_changes_between_pages_is_read_again(house: House) -> None:
    node = house.nodes["b"]
    node.see(*OTHERS)

    def renew(path: str, found: JSON) -> JSON:
        if path.endswith("/seen") and OWN not in node.pages["seen"]:
            node.see(OWN)
        return found

    node.change = renew
    assert house.check().nodes["b"] == "seen"


@pytest.mark.parametrize(
    ("pages", "ids"), [(0, []), (10**9, []), ("1", []), (1, None), (1, [1]), (1, {"a": 1})]
)
def test_what_is_no_list_is_a_fault_of_the_node(house: House, pages: JSON, ids: JSON) -> None:
    house.nodes["c"].see(OWN)

    def spoil(path: str, found: JSON) -> JSON:
        return {**found, "pages": pages, "ids": ids, "size": 1} if "seen" in path else found

    house.nodes["c"].change = spoil
    assert house.check().nodes["c"].startswith("Node c's list ")


@pytest.mark.parametrize(
    ("nodes", "text"),
    [("a", "node a"), ("ba", "nodes a and b"), ("cab", "nodes a, b and c")],
)
def test_it_names_nodes_as_people_do(nodes: str, text: str) -> None:
    assert said(list(nodes)) == text


def test_it_reads_signed_statements_as_json(house: House) -> None:
    house.nodes["a"].release((OWN,), {})
    assert json.loads(house.nodes["a"].statement)["accepted"] == 1
