"""All that a relay holds and hears, from real nodes too, tells nothing of any package.

The relay is this process; the three nodes are real. Whatever the relay's database holds, and
every byte that nodes answer it, is looked through for the ids, one-time keys and tokens of what
it carried, in every form in which they could be written.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.apps import apps

from bounded_http import read_answer
from connector.sending import Parcel, package_deliver, package_send, package_wrap
from mpcengine import http_peer
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.outer import parcel_hash
from mpcengine.protocol.package import Package
from mpcengine.protocol.receipt import parse_receipt
from mpcengine.protocol.strict import to_base64
from problems import Unavailable
from relay import intake
from relay.flush import survey_flush
from relay.models import RelayedSurvey, WaitingParcel
from relay.services import parcel_take, survey_register
from tests.canary.forms import needles_of
from tests.connector.doubles import Pool, receiver
from tests.nodes.harness import Nodes, Survey, cells, three_nodes
from tests.nodes.publishing import RELAY_KEY, colour_survey, package
from tests.nodes.test_three_nodes import colours
from tests.relay.parcels import rubbish_for

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls_relay")]

RED, GREEN, BLUE = 3, 2, 2


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with three_nodes(tmp_path_factory.mktemp("nodes")) as found:
        yield found


@pytest.fixture
def heard(
    nodes: Nodes, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[bytes]:
    """Make this process the relay of the nodes' surveys, and note all that it is answered."""
    key = Ed25519PrivateKey.from_private_bytes(RELAY_KEY)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "relay.pem").write_bytes(pem)
    settings.RELAY_SIGNING_KEY_FILE = str(tmp_path / "relay.pem")
    settings.NODES_FILE = str(nodes.house.folder / "nodes.json")
    answers: list[bytes] = []

    def noted(*arguments: Any) -> bytes:
        answers.append(read_answer(*arguments))
        return answers[-1]

    monkeypatch.setattr(http_peer, "read_answer", noted)
    return answers


def published(nodes: Nodes, invited: int = 7) -> Survey:
    survey = nodes.publish(colour_survey(), invited, timing="immediate")
    survey_register(signed_manifest=survey.signed.to_json())
    return survey


def database() -> bytes:
    """Return every value of every row that the relay holds."""
    found = b""
    for model in apps.get_app_config("relay").get_models():
        for row in model._default_manager.values_list():
            found += b"\n".join(
                bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode()
                for one in row
            )
    return found


def traces(haystack: bytes, packages: list[Package]) -> set[str]:
    """Return what is found of the packages' ids, keys, tokens and envelopes."""
    found = set()
    for one in packages:
        parts = {
            "package id": bytes.fromhex(one.package_id),
            "one-time key": one.one_time_key[1:],
            "token": b"".join(one.tokens),
            "signature": one.signature,
        }
        parts |= {f"envelope {place}": part for place, part in enumerate(one.envelopes)}
        for name, secret in parts.items():
            if any(needle.data in haystack for needle in needles_of(name, secret)):
                found.add(name)
    return found


def sent(survey: Survey, packages: list[Package]) -> list[Parcel]:
    parcels = [package_wrap(survey.manifest, one) for one in packages]
    for parcel in parcels:
        parcel_take(parcel=parcel.content)
    return parcels


def test_it_carries_everything_and_learns_no_package(nodes: Nodes, heard: list[bytes]) -> None:
    """Fails where ``seal_parcel`` leaves the package open, or an answer of a node names it."""
    survey = published(nodes)
    packages = nodes.answers(survey, colours(RED, GREEN, BLUE))
    parcels = sent(survey, packages)
    assert WaitingParcel.objects.count() == len(packages)
    while_waiting = database()
    # The rows are read at all: a parcel is there, and what is not closed would be seen.
    assert parcels[0].content in while_waiting
    assert traces(while_waiting + packages[0].encode(), packages) >= {"token", "one-time key"}
    assert traces(while_waiting, packages) == set()
    survey_flush(digest=survey.manifest.digest)
    # Once more, as after a crash; then refused ones: an unfinished parcel, and a second answer.
    for parcel in parcels:
        parcel_take(parcel=parcel.content)
    owned = nodes.tickets[packages[0].one_time_key]
    second = package(survey.manifest, owned, {"colour": "blue"})
    sent(survey, [second])
    parcel_take(parcel=rubbish_for(survey.manifest))
    while_refused = database()
    survey_flush(digest=survey.manifest.digest)
    assert not WaitingParcel.objects.exists()
    said = b"\n".join(heard)
    assert said.count(b'"taken"') == 2 * 3 * len(packages)
    assert said.count(b"package.revision_taken") == said.count(b"parcel.open") == 3
    everything = [*packages, second]
    for haystack in (while_refused, database(), said):
        assert traces(haystack, everything) == set()
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert cells(document, "colour") == [RED, GREEN, BLUE]


def test_a_parcel_with_other_keys_for_other_nodes_is_at_most_one_answer(
    nodes: Nodes, heard: list[bytes]
) -> None:
    """Whatever a sender puts into the wraps, of one one-time key one package counts."""
    survey = published(nodes)
    packages = nodes.answers(survey, colours(RED, GREEN, BLUE))
    owned = nodes.tickets[packages[0].one_time_key]
    red, blue = (
        package_wrap(survey.manifest, one).content
        for one in (packages[0], package(survey.manifest, owned, {"colour": "blue"}))
    )
    # The wrap of node 2 is of another parcel: what is bound to the head opens nowhere then.
    mixed = red[: 33 + 97] + blue[33 + 97 : 33 + 194] + red[33 + 194 :]
    for parcel in (mixed, red, blue):
        parcel_take(parcel=parcel)
    sent(survey, packages[1:])
    survey_flush(digest=survey.manifest.digest)
    said = b"\n".join(heard)
    assert said.count(b"parcel.open") == said.count(b"package.revision_taken") == 3
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert document["accepted"] == RED + GREEN + BLUE
    counted = cells(document, "colour")
    assert counted in ([RED, GREEN, BLUE], [RED - 1, GREEN, BLUE + 1])


def test_two_answers_in_parcels_for_different_nodes_are_one(nodes: Nodes) -> None:
    """Direct delivery of a different answer to each node: one of them counts."""
    survey = nodes.publish(colour_survey(), 7)
    packages = nodes.answers(survey, colours(RED, GREEN, BLUE))
    owned = nodes.tickets[packages[0].one_time_key]
    blue = package(survey.manifest, owned, {"colour": "blue"})
    nodes.deliver(survey, packages[1:])
    nodes.deliver(survey, packages[:1], to="a")
    assert nodes.deliver(survey, [blue], to="bc")[0]["state"] == "taken"
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert document["accepted"] == RED + GREEN + BLUE
    assert document["rejected"] == [{"reason": "superseded", "count": 1}]


def test_rubbish_is_bounded_and_everybody_goes_on(
    nodes: Nodes, heard: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails where ``relay.intake._insert`` gives room without an end.

    What waits stays within its bound; the nodes refuse what the relay could not tell from
    answers, and take the answers; who was refused goes to the nodes.
    """
    monkeypatch.setattr(intake, "WAITING_PER_INVITED", 8)
    survey = published(nodes)
    cap = 8 * survey.manifest.roster.size
    packages = nodes.answers(survey, colours(RED, GREEN, BLUE))
    first = sent(survey, packages[:4])
    refused = 0
    for _ in range(cap + 20):
        try:
            parcel_take(parcel=rubbish_for(survey.manifest))
        except Unavailable:
            refused += 1
    assert WaitingParcel.objects.count() == RelayedSurvey.objects.get().waiting == cap
    assert refused == 20 + len(first)
    with pytest.raises(Unavailable) as full:
        sent(survey, packages[4:5])
    assert full.value.code == "relay.full"
    survey_flush(digest=survey.manifest.digest)
    assert not WaitingParcel.objects.exists()
    assert b"\n".join(heard).count(b"parcel.open") == 3 * (cap - len(first))
    for place in nodes.deliver(survey, packages[4:]):
        assert place["state"] == "taken"
    assert sent(survey, packages[:1])
    nodes.order(survey, "close")
    assert cells(nodes.result(survey, nodes.end(survey)), "colour") == [RED, GREEN, BLUE]


class DroppingRelay:
    """A relay mutant that promises everything, and forgets one in ``n`` at once."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.taken: list[bytes] = []

    def answer(self, _method: str, path: str, body: bytes) -> tuple[int, JSON]:
        assert path == "packages"
        promise = to_base64(parcel_take(parcel=body).promise)
        if len(self.taken) % self.n == 0:
            WaitingParcel.objects.filter(parcel_hash=parcel_hash(body)).delete()
        self.taken.append(body)
        return 201, {"parcel": parcel_hash(body).hex(), "promise": promise}


def held(nodes: Nodes, node: str) -> set[str]:
    """Return the ids of the packages that a node holds."""
    rows = nodes.read(node, "SELECT package_id FROM nodes_storedpackage")
    return {str(row[0]) for row in rows}


@pytest.mark.usefixtures("heard")
def test_a_relay_that_drops_has_signed_for_it_and_who_goes_direct_counts(nodes: Nodes) -> None:
    """Fails where the promise is not of the parcel, or nodes take parcels of a relay only."""
    survey = published(nodes)
    relay = receiver(Pool(DroppingRelay(3).answer))
    packages = nodes.answers(survey, colours(RED, GREEN, BLUE))
    parcels = [package_wrap(survey.manifest, one) for one in packages]
    receipts = [package_send(relay, survey.manifest, one) for one in parcels]
    survey_flush(digest=survey.manifest.digest)
    dropped = parcels[::3]
    assert len(dropped) == 3
    lost = {one.package for one in dropped}
    assert held(nodes, "a") & {one.package_id for one in packages} == (
        {one.package_id for one in packages} - lost
    )
    # What each of them has is a proof: nobody but the relay signs this, and for these bytes.
    for receipt in receipts:
        assert parse_receipt(receipt.to_json()).promise
    saved, gone = dropped[:2], dropped[2]
    for parcel, receipt in zip(saved, receipts[::3][:2], strict=True):
        direct = package_deliver(nodes.receivers, survey.manifest, parcel, receipt)
        assert direct.is_safe
        assert parse_receipt(direct.to_json()) == direct
    nodes.order(survey, "close")
    document = nodes.result(survey, nodes.end(survey))
    assert document["accepted"] == len(packages) - 1
    listed = nodes.receivers["b"].get(f"lists/{survey.manifest.digest}/accepted")["ids"]
    assert {one.package for one in saved} <= set(listed)
    assert gone.package not in listed
