"""Three operators follow their page, block by block; their federation answers a survey."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.files import read_answer_rows, read_survey
from tests.end_to_end.harness import counts_of, expected_counts, layout_of
from tests.operating.federation import EXAMPLES, Federation, federation, in_order
from tests.operating.page import NODE_PAGE, PORTAL_PAGE, ROOT, blocks, values

pytestmark = [pytest.mark.services, pytest.mark.timeout(1200)]
# What a page's value may be besides those that the person is given.
ALWAYS = {"HOME"}


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
        done = other.runs(f"ls {own}; cat {own}")
        assert done.returncode != 0
        assert done.stdout.count("Permission denied") == 2


def test_it_keeps_one_operator_out_of_anothers_database(followed: Federation) -> None:
    """Whoever is on the machine reaches the port; without its password there is no way in."""
    told = "".join("".join(one.told) for one in followed.people)
    for person in followed.operators.values():
        for secret in secrets_of(person.home / "node"):
            assert secret not in told


def secrets_of(folder: Path) -> list[str]:
    names = ("secret-key", "database-password", "redis-password", "wrapping.key")
    return [(folder / name).read_text("utf-8").strip() for name in names]


def test_it_stops_within_thirty_seconds(followed: Federation) -> None:
    """The last blocks stop everything: nothing of anybody is left."""
    for person in followed.people:
        names = [one.name() for one in person.processes()]
        assert names == [], person.user
    left = subprocess.run(
        ["pgrep", "-u", ",".join(one.user for one in followed.people)],
        capture_output=True,
        check=False,
    )
    assert left.stdout == b""
