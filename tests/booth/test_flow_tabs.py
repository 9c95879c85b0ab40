"""Second tabs, second devices, drafts, and what is left when somebody erases."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from cli.embedded.federation import Federation
from tests.booth.flow import Asked, Person, options_survey
from tests.booth.survey import publish

NOTHING = {"databases": {}, "session": {}, "local": {}, "caches": [], "cookies": "", "files": 0}
DRAFT = {"answers": {"pick": "green"}, "place": 3}
WORDS = "correct horse battery"


@pytest.fixture(scope="module")
def shared(federation: Federation, chromium: Browser) -> Iterator[Asked]:
    """A survey with a code for every test of this module."""
    survey = publish(federation, options_survey("red", "green"), invited=16)
    found = Asked(survey=survey, browser=chromium)
    yield found
    found.leave()


def twin(person: Person) -> Person:
    """Open the same link in another tab of the same browser."""
    return person.asked.person(person.place, person.window).open()


def test_a_second_tab_waits_for_the_first(shared: Asked) -> None:
    first = shared.person(0).open("post 4 before close")
    second = twin(first)
    first.start("send", {"pick": "red"}, first.code)
    first.wait_broken()
    for refused in (
        second.send({"pick": "green"}),
        second.call("resume"),
        second.call("erase"),
    ):
        assert refused == {"error": "tab.busy", "node": "", "where": "", "canRetry": True}
    second.call("refresh")
    assert second.state == "sealed"
    first.page.close()
    given = second.send({"pick": "green"})
    assert given["isOld"] is True
    assert second.state == "sent"


def test_two_tabs_that_send_at_once_send_one_answer(shared: Asked) -> None:
    first = shared.person(1).open()
    second = twin(first)
    first.start("send", {"pick": "red"}, first.code)
    second.start("send", {"pick": "green"}, second.code)
    found = [first.end(), second.end()]
    errors = [one["error"] for one in found if "error" in one]
    assert errors in (["tab.busy"], ["answer.sent"])
    for one in (first, second):
        one.call("refresh")
    assert (first.state, second.state) == ("sent", "sent")
    assert first.call("receipt") == second.call("receipt")


def test_a_second_device_is_told_and_keeps_nothing(shared: Asked) -> None:
    first, second = shared.person(2).open(), shared.person(2).open()
    assert first.send({"pick": "red"})["receipt"]["revision"] == 0
    refused = second.send({"pick": "green"})
    assert (refused["error"], refused["canRetry"]) == ("token.already_issued", False)
    assert (second.state, second.kept["databases"]) == ("new", {})
    assert first.call("correct", {"pick": "green"})["receipt"]["revision"] == 1


def test_a_device_that_began_can_end_though_another_one_tried(shared: Asked) -> None:
    first, second = shared.person(3).open("post 2 after close"), shared.person(3).open()
    first.start("send", {"pick": "red"}, first.code)
    first.wait_broken()
    first.page.close()
    refused = second.send({"pick": "green"})
    assert refused["error"] == "token.already_issued"
    assert first.open().send({"pick": "red"})["receipt"]["revision"] == 0


def test_eight_versions_and_no_more(shared: Asked) -> None:
    person = shared.person(4).open()
    assert person.call("correct", {"pick": "red"})["error"] == "answer.not_sent"
    person.send({"pick": "red"})
    for revision in range(1, 8):
        given = person.call("correct", {"pick": "green"})
        assert given["receipt"]["revision"] == revision
    assert person.call("correct", {"pick": "red"})["error"] == "attempt.revisions"
    assert person.state == "sent"


def test_erasing_leaves_nothing_in_any_tab(shared: Asked) -> None:
    person = shared.person(5).open()
    person.send({"pick": "red"})
    other = twin(person)
    other.call("saveDraft", DRAFT, "tab")
    other.page.evaluate("() => window.flow.tab.write('code', 'kept')")
    person.call("saveDraft", DRAFT, "device")
    assert set(person.kept["databases"][person.database]) == {"attempt", "draft"}
    assert person.call("erase") is None
    other.page.evaluate(
        """() => new Promise((done) => {
          if (flow.isErased) done();
          flow.addEventListener("change", () => flow.isErased && done());
        })"""
    )
    for one in (person, other):
        assert (one.state, one.kept) == ("erased", NOTHING)
        assert one.call("resume")["error"] == "attempt.erased"
    again = twin(person)
    assert again.state == "new"
    assert again.send({"pick": "red"})["error"] == "token.already_issued"
    again.page.close()
    assert person.kept == NOTHING


def test_whoever_only_looks_leaves_nothing(shared: Asked) -> None:
    person = shared.person(6).open()
    assert person.call("loadDraft") is None
    assert person.call("receipt") is None
    assert person.call("confirmations")["error"] == "attempt.empty"
    assert person.kept["databases"] == {}
    assert person.kept["local"] == {}
    assert person.window.context.cookies() == []


@pytest.mark.parametrize("last", ["device", "tab"])
def test_drafts_are_kept_in_the_order_in_which_they_were_saved(
    shared: Asked, last: str
) -> None:
    """Without turns, clearing the device for an older draft takes the newer one with it."""
    person = shared.person(8 if last == "device" else 9).open()
    for _ in range(5):
        person.page.evaluate(
            """(places) => Promise.all(
              places.map((place, at) => flow.saveDraft({ place: at }, place)))""",
            ["tab", "device"] * 2 if last == "device" else ["device", "tab"] * 2,
        )
        assert person.call("loadDraft") == {"draft": {"place": 3}, "place": last}


def test_after_sending_no_answer_is_kept(shared: Asked) -> None:
    person = shared.person(7).open()
    person.call("saveDraft", DRAFT, "device")
    person.call("saveDraft", DRAFT, "tab")
    assert person.kept["databases"] == {}
    person.call("saveDraft", DRAFT, "device")
    person.send({"pick": "green"})
    kept = person.kept
    assert set(kept["databases"][person.database]) == {"attempt"}
    assert person.attempt == ["isSent", "manifest", "parcel", "receipt", "ticket"]
    assert not any("draft" in key or "code" in key for key in kept["session"])
    assert person.call("loadDraft") is None


def test_the_key_cannot_be_taken_out(shared: Asked) -> None:
    person = shared.person(8).open()
    person.send({"pick": "green"})
    refused = person.page.evaluate(
        """async () => {
          const { ticket } = await flow.store.read("attempt");
          await flow.saveDraft({}, "device");
          const { key } = await flow.store.read("draft");
          const tried = await Promise.allSettled([
            crypto.subtle.exportKey("pkcs8", ticket.keys.privateKey),
            crypto.subtle.exportKey("jwk", ticket.keys.privateKey),
            crypto.subtle.exportKey("raw", key),
          ]);
          await flow.eraseDraft();
          return tried.map((one) => one.status);
        }"""
    )
    assert refused == ["rejected"] * 3


def test_a_draft_is_kept_where_it_was_asked_for(shared: Asked) -> None:
    person = shared.person(9)
    # The screens would keep drafts of their own.
    person.window.context.route("**/booth/app.js", lambda route: route.abort())
    person.open()
    person.call("saveDraft", DRAFT)
    person.page.reload()
    assert person.begin() is None
    assert person.call("loadDraft") == {"draft": DRAFT, "place": "tab"}
    assert twin(person).call("loadDraft") is None
    person.call("saveDraft", DRAFT, "device")
    assert twin(person).call("loadDraft") == {"draft": DRAFT, "place": "device"}
    clear = person.page.evaluate(
        """async () => {
          const { content } = await flow.store.read("draft");
          return new TextDecoder("latin1").decode(content);
        }"""
    )
    assert "green" not in clear
    assert len(clear) == 12 + 4096 + 16
    person.call("eraseDraft")
    assert twin(person).call("loadDraft") is None


def test_a_draft_in_a_file_opens_elsewhere_with_its_words(shared: Asked) -> None:
    person, elsewhere = shared.person(10).open(), shared.person(10).open()
    text = person.call("exportDraft", DRAFT, WORDS)
    assert json.loads(text)["format"] == "drempel-draft/1"
    assert "green" not in text
    assert elsewhere.call("importDraft", text, WORDS) == DRAFT
    wrong = elsewhere.call("importDraft", text, WORDS + "!")
    assert (wrong["error"], wrong["canRetry"]) == ("draft.passphrase", True)
    moved = text.replace(shared.survey.manifest.survey_id, "0" * 32)
    assert elsewhere.call("importDraft", moved, WORDS)["error"] == "draft.other_survey"
    for form in ("", "{}", "[]", text.replace("/1", "/2"), text[:-9]):
        assert elsewhere.call("importDraft", form, WORDS)["error"] == "draft.form"


def test_a_browser_that_keeps_nothing_does_not_send(shared: Asked) -> None:
    person = shared.person(11).open()
    person.page.evaluate(
        """() => {
          window.posted = 0;
          const real = window.fetch;
          window.fetch = (url, more) => {
            window.posted += more?.method === "POST";
            return real(url, more);
          };
          IDBObjectStore.prototype.put = () => {
            throw new DOMException("", "QuotaExceededError");
          };
        }"""
    )
    assert person.send({"pick": "red"})["error"] == "store.full"
    assert person.page.evaluate("() => window.posted") == 0


def test_a_clock_that_is_ahead_ends_nothing(shared: Asked) -> None:
    person = shared.person(12).open()
    person.send({"pick": "red"})
    person.page.evaluate("() => { Date.now = () => 4e12; }")
    person.call("refresh")
    assert person.state == "sent"
    assert person.call("correct", {"pick": "green"})["receipt"]["revision"] == 1


def test_the_word_of_a_relay_takes_no_right_to_answer_away(shared: Asked) -> None:
    person = shared.person(13).open()
    away = shared.survey.manifest.node("c").url
    person.window.context.route(f"{away}/**", lambda route: route.abort())
    assert person.send({"pick": "red"})["error"] == "network.unreachable"
    lie = {"state": "closed", "drained": True}
    person.window.context.route("**/api/v1/surveys/*", lambda route: route.fulfill(json=lie))
    person.call("refresh")
    assert (person.state, person.attempt) == ("closed", ["draw", "manifest", "mark"])
    person.window.context.unroute_all()
    person.call("refresh")
    assert person.send({"pick": "red"})["receipt"]["revision"] == 0


def test_after_sending_no_answer_is_kept_in_another_tab(shared: Asked) -> None:
    person = shared.person(14).open()
    other = twin(person)
    other.call("saveDraft", DRAFT, "tab")
    other.page.evaluate("() => window.flow.tab.write('code', 'kept')")
    person.send({"pick": "green"})
    other.page.wait_for_function("() => window.flow.state === 'sent'")
    assert not any("draft" in key or "code" in key for key in other.kept["session"])


def test_nodes_that_miss_an_answer_are_not_said_to_have_it(shared: Asked) -> None:
    person = shared.person(15).open()
    person.send({"pick": "green"})
    person.page.reload()
    person.page.wait_for_selector("#done:not([hidden])")
    person.page.evaluate(
        """async () => {
          const entry = document.querySelector("script[type=module]").src;
          const { booth } = await import(entry.replace("app.js", "page.js"));
          const missing = { outcome: "missing", nodes: ["a", "b", "c"], faults: {} };
          booth.session.confirmations = async () => missing;
        }"""
    )
    person.page.click("#refresh")
    person.page.wait_for_selector("#outcome [data-is=missing]:not([hidden])", state="attached")
    for node in "abc":
        assert person.page.locator(f"#store-{node}.not").count() == 1
