"""Say whether to be found, and read the cards of those who are: the owner's side of contact.

Source: docs/protocol.md §19.17; data requests 7. Yes, no and no hit look the same outside this
process: the same calls, forms and sizes. A word that was prepared is kept and sent again as it
is; a later one, with a higher number, takes its place.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from time import monotonic, sleep

from connector.contributing import POLL_SECONDS, Participant
from connector.errors import Misbehaved, Refused, Unreachable
from connector.private_outcomes import sealed_read
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.contact import (
    ContactMaterial,
    ContactPrepared,
    contact_digest,
    prepare_contact,
)
from mpcengine.protocol.contact_card import (
    ENVELOPE_BYTES,
    FROM_HOLDER,
    FROM_REQUESTER,
    KEY_BYTES,
    SignedCard,
    seal_card,
    try_cards,
)
from mpcengine.protocol.contact_details import ContactDetails
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.strict import parse_base64
from mpcengine.protocol.words import SALT_BYTES, SEED_BYTES

NOT_YET, ENDED = "contact.none", "contact.ended"
_CARD_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Hold the cards an owner may read, and the codes of envelopes that opened and were bad."""

    cards: tuple[SignedCard, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelopes:
    requester: bytes
    holders: tuple[bytes, ...]


def contact_moment(opens: datetime, days: int) -> datetime:
    """Return when a connector says its one word on contact, of mode ``post``.

    By chance in the last quarter of the ``days`` to decide, before the decision is known: so
    the time tells nothing, and a holder who does nothing says no at such a moment, too.
    """
    whole = timedelta(days=days)
    late = whole.total_seconds() / 4 * secrets.randbelow(10**6) / 10**6
    return opens + whole * 3 / 4 + timedelta(seconds=late)


def contact_prepare(
    participant: Participant,
    details: ContactDetails | None,
    *,
    now: datetime,
    number: int = 1,
) -> ContactPrepared:
    """Make this owner's word on contact: a card with these details, or None for no.

    ``number`` is higher than that of any word this owner has sent. The card expires 90 days
    from ``now``. Raises MalformedMessage for details that do not fit a card.
    """
    card_key, envelope = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(ENVELOPE_BYTES)
    if details is not None:
        card = details.card(
            participant.manifest.digest,
            participant.owner,
            expires=(now + timedelta(days=_CARD_DAYS)).replace(microsecond=0),
        )
        envelope = seal_card(card, participant.keys.sign, card_key)
    salts = tuple(secrets.token_bytes(SALT_BYTES) for _ in range(3))
    material = ContactMaterial(
        is_in=details is not None,
        card_key=card_key,
        envelope=envelope,
        seeds=(secrets.token_bytes(SEED_BYTES), secrets.token_bytes(SEED_BYTES)),
        salts=(salts[0], salts[1], salts[2]),
    )
    return prepare_contact(
        participant.manifest,
        owner=participant.owner,
        number=number,
        key=participant.keys.sign,
        material=material,
    )


def cards_read(
    participant: Participant,
    *,
    now: datetime,
    seconds: float,
    look: Callable[[], None] | None = None,
) -> Found:
    """Wait for the keys, and return the cards that they open; none where contact ended.

    The requester tries every holder's envelope, a holder the requester's one. ``look`` may end
    the waiting by raising. Raises Misbehaved where nodes give different envelopes or copies of
    a key, Unreachable after ``seconds``.
    """
    deadline = monotonic() + seconds
    while (found := cards_now(participant, now=now)) is None:
        if monotonic() > deadline:
            raise Unreachable("The nodes", "The nodes give out no contact in time.")
        if look is not None:
            look()
        sleep(POLL_SECONDS)
    return found


def cards_now(participant: Participant, *, now: datetime) -> Found | None:
    """Return the cards that an owner may read; None while no keys are given out.

    Raises Misbehaved where nodes give different envelopes or copies of a key.
    """
    answers = [_asked(participant, terms.node) for terms in participant.manifest.nodes]
    if any(answer is False for answer in answers):
        return Found(cards=(), refused=())
    given = [one for one in answers if isinstance(one, _Envelopes)]
    if len(given) != len(answers):
        return None
    if len(set(given)) != 1:
        raise Misbehaved("The nodes", "The nodes gave out different envelopes.")
    return _opened(participant, given[0], now)


def _opened(participant: Participant, envelopes: _Envelopes, now: datetime) -> Found:
    """Try every envelope that may be this owner's to open."""
    asks = participant.owner == FIRST
    tried = envelopes.holders if asks else (envelopes.requester,)
    digest = participant.manifest.digest
    try:
        joined = sealed_read(
            participant,
            f"requests/{digest}/contacts/{participant.owner}",
            named=contact_digest(digest),
            bucket=0,
            size=KEY_BYTES * len(tried),
        )
    except Refused as absent:
        if absent.code == NOT_YET:
            # The nodes did not compute with this owner's word: she said none, or a bad one.
            return Found(cards=(), refused=())
        raise
    keys = [joined[start : start + KEY_BYTES] for start in range(0, len(joined), KEY_BYTES)]
    side = FROM_HOLDER if asks else FROM_REQUESTER
    cards, refused = try_cards(participant.manifest, side, keys, tried, now=now)
    return Found(cards=tuple(cards), refused=tuple(refused))


def _asked(participant: Participant, name: str) -> _Envelopes | bool | None:
    """Return one node's envelopes; None while there are none, False where contact ended."""
    node = participant.nodes[name]
    try:
        answer = node.get(f"requests/{participant.manifest.digest}/contacts")
    except Refused as refused:
        if refused.status == HTTPStatus.NOT_FOUND and refused.code == NOT_YET:
            return None
        if refused.code == ENDED:
            return False
        raise
    found = _read(answer)
    if found is None:
        raise Misbehaved(node.name, f"{node.name}'s envelopes are none.")
    return found


def _read(answer: Mapping[str, JSON]) -> _Envelopes | None:
    requester, holders = parse_base64(answer.get("requester")), answer.get("holders")
    if not isinstance(holders, list) or requester is None:
        return None
    read = [parse_base64(one) for one in holders]
    good = tuple(one for one in read if one is not None and len(one) == ENVELOPE_BYTES)
    return _Envelopes(requester=requester, holders=good) if len(good) == len(read) else None
