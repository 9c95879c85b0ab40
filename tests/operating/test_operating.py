"""Three operators follow their page, block by block; their federation answers a survey."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.files import read_answer_rows, read_survey
from tests.end_to_end.harness import counts_of, expected_counts, layout_of
from tests.operating.federation import EXAMPLES, Federation, federation, in_order
from tests.operating.page import NODE_PAGE, PORTAL_PAGE, ROOT, blocks, values
from tests.operating.people import Person

pytestmark = [pytest.mark.services, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def followed() -> Iterator[Federation]:
    """Everybody who has followed the pages to their end; afterwards nobody is left."""
    with federation() as found:
        people = found.people
        for block in in_order():
            found.runs(block)
        yield found
    assert [one.user for one in people if one.processes() or not one.is_gone()] == []


def test_it_runs_every_block(followed: Federation) -> None:
    ran = {(str(block), user) for block, user in followed.ran}
    users = {one.user for one in followed.operators.values()}
    for page in (NODE_PAGE, PORTAL_PAGE):
        for block in blocks(page):
            by = {user for found, user in ran if found == str(block)}
            assert by == users if page == NODE_PAGE else len(by) == 1, block


def test_it_needs_no_value_that_the_page_does_not_name(followed: Federation) -> None:
    node = next(iter(followed.operators.values()))
    assert values(NODE_PAGE) == set(node.values)
    assert values(PORTAL_PAGE) == set(followed.portal.values)


def test_it_gets_the_plain_counts(followed: Federation) -> None:
    document = json.loads((followed.coordinator.home / "result.json").read_text("utf-8"))
    survey = read_survey(ROOT / EXAMPLES / "ict-resilience.survey.json")
    answers = read_answer_rows(ROOT / EXAMPLES / "ict-resilience.answers.csv", survey)
    found, expected = counts_of(document), expected_counts(layout_of(survey), answers)
    assert document["state"] == "released"
    assert document["accepted"] == len(answers)
    shown = {place: count for place, count in found.items() if count is not None}
    assert found.keys() == expected.keys()
    assert shown == {place: expected[place] for place in shown}
    assert len(found) > len(shown) > len(found) / 2


def test_it_is_signed_by_the_nodes_of_the_file(followed: Federation) -> None:
    done = followed.coordinator.runs("drempel verify result.json --nodes nodes.json")
    assert "signed by the nodes of" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["node/identity.pem", "node/wrapping.key", "postgresql", ""])
def test_it_keeps_one_operator_out_of_anothers_folder(name: str, followed: Federation) -> None:
    mine, *others = followed.operators.values()
    own = mine.home / name
    assert mine.runs(f"test -r {own}").returncode == 0
    for other in (*others, followed.portal, followed.coordinator):
        for reading in (f"ls {own}", f"cat {own}"):
            done = other.runs(reading)
            assert done.returncode != 0
            assert "Permission denied" in done.stdout


def test_it_prints_no_secret_while_it_is_followed(followed: Federation) -> None:
    told = "".join("".join(one.told) for one in followed.people)
    for person in followed.operators.values():
        for secret in secrets_of(person.home / "node"):
            assert secret not in told


def secrets_of(folder: Path) -> list[str]:
    names = ("secret-key", "database-password", "redis-password", "wrapping.key")
    return [(folder / name).read_text("utf-8").strip() for name in names]


def test_it_leaves_nothing_running_after_its_last_block(followed: Federation) -> None:
    for person in followed.people:
        names = [one.name() for one in person.processes()]
        assert names == [], person.user


def begin_and_fail(people: list[Person]) -> None:
    with federation() as found:
        people += found.operators.values()
        found.runs(next(block for block in in_order() if block.page == NODE_PAGE))
        started = people[0].runs("sleep 1000 > /dev/null 2>&1 &")
        assert started.returncode == 0
        assert people[0].processes()
        raise RuntimeError("on purpose")


def test_it_takes_everybody_away_after_a_failure() -> None:
    people: list[Person] = []
    with pytest.raises(RuntimeError, match="on purpose"):
        begin_and_fail(people)
    assert [one.user for one in people if one.processes() or not one.is_gone()] == []
