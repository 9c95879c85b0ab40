"""A partner's key gives one signature of one blinded message; more meets evidence."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from mpcengine.protocol.errors import BadSignature, MalformedMessage
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.signedrequest import (
    SignedRequest,
    parse_request,
    sign_request,
    verify_evidence,
)
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from nodes.models import RosterEntry
from nodes.services.driving import job_drive
from nodes.services.tokens import partner_token_issue_once, token_issue_once
from problems import Conflict, Forbidden, Malformed
from tests.nodes.anna import Anna, now
from tests.nodes.publishing import Draft, colour_survey

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])

NORTH, SOUTH, EAST, STRANGER = (generate_p256_key() for _ in range(4))


def opened(anna: Anna, timing: str = "normal") -> tuple[Draft, Manifest]:
    partners = (NORTH, SOUTH, EAST)
    anna.confirm(partners)
    draft = anna.draft(colour_survey(), partners=partners, timing=timing)
    manifest, _ = anna.open(draft)
    return draft, manifest


def asked(manifest: Manifest, key: EllipticCurvePrivateKey = NORTH) -> SignedRequest:
    blinded = secrets.token_bytes(224).rjust(256, b"\x00")
    return sign_request(key, manifest=manifest.digest, index=1, blinded=blinded)


def ask(request: SignedRequest) -> bytes:
    return partner_token_issue_once(request=request, now=now())


def spent() -> int:
    return RosterEntry.objects.exclude(spent_by=None).count()


def test_it_signs_the_same_request_again_however_it_is_signed(anna: Anna) -> None:
    _, manifest = opened(anna)
    first = asked(manifest)
    signed = ask(first)
    modulus = int.from_bytes(manifest.issuer_keys[0], "big")
    number = pow(int.from_bytes(signed, "big"), 65537, modulus)
    assert number == int.from_bytes(first.blinded, "big")
    again = sign_request(NORTH, manifest=manifest.digest, index=1, blinded=first.blinded)
    assert again.signature != first.signature
    assert [ask(first), ask(again)] == [signed, signed]
    assert spent() == 1
    kept = RosterEntry.objects.exclude(spent_by=None).get()
    assert parse_request(bytes(kept.request)) == first


def test_it_answers_another_request_with_the_one_it_granted(anna: Anna) -> None:
    """A27. Fails when ``evidence`` is left out of the Conflict in ``tokens._check_same``."""
    _, manifest = opened(anna)
    first, second = asked(manifest), asked(manifest)
    ask(first)
    with pytest.raises(Conflict) as refused:
        ask(second)
    assert refused.value.code == "token.already_issued"
    assert verify_evidence(refused.value.evidence, second) == first
    ask(asked(manifest, SOUTH))


def test_it_shows_nothing_to_whom_has_not_the_key(anna: Anna) -> None:
    """Fails when ``verify_request`` is taken out of ``partner_token_issue_once``."""
    _, manifest = opened(anna)
    ask(asked(manifest))
    key = point_bytes(NORTH)
    for bad in (
        replace(asked(manifest), signature=bytes(64)),
        replace(asked(manifest, STRANGER), key=key),
        replace(asked(manifest, SOUTH), signature=asked(manifest, SOUTH).signature),
        replace(
            sign_request(
                SOUTH, manifest=manifest.digest, index=2, blinded=bytes(255) + b"\x02"
            ),
            index=1,
        ),
    ):
        with pytest.raises(BadSignature):
            ask(bad)
    assert spent() == 1


def test_it_issues_to_partners_on_the_list_only(anna: Anna) -> None:
    _, manifest = opened(anna)
    with pytest.raises(Forbidden) as refused:
        ask(asked(manifest, STRANGER))
    assert refused.value.code == "token.unknown_partner"
    assert spent() == 0


def test_it_takes_each_claim_for_its_own_kind_of_roster(anna: Anna) -> None:
    _, manifest = opened(anna)
    with pytest.raises(Malformed) as refused:
        token_issue_once(
            digest=manifest.digest,
            node_code=bytes(32),
            blinded=asked(manifest).blinded,
            now=now(),
        )
    assert refused.value.code == "token.roster_kind"
    coded, _ = anna.open(anna.draft(colour_survey()))
    with pytest.raises(Malformed) as refused:
        ask(asked(coded))
    assert refused.value.code == "token.roster_kind"
    assert spent() == 0


def test_it_spends_no_entry_on_what_it_cannot_sign(anna: Anna) -> None:
    _, manifest = opened(anna)
    for blinded in (b"", bytes(256), manifest.issuer_keys[0]):
        bad = sign_request(NORTH, manifest=manifest.digest, index=1, blinded=blinded)
        with pytest.raises(MalformedMessage):
            ask(bad)
    assert spent() == 0


def test_it_issues_in_its_time_only(anna: Anna) -> None:
    _, manifest = opened(anna)
    closes = manifest.issuing.closes
    for moment, code in (
        (manifest.issuing.opens - timedelta(seconds=1), "survey.not_open"),
        (closes, "token.closed"),
    ):
        with pytest.raises(Conflict) as refused:
            partner_token_issue_once(request=asked(manifest), now=moment)
        assert refused.value.code == code
    partner_token_issue_once(request=asked(manifest), now=closes - timedelta(seconds=1))


def test_it_keeps_evidence_until_closing_and_not_longer(anna: Anna) -> None:
    """Fails when ``_requests_erased`` is taken out of ``driving._step``."""
    draft, manifest = opened(anna, timing="strict")
    ask(asked(manifest))
    anna.order(draft, manifest, "open-answering")
    assert RosterEntry.objects.exclude(request=b"").count() == 1
    job = anna.order(draft, manifest, "close")
    job_drive(job_pk=job.pk, owner="this test")
    assert not RosterEntry.objects.exclude(request=b"").exists()
    assert spent() == 1
