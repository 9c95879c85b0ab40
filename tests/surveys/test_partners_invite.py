"""Invite partners, who answer with keys of their own; see who they are; prepare."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from rest_framework.test import APIClient

from mpcengine.models import JobNode
from mpcengine.protocol.partners import partner_entry
from mpcengine.protocol.roster import roster_root
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from mpcengine.protocol.strict import to_base64
from surveys.models import EntryList, InvitedPartner
from tests.surveys.steps import SURVEYS, create, invite, manifest_in, prepare, publish, terms

KEYS = [generate_p256_key() for _ in range(60)]


def partner(name: str, key: EllipticCurvePrivateKey) -> dict[str, str]:
    return {"name": name, "key": to_base64(point_bytes(key))}


PARTNERS = [partner(f"Partner {place:02}", key) for place, key in enumerate(KEYS)]


def invite_partners(carol: APIClient, survey: str, partners: object) -> Any:
    given = {"partners": partners}
    return carol.post(f"{SURVEYS}/{survey}/partners", given, format="json")


def test_it_shows_a_coordinator_whom_she_invited(carol: APIClient) -> None:
    survey = create(carol)
    assert carol.get(f"{SURVEYS}/{survey}").json()["roster"] == "code"
    answer = invite_partners(carol, survey, PARTNERS[:40])
    assert (answer.status_code, answer.json()["invited"]) == (201, 40)
    assert invite_partners(carol, survey, PARTNERS[40:]).json()["invited"] == 60
    seen = carol.get(f"{SURVEYS}/{survey}").json()
    assert (seen["invited"], seen["roster"]) == (60, "key")
    first = carol.get(f"{SURVEYS}/{survey}/partners").json()
    second = carol.get(f"{SURVEYS}/{survey}/partners?page=2").json()
    assert (first["count"], len(first["results"])) == (60, 50)
    assert first["results"] + second["results"] == PARTNERS


@pytest.mark.usefixtures("federation")
def test_it_puts_the_same_entries_into_three_lists_and_one_root(carol: APIClient) -> None:
    survey = create(carol)
    invite_partners(carol, survey, PARTNERS[:20])
    entries = sorted(partner_entry(point_bytes(key)) for key in KEYS[:20])
    written = [entry.hex() for entry in entries]
    assert {one.node: one.entries for one in EntryList.objects.all()} == dict.fromkeys(
        "abc", written
    )
    manifest = manifest_in(prepare(carol, survey, terms(survey)))
    assert (manifest.roster.kind, manifest.roster.size) == ("key", 20)
    assert set(manifest.roster.roots) == {roster_root(entries)}
    assert publish(carol, survey, manifest).status_code == 200
    assert not EntryList.objects.exists()
    assert [row.roster for row in JobNode.objects.all()] == [written] * 3
    assert InvitedPartner.objects.count() == 20
    answer = invite_partners(carol, survey, PARTNERS[20:])
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.not_draft")


def test_codes_and_partners_do_not_mix(carol: APIClient) -> None:
    coded, keyed = create(carol), create(carol)
    invite(carol, coded, 20)
    answer = invite_partners(carol, coded, PARTNERS)
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.has_codes")
    invite_partners(carol, keyed, PARTNERS)
    answer = invite(carol, keyed, 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.has_partners")
    assert InvitedPartner.objects.count() == 60


@pytest.mark.parametrize(
    "again", [PARTNERS[0], partner("Another", KEYS[0]), partner("partner  00", KEYS[1])]
)
def test_nobody_is_invited_twice(carol: APIClient, again: dict[str, str]) -> None:
    survey = create(carol)
    invite_partners(carol, survey, PARTNERS[:1])
    answer = invite_partners(carol, survey, [again])
    assert (answer.status_code, answer.json()["code"]) == (409, "partners.twice")
    assert InvitedPartner.objects.count() == 1


@pytest.mark.parametrize(
    ("partners", "where"),
    [
        ([], "partners"),
        ("all", "partners"),
        ([{"name": "no key"}], "partners[0].key"),
        ([{**PARTNERS[0], "key": "AAAA"}], "partners[0].key"),
        ([PARTNERS[0], {**PARTNERS[1], "name": ""}], "partners[1].name"),
        ([PARTNERS[0], PARTNERS[0]], "partners"),
    ],
)
def test_it_names_the_place_of_a_fault(carol: APIClient, partners: object, where: str) -> None:
    survey = create(carol)
    answer = invite_partners(carol, survey, partners)
    assert (answer.status_code, answer.json()["where"]) == (400, where)
    assert not EntryList.objects.exists()


def test_another_organisation_neither_invites_nor_sees(
    carol: APIClient, sign_in: Callable[[str], APIClient]
) -> None:
    survey = create(carol)
    invite_partners(carol, survey, PARTNERS)
    mallory = sign_in("elsewhere")
    absent = mallory.get(f"{SURVEYS}/{'0' * 32}")
    for answer in (
        mallory.get(f"{SURVEYS}/{survey}/partners"),
        invite_partners(mallory, survey, PARTNERS),
    ):
        assert (answer.status_code, answer.json()) == (404, absent.json())
