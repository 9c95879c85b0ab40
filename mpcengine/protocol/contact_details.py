"""Read how an organisation wants to be reached (``drempel-contact-details/1``), make its card.

Source: docs/protocol.md §19.17. A person's file: what of it concerns one question, the
connector adds.
"""

from dataclasses import dataclass
from datetime import datetime

from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.contact_card import LONGEST_TEXTS, Card, printable
from mpcengine.protocol.schemas_request import CONTACT_DETAILS_FORMAT, TLP_MARKS
from mpcengine.protocol.strict import Fields

DEFAULT_TLP = "TLP:AMBER"
_REQUIRED = ("organisation", "contact", "mail")
_OPTIONAL = ("phone", "fingerprint", "reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetails:
    """Hold what stands on an organisation's cards, whatever the question."""

    organisation: str
    contact: str
    mail: str
    phone: str | None = None
    tlp: str = DEFAULT_TLP
    fingerprint: str | None = None
    reference: str | None = None

    def card(self, manifest: Digest, owner: int, *, expires: datetime) -> Card:
        """Return the card of one owner for one question."""
        return Card(
            manifest=manifest,
            owner=owner,
            organisation=self.organisation,
            contact=self.contact,
            mail=self.mail,
            phone=self.phone,
            tlp=self.tlp,
            fingerprint=self.fingerprint,
            reference=self.reference,
            expires=expires,
        )


def parse_contact_details(obj: JSON) -> ContactDetails:
    """Read a contact details file; raise MalformedInput with the path of what is wrong."""
    required = ("format", *_REQUIRED)
    top = Fields(obj, required=required, optional=(*_OPTIONAL, "tlp"), file=True)
    top.choice("format", (CONTACT_DETAILS_FORMAT,))
    given = [key for key in (*_REQUIRED, *_OPTIONAL) if top.has(key)]
    texts = {key: printable(top, key, LONGEST_TEXTS[key]) for key in given}
    tlp = top.choice("tlp", TLP_MARKS) if top.has("tlp") else DEFAULT_TLP
    return ContactDetails(tlp=tlp, **texts)
