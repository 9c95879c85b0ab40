"""Enough different approvers sign one manifest, or nobody computes it."""

from dataclasses import replace

import pytest

from mpcengine.protocol.approval import (
    SignedApproval,
    approval_bytes,
    revocation_bytes,
    sign_approval,
    verify_approvals,
    verify_revocation,
    verify_withdrawal,
    withdrawal_bytes,
)
from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.errors import BadSignature, MalformedMessage, PolicyRefused
from mpcengine.protocol.policy import default_policy, parse_policy
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.request_manifest import (
    Approvals,
    Approver,
    RequestManifest,
    build_request_manifest,
    parse_signed_request_manifest,
    verify_signed_request_manifest,
)
from mpcengine.protocol.request_policy import check_request_policy
from mpcengine.protocol.signing import (
    LABEL_APPROVAL,
    LABEL_REVOCATION,
    LABEL_WITHDRAWAL,
    public_bytes,
    sign,
)
from tests.vectors.cast import ed25519
from tests.vectors.request_cast import (
    APPROVALS,
    MATCH_REQUEST,
    OWNERS,
    approved,
    request_manifest,
    request_terms,
    sign_request_manifest,
)

POLICY = default_policy(coordinators=(public_bytes(ed25519("coordinator")),))


def persons(approvals: Approvals = APPROVALS) -> RequestManifest:
    """Return the sample request, asking about identifiers that stand for persons."""
    asked = parse_request(MATCH_REQUEST | {"identifier": "bsn", "min_count": 10})
    return build_request_manifest(replace(request_terms(), request=asked, approvals=approvals))


def test_it_takes_as_many_different_approvals_as_are_needed() -> None:
    manifest = request_manifest()
    assert verify_approvals(manifest, approved(manifest)) == (0, 1)
    signed = parse_signed_request_manifest(sign_request_manifest(manifest).to_json())
    assert verify_signed_request_manifest(signed) == manifest


def test_it_refuses_too_few_and_one_twice() -> None:
    manifest = request_manifest()
    first, second = approved(manifest)
    for few in ((), (first,), (second, second)):
        with pytest.raises(BadSignature) as refusal:
            verify_approvals(manifest, few)
        assert refusal.value.code == "request.approvals"


def test_it_refuses_an_approval_of_another_question_or_by_another() -> None:
    manifest, other = request_manifest(), request_manifest("compare")
    first, second = approved(manifest)
    with pytest.raises(MalformedMessage, match="another question"):
        verify_approvals(other, (first, second))
    for forged in (
        sign_approval(ed25519("Mallory"), manifest.digest, 0),
        sign_approval(ed25519("Amir"), manifest.digest, 1),
        SignedApproval(approval=first.approval, signature=second.signature),
    ):
        with pytest.raises(BadSignature):
            verify_approvals(manifest, (forged, second))
    nobody = sign_approval(ed25519("Amir"), manifest.digest, 2)
    with pytest.raises(MalformedMessage, match="of nobody"):
        verify_approvals(manifest, (nobody, second))
    data = approval_bytes(manifest.digest, 0).replace(b"approve", b"refuses")
    refused = SignedApproval(
        approval=data, signature=sign(ed25519("Amir"), LABEL_APPROVAL, data)
    )
    with pytest.raises(MalformedMessage):
        verify_approvals(manifest, (refused, second))


@pytest.mark.parametrize(
    ("code", "policy", "manifest", "places"),
    [
        ("min_approvals", POLICY, request_manifest(), ()),
        ("min_approvals", replace(POLICY, min_approvals=3), request_manifest(), (0, 1)),
        (
            "min_approvals",
            replace(POLICY, approvers=(public_bytes(ed25519("Zoe")),)),
            request_manifest(),
            (0, 1),
        ),
        ("min_approvals", POLICY, persons(), (0,)),
        (
            "approvers",
            POLICY,
            persons(
                replace(
                    APPROVALS,
                    approvers=tuple(
                        replace(one, organisation="One board") for one in APPROVALS.approvers
                    ),
                )
            ),
            (0, 1),
        ),
        (
            "min_approvals",
            POLICY,
            persons(
                replace(
                    APPROVALS,
                    approvers=tuple(
                        replace(one, organisation=OWNERS[0]) for one in APPROVALS.approvers
                    ),
                )
            ),
            (0, 1),
        ),
        ("max_indicators", replace(POLICY, max_indicators=32), request_manifest(), (0, 1)),
    ],
)
def test_an_operator_refuses_with_a_code(
    code: str, policy: object, manifest: RequestManifest, places: tuple[int, ...]
) -> None:
    with pytest.raises(PolicyRefused) as refusal:
        check_request_policy(policy, manifest, places)  # type: ignore[arg-type]  # rows of a table
    assert refusal.value.code == f"policy.{code}"


def test_a_policy_says_what_it_wants_of_requests() -> None:
    strict = replace(
        POLICY,
        approvers=(public_bytes(ed25519("Amir")),),
        min_approvals=2,
        max_indicators=64,
        max_questions_per_days={1: 2, 30: 20},
    )
    assert parse_policy(strict.to_json()) == strict
    usual = {
        key: value
        for key, value in POLICY.to_json().items()
        if not key.startswith("max_") or key in {"max_roster", "max_questions", "max_width"}
    }
    rest = {key: POLICY.to_json()[key] for key in POLICY.to_json() if key.endswith("_days")}
    rest = {key: value for key, value in rest.items() if isinstance(value, int)}
    found = parse_policy(usual | rest | {"max_inconsistent_percent": 1})
    assert found.max_questions_per_days == {1: 10, 30: 50}
    assert (found.min_approvals, found.max_indicators, found.approvers) == (1, 1024, None)


def test_revocations_and_withdrawals_are_of_one_question_and_their_own_label() -> None:
    manifest, other = request_manifest(), request_manifest("compare")
    revoked = revocation_bytes(manifest.digest, 1)
    signature = sign(ed25519("Bea"), LABEL_REVOCATION, revoked)
    assert verify_revocation(manifest, revoked, signature) == 1
    with pytest.raises(MalformedMessage):
        verify_revocation(other, revoked, signature)
    with pytest.raises(BadSignature):
        verify_revocation(manifest, revoked, sign(ed25519("Bea"), LABEL_APPROVAL, revoked))
    gone = withdrawal_bytes(manifest.digest, 2)
    signature = sign(ed25519(OWNERS[2]), LABEL_WITHDRAWAL, gone)
    assert verify_withdrawal(manifest, gone, signature) == 2
    with pytest.raises(BadSignature):
        verify_withdrawal(manifest, withdrawal_bytes(manifest.digest, 1), signature)
    outside = canonical(
        {"format": "drempel-withdrawal/1", "manifest": manifest.digest, "owner": 200}
    )
    with pytest.raises(MalformedMessage, match="of nobody"):
        verify_withdrawal(manifest, outside, signature)


def test_an_approver_has_a_key_of_her_own() -> None:
    named = Approver(
        name="Carol", organisation="Council", key=public_bytes(ed25519("coordinator"))
    )
    with pytest.raises(MalformedMessage) as refusal:
        build_request_manifest(
            replace(request_terms(), approvals=Approvals(needed=1, approvers=(named,)))
        )
    assert refusal.value.code == "manifest.keys"
