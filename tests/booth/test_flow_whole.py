"""One respondent's whole way in Chromium against real nodes, and every way it may end."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from cli.embedded.federation import Federation
from mpcengine.protocol.padding import early_publisher
from mpcengine.protocol.receipt import parse_receipt
from tests.booth.flow import Asked, Person, options_survey
from tests.booth.survey import publish
from tests.end_to_end.harness import counts_of

MIN_COUNT = 4
Ask = Callable[..., Asked]


@pytest.fixture
def ask(federation: Federation, chromium: Browser) -> Iterator[Ask]:
    opened: list[Asked] = []

    def publish_one(invited: int, timing: str = "normal", min_count: int = MIN_COUNT) -> Asked:
        definition = options_survey("red", "green", "blue", min_count=min_count)
        survey = publish(federation, definition, invited=invited, timing=timing)
        opened.append(Asked(survey=survey, browser=chromium))
        return opened[-1]

    yield publish_one
    for one in opened:
        one.leave()


def wait_for(person: Person, outcome: str) -> None:
    """Return once the nodes' lists say so of her answer."""
    until = time.monotonic() + 60
    while (found := person.fate())["outcome"] != outcome:
        assert time.monotonic() < until, found
        person.page.wait_for_timeout(300)


def test_from_the_link_to_the_result(ask: Ask) -> None:
    asked = ask(8)
    rosa = asked.person(0).open()
    assert (rosa.state, rosa.call("intake")) == ("new", "open")
    assert rosa.kept["databases"] == {}
    first = rosa.send({"pick": "red"})
    assert (first["isSafe"], first["isOld"], first["receipt"]["revision"]) == (False, False, 0)
    assert parse_receipt(first["receipt"]).promise
    assert [step for step in rosa.steps if step[2] == "done"][-2:] == [
        ["seal", "", "done"],
        ["send", "relay", "done"],
    ]
    assert rosa.fate()["outcome"] == "on_its_way"
    asked.others("blue", 1, 6)
    wait_for(rosa, "seen")
    assert rosa.fate()["nodes"] == [early_publisher(asked.survey.manifest.digest)]
    rosa.page.reload()
    assert rosa.begin() is None
    assert (rosa.state, rosa.call("receipt")) == ("sent", first["receipt"])
    assert rosa.send({"pick": "green"})["error"] == "answer.sent"
    second = rosa.call("correct", {"pick": "green"})
    assert second["receipt"]["revision"] == 1
    assert second["receipt"]["package"] != first["receipt"]["package"]
    again = rosa.call("resume")
    assert (again["isOld"], again["receipt"]) == (True, second["receipt"])
    document = asked.result()
    # Six are blue and one, below the minimum, is green.
    assert (document["accepted"], counts_of(document)["pick", ("green",)]) == (7, None)
    assert document["rejected"] == [{"reason": "superseded", "count": 1}]
    fate = rosa.fate()
    assert (fate["outcome"], fate["nodes"]) == ("counted", ["a", "b", "c"])
    old = rosa.call("checkReceipt", first["receipt"])
    assert (old["outcome"], old["reason"]) == ("rejected", "superseded")
    rosa.call("refresh")
    assert (rosa.state, rosa.attempt) == ("closed", ["manifest", "receipt"])
    assert rosa.call("correct", {"pick": "red"})["error"] == "answer.not_sent"


def test_the_three_nodes_confirm_what_is_brought_to_them(ask: Ask) -> None:
    asked = ask(1, min_count=1)
    sam = asked.person(0).open("post 4 before cut")
    sam.start("send", {"pick": "red"}, sam.code)
    sam.wait_broken()
    # The relay is away for good; she does not wait any longer.
    failed = sam.end()
    assert (failed["error"], failed["node"]) == ("network.unreachable", "relay")
    assert failed["canRetry"] is True
    assert sam.state == "sealed"
    sam.back()
    given = sam.call("deliver")
    receipt = parse_receipt(given["receipt"])
    assert given["isSafe"] is True
    assert all(node.confirmation for node in receipt.nodes)
    assert not receipt.promise
    both = parse_receipt(sam.call("resume")["receipt"])
    assert both.promise
    assert both.nodes == receipt.nodes
    document = asked.result()
    assert document["accepted"] == 1
    assert sam.fate()["outcome"] == "counted"


def test_a_node_that_is_away_is_named_and_waited_for(ask: Ask) -> None:
    asked = ask(1, min_count=1)
    person = asked.person(0).open()
    away = asked.survey.manifest.node("c").url
    person.window.context.route(f"{away}/**", lambda route: route.abort())
    failed = person.send({"pick": "red"})
    assert failed == {
        "error": "network.unreachable",
        "node": "c",
        "where": "",
        "canRetry": True,
    }
    assert (person.state, person.attempt) == ("drawn", ["draw", "manifest", "mark"])
    assert ["token", "a", "done"] in person.steps
    person.window.context.unroute_all()
    assert person.send({"pick": "red"})["receipt"]["revision"] == 0
    person.window.context.route(f"{away}/**", lambda route: route.abort())
    given = parse_receipt(person.call("deliver")["receipt"])
    assert [bool(node.confirmation) for node in given.nodes] == [True, True, False]
    assert given.is_safe


def test_nobody_answers_before_answering_opens(ask: Ask) -> None:
    asked = ask(1, "strict", min_count=1)
    person = asked.person(0).open()
    assert person.call("intake") == "waiting"
    early = person.send({"pick": "blue"})
    assert (early["error"], early["canRetry"]) == ("survey.not_open", True)
    assert person.state == "sealed"
    asked.survey.open_answering()
    until = time.monotonic() + 60
    while person.call("resume").get("error") == "survey.not_open":
        assert time.monotonic() < until
        person.page.wait_for_timeout(300)
    assert person.state == "sent"
    document = asked.result()
    assert document["accepted"] == 1


def test_what_closing_overtook_is_cleared_away(ask: Ask) -> None:
    asked = ask(2, min_count=1)
    early, late = asked.person(0).open(), asked.person(1).open("put 3 after close")
    assert early.send({"pick": "red"})["receipt"]["revision"] == 0
    late.start("send", {"pick": "blue"}, late.code)
    late.wait_broken()
    late.page.close()
    asked.result()
    late.open()
    assert (late.state, late.call("intake")) == ("sealed", "closed")
    assert late.call("resume")["error"] == "survey.closed"
    assert late.call("deliver")["error"] == "survey.closed"
    assert (late.state, late.kept["databases"]) == ("closed", {})
    assert late.send({"pick": "blue"})["error"] == "survey.closed"


@pytest.mark.parametrize(
    ("answers", "code", "error", "where"),
    [
        ({}, "own", "answer.required", "pick"),
        ({"pick": "pink"}, "own", "answer.", "pick"),
        ({"pick": "red"}, "", "code.missing", ""),
        ({"pick": "red"}, "12345", "code.form", ""),
        ({"pick": "red"}, "0" * 26, "token.unknown_code", ""),
    ],
)
def test_what_cannot_be_sent_leaves_nothing(
    ask: Ask, answers: dict[str, str], code: str, error: str, where: str
) -> None:
    person = ask(1, min_count=1).person(0).open()
    found = person.call("send", answers, person.code if code == "own" else code)
    assert found["error"].startswith(error), found
    assert found["where"] == where
    assert (person.state, person.kept["databases"]) == ("new", {})
