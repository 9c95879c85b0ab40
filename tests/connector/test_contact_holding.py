"""A holder says one word on contact, in time, the same bytes after a kill; then reads cards."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connector import contact_holding
from connector.contact import Found, contact_moment
from connector.contact_holding import ContactWork
from connector.contributing import OwnerKeys, Participant
from connector.errors import Refused, Unreachable
from connector.http import Receiver
from mpcengine.protocol.contact import ContactPrepared, parse_contact
from mpcengine.protocol.contact_details import ContactDetails
from mpcengine.protocol.envelope import generate_share_key
from tests.vectors.make_contact import DETAILS, EXPIRES, contact_manifest

NOW = EXPIRES - timedelta(days=60)
NODES: dict[str, Receiver] = {}


@dataclass
class Said:
    """What reached the nodes, and how they answer: with ``faults`` first."""

    words: list[ContactPrepared] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    cards: list[Found] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def take(self, word: ContactPrepared) -> None:
        self.words.append(word)
        if self.faults:
            raise self.faults.pop(0)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    made = Said()
    monkeypatch.setattr(Participant, "contact", lambda _, word: made.take(word))
    found = Found(cards=(), refused=())
    monkeypatch.setattr(contact_holding, "cards_now", lambda *_, **__: found)
    return made


def work(
    said: Said, folder: Path, mode: str, details: ContactDetails | None = DETAILS
) -> ContactWork:
    keys = OwnerKeys(sign=Ed25519PrivateKey.generate(), seal=generate_share_key())
    return ContactWork(
        participant=Participant(
            manifest=contact_manifest(mode), owner=1, keys=keys, nodes=NODES
        ),
        folder=folder,
        details=lambda: details,
        keep=said.cards.append,
        tell=said.told.append,
    )


def test_it_says_its_word_with_the_list_where_that_is_asked(said: Said, tmp_path: Path) -> None:
    own = work(said, tmp_path, "pre")
    own.step(NOW, is_released=False)
    own.step(NOW, is_released=False)
    assert len(said.words) == 1
    assert said.cards == []
    own.step(NOW, is_released=True)
    own.step(NOW, is_released=True)
    assert len(said.cards) == 1


def test_it_says_its_word_late_and_whatever_was_decided(said: Said, tmp_path: Path) -> None:
    own = work(said, tmp_path, "post", details=None)
    own.step(NOW, is_released=False)
    assert list(tmp_path.iterdir()) == []
    own.step(NOW, is_released=True)
    terms = contact_manifest("post").contact
    assert terms is not None
    own.step(NOW + timedelta(days=terms.decide_days) * 3 / 4 - timedelta(1), is_released=True)
    assert said.words == []
    own.step(NOW + timedelta(days=terms.decide_days), is_released=True)
    (word,) = said.words
    assert parse_contact(word.data).owner == 1
    assert len(said.cards) == 1


def test_it_sends_the_same_bytes_after_a_kill(said: Said, tmp_path: Path) -> None:
    said.faults = [Unreachable("Node b", "Node b cannot be reached.")]
    with pytest.raises(Unreachable):
        work(said, tmp_path, "pre").step(NOW, is_released=False)
    work(said, tmp_path, "pre").step(NOW, is_released=False)
    first, second = said.words
    assert first == second


def test_it_ends_where_it_came_too_late(said: Said, tmp_path: Path) -> None:
    said.faults = [Refused("Node a", "Too late.", status=409, code="contact.closed")]
    own = work(said, tmp_path, "pre")
    own.step(NOW, is_released=True)
    own.step(NOW, is_released=True)
    assert len(said.words) == 1
    assert said.told == ["contact: too late"]


def test_moments_lie_in_the_last_quarter() -> None:
    opens = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    for _ in range(100):
        moment = contact_moment(opens, 8)
        assert opens + timedelta(days=6) <= moment <= opens + timedelta(days=8)
