"""Seal a contact card of one size, and open it: only under the one key, only if signed.

Source: docs/protocol.md §19.17; data requests 7. A card (``drempel-card/1``) says how to reach
an organisation about one question; the organisation's key of that question signs it, so that
no node can invent one. Plain texts begin with 32 zero bytes: AES-GCM alone lets one envelope
open under two keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mpcengine.protocol.canonical import JSON, Digest, canonical, digest_bytes, parse_canonical
from mpcengine.protocol.codec import Writer
from mpcengine.protocol.errors import BadEnvelope, BadSignature, MalformedMessage
from mpcengine.protocol.request_manifest_parts import FIRST, RequestManifest
from mpcengine.protocol.schemas_request import CARD_FORMAT, MOST_OWNERS, TLP_MARKS
from mpcengine.protocol.signing import LABEL_CARD, SIGNATURE_BYTES, sign, verify
from mpcengine.protocol.strict import Fields, format_time, to_base64

LABEL_ENVELOPE = b"drempel/card-envelope/1"
KEY_BYTES = 32
PADDED_BYTES = 2048
ZERO_BYTES = 32
_LENGTH_BYTES, _TAG_BYTES, _NONCE_BYTES = 2, 16, 12
MOST_CARD_BYTES = PADDED_BYTES - _LENGTH_BYTES - SIGNATURE_BYTES
ENVELOPE_BYTES = ZERO_BYTES + PADDED_BYTES + _TAG_BYTES
FROM_REQUESTER, FROM_HOLDER = 0, 1
LONGEST_TEXTS = {"organisation": 200, "contact": 200, "mail": 254, "phone": 40}
LONGEST_TEXTS |= {"fingerprint": 100, "reference": 200}
_ALWAYS = ("organisation", "contact", "mail")
_MAY_LACK = ("phone", "fingerprint", "reference")
_KEYS = ("format", "manifest", "owner", *LONGEST_TEXTS, "tlp", "expires")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Say how an owner can be reached about one question, and until when.

    ``fingerprint``: of the OpenPGP or S/MIME key to write to; ``tlp``: the Traffic Light
    Protocol mark for the conversation; ``reference``: the owner's own.
    """

    manifest: Digest
    owner: int
    organisation: str
    contact: str
    mail: str
    phone: str | None
    tlp: str
    fingerprint: str | None
    reference: str | None
    expires: datetime

    def to_json(self) -> dict[str, JSON]:
        """Return the card as its file holds it."""
        return {
            "format": CARD_FORMAT,
            "manifest": self.manifest,
            "owner": self.owner,
            "organisation": self.organisation,
            "contact": self.contact,
            "mail": self.mail,
            "phone": self.phone,
            "tlp": self.tlp,
            "fingerprint": self.fingerprint,
            "reference": self.reference,
            "expires": format_time(self.expires),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCard:
    """Carry a card with its owner's signature, as both its reader and a verifier need it."""

    card: Card
    signature: bytes

    def to_json(self) -> dict[str, JSON]:
        """Return card and signature as a result or a contacts file holds them."""
        return {"card": self.card.to_json(), "signature": to_base64(self.signature)}


def verify_card(manifest: RequestManifest, signed: SignedCard) -> None:
    """Return nothing if an owner of this question signed this card for it.

    Raises BadEnvelope ``card.owner`` or ``card.signature``.
    """
    card = signed.card
    if card.manifest != manifest.digest or card.owner >= len(manifest.owners):
        raise BadEnvelope("card.owner", "A card is of somebody else or of another question.")
    data = canonical(card.to_json())
    try:
        verify(manifest.owners[card.owner].key, LABEL_CARD, data, signed.signature)
    except BadSignature:
        raise BadEnvelope("card.signature", "A card is not signed by its owner.") from None


def parse_signed_card(obj: JSON, where: str = "", *, file: bool = False) -> SignedCard:
    """Read a card with its signature; verifies nothing. Raises as `parse_card`."""
    top = Fields(obj, where, required=("card", "signature"), file=file)
    return SignedCard(
        card=parse_card(top.raw("card"), top.path("card"), file=file),
        signature=top.data("signature", SIGNATURE_BYTES),
    )


def parse_card(obj: JSON, where: str = "", *, file: bool = False) -> Card:
    """Read a card; raise MalformedMessage, or of a person's file MalformedInput."""
    top = Fields(obj, where, required=_KEYS, file=file)
    top.choice("format", (CARD_FORMAT,))
    texts = {key: printable(top, key, LONGEST_TEXTS[key]) for key in _ALWAYS}
    others = {
        key: None if top.raw(key) is None else printable(top, key, LONGEST_TEXTS[key])
        for key in _MAY_LACK
    }
    return Card(
        manifest=top.digest("manifest"),
        owner=top.integer("owner", 0, MOST_OWNERS - 1),
        organisation=texts["organisation"],
        contact=texts["contact"],
        mail=texts["mail"],
        phone=others["phone"],
        tlp=top.choice("tlp", TLP_MARKS),
        fingerprint=others["fingerprint"],
        reference=others["reference"],
        expires=top.moment("expires"),
    )


def sign_card(card: Card, private: Ed25519PrivateKey) -> SignedCard:
    """Return a card with its owner's signature."""
    return SignedCard(card=card, signature=sign(private, LABEL_CARD, canonical(card.to_json())))


def seal_card(card: Card, private: Ed25519PrivateKey, card_key: bytes) -> bytes:
    """Sign a card with its owner's key and seal it under a fresh key (32 bytes).

    The key serves for this one envelope, so the nonce is zero. Raises MalformedMessage
    ``card.long`` if the card is longer than an envelope can hold.
    """
    data = canonical(card.to_json())
    if len(data) > MOST_CARD_BYTES:
        raise MalformedMessage("card.long", f"A card has at most {MOST_CARD_BYTES} bytes.")
    signature = sign_card(card, private).signature
    signed = len(data).to_bytes(_LENGTH_BYTES, "big") + data + signature
    side = FROM_REQUESTER if card.owner == FIRST else FROM_HOLDER
    return seal_padded(signed, card.manifest, side, card_key)


def open_card(
    manifest: RequestManifest, side: int, card_key: bytes, envelope: bytes, *, now: datetime
) -> SignedCard | None:
    """Return the card in an envelope; None if this key does not open it.

    ``side``: whose envelope it must be, `FROM_REQUESTER` or `FROM_HOLDER`. Raises BadEnvelope
    for an envelope that opens and holds no card of that side, signed by that owner:
    ``card.form``, ``card.signature``, ``card.owner``, ``card.expired``.
    """
    plain = open_padded(envelope, manifest.digest, side, card_key)
    if plain is None:
        return None
    length = int.from_bytes(plain[:_LENGTH_BYTES], "big")
    end = _LENGTH_BYTES + length
    data, signature = plain[_LENGTH_BYTES:end], plain[end : end + SIGNATURE_BYTES]
    try:
        card = parse_card(parse_canonical(data))
    except MalformedMessage as error:
        raise BadEnvelope("card.form", f"A card is none: {error.sentence}") from None
    if plain[end + SIGNATURE_BYTES :].strip(b"\x00"):
        raise BadEnvelope("card.form", "A card is none: something stands behind it.")
    signed = SignedCard(card=card, signature=signature)
    verify_card(manifest, signed)
    if (card.owner == FIRST) != (side == FROM_REQUESTER):
        raise BadEnvelope("card.owner", "A card is of somebody else or of another question.")
    if card.expires <= now:
        raise BadEnvelope("card.expired", "A card has expired.")
    return signed


def seal_padded(plain: bytes, manifest: Digest, side: int, card_key: bytes) -> bytes:
    """Seal at most `PADDED_BYTES`, padded with zeros, behind 32 zero bytes."""
    if len(plain) > PADDED_BYTES or len(card_key) != KEY_BYTES:
        raise MalformedMessage("card.long", "A card does not fit its envelope.")
    padded = bytes(ZERO_BYTES) + plain.ljust(PADDED_BYTES, b"\x00")
    sealed: bytes = AESGCM(card_key).encrypt(bytes(_NONCE_BYTES), padded, _aad(manifest, side))
    return sealed


def open_padded(envelope: bytes, manifest: Digest, side: int, card_key: bytes) -> bytes | None:
    """Return the padded plain text without its zeros; None if this key does not open it."""
    if len(envelope) != ENVELOPE_BYTES or len(card_key) != KEY_BYTES:
        return None
    try:
        plain: bytes = AESGCM(card_key).decrypt(
            bytes(_NONCE_BYTES), envelope, _aad(manifest, side)
        )
    except InvalidTag:
        return None
    return plain[ZERO_BYTES:] if plain[:ZERO_BYTES] == bytes(ZERO_BYTES) else None


def try_cards(
    manifest: RequestManifest,
    side: int,
    keys: Sequence[bytes],
    envelopes: Sequence[bytes],
    *,
    now: datetime,
) -> tuple[list[SignedCard], list[str]]:
    """Return the cards that open, by owner, and the codes of what opened and was refused."""
    cards: dict[int, SignedCard] = {}
    refused: list[str] = []
    for key, envelope in zip(keys, envelopes, strict=True):
        try:
            found = open_card(manifest, side, key, envelope, now=now)
        except BadEnvelope as error:
            refused.append(error.code)
            continue
        if found is not None:
            cards[found.card.owner] = found
    return [cards[owner] for owner in sorted(cards)], refused


def _aad(manifest: Digest, side: int) -> bytes:
    return LABEL_ENVELOPE + b"\x00" + Writer().fixed(digest_bytes(manifest), 32).u8(side).end()


def printable(top: Fields, key: str, longest: int) -> str:
    """Return one line of printable characters; raise what ``Fields`` raises."""
    text = top.text(key, longest=longest)
    if not text.isprintable() or text.strip() != text:
        raise top.refuse(key, "must be one line of printable characters")
    return text
