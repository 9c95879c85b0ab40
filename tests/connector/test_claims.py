"""Answer as a partner, with a key: sign what is asked, and judge what a node shows for a no."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from connector import http
from connector.errors import Misbehaved, Refused
from connector.http import Receiver
from connector.respondent import Ticket, package_seal, ticket_draw, ticket_fetch
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.manifest import Manifest, build_manifest
from mpcengine.protocol.package import verify_package
from mpcengine.protocol.partners import partner_entry
from mpcengine.protocol.roster import code_from_bytes, roster_root
from mpcengine.protocol.signedrequest import SignedRequest, sign_request, verify_request
from mpcengine.protocol.signing import point_bytes
from mpcengine.protocol.strict import parse_base64, to_base64
from tests.connector.doubles import Answer, Pool, receiver
from tests.vectors.cast import cast, p256, terms

NORTH, SOUTH = p256("partner Hospital North"), p256("partner Hospital South")
CODE = code_from_bytes(bytes(range(17)))
Forge = Callable[[SignedRequest, SignedRequest], bytes]


@dataclass
class PartnerNode:
    """A node that issues to partners, and shows what ``forge`` makes of the earlier request."""

    index: int
    manifest: Manifest
    forge: Forge = field(default=lambda earlier, _: earlier.encode())
    granted: dict[str, SignedRequest] = field(default_factory=dict)

    def answer(self, _method: str, path: str, body: bytes) -> Answer:
        assert path == "tokens"
        given = json.loads(body)
        assert given.keys() == {"manifest", "partner_key", "blinded", "signature"}
        asked = SignedRequest(
            manifest=given["manifest"],
            index=self.index,
            key=parse_base64(given["partner_key"]) or b"",
            blinded=parse_base64(given["blinded"]) or b"",
            signature=parse_base64(given["signature"]) or b"",
        )
        verify_request(asked)
        earlier = self.granted.setdefault(given["partner_key"], asked)
        if earlier.blinded != asked.blinded:
            shown = to_base64(self.forge(earlier, asked))
            return 409, {"code": "token.already_issued", "detail": "No.", "evidence": shown}
        signed = cast().issuer[self.index - 1].blind_sign(asked.blinded)
        return 200, {"blind_signature": to_base64(signed)}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_WAIT_SECONDS", 0.001)


@pytest.fixture
def manifest() -> Manifest:
    entries = sorted(partner_entry(point_bytes(key)) for key in (NORTH, SOUTH))
    roots = (roster_root(entries),) * 3
    return build_manifest(
        replace(terms(), roster=replace(terms().roster, kind="key", size=2, roots=roots))
    )


@pytest.fixture
def doubles(manifest: Manifest) -> dict[str, PartnerNode]:
    return {name: PartnerNode(place, manifest) for place, name in enumerate("abc", start=1)}


@pytest.fixture
def nodes(doubles: dict[str, PartnerNode]) -> dict[str, Receiver]:
    return {n: receiver(Pool(one.answer), f"Node {n}") for n, one in doubles.items()}


def test_a_partner_gets_three_tokens_for_a_key(
    manifest: Manifest, nodes: dict[str, Receiver]
) -> None:
    ticket = ticket_fetch(nodes, manifest, NORTH)
    assert isinstance(ticket, Ticket)
    verify_package(manifest, package_seal(manifest, ticket, [0] * manifest.width))


def test_a_partner_who_goes_on_gets_the_same_tokens(
    manifest: Manifest, nodes: dict[str, Receiver]
) -> None:
    drawn = ticket_draw(manifest)
    first = ticket_fetch(nodes, manifest, NORTH, drawn)
    assert ticket_fetch(nodes, manifest, NORTH, drawn) == first


def test_a_second_draw_is_refused_and_the_partner_sees_why(
    manifest: Manifest, nodes: dict[str, Receiver], doubles: dict[str, PartnerNode]
) -> None:
    ticket_fetch(nodes, manifest, NORTH)
    with pytest.raises(Refused) as refused:
        ticket_fetch(nodes, manifest, NORTH)
    assert refused.value.code == "token.already_issued"
    assert "a request signed with it is shown" in refused.value.sentence
    (granted,) = doubles["a"].granted.values()
    assert refused.value.evidence == granted.encode()
    ticket_fetch(nodes, manifest, SOUTH)


def of_another_key(earlier: SignedRequest, _asked: SignedRequest) -> bytes:
    blinded = earlier.blinded
    return sign_request(SOUTH, manifest=earlier.manifest, index=1, blinded=blinded).encode()


FORGERIES: dict[str, Forge] = {
    "nothing": lambda *_: b"",
    "rubbish": lambda *_: bytes(419),
    "unsigned": lambda earlier, _: replace(earlier, signature=bytes(64)).encode(),
    "what is asked now": lambda _, asked: asked.encode(),
    "another message under the present signature": lambda earlier, asked: replace(
        earlier, signature=asked.signature
    ).encode(),
    "signed by another partner": of_another_key,
    "a request to another node": lambda earlier, _: sign_request(
        NORTH, manifest=earlier.manifest, index=2, blinded=earlier.blinded
    ).encode(),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_node_that_only_says_so_is_noticed(
    manifest: Manifest,
    nodes: dict[str, Receiver],
    doubles: dict[str, PartnerNode],
    name: str,
) -> None:
    """A27. Fails when ``verify_evidence`` is taken out of ``claims._judged``."""
    ticket_fetch(nodes, manifest, NORTH)
    doubles["a"].forge = FORGERIES[name]
    with pytest.raises(Misbehaved) as caught:
        ticket_fetch(nodes, manifest, NORTH)
    assert caught.value.receiver == "Node a"
    assert "does not show" in caught.value.sentence


def test_each_survey_takes_its_own_kind_of_claim(
    manifest: Manifest, nodes: dict[str, Receiver], doubles: dict[str, PartnerNode]
) -> None:
    for survey, claim in ((manifest, CODE), (cast().manifest, NORTH)):
        with pytest.raises(MalformedInput) as refused:
            ticket_fetch(nodes, survey, claim)
        assert refused.value.code == "claim.kind"
    assert not any(double.granted for double in doubles.values())
