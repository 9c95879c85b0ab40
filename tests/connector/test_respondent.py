"""Answer a survey as Rosa, whose computer may fail at any moment."""

import json
import time

import pytest

from connector import http
from connector.errors import Misbehaved, Refused
from connector.http import Receiver
from connector.respondent import (
    manifest_fetch,
    package_seal,
    random_elements,
    ticket_draw,
    ticket_fetch,
)
from connector.sending import package_send, package_wrap
from mpcengine.protocol.codec import unpack_vector
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.envelope import open_envelope
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.outer import open_parcel
from mpcengine.protocol.package import Package, verify_package
from mpcengine.protocol.receipt import parse_receipt
from mpcengine.protocol.roster import code_from_bytes
from mpcengine.protocol.sharing import recombine
from mpcengine.protocol.validity_check import coin_weights, evaluate, judge
from tests.connector.doubles import NodeDouble, Pool, RelayDouble, receiver
from tests.vectors.cast import cast
from tests.vectors.job import answer

CODE = code_from_bytes(bytes(range(17)))
OTHER_CODE = code_from_bytes(bytes(range(1, 18)))
CPU_SECONDS = 0.005


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_WAIT_SECONDS", 0.001)


@pytest.fixture
def manifest() -> Manifest:
    return cast().manifest


@pytest.fixture
def pools(manifest: Manifest) -> dict[str, Pool]:
    return {n: Pool(NodeDouble(i, manifest).answer) for i, n in enumerate("abc", start=1)}


@pytest.fixture
def nodes(pools: dict[str, Pool]) -> dict[str, Receiver]:
    return {name: receiver(pool, f"Node {name}") for name, pool in pools.items()}


@pytest.fixture
def relay_double(manifest: Manifest) -> RelayDouble:
    return RelayDouble(manifest)


@pytest.fixture
def relay(relay_double: RelayDouble) -> Receiver:
    return receiver(Pool(relay_double.answer))


def opened(manifest: Manifest, package: Package) -> list[int]:
    """Return the report that three nodes would open together."""
    shares = [
        unpack_vector(
            open_envelope(
                cast().share[index - 1],
                manifest=manifest.digest,
                index=index,
                one_time_key=package.one_time_key,
                revision=package.revision,
                sealed=package.envelopes[index - 1],
            ),
            manifest.words,
        )
        for index in (1, 2, 3)
    ]
    return recombine(*shares)


def test_it_takes_a_manifest_that_everybody_signed(relay: Receiver, manifest: Manifest) -> None:
    assert manifest_fetch(relay, manifest.survey_id, cast().nodes) == manifest


def test_it_refuses_the_manifest_of_another_survey(relay: Receiver) -> None:
    with pytest.raises(Misbehaved):
        manifest_fetch(relay, "0" * 32, None)


def test_it_refuses_a_manifest_with_a_bad_signature(manifest: Manifest) -> None:
    signed = cast().signed.to_json()
    signed["signatures"] = {**signed["signatures"], "c": signed["signatures"]["a"]}
    with pytest.raises(Misbehaved):
        manifest_fetch(receiver(Pool(lambda *_: (200, signed))), manifest.survey_id, None)


def test_what_it_sends_opens_to_what_was_answered(
    manifest: Manifest, nodes: dict[str, Receiver], relay: Receiver, relay_double: RelayDouble
) -> None:
    record = encode_answers(manifest.layout, answer(0))
    ticket = ticket_fetch(nodes, manifest, CODE)
    package = package_seal(manifest, ticket, record)
    receipt = package_send(relay, manifest, package_wrap(manifest, package))
    assert parse_receipt(receipt.to_json()) == receipt
    (sent,) = relay_double.parcels
    inside = open_parcel(cast().outer[1], manifest, index=2, parcel=sent)
    found = Package.decode(inside, manifest.envelope_length)
    verify_package(manifest, found)
    assert found.package_id == receipt.package
    report = opened(manifest, found)
    assert report[: manifest.width] == record
    weights = coin_weights(manifest.layout.proof, bytes(32))
    values = evaluate(weights, report)
    assert judge(weights, [values, values, values]) is None


def test_every_sealing_is_fresh(manifest: Manifest, nodes: dict[str, Receiver]) -> None:
    record = encode_answers(manifest.layout, answer(0))
    ticket = ticket_fetch(nodes, manifest, CODE)
    first, second = (package_seal(manifest, ticket, record, revision) for revision in (0, 1))
    one, other = opened(manifest, first), opened(manifest, second)
    assert one[: manifest.width] == other[: manifest.width] == record
    # A proof under the same seeds, opened under two coins, would tell every bit.
    assert not set(one[manifest.width :]) & set(other[manifest.width :])
    assert not set(first.envelopes) & set(second.envelopes)
    assert (first.revision, second.revision) == (0, 1)


def test_each_node_sees_its_own_code_only(
    manifest: Manifest, nodes: dict[str, Receiver], pools: dict[str, Pool]
) -> None:
    ticket_fetch(nodes, manifest, CODE)
    codes = {json.loads(pool.calls[0][2])["code"] for pool in pools.values()}
    assert len(codes) == 3
    assert not any(CODE.encode() in pool.calls[0][2] for pool in pools.values())


def test_it_asks_again_with_the_same_key_when_an_answer_is_lost(
    manifest: Manifest, nodes: dict[str, Receiver], pools: dict[str, Pool]
) -> None:
    pools["b"].failures, pools["b"].is_lost_on_the_way_back = 2, True
    ticket = ticket_fetch(nodes, manifest, CODE)
    assert len(set(pools["b"].calls)) == 1
    assert len(pools["b"].calls) == 3
    verify_package(manifest, package_seal(manifest, ticket, [0] * manifest.width))


def test_a_code_serves_one_draw(manifest: Manifest, nodes: dict[str, Receiver]) -> None:
    drawn = ticket_draw(manifest)
    first = ticket_fetch(nodes, manifest, CODE, drawn)
    assert ticket_fetch(nodes, manifest, CODE, drawn) == first
    with pytest.raises(Refused) as refusal:
        ticket_fetch(nodes, manifest, CODE)
    assert refusal.value.code == "token.already_issued"


def test_it_refuses_a_token_for_another_key(
    manifest: Manifest, nodes: dict[str, Receiver], pools: dict[str, Pool]
) -> None:
    pools["c"].handler = NodeDouble(2, manifest).answer
    with pytest.raises(Misbehaved):
        ticket_fetch(nodes, manifest, CODE)


def test_what_is_no_code_is_not_sent(
    manifest: Manifest, nodes: dict[str, Receiver], pools: dict[str, Pool]
) -> None:
    with pytest.raises(MalformedInput):
        ticket_fetch(nodes, manifest, "my secret")
    assert not any(pool.calls for pool in pools.values())


def test_it_refuses_a_promise_for_other_bytes(
    manifest: Manifest, nodes: dict[str, Receiver], relay_double: RelayDouble
) -> None:
    ticket = ticket_fetch(nodes, manifest, CODE)
    parcel = package_wrap(manifest, package_seal(manifest, ticket, [0] * manifest.width))
    lying = receiver(Pool(lambda m, p, body: relay_double.answer(m, p, body + b"x")))
    with pytest.raises(Misbehaved):
        package_send(lying, manifest, parcel)


def test_elements_are_in_the_field_and_differ() -> None:
    drawn = random_elements(10_000)
    assert len(set(drawn)) == 10_000
    assert all(0 <= element < MODULUS for element in drawn)
    # Sixty-one fair bits: the mean of a bit over all draws is within six deviations of a half.
    for bit in range(61):
        ones = sum(element >> bit & 1 for element in drawn)
        assert abs(ones - 5_000) < 6 * 50


def test_a_respondent_costs_five_milliseconds_at_most(
    manifest: Manifest, nodes: dict[str, Receiver], relay: Receiver
) -> None:
    codes = [code_from_bytes(number.to_bytes(17, "big")) for number in range(60)]
    began = time.process_time()
    for code in codes:
        record = encode_answers(manifest.layout, answer(0))
        package = package_seal(manifest, ticket_fetch(nodes, manifest, code), record)
        package_send(relay, manifest, package_wrap(manifest, package))
    # The doubles' own signatures are in this figure too.
    assert (time.process_time() - began) / len(codes) < 2 * CPU_SECONDS
