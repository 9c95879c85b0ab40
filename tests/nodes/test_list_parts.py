"""A list comes in signed chunks and can go on later; every bucket is a job of its own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connector import splitting
from connector.errors import Refused
from connector.http import Receiver
from mpcengine.protocol.consent import Consent, sign_consent
from mpcengine.protocol.contribution import PartPlace, chunk_body
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import LABEL_CHUNK, sign
from mpcengine.protocol.strict import to_base64
from tests.nodes.asked import Asked, ask, count, words
from tests.nodes.harness import Nodes

INDEX = 2
LISTS = {0: words((0, 60)), 1: words((40, 120))}


@pytest.fixture
def asked(nodes: Nodes) -> Asked:
    return ask(nodes, "compare", owners=2)


@pytest.fixture
def node(nodes: Nodes) -> Receiver:
    return nodes.receivers[NODE_NAMES[INDEX - 1]]


def refused(call: Any, *given: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(*given)
    return caught.value.code


def chunk(
    asked: Asked, node: Receiver, offset: int, data: bytes, *, signer: int = 0
) -> dict[str, Any]:
    """Give one chunk of owner 0's part to a node, signed by an owner."""
    place = PartPlace(manifest=asked.digest, owner=0, number=1, bucket=0)
    body = chunk_body(place, index=INDEX, offset=offset, chunk=data)
    signature = sign(asked.keys[signer].sign, LABEL_CHUNK, body)
    path = f"requests/{asked.digest}/contributions/0/0/{offset}"
    return node.put_signed(path, data, signature)


def header(prepared: splitting.Prepared) -> dict[str, str]:
    return {"header": to_base64(prepared.header), "signature": to_base64(prepared.signature)}


def prepare(asked: Asked, folder: Path, place: int = 0) -> splitting.Prepared:
    """Split an owner's list under the nonce, without handing it in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector.contributing.Participant.hand_in", lambda *_: None)
        asked.contribute({place: LISTS[place]}, folder)
    return asked.prepared[place]


def test_it_takes_one_consent_of_an_owner(asked: Asked, node: Receiver) -> None:
    asked.consent(LISTS)
    other = Consent(manifest=asked.digest, owner=0, snapshot="sha256:" + "11" * 32)
    data, signature = sign_consent(asked.keys[0].sign, other)
    path = f"requests/{asked.digest}/consents"
    body = {"consent": to_base64(data), "signature": to_base64(signature)}
    assert refused(node.send, "POST", path, body) == "consent.other"
    _, foreign = sign_consent(asked.keys[1].sign, other)
    body["signature"] = to_base64(foreign)
    assert refused(node.send, "POST", path, body) == "signature.invalid"
    assert len(node.get(path)["consents"]) == 2


def test_a_consent_that_a_peer_told_of_is_taken_late(
    nodes: Nodes, asked: Asked, node: Receiver
) -> None:
    """Node a has both consents first and ends consenting; the same is on its way to b."""
    path = f"requests/{asked.digest}/consents"

    def body(place: int, snapshot: str) -> dict[str, str]:
        given = Consent(manifest=asked.digest, owner=place, snapshot=snapshot)
        data, signature = sign_consent(asked.keys[place].sign, given)
        return {"consent": to_base64(data), "signature": to_base64(signature)}

    for place, own in LISTS.items():
        nodes.receivers["a"].send("POST", path, body(place, own.snapshot))
    nodes.wait(lambda: asked.said("b", "agreed", "a") is not None, 30.0)
    nodes.wait(lambda: asked.said("b", "agreed", "b") is not None, 30.0)
    other = body(1, "sha256:" + "11" * 32)
    assert refused(node.send, "POST", path, other) == "consent.closed"
    assert node.send("POST", path, body(1, LISTS[1].snapshot)) == {"owner": 1}


def test_it_takes_no_list_of_who_gave_no_consent(
    nodes: Nodes, node: Receiver, tmp_path: Path
) -> None:
    asked = ask(nodes, "match", owners=5)
    asked.consent({place: words((0, 20)) for place in range(4)})
    asked.order("close-consents")
    path = f"requests/{asked.digest}/contributions"
    own = words((0, 20))
    with pytest.raises(Refused) as caught:
        asked.contribute({4: own}, tmp_path)
    assert caught.value.code == "contribution.no_consent"
    assert refused(node.get, f"{path}/4") == "contribution.none"


def test_it_takes_no_other_list_than_was_consented_to(asked: Asked, tmp_path: Path) -> None:
    asked.consent(LISTS)
    with pytest.raises(Refused) as caught:
        asked.contribute({0: words((0, 61))}, tmp_path)
    assert caught.value.code == "contribution.snapshot"


def test_it_takes_one_header_and_no_other_owners(
    asked: Asked, node: Receiver, tmp_path: Path
) -> None:
    asked.consent(LISTS)
    path = f"requests/{asked.digest}/contributions"
    body = header(prepare(asked, tmp_path))
    node.send("POST", path, body)
    assert node.send("POST", path, body)["received"] == [0]
    again = header(prepare(asked, tmp_path))
    assert refused(node.send, "POST", path, again) == "contribution.other"
    others = header(prepare(asked, tmp_path, place=1))
    mixed = {"header": others["header"], "signature": body["signature"]}
    assert refused(node.send, "POST", path, mixed) == "signature.invalid"


def test_a_part_goes_on_where_it_stopped(asked: Asked, node: Receiver, tmp_path: Path) -> None:
    asked.consent(LISTS)
    prepared = prepare(asked, tmp_path)
    part = prepared.part(0, INDEX).read_bytes()
    node.send("POST", f"requests/{asked.digest}/contributions", header(prepared))
    assert refused(chunk, asked, node, 100, part[100:200]) == "contribution.offset"
    assert chunk(asked, node, 0, part[:100]) == {"received": 100, "complete": False}
    assert chunk(asked, node, 0, part[:100])["received"] == 100
    with pytest.raises(Refused) as caught:
        chunk(asked, node, 100, part[100:200], signer=1)
    assert caught.value.code == "signature.invalid"
    assert refused(chunk, asked, node, 100, part[100:] + b"x") == "contribution.length"
    bent = part[100:-1] + bytes([part[-1] ^ 1])
    assert refused(chunk, asked, node, 100, bent) == "contribution.part"
    state = node.get(f"requests/{asked.digest}/contributions/0")
    assert state == {"owner": 0, "received": [0], "complete": False}
    asked.owner(0).hand_in(prepared)
    asked.contribute({1: LISTS[1]}, tmp_path)
    assert count(asked.result(), "compare", "intersection") == 20


def first_crowded() -> Any:
    """Return a placing of words under which long lists do not fit the first nonce."""
    seen: list[bytes] = []
    real = splitting.buckets_of

    def placed(nonce: bytes, listed: Any) -> Any:
        if nonce not in seen:
            seen.append(nonce)
        if seen.index(nonce) == 0 and len(listed) > 3000:
            return np.zeros(len(listed), dtype=np.uint8)
        return real(nonce, listed)

    return placed


def test_a_list_that_does_not_fit_brings_a_new_nonce_and_buckets_are_jobs(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitting, "buckets_of", first_crowded())
    asked = ask(nodes, "compare", owners=2, first_size=4096, other_size=4096, buckets=4)
    lists = {0: words((0, 2000)), 1: words((500, 4500))}
    asked.consent(lists)
    asked.contribute(lists, tmp_path)
    assert asked.prepared[0].number == 1
    assert asked.prepared[1].number == 2
    asked.contribute({0: lists[0]}, tmp_path, number=2)
    assert count(asked.result(), "compare", "intersection") == 1500
    query = (
        "SELECT p.part FROM nodes_job p JOIN nodes_job j ON j.id = p.parent_id"
        " WHERE j.digest = ? ORDER BY p.part"
    )
    for name in NODE_NAMES:
        assert nodes.read(name, query, asked.digest) == [(0,), (1,), (2,), (3,)]
