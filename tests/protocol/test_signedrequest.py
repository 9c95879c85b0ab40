"""A partner's request holds for one node, survey, key and message, and proves who asked."""

from dataclasses import replace
from typing import Any

import pytest

from mpcengine.protocol.errors import BadSignature, MalformedMessage, ProtocolError
from mpcengine.protocol.signedrequest import (
    parse_request,
    request_body,
    sign_request,
    verify_evidence,
    verify_request,
)
from tests.protocol.vectors import load, names
from tests.vectors.cast import p256
from tests.vectors.make_partners import NAMES, OTHER_SURVEY, request

VECTORS = load("partner")
ASKED = request(drawn="Ravi")
EARLIER = request(drawn="Rosa")


@pytest.mark.parametrize("case", VECTORS["good"])
def test_it_agrees_with_the_vectors(case: dict[str, Any]) -> None:
    one = parse_request(bytes.fromhex(case["bytes"]))
    verify_request(one)
    assert (one.manifest, one.index) == (VECTORS["manifest"], case["index"])
    assert [one.key.hex(), one.blinded.hex()] == [case["key"], case["blinded"]]
    assert request_body(one.manifest, one.index, one.blinded).hex() == case["body"]
    assert one.encode().hex() == case["bytes"]


@pytest.mark.parametrize("case", VECTORS["bad"], ids=names(VECTORS["bad"]))
def test_it_refuses_what_is_no_request_of_hers(case: dict[str, Any]) -> None:
    with pytest.raises((MalformedMessage, BadSignature)) as caught:
        verify_request(parse_request(bytes.fromhex(case["bytes"])))
    assert caught.value.code == case["code"]


def test_it_reads_no_other_length() -> None:
    data = EARLIER.encode()
    assert len(data) == 419
    for end in range(len(data)):
        with pytest.raises(MalformedMessage):
            parse_request(data[:end])


def test_it_verifies_what_it_signed() -> None:
    private = p256(f"partner {NAMES[0]}")
    one, again = (
        sign_request(private, manifest=ASKED.manifest, index=1, blinded=ASKED.blinded)
        for _ in range(2)
    )
    verify_request(one)
    assert parse_request(one.encode()) == one
    assert one.signature != again.signature


def test_it_takes_an_earlier_request_as_evidence() -> None:
    assert verify_evidence(EARLIER.encode(), ASKED) == EARLIER


FORGED = {
    "nothing": b"",
    "rubbish": bytes(419),
    "unsigned": replace(EARLIER, signature=bytes(64)).encode(),
    "the signature of what is asked now": replace(EARLIER, signature=ASKED.signature).encode(),
    "somebody else's request": request(NAMES[1]).encode(),
    "somebody else's in her name": replace(request(NAMES[1]), key=ASKED.key).encode(),
    "her request to another node": request(index=2).encode(),
    "her request in another survey": replace(EARLIER, manifest=OTHER_SURVEY).encode(),
    "what is asked now": ASKED.encode(),
}


@pytest.mark.parametrize("name", FORGED)
def test_it_notices_evidence_that_is_none(name: str) -> None:
    """Fails for some names when ``verify_request`` or a comparison is taken out."""
    with pytest.raises(ProtocolError):
        verify_evidence(FORGED[name], ASKED)
