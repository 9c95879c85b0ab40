"""Files and messages of a federation are read strictly and signed by whom they say."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mpcengine.protocol.canonical import digest, digest_bytes
from mpcengine.protocol.errors import BadSignature, MalformedInput, MalformedMessage
from mpcengine.protocol.messages import (
    PeerMessage,
    pack_signed,
    peer_sender,
    sign_peer_message,
    unpack_signed,
    verify_peer_message,
)
from mpcengine.protocol.nodesfile import parse_nodes_file
from mpcengine.protocol.orders import (
    CLOSE,
    OPEN_ANSWERING,
    build_order,
    keys_body,
    prepare_body,
    verify_order,
)
from mpcengine.protocol.receipt import (
    NodeAddress,
    Receipt,
    confirmation_body,
    parse_receipt,
    promise_body,
    verify_promise,
)
from mpcengine.protocol.signing import (
    LABEL_CONFIRMATION,
    LABEL_ORDER,
    LABEL_PROMISE,
    public_bytes,
    sign,
)
from tests.vectors.cast import SURVEY_ID, cast, package
from tests.vectors.make_package import shares_of

DIGEST = cast().manifest.digest
OTHER = digest(b"the next certificate")
NODES = cast().nodes.to_json()
MESSAGE = PeerMessage(
    label="exchange",
    sender="a",
    receiver="b",
    job=DIGEST,
    epoch="root",
    nonce=bytes(range(16)),
    body=b"\x00\xff",
)
IDENTITY = [public_bytes(key) for key in cast().identity]


def test_it_reads_back_a_nodes_file_with_and_without_pins() -> None:
    assert parse_nodes_file(json.loads(json.dumps(NODES))) == cast().nodes
    pinned = {**NODES, "nodes": [{**row, "pin": DIGEST} for row in NODES["nodes"]]}
    assert parse_nodes_file(pinned).to_json() == pinned
    turning = {**pinned, "nodes": [{**row, "next_pin": OTHER} for row in pinned["nodes"]]}
    assert parse_nodes_file(turning).to_json() == turning
    assert parse_nodes_file(turning).named("c").pins == (
        digest_bytes(DIGEST),
        digest_bytes(OTHER),
    )
    assert cast().nodes.named("b").index == 2
    with pytest.raises(KeyError):
        cast().nodes.named("d")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda d: d.update(format="drempel-nodes/2"), "format"),
        (lambda d: d.update(more=1), "more"),
        (lambda d: d["nodes"].pop(), "nodes"),
        (lambda d: d["nodes"].reverse(), "nodes[0].node"),
        (lambda d: d["nodes"][1].update(index=1), "nodes[1].index"),
        (lambda d: d["nodes"][1].update(url="ftp://a"), "nodes[1].url"),
        (lambda d: d["nodes"][1].update(url="http://a b"), "nodes[1].url"),
        (lambda d: d["nodes"][1].update(name=""), "nodes[1].name"),
        (lambda d: d["nodes"][2].update(pin="x"), "nodes[2].pin"),
        (lambda d: d["nodes"][2].update(pin=DIGEST, next_pin="x"), "nodes[2].next_pin"),
        (lambda d: d["nodes"][2].update(next_pin=DIGEST), "nodes[2].next_pin"),
        (lambda d: d["nodes"][2].update(identity_key="AA=="), "nodes[2].identity_key"),
        (lambda d: d["nodes"][2].pop("url"), "nodes[2].url"),
        (
            lambda d: d["nodes"][2].update(identity_key=d["nodes"][1]["identity_key"]),
            "nodes",
        ),
    ],
)
def test_it_names_the_place_of_a_fault_in_a_nodes_file(change: Any, where: str) -> None:
    document = json.loads(json.dumps(NODES))
    change(document)
    with pytest.raises(MalformedInput) as caught:
        parse_nodes_file(document)
    assert caught.value.where == where


@pytest.mark.parametrize("order", [OPEN_ANSWERING, CLOSE])
def test_it_takes_an_order_from_the_coordinator_only(order: str) -> None:
    data = build_order(DIGEST, order)
    signature = sign(cast().coordinator, LABEL_ORDER, data)
    key = public_bytes(cast().coordinator)
    assert verify_order(data, signature, key).order == order
    assert verify_order(data, signature, key).manifest == DIGEST
    with pytest.raises(BadSignature):
        verify_order(data, sign(cast().relay, LABEL_ORDER, data), key)
    other = build_order(DIGEST, CLOSE if order == OPEN_ANSWERING else OPEN_ANSWERING)
    with pytest.raises(BadSignature):
        verify_order(other, signature, key)


def test_it_knows_no_other_order() -> None:
    for manifest, order in ((DIGEST, "erase"), ("x", CLOSE)):
        with pytest.raises(MalformedMessage):
            build_order(manifest, order)
    data = json.dumps(
        {"format": "drempel-order/1", "manifest": DIGEST, "order": CLOSE}
    ).encode()
    signature = sign(cast().coordinator, LABEL_ORDER, data)
    with pytest.raises(MalformedMessage):
        verify_order(data, signature, public_bytes(cast().coordinator))


def test_it_fixes_what_is_signed_for_keys() -> None:
    node = cast().manifest.nodes[1]
    body = keys_body(
        survey_id=SURVEY_ID,
        index=2,
        share_key=node.share_key,
        outer_key=node.outer_key,
        issuer_key=node.issuer_key,
    )
    opening = node.share_key + node.outer_key
    assert body == bytes.fromhex(SURVEY_ID) + b"\x02" + opening + node.issuer_key
    assert prepare_body(SURVEY_ID).hex() == SURVEY_ID
    good: dict[str, Any] = {
        "survey_id": SURVEY_ID,
        "index": 2,
        "share_key": bytes(65),
        "outer_key": bytes(65),
        "issuer_key": bytes(256),
    }
    keys_body(**good)
    for change in (
        {"survey_id": SURVEY_ID.upper()},
        {"index": 0},
        {"share_key": bytes(64)},
        {"outer_key": bytes(66)},
        {"issuer_key": bytes(32)},
    ):
        with pytest.raises(MalformedMessage):
            keys_body(**{**good, **change})


def test_it_takes_a_peer_message_from_its_sender_for_its_receiver() -> None:
    data, signature = sign_peer_message(cast().identity[0], MESSAGE)
    assert peer_sender(data) == "a"
    read = verify_peer_message(
        data, signature, sender="a", receiver="b", identity_key=IDENTITY[0]
    )
    assert read == MESSAGE
    for sender, receiver in (("a", "c"), ("c", "b"), ("b", "a")):
        with pytest.raises(MalformedMessage) as caught:
            verify_peer_message(
                data, signature, sender=sender, receiver=receiver, identity_key=IDENTITY[0]
            )
        assert caught.value.code == "peer.addressee"
    with pytest.raises(BadSignature):
        verify_peer_message(data, signature, sender="a", receiver="b", identity_key=IDENTITY[1])
    with pytest.raises(BadSignature):
        verify_peer_message(
            data + b" ", signature, sender="a", receiver="b", identity_key=IDENTITY[0]
        )


@pytest.mark.parametrize(
    "change",
    [
        {"sender": "d"},
        {"receiver": ""},
        {"job": "x"},
        {"epoch": ""},
        {"label": "x" * 61},
        {"nonce": b"x" * 15},
    ],
)
def test_it_sends_no_peer_message_of_another_form(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        sign_peer_message(cast().identity[0], replace(MESSAGE, **change))


def test_it_joins_and_takes_apart_body_and_signature() -> None:
    joined = pack_signed(b"body", bytes(64))
    assert unpack_signed(joined) == (b"body", bytes(64))
    for bad in (joined[:-1], joined + b"\x00", b"", b"\xff" * 80):
        with pytest.raises(MalformedMessage):
            unpack_signed(bad)
    with pytest.raises(MalformedMessage):
        pack_signed(b"body", bytes(63))


def receipt(*confirming: str, promised: bool = True) -> dict[str, Any]:
    one = package("Rosa", shares_of("Rosa"))
    data = one.encode()
    body = promise_body(DIGEST, data)
    return Receipt(
        manifest=DIGEST,
        package=one.package_id,
        revision=0,
        content=body[32:].hex(),
        relay_url=cast().manifest.relay.url,
        relay_key=cast().manifest.relay.key,
        promise=sign(cast().relay, LABEL_PROMISE, body) if promised else b"",
        nodes=tuple(
            NodeAddress(
                node=n.node,
                url=n.url,
                identity_key=n.identity_key,
                confirmation=confirmed(n.index, body[32:]) if n.node in confirming else b"",
            )
            for n in cast().manifest.nodes
        ),
    ).to_json()


def confirmed(index: int, content: bytes) -> bytes:
    body = confirmation_body(DIGEST, index, content)
    return sign(cast().identity[index - 1], LABEL_CONFIRMATION, body)


@pytest.mark.parametrize(
    ("promised", "confirming", "is_safe"),
    [
        (True, "", False),
        (True, "b", True),
        (False, "c", False),
        (False, "ac", True),
        (True, "abc", True),
    ],
)
def test_an_answer_is_safe_once_two_have_signed(
    promised: bool, confirming: str, is_safe: bool
) -> None:
    read = parse_receipt(json.loads(json.dumps(receipt(*confirming, promised=promised))))
    assert read.to_json() == receipt(*confirming, promised=promised)
    signed = [one.node for one in read.nodes if one.confirmation]
    assert (bool(read.promise), "".join(signed)) == (promised, confirming)
    assert read.is_safe == is_safe


def test_it_reads_no_receipt_that_nobody_signed() -> None:
    with pytest.raises(BadSignature):
        parse_receipt(receipt(promised=False))


@pytest.mark.parametrize("change", ["another node's", "another parcel's", "another survey's"])
def test_it_reads_no_receipt_whose_confirmation_does_not_hold(change: str) -> None:
    found = receipt("a", "b")
    if change == "another node's":
        found["nodes"][0]["confirmation"] = found["nodes"][1]["confirmation"]
    elif change == "another parcel's":
        found = {**found, "content": "11" * 32, "relay": {**found["relay"], "promise": None}}
    else:
        found = {**found, "manifest": "sha256:" + "00" * 32}
    with pytest.raises(BadSignature):
        parse_receipt(found)


def test_it_holds_a_relay_to_the_very_bytes_it_promised() -> None:
    data = package("Rosa", shares_of("Rosa")).encode()
    read = parse_receipt(json.loads(json.dumps(receipt())))
    verify_promise(read.relay_key, DIGEST, data, read.promise)
    with pytest.raises(BadSignature):
        verify_promise(read.relay_key, DIGEST, data[:-1] + b"\x00", read.promise)
    with pytest.raises(BadSignature):
        verify_promise(read.relay_key, "sha256:" + "00" * 32, data, read.promise)


@pytest.mark.parametrize(
    "change", [{"content": "00" * 32}, {"manifest": "sha256:" + "00" * 32}]
)
def test_it_reads_no_receipt_whose_promise_does_not_hold(change: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        parse_receipt({**receipt(), **change})


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"format": "drempel-receipt/2"}, "format"),
        ({"answers": {}}, "answers"),
        ({"package": "00"}, "package"),
        ({"revision": 8}, "revision"),
        ({"nodes": []}, "nodes"),
        ({"relay": {"url": "x"}}, "relay.key"),
    ],
)
def test_it_names_the_place_of_a_fault_in_a_receipt(change: dict[str, Any], where: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        parse_receipt({**receipt(), **change})
    assert caught.value.where == where
