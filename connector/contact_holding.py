"""Say a holder's word on contact unattended, once and in time, and keep the cards that come.

Source: docs/protocol.md §19.17; data requests 7. A holder who decides nothing says no, with the
same call at the same kind of moment as one who says yes. The word is on the disk before any of
it is sent; what is sent again is the same bytes.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from connector.contact import Found, cards_now, contact_moment, contact_prepare
from connector.contributing import Participant
from connector.errors import Refused
from connector.hold_files import CONTACT_STATE
from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.contact import ContactPrepared
from mpcengine.protocol.contact_details import ContactDetails
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.strict import Fields, format_time, parse_base64, to_base64
from private_files import private_write

STATE_FORMAT = "drempel-holding-contact/1"
_CLOSED = "contact.closed"
_KEYS = ("format", "moment", "word", "is_sent", "is_done")


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """How far a holder is: when the word is due, the word itself, whether it was sent."""

    moment: datetime
    word: ContactPrepared | None = None
    is_sent: bool = False
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWork:
    """One holder's part in the contact of one request.

    ``details``: asked at the moment the word is made; None is no. ``keep`` is given the cards
    that the holder may read.
    """

    participant: Participant
    folder: Path
    details: Callable[[], ContactDetails | None]
    keep: Callable[[Found], None]
    tell: Callable[[str], None]

    def step(self, now: datetime, *, is_released: bool) -> None:
        """Do what can be done now; raise ConnectorError where a node cannot be reached.

        ``is_released``: whether the match is over and was released. Called again and again.
        """
        state = self._load()
        if state is None:
            state = self._begin(now, is_released=is_released)
        if state is None or state.is_done or now < state.moment:
            return
        if not state.is_sent:
            state = self._say(state, now)
        if state.is_sent and not state.is_done and is_released:
            self._read(state, now)

    def _begin(self, now: datetime, *, is_released: bool) -> _State | None:
        manifest = self.participant.manifest
        if manifest.decides_before:
            return self._save(_State(moment=now.replace(microsecond=0)))
        if not is_released or manifest.contact is None:
            return None
        moment = contact_moment(now, manifest.contact.decide_days)
        self.tell(f"contact: to be decided before {format_time(moment)}")
        return self._save(_State(moment=moment.replace(microsecond=0)))

    def _say(self, state: _State, now: datetime) -> _State:
        if state.word is None:
            word = contact_prepare(self.participant, self.details(), now=now)
            state = self._save(replace(state, word=word))
        if state.word is None:
            raise ValueError("a word was just made")
        try:
            self.participant.contact(state.word)
        except Refused as refused:
            if refused.code != _CLOSED:
                raise
            self.tell("contact: too late")
            return self._save(replace(state, word=None, is_done=True))
        self.tell("contact: the word is with three nodes")
        return self._save(replace(state, is_sent=True))

    def _read(self, state: _State, now: datetime) -> None:
        found = cards_now(self.participant, now=now)
        if found is None:
            return
        self.keep(found)
        self.tell("contact: over")
        self._save(replace(state, word=None, is_done=True))

    def _load(self) -> _State | None:
        path = self.folder / CONTACT_STATE
        if not path.exists():
            return None
        try:
            top = Fields(parse_json(path.read_bytes(), file=True), required=_KEYS, file=True)
            top.choice("format", (STATE_FORMAT,))
            return _State(
                moment=top.moment("moment"),
                word=_word(top),
                is_sent=top.boolean("is_sent"),
                is_done=top.boolean("is_done"),
            )
        except ProtocolError as error:
            raise MalformedInput("hold.contact", f"{path}: {error.sentence}") from None

    def _save(self, state: _State) -> _State:
        word = state.word
        document: dict[str, JSON] = {
            "format": STATE_FORMAT,
            "moment": format_time(state.moment.astimezone(UTC)),
            "word": None
            if word is None
            else {
                "data": to_base64(word.data),
                "signature": to_base64(word.signature),
                "parts": [to_base64(part) for part in word.parts],
            },
            "is_sent": state.is_sent,
            "is_done": state.is_done,
        }
        private_write(self.folder / CONTACT_STATE, json.dumps(document))
        return state


def _word(top: Fields) -> ContactPrepared | None:
    if top.raw("word") is None:
        return None
    section = top.fields("word", required=("data", "signature", "parts"))
    parts = [parse_base64(part) or b"" for part in section.items("parts", 3, 3)]
    return ContactPrepared(
        data=section.data("data"),
        signature=section.data("signature", 64),
        parts=(parts[0], parts[1], parts[2]),
    )
