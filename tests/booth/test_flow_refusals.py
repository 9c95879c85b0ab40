"""What the flow does not believe, does not mix, and does not keep."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from cli.embedded.federation import Federation
from mpcengine.protocol.canonical import JSON
from tests.booth.flow import Asked, Person, options_survey
from tests.booth.survey import publish

CLOSED = {"state": "closed", "drained": True}
TOO_LONG = 13 * 1024 * 1024


@pytest.fixture(scope="module")
def shared(federation: Federation, chromium: Browser) -> Iterator[Asked]:
    """A survey with codes for every test of this module."""
    survey = publish(federation, options_survey("red", "green"), invited=12)
    found = Asked(survey=survey, browser=chromium)
    yield found
    found.leave()


def away(person: Person, node: str) -> None:
    """Let a node of the survey answer this browser no more."""
    url = person.asked.survey.manifest.node(node).url
    person.window.context.route(f"{url}/**", lambda route: route.abort())


def blinded(person: Person) -> dict[str, list[str]]:
    """Note what each code is exchanged for from now on, by the body's own code."""
    seen: dict[str, list[str]] = {}

    def note(route: Route) -> None:
        told = json.loads(route.request.post_data or "{}")
        seen.setdefault(told.get("code", ""), []).append(told.get("blinded", ""))
        route.continue_()

    person.window.context.route("**/api/v1/tokens", note)
    return seen


def test_a_draw_meets_one_code_only(shared: Asked) -> None:
    """Both codes with one blinded key would tell every node that one device has both."""
    person = shared.person(0).open()
    away(person, "c")
    assert person.send({"pick": "red"})["error"] == "network.unreachable"
    assert person.attempt == ["draw", "manifest", "mark"]
    person.window.context.unroute_all()
    seen = blinded(person)
    other = person.call("send", {"pick": "green"}, shared.codes[1])
    assert (other["error"], other["canRetry"], seen) == ("code.other", False, {})
    assert person.send({"pick": "red"})["receipt"]["revision"] == 0
    assert person.attempt == ["isSent", "manifest", "parcel", "receipt", "ticket"]
    elsewhere = shared.person(1).open()
    assert elsewhere.send({"pick": "green"})["receipt"]["revision"] == 0


def test_a_mistyped_code_takes_no_draw_though_a_node_is_away(shared: Asked) -> None:
    person = shared.person(2).open()
    away(person, "c")
    wrong = shared.codes[3][:-1] + ("0" if shared.codes[3][-1] != "0" else "1")
    refused = person.call("send", {"pick": "red"}, wrong)
    assert refused["error"] in {"token.unknown_code", "code.form"}
    assert person.attempt == []
    person.window.context.unroute_all()
    assert person.send({"pick": "red"})["receipt"]["revision"] == 0


def test_the_word_of_a_relay_takes_no_correction_away(shared: Asked) -> None:
    person = shared.person(4).open()
    person.send({"pick": "red"})
    kept = person.attempt
    path = "**/api/v1/surveys/*"
    person.window.context.route(path, lambda route: route.fulfill(json=CLOSED))
    person.call("refresh")
    assert (person.state, person.attempt) == ("sent", kept)
    person.window.context.unroute_all()
    person.call("refresh")
    assert person.call("correct", {"pick": "green"})["receipt"]["revision"] == 1


def changed(receipt: JSON, key: str) -> JSON:
    """Return a receipt signed by a key that the receipt itself names."""
    told: Any = json.loads(json.dumps(receipt))
    if key == "relay":
        told["relay"]["key"] = told["nodes"][0]["identity_key"]
    else:
        told["nodes"][0]["identity_key"] = told["relay"]["key"]
    return told


@pytest.mark.parametrize("key", ["relay", "node"])
def test_a_receipt_does_not_say_whose_signatures_it_needs(shared: Asked, key: str) -> None:
    person = shared.person(5 if key == "relay" else 6).open()
    receipt = person.send({"pick": "red"})["receipt"]
    assert "error" not in person.call("checkReceipt", receipt)
    refused = person.call("checkReceipt", changed(receipt, key))
    assert refused["error"] in {"receipt.other_keys", "signature.invalid"}


def test_a_receipt_signed_by_keys_of_its_own_is_refused(shared: Asked) -> None:
    """Everything in it holds, and nobody of this survey signed it."""
    person = shared.person(7).open()
    receipt = person.send({"pick": "red"})["receipt"]
    forged = person.page.evaluate(
        """async (receipt) => {
          const entry = document.querySelector("script[type=module]").src;
          const base = entry.replace("booth/app.js", "protocol/");
          const { signedBytes } = await import(base + "signing.js");
          const { concat, fromHex, toBase64 } = await import(base + "bytes.js");
          const { digestBytes } = await import(base + "canonical.js");
          const keys = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
          const body = concat(digestBytes(receipt.manifest), fromHex(receipt.content));
          const data = signedBytes("drempel/promise/1", body);
          const signed = await crypto.subtle.sign("Ed25519", keys.privateKey, data);
          const key = await crypto.subtle.exportKey("raw", keys.publicKey);
          const [promise, own] = [signed, key].map((one) => toBase64(new Uint8Array(one)));
          const nodes = receipt.nodes.map(({ confirmation, ...node }) => node);
          return { ...receipt, nodes, relay: { ...receipt.relay, key: own, promise } };
        }""",
        receipt,
    )
    assert person.call("checkReceipt", forged)["error"] == "receipt.other_keys"


def test_an_answer_without_end_is_given_up(shared: Asked) -> None:
    person = shared.person(8).open()
    body = json.dumps({"blind_signature": "A" * TOO_LONG})
    person.window.context.route(
        "**/api/v1/tokens",
        lambda route: route.fulfill(body=body, headers={"Access-Control-Allow-Origin": "*"}),
    )
    refused = person.send({"pick": "red"})
    assert (refused["error"], refused["canRetry"]) == ("answer.too_long", False)
    person.window.context.unroute_all()
    assert person.send({"pick": "red"})["receipt"]["revision"] == 0
