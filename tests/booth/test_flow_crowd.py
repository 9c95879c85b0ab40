"""Many browsers at once on one survey: the result is exactly what they answered."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from cli.embedded.federation import Federation
from tests.booth.flow import Asked, options_survey
from tests.booth.survey import publish
from tests.end_to_end.harness import counts_of

OPTIONS = ("red", "green", "blue")
Crowd = Callable[[int], Asked]


@pytest.fixture
def crowd(federation: Federation, chromium: Browser) -> Iterator[Crowd]:
    opened: list[Asked] = []

    def publish_for(size: int) -> Asked:
        survey = publish(federation, options_survey(*OPTIONS), invited=size)
        opened.append(Asked(survey=survey, browser=chromium))
        return opened[-1]

    yield publish_for
    for one in opened:
        one.leave()


def check_exact(asked: Asked, size: int) -> None:
    """Everybody opens her page, all send at once, some at once correct, and all are counted."""
    picks = [OPTIONS[place % 3 if place % 4 else 0] for place in range(size)]
    people = [asked.person(place).open() for place in range(size)]
    for person, pick in zip(people, picks, strict=True):
        person.start("send", {"pick": pick}, person.code)
    for person in people:
        assert person.end()["receipt"]["revision"] == 0
    for person in people[::5]:
        picks[person.place] = "blue"
        person.start("correct", {"pick": "blue"})
    for person in people[::5]:
        assert person.end()["receipt"]["revision"] == 1
    document = asked.result()
    counts, expected = counts_of(document), Counter(picks)
    assert document["accepted"] == size
    assert {one: counts["pick", (one,)] for one in OPTIONS} == dict(expected)
    assert people[-1].fate()["outcome"] == "counted"


def test_a_few_browsers_at_once(crowd: Crowd) -> None:
    check_exact(crowd(6), 6)


@pytest.mark.slow
def test_fifty_browsers_at_once(crowd: Crowd) -> None:
    check_exact(crowd(50), 50)
