"""What the booth seals, Python opens, decodes and accepts; and it signs what it asks for."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpcengine.protocol.codec import unpack_vector
from mpcengine.protocol.encoding import decode_record, encode_answers, encode_texts
from mpcengine.protocol.envelope import open_vector
from mpcengine.protocol.manifest import Manifest, build_manifest
from mpcengine.protocol.outer import open_parcel
from mpcengine.protocol.package import Package, verify_package
from mpcengine.protocol.receipt import parse_receipt, promise_body
from mpcengine.protocol.roster import node_code, roster_entry
from mpcengine.protocol.sharing import recombine
from mpcengine.protocol.signing import LABEL_PROMISE, sign
from mpcengine.protocol.validity_check import coin_weights, evaluate, judge
from tests.client.conftest import Respondent
from tests.protocol.made_reports import COIN
from tests.protocol.made_surveys import (
    SMALL,
    TEXTS,
    answers_to,
    is_shown,
    possible_answers,
    surveys,
)
from tests.vectors.cast import cast, codes, roster, sign_manifest, terms

INDEXES = (1, 2, 3)
JSON = Any


def to_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def invited(respondent: Respondent, definition: JSON) -> Manifest:
    """Let the respondent read the survey, ask three issuers for tokens, and finish them."""
    manifest = build_manifest(terms(definition))
    signed = sign_manifest(manifest).to_json()
    drawn = respondent.ask("draw", signed=signed, code=codes()[0])
    assert drawn["digest"] == manifest.digest
    signatures = []
    for index, asked in zip(INDEXES, drawn["requests"], strict=True):
        assert asked["manifest"] == manifest.digest
        secret = base64.b64decode(asked["code"])
        assert secret == node_code(codes()[0], manifest.survey_id, index)
        assert roster_entry(secret) in roster(index)
        blinded = base64.b64decode(asked["blinded"])
        signatures.append(to_text(cast().issuer[index - 1].blind_sign(blinded)))
    assert respondent.ask("tokens", signatures=signatures) == {}
    return manifest


def received(manifest: Manifest, sealed: JSON, revision: int) -> list[list[int]]:
    """Open a parcel as three nodes do; return their share vectors of the report."""
    parcel = base64.b64decode(sealed["parcel"])
    opened = [
        open_parcel(cast().outer[index - 1], manifest, index=index, parcel=parcel)
        for index in INDEXES
    ]
    assert opened[0] == opened[1] == opened[2]
    package = Package.decode(opened[0], manifest.envelope_length)
    verify_package(manifest, package)
    assert (package.package_id, package.revision) == (sealed["package"], revision)
    return [
        list(
            unpack_vector(
                open_vector(
                    cast().share[index - 1],
                    manifest=manifest.digest,
                    index=index,
                    one_time_key=package.one_time_key,
                    revision=revision,
                    sealed=package.envelopes[index - 1],
                    words=manifest.words,
                ),
                manifest.words,
            )
        )
        for index in INDEXES
    ]


def check(manifest: Manifest, shares: list[list[int]], answers: dict[str, JSON]) -> None:
    """Fail unless three nodes accept the report and find exactly these answers in it."""
    layout, plan = manifest.layout, manifest.layout.proof
    weights = coin_weights(plan, COIN)
    assert judge(weights, [evaluate(weights, share) for share in shares]) is None
    report = recombine(*shares)
    record = report[: plan.width]
    texts = [report[place] for place in plan.payload]
    assert record == encode_answers(layout, answers)
    assert texts == encode_texts(layout, answers)
    again = encode_answers(layout, decode_record(layout, record, texts))
    assert again == record
    broken = [*shares[0]]
    broken[0] = (broken[0] + 1) % (2**61 - 1)
    assert judge(weights, [evaluate(weights, one) for one in (broken, *shares[1:])])


@pytest.mark.parametrize("name", [*SMALL, *TEXTS])
def test_three_nodes_find_what_was_answered(respondent: Respondent, name: str) -> None:
    definition = (SMALL | TEXTS)[name]
    manifest = invited(respondent, definition)
    found = possible_answers(definition)
    for place in {0, len(found) // 2, len(found) - 1}:
        answers = found[place]
        sealed = respondent.ask("seal", answers=answers, revision=place % 8)
        assert sealed["shown"] == [
            question["id"]
            for question in definition["questions"]
            if is_shown(definition, question["id"], answers)
        ]
        check(manifest, received(manifest, sealed, place % 8), answers)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_random_answers_to_random_surveys_arrive(
    respondent: Respondent, data: st.DataObject
) -> None:
    definition = data.draw(surveys())
    manifest = invited(respondent, definition)
    answers = data.draw(answers_to(definition))
    sealed = respondent.ask("seal", answers=answers, revision=0)
    check(manifest, received(manifest, sealed, 0), answers)


def test_two_blocks_and_a_second_revision_share_no_word(respondent: Respondent) -> None:
    options = [f"o{place}" for place in range(60)]
    questions = [
        {"id": f"q{place}", "kind": "single", "options": options, "required": True}
        for place in range(9)
    ]
    definition = {
        "format": "drempel-survey/1",
        "title": {"en": "Wide"},
        "questions": [*questions, {"id": "t", "kind": "text", "max_bytes": 40}],
    }
    manifest = invited(respondent, definition)
    assert len(manifest.layout.proof.blocks) == 3
    answers: dict[str, JSON] = {f"q{place}": options[-1] for place in range(9)}
    answers["t"] = "één € 😀"
    first, second = (
        received(manifest, respondent.ask("seal", answers=answers, revision=revision), revision)
        for revision in (0, 7)
    )
    check(manifest, first, answers)
    check(manifest, second, answers)
    for one, other in zip(first, second, strict=True):
        assert not any(a == b for a, b in zip(one, other, strict=True))


def test_python_and_the_booth_read_each_others_receipts(respondent: Respondent) -> None:
    definition = SMALL["a ranking"]
    manifest = invited(respondent, definition)
    sealed = respondent.ask("seal", answers={}, revision=0)
    parcel = base64.b64decode(sealed["parcel"])
    promise = sign(cast().relay, LABEL_PROMISE, promise_body(manifest.digest, parcel))
    made = respondent.ask("receipt", promise=to_text(promise))
    read = parse_receipt(made)
    assert (read.package, read.promise) == (sealed["package"], promise)
    written = json.loads(json.dumps(read.to_json()))
    assert respondent.ask("check", **written) == written
    written["content"] = "00" * 32
    assert respondent.ask("check", **written) == {"refused": "signature.invalid"}


def test_answers_that_break_a_rule_are_never_sealed(respondent: Respondent) -> None:
    invited(respondent, SMALL["a chain of follow-ups"])
    for answers, code in (
        ({}, "answer.required"),
        ({"sector": "x", "then": 1}, "answer.not_shown"),
        ({"sector": "q"}, "answer.unknown_option"),
        ({"sector": "x", "other": 1}, "answer.unknown_question"),
    ):
        said = respondent.ask("seal", answers=answers, revision=0)
        assert said == {"refused": code}


def test_a_token_of_another_node_is_no_token(respondent: Respondent) -> None:
    manifest = build_manifest(terms(SMALL["a ranking"]))
    drawn = respondent.ask("draw", signed=sign_manifest(manifest).to_json(), code=codes()[1])
    blinded = base64.b64decode(drawn["requests"][0]["blinded"])
    wrong = to_text(cast().issuer[1].blind_sign(blinded))
    said = respondent.ask("tokens", signatures=[wrong, wrong, wrong])
    assert said == {"refused": "signature.invalid"}
