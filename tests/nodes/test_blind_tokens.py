"""Anna, who issues and takes packages, links no code to a package; nobody mints her tokens."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from mpcengine.protocol.blindrsa import EXPONENT
from mpcengine.protocol.eligibility import request_mark, token_blind, token_finish
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.package import Package, sign_package
from mpcengine.protocol.partners import partner_entry
from mpcengine.protocol.roster import node_code, roster_entry
from mpcengine.protocol.signedrequest import parse_request, sign_request
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from nodes.issuing import IssuerPrivate, blind_sign
from nodes.keystore import issuer_key_unwrap
from nodes.models import IssuerKey, RosterEntry, StoredPackage
from nodes.services import tokens
from nodes.services.tokens import partner_token_issue_once, token_issue_once
from problems import Conflict, Unavailable
from tests.nodes.anna import Anna, give, now
from tests.nodes.publishing import Draft, blind, colour_survey

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])

Bytes = Callable[[int], int]


@dataclass
class Seen:
    """All that Anna's node, patched to keep what it should not, has after a survey."""

    manifest: Manifest
    requests: dict[bytes, bytes] = field(default_factory=dict)
    answers: dict[bytes, bytes] = field(default_factory=dict)
    codes: dict[bytes, bytes] = field(default_factory=dict)

    def links(self) -> dict[bytes, bytes]:
        """Return, for each one-time key in the packages, the roster entry it is linked to.

        Tries every way in which something kept at issuing equals something in a package.
        """
        found = {}
        for row in StoredPackage.objects.all():
            package = Package.decode(bytes(row.sealed), self.manifest.envelope_length)
            for entry, marks in self._marks().items():
                if marks & self._traces(package):
                    found[package.one_time_key] = entry
        return found

    def _marks(self) -> dict[bytes, set[bytes]]:
        spent = RosterEntry.objects.filter(spent_by__isnull=False)
        return {
            bytes(row.entry): {
                bytes(row.spent_by or b""),
                *_parts(bytes(row.request)),
                self.requests[bytes(row.entry)],
                self.answers[bytes(row.entry)],
            }
            for row in spent
        }

    def _traces(self, package: Package) -> set[bytes]:
        modulus = int.from_bytes(self.manifest.issuer_keys[0], "big")
        token = package.tokens[0]
        encoded = pow(int.from_bytes(token, "big"), EXPONENT, modulus).to_bytes(256, "big")
        plain = {token, encoded, package.one_time_key, package.signature, package.body}
        digest = self.manifest.digest
        hashes = {hashlib.sha256(one).digest() for one in plain}
        # The last is how a spent mark was made while tokens were not blind.
        marks = {request_mark(digest, one) for one in plain}
        return plain | hashes | marks


def _parts(request: bytes) -> set[bytes]:
    """Return what a kept request consists of, and hashes of it; nothing of a code's."""
    if not request:
        return set()
    one = parse_request(request)
    parts = {request, one.blinded, one.signature, one.key}
    return parts | {hashlib.sha256(part).digest() for part in parts}


def survey_run(
    anna: Anna, draw: Bytes, kind: str = "code", people: int = 8
) -> tuple[Seen, dict[bytes, bytes]]:
    """Let people answer with factors from ``draw``; return Anna's view and the truth."""
    partners = [generate_p256_key() for _ in range(people)] if kind == "key" else []
    anna.confirm(partners)
    draft = anna.draft(colour_survey(), invited=people, partners=partners)
    manifest, _ = anna.open(draft)
    seen, truth = Seen(manifest), {}
    for place in range(people):
        package, entry, request, answer = answer_once(anna, draft, manifest, place, draw)
        seen.requests[entry], seen.answers[entry] = request, answer
        truth[package.one_time_key] = entry
        assert give(package).codes == []
    return seen, truth


def answer_once(
    anna: Anna, draft: Draft, manifest: Manifest, place: int, draw: Bytes
) -> tuple[Package, bytes, bytes, bytes]:
    private = generate_p256_key()
    point, terms = point_bytes(private), manifest.nodes[0]
    request = token_blind(
        terms.issuer_key,
        manifest.digest,
        point,
        salt=secrets.token_bytes(48),
        factor=draw(int.from_bytes(terms.issuer_key, "big")),
    )
    entry, answer = asked(draft, manifest, place, request.message)
    token = token_finish(terms.issuer_key, manifest.digest, point, request, answer)
    others = [anna.issuers[node].token(manifest.digest, point) for node in ("b", "c")]
    package = packed(private, manifest, (token, others[0], others[1]))
    return package, entry, request.message, answer


def asked(draft: Draft, manifest: Manifest, place: int, blinded: bytes) -> tuple[bytes, bytes]:
    """Return whose entry asks, by code or by key, and what Anna answers."""
    if draft.partners:
        private = draft.partners[place]
        request = sign_request(private, manifest=manifest.digest, index=1, blinded=blinded)
        signed = partner_token_issue_once(request=request, now=now())
        return partner_entry(request.key), signed
    code = node_code(draft.codes[place], draft.survey_id, 1)
    signed = token_issue_once(
        digest=manifest.digest, node_code=code, blinded=blinded, now=now()
    )
    return roster_entry(code), signed


def packed(private: Any, manifest: Manifest, three: Any, revision: int = 0) -> Package:
    one = secrets.token_bytes(manifest.envelope_length)
    return sign_package(
        private,
        manifest=manifest.digest,
        revision=revision,
        tokens=three,
        envelopes=(one, one, one),
    )


KINDS = pytest.mark.parametrize("kind", ["code", "key"])


@KINDS
def test_a_node_that_kept_everything_links_nothing(anna: Anna, kind: str) -> None:
    seen, truth = survey_run(anna, lambda modulus: 1 + secrets.randbelow(modulus - 1), kind)
    assert len(truth) == 8
    assert seen.links() == {}


@KINDS
def test_the_same_node_links_everybody_who_did_not_blind(anna: Anna, kind: str) -> None:
    """The linker works: with the defence off it finds all, and finds them right."""
    seen, truth = survey_run(anna, lambda _: 1, kind)
    assert seen.links() == truth


def test_a_partner_s_kept_request_alone_links_whom_it_does_not_blind(anna: Anna) -> None:
    """Evidence would be a link if it held anything but what was blinded."""
    seen, truth = survey_run(anna, lambda _: 1, "key")
    seen.requests = dict.fromkeys(seen.requests, b"lost")
    seen.answers = dict.fromkeys(seen.answers, b"lost")
    RosterEntry.objects.update(spent_by=b"lost")
    assert seen.links() == truth
    RosterEntry.objects.update(request=b"")
    assert seen.links() == {}


def test_what_is_stored_at_issuing_says_nothing_of_the_key(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    package = anna.package(draft, manifest, 0, "red")
    give(package)
    row = RosterEntry.objects.get(spent_by__isnull=False)
    names = {column.name for column in RosterEntry._meta.get_fields()}
    assert names == {"id", "manifest", "entry", "spent_by", "request"}
    assert bytes(row.request) == b""
    parts = (package.one_time_key, *package.tokens, package.body, package.signature)
    assert bytes(row.spent_by or b"") not in {hashlib.sha256(part).digest() for part in parts}


def owned(anna: Anna, draft: Draft, manifest: Manifest, place: int = 0) -> tuple[Any, Any]:
    """Return a one-time key and its three tokens, got with a code."""
    private = generate_p256_key()
    point = point_bytes(private)
    three = tuple(
        anna.token(terms, manifest, node_code(draft.codes[place], draft.survey_id, j), point)
        for j, terms in enumerate(manifest.nodes, start=1)
    )
    return private, three


def refused_with(package: Package) -> list[str]:
    answer = give(package)
    assert answer.accepted == ()
    return answer.codes


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_token_of_another_survey_counts_for_nothing(anna: Anna, place: int) -> None:
    draft, other = anna.draft(colour_survey()), anna.draft(colour_survey())
    elsewhere, _ = anna.open(other)
    private, foreign = owned(anna, other, elsewhere)
    manifest, _ = anna.open(draft)
    point, code = point_bytes(private), node_code(draft.codes[0], draft.survey_id, 1)
    three = [anna.token(manifest.nodes[0], manifest, code, point)]
    three += [anna.issuers[node].token(manifest.digest, point) for node in ("b", "c")]
    assert give(packed(private, manifest, tuple(three))).codes == []
    three[place] = foreign[place]
    assert refused_with(packed(private, manifest, tuple(three), 1)) == ["signature.invalid"]


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (0, 0, 2), (1, 1, 1)])
def test_a_token_of_another_node_counts_for_nothing(anna: Anna, order: Any) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    private, three = owned(anna, draft, manifest)
    moved = tuple(three[place] for place in order)
    assert refused_with(packed(private, manifest, moved)) == ["signature.invalid"]


def test_tokens_serve_no_second_key(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    private, three = owned(anna, draft, manifest)
    assert give(packed(private, manifest, three)).codes == []
    assert refused_with(packed(generate_p256_key(), manifest, three)) == ["signature.invalid"]


def test_two_codes_on_one_key_are_one_answer(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    private = generate_p256_key()
    point, terms = point_bytes(private), manifest.nodes[0]
    others = [anna.issuers[node].token(manifest.digest, point) for node in ("b", "c")]
    codes = [node_code(code, draft.survey_id, 1) for code in draft.codes[:2]]
    first, second = (anna.token(terms, manifest, code, point) for code in codes)
    assert first != second
    assert give(packed(private, manifest, (first, *others))).codes == []
    assert refused_with(packed(private, manifest, (second, *others))) == [
        "package.revision_taken"
    ]
    assert StoredPackage.objects.count() == 1


def test_nobody_mints_the_token_of_an_honest_node(anna: Anna) -> None:
    """Bram and Chris together still need Anna's."""
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    private, three = owned(anna, draft, manifest)
    assert give(packed(private, manifest, three)).codes == []
    point = point_bytes(private)
    bram = anna.issuers["b"]
    root = pow(int.from_bytes(three[0], "big"), 2, int.from_bytes(bram.public, "big"))
    for forged in (
        bram.token(manifest.digest, point),
        replace(bram).sign(b"anything"),
        root.to_bytes(256, "big"),
        bytes(256),
        bytes(255) + b"\x01",
        manifest.nodes[0].issuer_proof,
    ):
        package = packed(private, manifest, (forged, *three[1:]), 1)
        assert refused_with(package) == ["signature.invalid"]


def test_a_faulty_signature_leaves_no_node_and_the_code_lives(
    anna: Anna, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    asked = blind(manifest.nodes[0], manifest, point_bytes(generate_p256_key())).message
    code = node_code(draft.codes[0], draft.survey_id, 1)

    def ask() -> bytes:
        return token_issue_once(
            digest=manifest.digest, node_code=code, blinded=asked, now=now()
        )

    def broken(private: IssuerPrivate, blinded: bytes) -> bytes:
        return blind_sign(replace(private, d_p=private.d_p + 2), blinded)

    monkeypatch.setattr(tokens, "blind_sign", broken)
    with pytest.raises(Unavailable) as refused:
        ask()
    assert refused.value.code == "token.signing_fault"
    assert [record.exc_info for record in caplog.records] == [None]
    monkeypatch.undo()
    assert len(ask()) == 256


@pytest.mark.parametrize(
    ("timing", "order"),
    [("strict", "open-answering"), ("normal", "close"), ("strict", "close")],
)
def test_the_issuer_key_is_gone_when_issuing_ends(anna: Anna, timing: str, order: str) -> None:
    draft = anna.draft(colour_survey(), timing=timing)
    manifest, _ = anna.open(draft)
    before = bytes(IssuerKey.objects.get().wrapped)
    IssuerPrivate.from_bytes(issuer_key_unwrap(before, draft.survey_id))
    anna.order(draft, manifest, order)
    assert bytes(IssuerKey.objects.get().wrapped) == b""
    anna.order(draft, manifest, order)


def test_opening_answering_ends_issuing_in_strict_timing_only(anna: Anna) -> None:
    draft = anna.draft(colour_survey(), timing="normal")
    manifest, _ = anna.open(draft)
    anna.order(draft, manifest, "open-answering")
    assert bytes(IssuerKey.objects.get().wrapped)
    assert give(anna.package(draft, manifest, 0, "red")).codes == []


def test_a_code_is_not_spent_on_a_key_that_goes_meanwhile(
    anna: Anna, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = anna.draft(colour_survey(), timing="strict")
    manifest, _ = anna.open(draft)

    def overtaken(_issuer: bytes, _blinded: bytes) -> None:
        # The order comes after this call was found to be in time.
        anna.order(draft, manifest, "open-answering")

    monkeypatch.setattr(tokens, "check_blinded", overtaken)
    with pytest.raises(Conflict) as refused:
        anna.token(
            manifest.nodes[0],
            manifest,
            node_code(draft.codes[0], draft.survey_id, 1),
            point_bytes(generate_p256_key()),
        )
    assert refused.value.code == "token.closed"
    assert not RosterEntry.objects.filter(spent_by__isnull=False).exists()
