"""A word on contact: yes and no look alike; a card opens under one key, by its owner only."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.contact import (
    KEY_WORDS,
    ContactMaterial,
    ContactPrepared,
    contact_digest,
    contact_part_length,
    contact_place,
    contacts_root,
    parse_contact,
    prepare_contact,
    slot_order,
    verify_contact,
)
from mpcengine.protocol.contact_card import (
    ENVELOPE_BYTES,
    FROM_HOLDER,
    FROM_REQUESTER,
    MOST_CARD_BYTES,
    ZERO_BYTES,
    open_card,
    open_padded,
    parse_card,
    seal_card,
    seal_padded,
    sign_card,
    try_cards,
    verify_card,
)
from mpcengine.protocol.contact_details import parse_contact_details
from mpcengine.protocol.contribution import open_part
from mpcengine.protocol.errors import (
    BadEnvelope,
    BadSignature,
    MalformedInput,
    MalformedMessage,
)
from tests.protocol.vectors import load, refused
from tests.vectors.cast import ed25519, p256, seed
from tests.vectors.make_contact import (
    CARD_KEY,
    DETAILS,
    EXPIRES,
    HOLDER,
    card,
    contact,
    contact_manifest,
    envelope,
)
from tests.vectors.request_cast import OWNERS, request_manifest

VECTORS = load("contact")
NOW = EXPIRES - timedelta(days=1)
MANIFEST = contact_manifest()


def said(is_in: bool, text: bytes | None = None) -> ContactPrepared:
    material = ContactMaterial(
        is_in=is_in,
        card_key=seed("k"),
        envelope=bytes(ENVELOPE_BYTES) if text is None else text,
        seeds=(seed("s0")[:16], seed("s1")[:16]),
        salts=(seed("a"), seed("b"), seed("c")),
    )
    return prepare_contact(
        MANIFEST, owner=HOLDER, number=1, key=ed25519(OWNERS[HOLDER]), material=material
    )


def test_its_vectors_open_and_give_the_key_and_the_yes() -> None:
    data, signature = (base64.b64decode(VECTORS[key]) for key in ("contact", "signature"))
    word = verify_contact(MANIFEST, data, signature)
    place = contact_place(MANIFEST.digest, word.owner, word.number)
    components = {}
    for row in VECTORS["parts"]:
        part = open_part(
            p256(f"request share {row['index']}"),
            place,
            index=row["index"],
            capacity=KEY_WORDS,
            sealed=base64.b64decode(row["sealed"]),
        )
        first = row["index"] - 1
        assert part.hashes == (word.components[first], word.components[row["index"] % 3])
        components[first] = int.from_bytes(part.components[0], "little")
    plain = (components[0] ^ components[1] ^ components[2]).to_bytes(40, "little")
    assert (plain[:32].hex(), plain[32:]) == (VECTORS["card_key"], b"\x01" + bytes(7))
    found = open_card(MANIFEST, FROM_HOLDER, plain[:32], word.envelope, now=NOW)
    assert found is not None
    assert found.card.to_json() == VECTORS["card"]
    assert VECTORS["digest"] == contact_digest(MANIFEST.digest)


def test_it_orders_envelopes_by_what_names_nobody() -> None:
    given = VECTORS["order"]
    envelopes = {int(owner): bytes.fromhex(one) for owner, one in given["envelopes"].items()}
    assert slot_order(envelopes) == given["owners"]
    renamed = {5 - owner: one for owner, one in envelopes.items()}
    assert [renamed[o] for o in slot_order(renamed)] == [
        envelopes[o] for o in slot_order(envelopes)
    ]
    # Copies of one envelope keep an order, too.
    assert slot_order({3: b"x", 2: b"x"}) == [2, 3]


def test_yes_and_no_have_the_same_sizes_and_form() -> None:
    yes, no = said(True, envelope()), said(False)
    assert [len(part) for part in yes.parts] == [len(part) for part in no.parts]
    assert [len(part) for part in no.parts] == [contact_part_length(i) for i in (1, 2, 3)]
    assert (len(yes.data), len(yes.signature)) == (len(no.data), len(no.signature))


def test_it_is_tied_to_owner_and_question() -> None:
    _, data, signature = contact()
    word = parse_contact(data)
    for changed, code in (
        (replace(word, manifest=request_manifest().digest), "contact.manifest"),
        (replace(word, owner=200), "contact.owner"),
    ):
        with pytest.raises(MalformedMessage, check=refused(code)):
            verify_contact(MANIFEST, changed.encode(), signature)
    for other in (replace(word, owner=2), replace(word, number=2)):
        with pytest.raises(BadSignature):
            verify_contact(MANIFEST, other.encode(), signature)


@pytest.mark.parametrize(
    "change", [{"number": 0}, {"number": 256}, {"envelope": "AAAA"}, {"parts": ["00"] * 3}]
)
def test_it_is_read_strictly(change: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        parse_contact(canonical({**contact()[0].to_json(), **change}))


def test_a_part_opens_at_its_place_only() -> None:
    prepared = said(True, envelope())
    for place in (
        contact_place(MANIFEST.digest, HOLDER, 2),
        contact_place(MANIFEST.digest, 2, 1),
        contact_place(request_manifest().digest, HOLDER, 1),
    ):
        with pytest.raises(BadEnvelope):
            open_part(
                p256("request share 1"),
                place,
                index=1,
                capacity=KEY_WORDS,
                sealed=prepared.parts[0],
            )


def test_a_card_opens_under_its_key_side_and_question_only() -> None:
    sealed = envelope()
    assert len(sealed) == ENVELOPE_BYTES
    found = open_card(MANIFEST, FROM_HOLDER, CARD_KEY, sealed, now=NOW)
    assert found is not None
    assert found.card == card()
    for side, key, manifest in (
        (FROM_REQUESTER, CARD_KEY, MANIFEST),
        (FROM_HOLDER, seed("other"), MANIFEST),
        (FROM_HOLDER, CARD_KEY, request_manifest()),
    ):
        assert open_card(manifest, side, key, sealed, now=NOW) is None
    for place in (0, 40, len(sealed) - 1):
        spoilt = bytearray(sealed)
        spoilt[place] ^= 1
        assert open_card(MANIFEST, FROM_HOLDER, CARD_KEY, bytes(spoilt), now=NOW) is None


def test_an_envelope_must_begin_with_zeros_so_that_it_has_one_key() -> None:
    aad = b"drempel/card-envelope/1\x00" + bytes.fromhex(MANIFEST.digest[7:]) + b"\x01"
    padded = seed("not zeros") + bytes(ENVELOPE_BYTES - ZERO_BYTES - 16)
    made = AESGCM(CARD_KEY).encrypt(bytes(12), padded, aad)
    assert open_padded(made, MANIFEST.digest, FROM_HOLDER, CARD_KEY) is None
    good = AESGCM(CARD_KEY).encrypt(bytes(12), bytes(len(padded)), aad)
    assert open_padded(good, MANIFEST.digest, FROM_HOLDER, CARD_KEY) is not None


def test_a_card_that_its_owner_did_not_sign_is_refused() -> None:
    for made, code in (
        (seal_card(card(), ed25519("a node"), CARD_KEY), "card.signature"),
        (seal_card(card(2), ed25519(OWNERS[HOLDER]), CARD_KEY), "card.signature"),
        (seal_card(card(200), ed25519(OWNERS[HOLDER]), CARD_KEY), "card.owner"),
        (seal_padded(b"\x00\x02{}", MANIFEST.digest, FROM_HOLDER, CARD_KEY), "card.form"),
    ):
        with pytest.raises(BadEnvelope, check=refused(code)):
            open_card(MANIFEST, FROM_HOLDER, CARD_KEY, made, now=NOW)
        assert try_cards(MANIFEST, FROM_HOLDER, [CARD_KEY], [made], now=NOW) == ([], [code])


def test_a_card_ends() -> None:
    with pytest.raises(BadEnvelope, check=refused("card.expired")):
        open_card(MANIFEST, FROM_HOLDER, CARD_KEY, envelope(), now=EXPIRES)


def test_a_signed_card_can_be_shown_to_others() -> None:
    signed = sign_card(card(), ed25519(OWNERS[HOLDER]))
    verify_card(MANIFEST, signed)
    with pytest.raises(BadEnvelope, check=refused("card.signature")):
        verify_card(MANIFEST, replace(signed, card=replace(card(), mail="x@example.org")))
    with pytest.raises(BadEnvelope, check=refused("card.owner")):
        verify_card(request_manifest(), signed)


@pytest.mark.parametrize(
    "change",
    [
        {"organisation": ""},
        {"contact": "two\nlines"},
        {"mail": "a" * 255},
        {"tlp": "TLP:PURPLE"},
        {"expires": "tomorrow"},
        {"phone": 5},
    ],
)
def test_a_card_is_read_strictly(change: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        parse_card({**card().to_json(), **change})


def test_a_card_that_is_too_long_is_refused_before_it_is_sealed() -> None:
    wide = replace(card(), organisation="\u20ac" * 200, contact="\u20ac" * 200)
    wide = replace(wide, reference="\u20ac" * 200, fingerprint="\u20ac" * 100)
    assert len(canonical(wide.to_json())) > MOST_CARD_BYTES
    with pytest.raises(MalformedMessage, check=refused("card.long")):
        seal_card(wide, ed25519(OWNERS[HOLDER]), CARD_KEY)


def test_details_are_a_persons_file_and_name_the_fault() -> None:
    good = {"format": "drempel-contact-details/1", "organisation": "A", "contact": "B"}
    assert parse_contact_details({**good, "mail": "c@example.org"}).tlp == DETAILS.tlp
    with pytest.raises(MalformedInput) as caught:
        parse_contact_details({**good, "mail": "c@example.org", "fax": "1"})
    assert caught.value.where == "fax"


def test_a_root_names_whose_words_go_in() -> None:
    one, two = ({1: seed("a"), 2: seed(name)} for name in ("b", "c"))
    roots = {contacts_root(MANIFEST.digest, each) for each in (one, two, {1: seed("a")})}
    assert len(roots) == 3
