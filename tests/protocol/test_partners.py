"""Partners have one entry everywhere; operators confirm them; near lists are told apart."""

import json
from typing import Any

import pytest

from mpcengine.protocol.errors import MalformedInput, MalformedMessage, PolicyRefused
from mpcengine.protocol.partners import (
    PartnersFile,
    check_apart,
    check_confirmed,
    parse_partners_file,
    partner_entry,
)
from mpcengine.protocol.roster import roster_root
from tests.protocol.vectors import load
from tests.vectors.cast import seed
from tests.vectors.make_partners import NAMES, partner

VECTORS = load("partner")
NORTH, SOUTH, EAST = (partner(name) for name in NAMES)
FILE = PartnersFile(partners=(NORTH, SOUTH, EAST))


def test_it_agrees_with_the_vectors() -> None:
    for one, case in zip(FILE.partners, VECTORS["entries"], strict=True):
        assert one.to_json() == {"name": case["name"], "key": case["key"]}
        assert partner_entry(one.key).hex() == case["entry"]
    assert roster_root(sorted(FILE.entries)) == VECTORS["root"]


def test_it_reads_back_what_it_wrote() -> None:
    assert parse_partners_file(json.loads(json.dumps(FILE.to_json()))) == FILE
    assert parse_partners_file({**FILE.to_json(), "partners": []}).entries == frozenset()


@pytest.mark.parametrize(
    ("partners", "where"),
    [
        ([NORTH.to_json(), NORTH.to_json()], "partners"),
        ([NORTH.to_json(), {**SOUTH.to_json(), "name": "hospital  NORTH "}], "partners"),
        ([NORTH.to_json(), {**NORTH.to_json(), "name": "Another"}], "partners"),
        ([NORTH.to_json(), {"name": "no key"}], "partners[1].key"),
        ([{**NORTH.to_json(), "key": "BAAA"}], "partners[0].key"),
        ([{**NORTH.to_json(), "key": "A" * 87 + "="}], "partners[0].key"),
        ([{**NORTH.to_json(), "name": ""}], "partners[0].name"),
        ([{**NORTH.to_json(), "name": " "}], "partners[0].name"),
        ([{**NORTH.to_json(), "name": "two\nlines"}], "partners[0].name"),
        ([{**NORTH.to_json(), "mail": "north@drempel.example"}], "partners[0].mail"),
        ("all", "partners"),
    ],
)
def test_it_names_the_place_of_a_fault_in_the_file(partners: Any, where: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        parse_partners_file({"format": "drempel-partners/1", "partners": partners})
    assert caught.value.where == where


def test_it_makes_entries_of_whole_keys_only() -> None:
    for key in (b"", NORTH.key[:-1], NORTH.key + b"\x00"):
        with pytest.raises(MalformedMessage):
            partner_entry(key)


def test_it_refuses_a_list_with_one_partner_who_is_not_confirmed() -> None:
    check_confirmed(FILE.entries, sorted(FILE.entries))
    check_confirmed(FILE.entries, [partner_entry(NORTH.key)])
    for stranger in (seed("puppet"), partner_entry(partner("puppet").key)):
        with pytest.raises(PolicyRefused) as caught:
            check_confirmed(FILE.entries, [*FILE.entries, stranger])
        assert caught.value.code == "policy.roster_unconfirmed"
        assert "not confirmed 1 of" in caught.value.sentence


MIN_COUNT = 5
PEOPLE = [seed(f"partner {place}") for place in range(30)]


@pytest.mark.parametrize("added", range(8))
@pytest.mark.parametrize("removed", range(8))
def test_it_refuses_lists_that_differ_by_one_to_min_count_less_one(
    added: int, removed: int
) -> None:
    """A3, exhaustively around min_count: by 0 and by min_count or more is allowed."""
    first, second = PEOPLE[:20], PEOPLE[removed : 20 + added]
    is_near = 1 <= added + removed < MIN_COUNT
    found = ""
    try:
        check_apart(first, second, MIN_COUNT)
        check_apart(second, first, MIN_COUNT)
    except PolicyRefused as refused:
        found = refused.code
    assert found == ("policy.roster_near" if is_near else "")
