"""A code gives one token on one key, however often it is asked for."""

from datetime import timedelta

import pytest

from mpcengine.protocol.eligibility import token_verify
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.roster import node_code
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from nodes.models import RosterEntry
from nodes.services.tokens import token_issue_once
from problems import Conflict, Forbidden, Problem
from tests.nodes.anna import Anna, now
from tests.nodes.publishing import Draft, colour_survey

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


def fresh_point() -> bytes:
    return point_bytes(generate_p256_key())


def ask(draft: Draft, digest: str, point: bytes, place: int = 0, index: int = 1) -> bytes:
    code = node_code(draft.codes[place], draft.survey_id, index)
    return token_issue_once(digest=digest, node_code=code, one_time_key=point, now=now())


def test_it_issues_the_same_token_for_the_same_key(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    point = fresh_point()
    token = ask(draft, manifest.digest, point)
    token_verify(manifest.issuer_keys[0], manifest.digest, point, token)
    assert ask(draft, manifest.digest, point) == token
    assert RosterEntry.objects.filter(spent_by__isnull=False).count() == 1


def test_it_refuses_a_second_key_for_a_code(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    ask(draft, manifest.digest, fresh_point())
    with pytest.raises(Conflict) as refused:
        ask(draft, manifest.digest, fresh_point())
    assert refused.value.code == "token.already_issued"
    ask(draft, manifest.digest, fresh_point(), place=1)


def test_it_refuses_the_code_of_another_node(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    with pytest.raises(Forbidden) as refused:
        ask(draft, manifest.digest, fresh_point(), index=2)
    assert refused.value.code == "token.unknown_code"
    assert not RosterEntry.objects.filter(spent_by__isnull=False).exists()


def test_it_refuses_what_is_no_key(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    with pytest.raises(MalformedMessage):
        ask(draft, manifest.digest, fresh_point()[:-1])


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
        ask(draft, manifest.digest, fresh_point())
    except Problem as problem:
        found = problem.code
    assert found == code


@pytest.mark.parametrize("timing", ["strict", "normal", "immediate"])
def test_it_issues_nothing_before_issuing_opens(anna: Anna, timing: str) -> None:
    draft = anna.draft(colour_survey(), timing=timing)
    manifest, _ = anna.open(draft)
    opens, closes = manifest.issuing.opens, manifest.issuing.closes
    code, second = (node_code(one, draft.survey_id, 1) for one in draft.codes[:2])
    point = fresh_point()
    for moment, said in (
        (opens - timedelta(seconds=1), "survey.not_open"),
        (closes, "token.closed"),
    ):
        with pytest.raises(Conflict) as refused:
            token_issue_once(
                digest=manifest.digest, node_code=code, one_time_key=point, now=moment
            )
        assert refused.value.code == said
    token_issue_once(digest=manifest.digest, node_code=code, one_time_key=point, now=opens)
    last = closes - timedelta(seconds=1)
    if timing != "strict":
        token_issue_once(
            digest=manifest.digest, node_code=second, one_time_key=fresh_point(), now=last
        )


def test_it_issues_nothing_before_three_nodes_have_signed(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    anna.accept(draft, manifest)
    with pytest.raises(Conflict) as refused:
        ask(draft, manifest.digest, fresh_point())
    assert refused.value.code == "survey.not_open"
