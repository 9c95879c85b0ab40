"""A package travels in a parcel: by the relay, or straight to the nodes; two stores sign."""

from dataclasses import replace
from pathlib import Path

import pytest

from connector import http
from connector.attempt import attempt_kept, attempt_parcel, attempt_sent
from connector.errors import Misbehaved, Refused, Unreachable
from connector.http import Receiver
from connector.respondent import package_seal, ticket_fetch
from connector.sending import Parcel, package_deliver, package_send, package_wrap
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import BadSignature
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.receipt import parse_receipt
from mpcengine.protocol.roster import code_from_bytes
from mpcengine.protocol.strict import to_base64
from tests.connector.doubles import NodeDouble, Pool, RelayDouble, receiver
from tests.vectors.cast import cast
from tests.vectors.job import answer

CODE = code_from_bytes(bytes(range(17)))
LATER = {"state": "later", "code": "survey.not_open"}
NEVER = {"state": "never", "code": "package.revision_taken"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_WAIT_SECONDS", 0.001)


@pytest.fixture
def manifest() -> Manifest:
    return cast().manifest


@pytest.fixture
def doubles(manifest: Manifest) -> dict[str, NodeDouble]:
    return {name: NodeDouble(index, manifest) for index, name in enumerate("abc", start=1)}


@pytest.fixture
def pools(doubles: dict[str, NodeDouble]) -> dict[str, Pool]:
    return {name: Pool(one.answer) for name, one in doubles.items()}


@pytest.fixture
def nodes(pools: dict[str, Pool]) -> dict[str, Receiver]:
    return {name: receiver(pool, f"Node {name}", 0.01) for name, pool in pools.items()}


@pytest.fixture
def relay(manifest: Manifest) -> Receiver:
    return receiver(Pool(RelayDouble(manifest).answer))


@pytest.fixture
def parcel(manifest: Manifest, nodes: dict[str, Receiver]) -> Parcel:
    ticket = ticket_fetch(nodes, manifest, CODE)
    return package_wrap(manifest, package_seal(manifest, ticket, [0] * manifest.width))


def test_the_relays_promise_alone_is_one_store(
    manifest: Manifest, relay: Receiver, parcel: Parcel
) -> None:
    receipt = package_send(relay, manifest, parcel)
    assert not receipt.is_safe
    assert parse_receipt(receipt.to_json()) == receipt


def test_three_nodes_confirm_the_same_parcel(
    manifest: Manifest,
    nodes: dict[str, Receiver],
    doubles: dict[str, NodeDouble],
    parcel: Parcel,
) -> None:
    receipt = package_deliver(nodes, manifest, parcel)
    assert {one.node for one in receipt.nodes if one.confirmation} == set("abc")
    assert receipt.is_safe
    assert receipt.to_json()["relay"]["promise"] is None
    assert parse_receipt(receipt.to_json()) == receipt
    assert all(double.parcels == [parcel.content] for double in doubles.values())


def test_with_one_node_down_two_stores_have_signed(
    manifest: Manifest, nodes: dict[str, Receiver], pools: dict[str, Pool], parcel: Parcel
) -> None:
    pools["b"].failures = 1000
    receipt = package_deliver(nodes, manifest, parcel)
    assert [bool(one.confirmation) for one in receipt.nodes] == [True, False, True]
    assert receipt.is_safe
    only = {"a": nodes["a"]}
    assert not package_deliver(only, manifest, parcel).is_safe


def test_a_promise_and_a_node_are_two_stores(
    manifest: Manifest, nodes: dict[str, Receiver], relay: Receiver, parcel: Parcel
) -> None:
    promised = package_send(relay, manifest, parcel)
    receipt = package_deliver({"c": nodes["c"]}, manifest, parcel, promised)
    assert receipt.promise == promised.promise
    assert receipt.is_safe
    assert parse_receipt(receipt.to_json()) == receipt


@pytest.mark.parametrize("said", [LATER, NEVER])
def test_it_says_why_no_node_takes_it(
    manifest: Manifest,
    nodes: dict[str, Receiver],
    doubles: dict[str, NodeDouble],
    parcel: Parcel,
    said: dict[str, str],
) -> None:
    for double in doubles.values():
        double.says = said
    with pytest.raises(Refused) as refused:
        package_deliver(nodes, manifest, parcel)
    assert refused.value.code == said["code"]
    doubles["a"].says = None
    assert [bool(n.confirmation) for n in package_deliver(nodes, manifest, parcel).nodes] == [
        True,
        False,
        False,
    ]


def test_it_believes_no_confirmation_of_another_node_or_parcel(
    manifest: Manifest,
    nodes: dict[str, Receiver],
    doubles: dict[str, NodeDouble],
    parcel: Parcel,
) -> None:
    """Fails where ``sending._confirmation`` does not verify."""
    good = doubles["b"]._place(parcel.content)["confirmation"]
    wrong: list[JSON] = [
        {"state": "taken", "confirmation": good},
        {"state": "taken", "confirmation": to_base64(bytes(64))},
        {"state": "taken"},
        {"state": "taken", "confirmation": "x"},
        "taken",
    ]
    for said in wrong:
        for name in "ac":
            doubles[name].says = said
        with pytest.raises(Misbehaved):
            package_deliver({name: nodes[name] for name in "ac"}, manifest, parcel)


def test_nobody_there_is_unreachable(
    manifest: Manifest, nodes: dict[str, Receiver], pools: dict[str, Pool], parcel: Parcel
) -> None:
    for pool in pools.values():
        pool.failures = 1000
    with pytest.raises(Unreachable):
        package_deliver(nodes, manifest, parcel)
    with pytest.raises(Unreachable):
        package_deliver({}, manifest, parcel)


def test_a_receipt_holds_only_signatures_that_hold(
    manifest: Manifest, nodes: dict[str, Receiver], relay: Receiver, parcel: Parcel
) -> None:
    promised = package_send(relay, manifest, parcel)
    receipt = package_deliver(nodes, manifest, parcel, promised)
    first, second, third = receipt.nodes
    swapped = replace(first, confirmation=second.confirmation)
    for wrong in (
        replace(receipt, nodes=(swapped, second, third)),
        replace(receipt, content="00" * 32),
        replace(receipt, promise=first.confirmation),
        replace(
            receipt,
            promise=b"",
            nodes=tuple(replace(n, confirmation=b"") for n in receipt.nodes),
        ),
    ):
        with pytest.raises(BadSignature):
            parse_receipt(wrong.to_json())


def test_an_attempt_that_the_relay_dropped_goes_to_the_nodes_with_the_same_bytes(
    manifest: Manifest,
    nodes: dict[str, Receiver],
    doubles: dict[str, NodeDouble],
    tmp_path: Path,
) -> None:
    path = tmp_path / "attempt.json"
    double = RelayDouble(manifest)
    parcel = attempt_parcel(
        path,
        manifest,
        answers=answer(0),
        fetch=lambda drawn: ticket_fetch(nodes, manifest, CODE, drawn),
    )
    promised = package_send(receiver(Pool(double.answer)), manifest, parcel)
    attempt_sent(path, manifest)
    dead = receiver(Pool(double.answer, failures=1000), patience=0.01)
    with pytest.raises(Unreachable):
        package_send(dead, manifest, attempt_kept(path, manifest))
    direct = package_deliver(nodes, manifest, attempt_kept(path, manifest))
    assert (direct.package, direct.content) == (promised.package, promised.content)
    assert direct.is_safe
    assert all(one.parcels == double.parcels for one in doubles.values())
