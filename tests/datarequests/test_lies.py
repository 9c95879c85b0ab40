"""A portal made to lie: every node refuses, whoever else signed the lie.

The portal's operator has requester and coordinator sign what it likes; approvers signed the
truth. What it cannot make is their signature under another manifest.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from connector.errors import Refused
from connector.list_words import words_fix
from datarequests.models import DataRequest, SignedKind
from datarequests.selectors import signed_of, version_of
from datarequests.services.deciding import approvals_given
from mpcengine.protocol.canonical import JSON, canonical, parse_canonical
from mpcengine.protocol.envelope import share_public
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import LABEL_REQUEST_MANIFEST, public_bytes, sign
from mpcengine.protocol.strict import to_base64
from tests.datarequests.cast import holder
from tests.datarequests.steps import Council, drive
from tests.nodes.harness import Nodes

pytestmark = pytest.mark.django_db


@dataclass
class Liar:
    """A portal with an approved question, and what it tells the nodes instead."""

    council: Council
    nodes: Nodes
    row: DataRequest

    @property
    def document(self) -> dict[str, JSON]:
        """Return the manifest that was approved, to be changed."""
        version = version_of(self.row)
        assert version is not None
        found: dict[str, JSON] = parse_canonical(bytes(version.manifest or b""))
        return found

    def tell(self, document: dict[str, JSON], *, drop: int = 0) -> set[str]:
        """Give each node this manifest, signed anew by all but the approvers; return codes."""
        data = canonical(document)
        signatures = {
            "requester_signature": self.council.rosa.private,
            "coordinator_signature": self.council.carol.private,
        }
        approvals = [one.to_json() for one in approvals_given(self.row)][drop:]
        told = {
            name: to_base64(sign(key, LABEL_REQUEST_MANIFEST, data))
            for name, key in signatures.items()
        }
        body = {**told, "manifest": to_base64(data), "approvals": approvals}
        codes = []
        for name in NODE_NAMES:
            with pytest.raises(Refused) as refusal:
                self.nodes.receivers[name].send("POST", "requests", body)
            codes.append(refusal.value.code)
        assert len(codes) == 3
        return set(codes)


@pytest.fixture
def liar(council: Council, nodes: Nodes) -> Liar:
    number = council.approved()
    return Liar(council=council, nodes=nodes, row=DataRequest.objects.get(pk=number))


def test_it_cannot_change_the_question_after_approval(liar: Liar) -> None:
    document = liar.document
    document["request"]["title"] = {"en": "Who has paid these criminals?"}
    assert liar.tell(document) == {"approval.manifest"}


def test_it_cannot_drop_an_approval(liar: Liar) -> None:
    assert liar.tell(liar.document, drop=1) == {"request.approvals"}
    document = liar.document
    document["approvals"] = {"needed": 0, "approvers": []}
    assert liar.tell(document, drop=2) == {"policy.min_approvals"}


def test_it_cannot_add_a_holder(liar: Liar) -> None:
    document, extra = liar.document, holder("ivo", "Insurer")
    place = len(document["owners"])
    copy = dict(document["owners"][-1])
    document["owners"].append(
        copy
        | {
            "owner": place,
            "name": "Insurer",
            "key": to_base64(public_bytes(extra.private)),
            "seal_key": to_base64(share_public(extra.seal)),
        }
    )
    assert liar.tell(document) == {"approval.manifest"}


def test_it_cannot_lower_a_minimum(liar: Liar) -> None:
    document = liar.document
    document["request"]["min_organisations"] -= 1
    assert liar.tell(document) == {"approval.manifest"}


def test_it_cannot_replay_a_consent_for_another_question(liar: Liar, council: Council) -> None:
    first, second = liar.row.pk, council.approved(title={"en": "Another question"})
    for number in (first, second):
        council.carol.post(f"requests/{number}/invite", {})
    drive()
    asked = {one: council.owners(one, liar.nodes)[1] for one in (first, second)}
    asked[first].consent(words_fix(np.zeros(0, dtype=np.uint64)))
    node = liar.nodes.receivers["a"]
    (given,) = node.get(f"requests/{asked[first].manifest.digest}/consents")["consents"]
    for name in NODE_NAMES:
        with pytest.raises(Refused) as refusal:
            liar.nodes.receivers[name].send(
                "POST", f"requests/{asked[second].manifest.digest}/consents", given
            )
        assert refusal.value.code == "consent.manifest"


def test_it_gets_a_signature_for_the_truth(liar: Liar) -> None:
    """What the lies differ from is taken, so that their refusals mean something."""
    truth = signed_of(liar.row, SignedKind.REQUESTER).get()
    liar.council.carol.post(f"requests/{liar.row.pk}/invite", {})
    drive()
    seen = liar.council.carol.get(f"requests/{liar.row.pk}")
    assert seen["state"] == "inviting"
    assert seen["signed_request"]["manifest"] == to_base64(bytes(truth.body))
