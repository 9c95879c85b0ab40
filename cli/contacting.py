"""Let everybody in a run say a word on contact, and read the cards that come of it.

Whoever was not named says no, with the same bytes. Source: docs/protocol.md §19.17.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.errors import BadInput
from cli.files import read_json
from cli.progress import Progress
from connector.contact import Found, cards_read, contact_prepare
from connector.contributing import Participant
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.contact_details import ContactDetails, parse_contact_details
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.request import NONE, Request
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.schemas_request import CONTACTS_FORMAT

CONTACT_SUFFIX = ".contact.json"
_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OptIns:
    """Say who is willing to be found: details by the name of the list's owner."""

    details: Mapping[str, ContactDetails]

    def of(self, name: str) -> ContactDetails | None:
        """Return an owner's details, or None for no."""
        return self.details.get(name)


NOBODY = OptIns(details={})


def opt_ins_read(values: Sequence[str], names: Sequence[str], request: Request) -> OptIns:
    """Return who opted in by ``--opt-in NAME`` or ``NAME=FILE``; raise BadInput.

    ``names``: of all lists, the requester's first. She asks for contact and so is in, with or
    without being named.
    """
    if request.contact == NONE:
        if values:
            raise BadInput("--opt-in: the request's contact is 'none'; ask for 'pre'.")
        return NOBODY
    details = {names[FIRST]: sample_details(names[FIRST])}
    for value in values:
        name, separator, file = value.partition("=")
        if name not in names:
            raise BadInput(f"--opt-in: nobody's list has the name {name}.")
        details[name] = details_read(Path(file)) if separator else sample_details(name)
    return OptIns(details=details)


def sample_details(name: str) -> ContactDetails:
    """Return invented details for a list's owner who brought none of her own."""
    return ContactDetails(
        organisation=name, contact=f"Contact desk of {name}", mail="desk@example.org"
    )


def contacts_say(
    participants: Sequence[Participant],
    names: Sequence[str],
    opted: OptIns,
    progress: Progress,
) -> None:
    """Give the nodes everybody's word on contact: yes with a card, or no."""
    now = datetime.now(UTC)
    with progress.counting("Saying who may be found", len(participants)) as counter:
        for participant, name in zip(participants, names, strict=True):
            try:
                prepared = contact_prepare(participant, opted.of(name), now=now)
            except ProtocolError as error:
                raise BadInput(f"{name}'s card: {error.sentence}") from None
            participant.contact(prepared)
            counter.add()


def contacts_follow(
    participants: Sequence[Participant],
    names: Sequence[str],
    opted: OptIns,
    progress: Progress,
    look: Callable[[], None],
) -> dict[str, Found]:
    """Wait until keys are given out, and return by name what each can read; {} without contact.

    Where holders decide after their hits, everybody decides here first.
    """
    manifest = participants[FIRST].manifest
    if manifest.contact is None:
        return {}
    if not manifest.decides_before:
        contacts_say(participants, names, opted, progress)
    progress.step("Reading the cards of those who both opted in and have a hit")
    now = datetime.now(UTC)
    return {
        name: cards_read(participant, now=now, seconds=_SECONDS, look=look)
        for participant, name in zip(participants, names, strict=True)
    }


def contact_path(out: Path, name: str) -> Path:
    """Return where the cards a holder may read are written: beside the result."""
    return out.parent / f"{name}{CONTACT_SUFFIX}"


def contacts_document(manifest: str, found: Found) -> dict[str, JSON]:
    """Return the contents of a holder's contacts file (``drempel-contacts/1``)."""
    return {
        "format": CONTACTS_FORMAT,
        "manifest": manifest,
        "contacts": [one.to_json() for one in found.cards],
    }


def details_read(path: Path) -> ContactDetails:
    """Return the contact details in a file; raise BadInput."""
    try:
        return parse_contact_details(read_json(path))
    except MalformedInput as error:
        raise BadInput(f"{path}: {error.sentence}") from None
