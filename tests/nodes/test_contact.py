"""Contact through three real nodes: cards for the two who both opted in and share a hit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.contact import Found, cards_read, contact_prepare
from connector.errors import Refused
from mpcengine.protocol.contact import ContactPrepared, contact_digest, parse_contact
from mpcengine.protocol.contact_details import ContactDetails
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.signing import LABEL_CONTACT, sign
from tests.nodes.asked import Asked, ask
from tests.nodes.harness import Nodes
from tests.nodes.test_matching import LISTS
from tests.vectors.request_cast import MATCH_REQUEST

NOW = datetime.now(UTC)
# Holders 1, 2 and 3 have hits, 4 has none; 1, 3 and 4 opt in.
OPTED = (1, 3, 4)


@dataclass(frozen=True)
class Trace:
    """What is seen outside owners' own machines: lengths, by what and whom."""

    sent: dict[int, tuple[int, ...]]
    stages: dict[str, list[tuple[str, str, int]]]
    sealed: dict[tuple[str, int], int]
    envelopes: list[int]


def details(place: int) -> ContactDetails:
    return ContactDetails(
        organisation=f"Owner {place}", contact="Desk", mail=f"desk{place}@example.org"
    )


def asked_with(nodes: Nodes, mode: str, **more: Any) -> Asked:
    return ask(nodes, request=parse_request({**MATCH_REQUEST, "contact": mode}), **more)


def say(asked: Asked, opted: tuple[int, ...], *, number: int = 1) -> dict[int, tuple[int, ...]]:
    """Have everybody say a word on contact; return the lengths of what they send."""
    sent = {}
    for place in LISTS:
        own = asked.owner(place)
        yes = details(place) if place in opted else None
        word = contact_prepare(own, yes, now=NOW, number=number)
        own.contact(word)
        sent[place] = (len(word.data), *map(len, word.parts))
    return sent


def found(asked: Asked) -> dict[int, Found]:
    return {
        place: cards_read(asked.owner(place), now=NOW, seconds=120.0, look=None)
        for place in LISTS
    }


def organisations(found: Mapping[int, Found]) -> dict[int, list[str]]:
    return {
        place: [one.card.organisation for one in each.cards] for place, each in found.items()
    }


def trace(asked: Asked, sent: dict[int, tuple[int, ...]]) -> Trace:
    named = contact_digest(asked.digest)
    query = (
        "SELECT m.stage, m.sender, length(m.body) FROM nodes_stagemessage m"
        " JOIN nodes_job j ON j.id = m.job_id WHERE j.digest = ?"
    )
    stages = {
        node: sorted(
            row
            for row in asked.nodes.read(node, query, named)
            # A party's address has as many digits as its port.
            if not row[0].startswith("ready/")
        )
        for node in NODE_NAMES
    }
    base = f"requests/{asked.digest}/contacts"
    sealed = {
        (node, place): len(receiver.get_signed(f"{base}/{place}")[0])
        for node, receiver in asked.nodes.receivers.items()
        for place in LISTS
    }
    given = asked.nodes.receivers["a"].get(base)
    holders = given["holders"]
    assert isinstance(holders, list)
    return Trace(
        sent=sent,
        stages=stages,
        sealed=sealed,
        envelopes=[len(str(given["requester"])), *map(len, holders)],
    )


def matched(nodes: Nodes, folder: Path, opted: tuple[int, ...]) -> tuple[Asked, Any]:
    asked = asked_with(nodes, "pre")
    asked.consent(LISTS)
    sent = say(asked, opted)
    asked.contribute(LISTS, folder)
    asked.result()
    return asked, sent


def test_cards_reach_the_two_who_opted_in_and_nobody_can_tell(
    nodes: Nodes, tmp_path: Path
) -> None:
    asked, sent = matched(nodes, tmp_path, (0, *OPTED))
    cards = found(asked)
    assert organisations(cards) == {
        0: ["Owner 1", "Owner 3"],
        1: ["Owner 0"],
        2: [],
        3: ["Owner 0"],
        4: [],
    }
    assert all(each.refused == () for each in cards.values())
    # With the requester out nobody gets anything: all eight combinations, seen from outside.
    other, also = matched(nodes, tmp_path, OPTED)
    assert organisations(found(other)) == {place: [] for place in LISTS}
    one, two = trace(asked, sent), trace(other, also)
    assert one == two
    assert len(set(one.sent.values())) == 1
    assert len({one.sealed[node, place] for node in NODE_NAMES for place in (1, 2, 3, 4)}) == 1
    assert {stage for rows in one.stages.values() for stage, _, _ in rows} == {
        "complete",
        "unusable",
        "done/8/1",
    }
    check_erased(nodes, asked)


def uneven(asked: Asked, word: ContactPrepared) -> ContactPrepared:
    """Return a word that names another component 2 than its parts hold."""
    contact = parse_contact(word.data)
    first, second, third = contact.components
    data = replace(contact, components=(first, second, bytes(len(third)))).encode()
    return replace(word, data=data, signature=sign(asked.keys[2].sign, LABEL_CONTACT, data))


def check_erased(nodes: Nodes, asked: Asked) -> None:
    """Nodes keep envelopes and what is sealed, and nothing that they could open."""
    asked.wait_state("erased")
    for node in NODE_NAMES:
        keys = "SELECT wrapped FROM nodes_surveykeys WHERE survey_id = ?"
        assert nodes.read(node, keys, asked.manifest.request_id) == [(b"",)]
        parts = "SELECT c.part FROM nodes_storedcontact c JOIN nodes_job j ON j.id = c.job_id"
        rows = nodes.read(node, f"{parts} WHERE j.digest = ?", asked.digest)
        assert rows == [(b"",)] * len(LISTS)
        outputs = "SELECT o.id FROM nodes_joboutput o JOIN nodes_job j ON j.id = o.job_id"
        named = contact_digest(asked.digest)
        assert nodes.read(node, f"{outputs} WHERE j.digest = ?", named) == []


def test_holders_decide_after_their_hits_and_may_take_it_back(
    nodes: Nodes, tmp_path: Path
) -> None:
    asked = asked_with(nodes, "post")
    with pytest.raises(Refused) as early:
        say(asked, ())
    assert early.value.code == "contact.early"
    asked.consent(LISTS)
    asked.contribute(LISTS, tmp_path)
    asked.result()
    assert asked.hits(1) == set(range(20))
    # Owner 3 says yes, then no; owner 2 gives two nodes a component that she did not sign.
    words = {
        place: contact_prepare(asked.owner(place), details(place), now=NOW)
        for place in (0, 1, 2, 3, 4)
    }
    asked.owner(3).contact(words[3])
    asked.owner(3).contact(contact_prepare(asked.owner(3), None, now=NOW, number=2))
    with pytest.raises(Refused) as older:
        asked.owner(3).contact(words[3])
    assert older.value.code == "contact.older"
    parts = (words[4].parts[0], words[4].parts[2], words[4].parts[1])
    with pytest.raises(Refused) as other:
        asked.owner(4).contact(replace(words[4], parts=parts))
    assert other.value.code == "contact.part"
    words[2] = uneven(asked, words[2])
    for place in (0, 1, 2, 4):
        asked.owner(place).contact(words[place])
    assert organisations(found(asked)) == {
        0: ["Owner 1"],
        1: ["Owner 0"],
        2: [],
        3: [],
        4: [],
    }
    second = contact_prepare(asked.owner(1), None, now=NOW, number=2)
    with pytest.raises(Refused) as late:
        asked.owner(1).contact(second)
    assert late.value.code == "contact.closed"


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        "nodes.closing.after_commit",
        "nodes.say_complete.after_commit",
        "nodes.say_unusable.after_write",
        "nodes.computing.after_commit",
        "party.rows_read",
        "nodes.fixed.after_commit",
        "nodes.released.before_write",
        "nodes.released.after_write",
        "nodes.released.after_commit",
    ],
)
def test_it_goes_on_wherever_a_worker_dies(nodes: Nodes, tmp_path: Path, point: str) -> None:
    asked = asked_with(nodes, "post")
    asked.consent(LISTS)
    asked.contribute(LISTS, tmp_path)
    asked.result()
    asked.wait_state("erased")
    nodes.arm("b", point)
    say(asked, (0, *OPTED))
    if not point.startswith("party."):
        nodes.wait_death("b", point)
        nodes.start("b", "worker")
    assert organisations(found(asked))[0] == ["Owner 1", "Owner 3"]
    assert not nodes.is_armed("b", point)
