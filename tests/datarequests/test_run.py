"""A question from its draft to its result: portal in this process, three real nodes beneath."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from connector.list_words import WordList, words_fix
from datarequests.models import DataRequest, SignedObject
from datarequests.services.signing import is_whole
from mpcengine.models import SignedResult
from mpcengine.protocol.orders import REQUEST_ORDERS, build_order
from mpcengine.protocol.request_result import verify_request_result
from mpcengine.protocol.signing import LABEL_ORDER, sign
from mpcengine.protocol.strict import format_time, to_base64
from tests.datarequests.steps import Council, drive
from tests.nodes.harness import Nodes

pytestmark = pytest.mark.django_db


def words(first: int, last: int) -> WordList:
    """Return the list of whoever holds the values with these numbers."""
    return words_fix(np.arange(first, last, dtype=np.uint64) * np.uint64(7919))


def test_it_brings_a_question_to_a_verified_result(
    council: Council, nodes: Nodes, tmp_path: Path
) -> None:
    number = council.approved()
    council.carol.post(f"requests/{number}/invite", {})
    drive()
    owners = council.owners(number, nodes)
    lists = [words(0, 40), words(0, 20), words(0, 15), words(0, 10)]
    for owner, own in zip(owners, lists, strict=True):
        owner.consent(own)
    for place, (owner, own) in enumerate(zip(owners, lists, strict=True)):
        (tmp_path / str(place)).mkdir()
        owner.contribute(own, tmp_path / str(place), seconds=60, number=1)

    def is_released() -> bool:
        drive()
        return DataRequest.objects.get(pk=number).state == "released"

    nodes.wait(is_released, 60)
    document = council.rosa.get(f"requests/{number}/result")
    verify_request_result(document, nodes.house.nodes)
    assert document["match"]["organisations"]["count"] == 3
    history = council.amir.get(f"requests/{number}/history")
    assert history["whole"] is True
    kinds = [one["kind"] for one in history["signed"]]
    assert kinds == ["submission", "requester", "coordinator", "approval", "approval"]
    council.carol.post(f"requests/{number}/closing", {})
    assert council.rosa.get("register")["results"][0]["state"] == "closed"
    held = [bytes(one.body) for one in SignedObject.objects.all()]
    assert not any(b"drempel-consent" in body for body in held)
    assert b"drempel-consent" not in str(SignedResult.objects.get().document).encode()
    assert is_whole(DataRequest.objects.get())


def test_it_tells_that_too_few_took_part(council: Council, nodes: Nodes) -> None:
    number = council.approved()
    council.carol.post(f"requests/{number}/invite", {})
    drive()
    council.owners(number, nodes)[0].consent(words(0, 5))
    digest = council.carol.get(f"requests/{number}")["manifest_digest"]
    order = build_order(digest, "close-consents", orders=REQUEST_ORDERS)
    signature = to_base64(sign(council.carol.private, LABEL_ORDER, order))
    given = {"order": to_base64(order), "signature": signature}
    council.carol.post(f"requests/{number}/orders", given)

    def has_ended() -> bool:
        drive()
        return DataRequest.objects.get(pk=number).state == "insufficient"

    nodes.wait(has_ended, 30)
    assert council.rosa.get(f"requests/{number}")["reason"] == "too few lists"


def test_a_refusal_of_a_node_ends_it_with_the_nodes_words(council: Council) -> None:
    number = council.submitted()
    now = datetime.now(UTC).replace(microsecond=0)
    long = {"opens": format_time(now), "closes": format_time(now + timedelta(days=500))}
    council.prepared(number, consenting=long, contributing=long)
    council.signed(number)
    council.approve(council.amir, number)
    council.approve(council.bea, number)
    council.carol.post(f"requests/{number}/invite", {})
    drive()
    seen = council.rosa.get(f"requests/{number}")
    assert (seen["state"], seen["reason_code"]) == ("aborted", "policy.answering_days")
