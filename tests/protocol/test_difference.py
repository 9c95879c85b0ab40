"""Which earlier questions count, and what three nodes open of them."""

import pytest

from mpcengine.protocol.canonical import canonical, digest, parse_canonical
from mpcengine.protocol.difference import (
    LAST_SETS,
    Earlier,
    Near,
    SetsMissing,
    build_earlier,
    build_near,
    first_speaker,
    open_near,
    parse_earlier,
    parse_near,
    sets_that_count,
)
from mpcengine.protocol.errors import InconsistentShares, MalformedMessage
from mpcengine.protocol.nodesfile import NODE_NAMES

JOB = digest(b"job")
ASKED = sorted(digest(bytes((number,))) for number in range(LAST_SETS + 1))


def said(node: str, last: str, others: str = "") -> Earlier:
    """Return what a node says: earlier questions by a letter each."""
    named = [tuple(ASKED["xyz".index(one)] for one in text) for text in (last, others)]
    return Earlier(manifest=JOB, node=node, last=named[0], others=named[1])


def near(bits: tuple[int, int, int]) -> list[Near]:
    """Return three honest messages with these components."""
    return [
        Near(manifest=JOB, node=node, bit=(bits[place], bits[(place + 1) % 3]))
        for place, node in enumerate(NODE_NAMES)
    ]


def test_it_reads_what_it_writes() -> None:
    message = said("a", "xz", "y")
    assert parse_earlier(build_earlier(message)) == message
    (one, *_) = near((1, 0, 1))
    assert parse_near(build_near(one)) == one


def test_the_last_of_any_node_count() -> None:
    messages = [said("a", "x", "yz"), said("b", "xy", "z"), said("c", "z", "xy")]
    assert sets_that_count(messages) == tuple(ASKED[:3])
    assert sets_that_count([said(node, "", "x") for node in NODE_NAMES]) == ()


@pytest.mark.parametrize("place", range(3))
def test_it_names_a_node_that_lacks_what_another_counts(place: int) -> None:
    messages = [said(node, "x", "y") for node in NODE_NAMES]
    messages[place] = said(NODE_NAMES[place], "", "y")
    with pytest.raises(SetsMissing) as missing:
        sets_that_count(messages)
    assert missing.value.node == NODE_NAMES[place]


def test_it_wants_three_nodes_in_order() -> None:
    with pytest.raises(MalformedMessage) as refusal:
        sets_that_count([said("b", "x"), said("a", "x"), said("c", "x")])
    assert refusal.value.code == "earlier.nodes"


@pytest.mark.parametrize(
    ("last", "others"),
    [
        (ASKED[:2], ASKED[1:3]),  # the same twice
        (ASKED[1::-1], []),  # not ascending
        ([ASKED[0], ASKED[0]], []),
        (ASKED, []),  # more than sixteen
        (["sha256:0"], []),
    ],
)
def test_it_refuses_other_lists(last: list[str], others: list[str]) -> None:
    value = parse_canonical(build_earlier(said("a", "")))
    assert isinstance(value, dict)
    value["last"] = [{"request": one} for one in last]
    value["others"] = [{"request": one} for one in others]
    with pytest.raises(MalformedMessage):
        parse_earlier(canonical(value))


@pytest.mark.parametrize("bits", [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1)])
def test_it_opens_one_bit(bits: tuple[int, int, int]) -> None:
    assert open_near(near(bits)) == (sum(bits) % 2 == 1)


def test_it_opens_nothing_from_copies_that_differ_or_from_no_bit() -> None:
    messages = near((1, 0, 0))
    messages[1] = Near(manifest=JOB, node="b", bit=(1, 0))
    for bent in (messages, near((3, 0, 0))):
        with pytest.raises(InconsistentShares):
            open_near(bent)


def test_every_key_has_a_node_that_speaks_first() -> None:
    assert {first_speaker(bytes((number,)) * 32) for number in range(20)} == set(NODE_NAMES)
