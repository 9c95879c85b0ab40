"""Every step of sending is broken off, by closing the tab and by cutting the network.

Nothing may be lost and nothing doubled: everybody of these is counted once, with her answer.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from cli.embedded.federation import Federation
from tests.booth.flow import Asked, Person, options_survey
from tests.booth.survey import publish
from tests.end_to_end.harness import counts_of

# What breaks off, and what a device must have of it afterwards. Things kept: 1 the draw, 2 the
# tokens, 3 the parcel, 4 the receipt. Posts: 1 to 3 for tokens, 4 the parcel.
CLOSED = {
    "put 1 before": "new",
    "put 1 after": "drawn",
    "post 1 before": "drawn",
    "post 1 after": "drawn",
    "post 2 after": "drawn",
    "post 3 before": "drawn",
    "post 3 after": "drawn",
    "put 2 before": "drawn",
    "put 2 after": "ticket",
    "put 3 before": "ticket",
    "put 3 after": "sealed",
    "post 4 before": "sealed",
    "post 4 after": "sealed",
    "put 4 before": "sealed",
    "put 4 after": "sent",
}
CUT = {point: state for point, state in CLOSED.items() if point.startswith("post")}
POINTS = [*(f"{point} close" for point in CLOSED), *(f"{point} cut" for point in CUT)]
OPTIONS = tuple(f"o{place}" for place in range(len(POINTS)))


@pytest.fixture(scope="module")
def asked(federation: Federation, chromium: Browser) -> Iterator[Asked]:
    survey = publish(federation, options_survey(*OPTIONS), invited=len(POINTS))
    found = Asked(survey=survey, browser=chromium)
    yield found
    found.leave()


def closed(person: Person, point: str, pick: str) -> None:
    """She presses Send, the tab is gone at ``point``, and she opens her link again."""
    person.open(point)
    person.start("send", {"pick": pick}, person.code)
    person.wait_broken()
    person.page.close()
    state = CLOSED[point.rpartition(" ")[0]]
    assert person.open().state == state
    given = person.go_on({"pick": pick})
    assert given["receipt"]["revision"] == 0, given
    assert given.get("isOld", True) == (state in {"sealed", "sent"})


def cut(person: Person, point: str, pick: str) -> None:
    """She presses Send, the network is gone at ``point`` and comes back while she waits."""
    person.open(point)
    person.start("send", {"pick": pick}, person.code)
    person.wait_broken()
    waiting = person.page
    assert person.open().state == CUT[point.rpartition(" ")[0]]
    person.page = waiting
    person.back()
    given = person.end()
    assert given["receipt"]["revision"] == 0, given
    step = "send" if point.startswith("post 4") else "token"
    assert [step, "waiting"] in [[one[0], one[2]] for one in person.steps]


def test_whatever_breaks_off_everybody_is_counted_once(asked: Asked) -> None:
    receipts = []
    for place, point in enumerate(POINTS):
        person = asked.person(place)
        (cut if point.endswith("cut") else closed)(person, point, OPTIONS[place])
        assert person.state == "sent", point
        receipts.append(person.call("receipt"))
        person.window.check()
        person.window.context.close()
        asked.people.remove(person)
    assert len({receipt["package"] for receipt in receipts}) == len(POINTS)
    document = asked.result()
    assert document["accepted"] == len(POINTS)
    assert document["rejected"] == []
    counts = counts_of(document)
    assert {counts["pick", (one,)] for one in OPTIONS} == {1}
    reader = asked.person(0).open()
    fates = [reader.call("checkReceipt", receipt) for receipt in receipts]
    assert {fate["outcome"] for fate in fates} == {"counted"}
    assert {tuple(fate["nodes"]) for fate in fates} == {("a", "b", "c")}
