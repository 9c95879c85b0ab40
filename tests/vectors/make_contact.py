"""Vectors of contact: a word that says yes, its card in its envelope, and how it opens."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from mpcengine.protocol import words
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.contact import (
    CONTACT_WORDS,
    Contact,
    contact_digest,
    contact_place,
    contacts_root,
    slot_order,
)
from mpcengine.protocol.contact_card import Card, seal_card, sign_card
from mpcengine.protocol.contact_details import ContactDetails
from mpcengine.protocol.envelope import share_key_to_bytes, share_public
from mpcengine.protocol.private_outcome import (
    LABEL_SEALED_PRIVATE,
    PrivatePlace,
    private_body,
)
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.request_manifest import RequestManifest, build_request_manifest
from mpcengine.protocol.schemas_request import CONTACT_DETAILS_FORMAT, CONTACTS_FORMAT
from mpcengine.protocol.signing import LABEL_CONTACT, LABEL_PRIVATE, sign
from mpcengine.protocol.strict import to_base64
from tests.vectors.cast import ed25519, p256, seed
from tests.vectors.hpke_reference import seal
from tests.vectors.make_request import ORIGIN, salts
from tests.vectors.request_cast import (
    MATCH_REQUEST,
    OWNERS,
    request_terms,
    sign_request_manifest,
)

HOLDER = 1
NUMBER = 1
CARD_KEY = seed("card key")
DETAILS = ContactDetails(
    organisation="Holder One",
    contact="Contact desk",
    mail="desk@example.org",
    phone="+31 20 555 0100",
    reference="HO-2026-014",
)
EXPIRES = datetime(2026, 4, 30, tzinfo=UTC)


@cache
def contact_manifest(mode: str = "pre") -> RequestManifest:
    """Return the sample match as it is when it offers contact."""
    request = parse_request({**MATCH_REQUEST, "contact": mode})
    return build_request_manifest(replace(request_terms(), request=request))


def card(owner: int = HOLDER) -> Card:
    """Return an owner's sample card."""
    return DETAILS.card(contact_manifest().digest, owner, expires=EXPIRES)


def envelope() -> bytes:
    """Return the sample holder's sealed card."""
    return seal_card(card(), ed25519(OWNERS[HOLDER]), CARD_KEY)


def bodies() -> tuple[bytes, bytes, bytes]:
    """Return seeds of components 0 and 1, and component 2, of a key and a yes."""
    place = contact_place(contact_manifest().digest, HOLDER, NUMBER)
    seeds = seed("contact seed 0")[:16], seed("contact seed 1")[:16]
    total = int.from_bytes(CARD_KEY + (1).to_bytes(8, "little"), "little")
    for k, one in enumerate(seeds):
        expanded = words.expand_seed(one, place.context(k), CONTACT_WORDS)
        total ^= int.from_bytes(expanded, "little")
    return (*seeds, total.to_bytes(8 * CONTACT_WORDS, "little"))


def sealed_part(index: int) -> bytes:
    """Return node ``index``'s repeatable part of the sample holder's word."""
    one, two = words.node_components(index)
    plain = salts()[one] + salts()[two] + bodies()[one] + bodies()[two]
    return seal(
        share_public(p256(f"request share {index}")),
        p256(f"contact part {index}"),
        info=contact_place(contact_manifest().digest, HOLDER, NUMBER).info(index),
        aad=b"",
        plaintext=plain,
    )


@cache
def contact() -> tuple[Contact, bytes, bytes]:
    """Return the sample holder's word on contact, its bytes and signature."""
    place = contact_place(contact_manifest().digest, HOLDER, NUMBER)
    expanded = [
        words.expand_seed(body, place.context(k), CONTACT_WORDS) if k < 2 else body
        for k, body in enumerate(bodies())
    ]
    hashes = [
        words.component_hash(salt, place.context(k), data)
        for k, (salt, data) in enumerate(zip(salts(), expanded, strict=True))
    ]
    parts = [hashlib.sha256(sealed_part(index)).digest() for index in (1, 2, 3)]
    word = Contact(
        manifest=contact_manifest().digest,
        owner=HOLDER,
        number=NUMBER,
        envelope=envelope(),
        components=(hashes[0], hashes[1], hashes[2]),
        parts=(parts[0], parts[1], parts[2]),
    )
    data = word.encode()
    return word, data, sign(ed25519(OWNERS[HOLDER]), LABEL_CONTACT, data)


def contact_vectors() -> JSON:
    """Return a word on contact with all that it is made of, and the order of envelopes."""
    _, data, signature = contact()
    envelopes = {owner: seed(f"envelope {owner}") for owner in (1, 2, 3, 4)}
    hashed = {0: seed("contact 0"), HOLDER: hashlib.sha256(data).digest()}
    return {
        "origin": ORIGIN,
        "manifest": to_base64(contact_manifest().raw),
        "signed": sign_request_manifest(contact_manifest()).to_json(),
        "key": ed25519(OWNERS[HOLDER]).private_bytes_raw().hex(),
        "drawn": [one.hex() for one in (CARD_KEY, *bodies()[:2], *salts())],
        "ephemeral": [seed(f"contact part {index}").hex() for index in (1, 2, 3)],
        "requester": given(),
        "digest": contact_digest(contact_manifest().digest),
        "card_key": CARD_KEY.hex(),
        "card": card().to_json(),
        "contact": to_base64(data),
        "signature": to_base64(signature),
        "parts": [
            {
                "index": index,
                "share_key": share_key_to_bytes(p256(f"request share {index}")).hex(),
                "sealed": to_base64(sealed_part(index)),
            }
            for index in (1, 2, 3)
        ],
        "root": contacts_root(contact_digest(contact_manifest().digest), hashed),
        "order": {
            "envelopes": {str(owner): data.hex() for owner, data in envelopes.items()},
            "owners": slot_order(envelopes),
        },
    }


def given() -> JSON:
    """Return the requester's envelope, and its key as three nodes seal it to the holder."""
    key = seed("requester's card key")
    envelope = seal_card(card(0), ed25519(OWNERS[0]), key)
    first, second = seed("given 0"), seed("given 1")
    third = bytes(a ^ b ^ c for a, b, c in zip(key, first, second, strict=True))
    held = (first, second, third)
    messages: list[JSON] = []
    for index in (1, 2, 3):
        one, two = words.node_components(index)
        named = contact_digest(contact_manifest().digest)
        place = PrivatePlace(manifest=named, index=index, owner=HOLDER, bucket=0)
        sealed = seal(
            share_public(p256(f"seal {OWNERS[HOLDER]}")),
            p256(f"given {index}"),
            info=LABEL_SEALED_PRIVATE + b"\x00" + place.head(),
            aad=b"",
            plaintext=held[one] + held[two],
        )
        signature = sign(
            ed25519(f"identity {index}"), LABEL_PRIVATE, private_body(place, sealed)
        )
        messages.append({"sealed": to_base64(sealed), "signature": to_base64(signature)})
    return {
        "envelope": to_base64(envelope),
        "card": card(0).to_json(),
        "seal_key": share_key_to_bytes(p256(f"seal {OWNERS[HOLDER]}")).hex(),
        "given": messages,
    }


def contact_examples() -> dict[str, JSON]:
    """Return a document of each format of contact."""
    details = {"organisation": DETAILS.organisation, "contact": DETAILS.contact}
    details |= {"mail": DETAILS.mail, "phone": str(DETAILS.phone), "tlp": DETAILS.tlp}
    signed = sign_card(card(0), ed25519(OWNERS[0]))
    return {
        "contact": contact()[0].to_json(),
        "card": card().to_json(),
        "contacts": {
            "format": CONTACTS_FORMAT,
            "manifest": contact_manifest().digest,
            "contacts": [signed.to_json()],
        },
        "contact-details": {"format": CONTACT_DETAILS_FORMAT, **details},
    }
