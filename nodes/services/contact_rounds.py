"""What the parties compute for contact, and this node's sealed parts that go into it.

Source: docs/protocol.md §16.8 and §19.17.
"""

from collections.abc import Iterator

from mpcengine.protocol.canonical import Digest
from mpcengine.protocol.contact import (
    CONTACT_WORDS,
    KEY_WORDS,
    contact_place,
    contacts_root,
    parse_contact,
)
from mpcengine.protocol.contribution import OpenedPart, open_part
from mpcengine.protocol.errors import BadEnvelope
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.words import node_components
from mpcengine.protocol.wordswire import (
    HITS_ARRAY,
    TO_HOLDERS_ARRAY,
    TO_REQUESTER_ARRAY,
    WordsList,
)
from nodes.keystore import node_index, share_key_unwrap
from nodes.models import Job, JobOutput, JobState, StoredContact, SurveyKeys
from nodes.party_process import PartyAttempt
from nodes.selectors_contact import settled_contacts, used_contacts
from nodes.selectors_requests import used_lists
from nodes.services.leases import job_move
from nodes.services.request_rounds import WordsRound


class ContactRound(WordsRound):
    """Round ``contact``: keys where both opted in and the holder has a hit, else chance."""

    def __init__(self, job: Job, whole: Job) -> None:
        super().__init__(job, whole)
        self.owners = used_contacts(job)

    @property
    def named(self) -> Digest:
        """Return the contact's own digest."""
        return self.job.digest

    def root(self) -> Digest:
        """Return whose words on contact are settled."""
        return contact_root(self.job)

    def lists(self) -> tuple[WordsList, ...]:
        """Return one key and one bit an owner."""
        return tuple(WordsList(owner=owner, words=CONTACT_WORDS) for owner in self.owners)

    def start(self, party: PartyAttempt) -> None:
        """Start the party with everybody's key and opt-in, and every holder's hit."""
        self.start_with(party, self._blocks())

    def sizes(self) -> dict[str, int]:
        """Return the sizes of the two arrays of keys."""
        words = KEY_WORDS * (len(self.owners) - 1)
        return {TO_REQUESTER_ARRAY: words, TO_HOLDERS_ARRAY: words}

    def fix(self) -> None:
        """Compute nothing more: what the round gave is sealed as it is."""
        job_move(self.job, JobState.FIXED)

    def _blocks(self) -> Iterator[bytes]:
        for owner in self.owners:
            part = contact_opened(self.whole, owner)
            if part is None:
                raise BadEnvelope("part.changed", "A part that opened opens no more.")
            yield from part.components
        hits = bytes(JobOutput.objects.get(job=self.job, name=HITS_ARRAY).words)
        half = len(hits) // 2
        holders = used_lists(self.whole)[1:]
        for owner in self.owners[1:]:
            start = holders.index(owner) * ELEMENT_BYTES
            for component in (hits[:half], hits[half:]):
                yield component[start : start + ELEMENT_BYTES]


def contact_opened(whole: Job, owner: int) -> OpenedPart | None:
    """Return this node's components of an owner's key and opt-in; None if not usable.

    The part does not open, or a component is not the one that the owner signed for.
    """
    row = StoredContact.objects.get(job=whole, owner=owner)
    contact = parse_contact(bytes(row.contact))
    wrapped = bytes(SurveyKeys.objects.get(pk=whole.survey_id).wrapped)
    try:
        part = open_part(
            share_key_unwrap(wrapped, whole.survey_id),
            contact_place(whole.digest, owner, contact.number),
            index=node_index(),
            capacity=KEY_WORDS,
            sealed=bytes(row.part),
        )
    except BadEnvelope:
        return None
    named = tuple(contact.components[k] for k in node_components(node_index()))
    return part if part.hashes == named else None


def contact_root(job: Job) -> Digest:
    """Return the root of a contact: whose words, alike at three nodes, go into it."""
    return contacts_root(job.digest, settled_contacts(job))


def is_enough(owners: tuple[int, ...]) -> bool:
    """Tell whether there is a requester and anybody to get in touch with."""
    return len(owners) > 1 and owners[0] == FIRST
