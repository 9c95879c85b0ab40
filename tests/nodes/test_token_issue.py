"""A code gives one signature of one blinded message, however often it is asked for."""

import secrets
from datetime import timedelta

import pytest

from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.roster import node_code
from nodes.models import RosterEntry
from nodes.services.tokens import token_issue_once
from problems import Conflict, Forbidden, Problem
from tests.nodes.anna import Anna, now
from tests.nodes.publishing import Draft, colour_survey

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


def fresh_request() -> bytes:
    return secrets.token_bytes(256)[:-32].rjust(256, b"\x00")


def ask(draft: Draft, digest: str, blinded: bytes, place: int = 0, index: int = 1) -> bytes:
    code = node_code(draft.codes[place], draft.survey_id, index)
    return token_issue_once(digest=digest, node_code=code, blinded=blinded, now=now())


def spent() -> int:
    return RosterEntry.objects.filter(spent_by__isnull=False).count()


def test_it_signs_the_same_request_again(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    blinded = fresh_request()
    signed = ask(draft, manifest.digest, blinded)
    modulus = int.from_bytes(manifest.issuer_keys[0], "big")
    assert pow(int.from_bytes(signed, "big"), 65537, modulus) == int.from_bytes(blinded, "big")
    assert ask(draft, manifest.digest, blinded) == signed
    assert spent() == 1


def test_it_refuses_a_second_request_for_a_code(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    ask(draft, manifest.digest, fresh_request())
    with pytest.raises(Conflict) as refused:
        ask(draft, manifest.digest, fresh_request())
    assert refused.value.code == "token.already_issued"
    ask(draft, manifest.digest, fresh_request(), place=1)


def test_it_refuses_the_code_of_another_node(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    with pytest.raises(Forbidden) as refused:
        ask(draft, manifest.digest, fresh_request(), index=2)
    assert refused.value.code == "token.unknown_code"
    assert not RosterEntry.objects.filter(spent_by__isnull=False).exists()


def test_it_spends_no_code_on_what_it_cannot_sign(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    for bad in (b"", bytes(256), b"\xff" * 256, fresh_request()[1:], manifest.issuer_keys[0]):
        with pytest.raises(MalformedMessage):
            ask(draft, manifest.digest, bad)
    assert spent() == 0


@pytest.mark.parametrize(
    ("timing", "order", "code"),
    [
        ("strict", None, None),
        ("strict", "open-answering", "token.closed"),
        ("normal", "open-answering", None),
        ("immediate", None, None),
        ("normal", "close", "token.closed"),
        ("strict", "close", "token.closed"),
    ],
)
def test_it_issues_in_its_time_only(
    anna: Anna, timing: str, order: str | None, code: str | None
) -> None:
    draft = anna.draft(colour_survey(), timing=timing)
    manifest, _ = anna.open(draft)
    if order is not None:
        anna.order(draft, manifest, order)
    found = None
    try:
        ask(draft, manifest.digest, fresh_request())
    except Problem as problem:
        found = problem.code
    assert found == code


@pytest.mark.parametrize("timing", ["strict", "normal", "immediate"])
def test_it_issues_nothing_before_issuing_opens(anna: Anna, timing: str) -> None:
    draft = anna.draft(colour_survey(), timing=timing)
    manifest, _ = anna.open(draft)
    opens, closes = manifest.issuing.opens, manifest.issuing.closes
    code, second = (node_code(one, draft.survey_id, 1) for one in draft.codes[:2])
    blinded = fresh_request()
    for moment, said in (
        (opens - timedelta(seconds=1), "survey.not_open"),
        (closes, "token.closed"),
    ):
        with pytest.raises(Conflict) as refused:
            token_issue_once(
                digest=manifest.digest, node_code=code, blinded=blinded, now=moment
            )
        assert refused.value.code == said
    token_issue_once(digest=manifest.digest, node_code=code, blinded=blinded, now=opens)
    last = closes - timedelta(seconds=1)
    if timing != "strict":
        token_issue_once(
            digest=manifest.digest, node_code=second, blinded=fresh_request(), now=last
        )


def test_it_issues_nothing_before_three_nodes_have_signed(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    anna.accept(draft, manifest)
    with pytest.raises(Conflict) as refused:
        ask(draft, manifest.digest, fresh_request())
    assert refused.value.code == "survey.not_open"
