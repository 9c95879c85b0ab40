"""A node signs what its operator agrees to, and opens with three signatures."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mpcengine.protocol.canonical import canonical, parse_json
from mpcengine.protocol.errors import BadSignature, MalformedMessage, PolicyRefused
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.signing import LABEL_MANIFEST, verify
from nodes.models import Job, JobState, RosterEntry
from nodes.services import manifests
from nodes.services.manifests import manifest_accept, manifest_open
from problems import Conflict, Missing
from tests.nodes.anna import Anna
from tests.nodes.publishing import Draft, colour_survey
from tests.people import ANNA, BRAM, OPERATORS
from tests.vectors.issuers import Issuer, fresh_issuer

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


def test_it_signs_a_manifest_and_keeps_the_roster(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    signature = anna.accept(draft, manifest)
    verify(ANNA.public_key, LABEL_MANIFEST, manifest.raw, signature)
    assert anna.accept(draft, manifest) == signature
    assert Job.objects.get().state == JobState.PREPARED
    kept = {bytes(row.entry) for row in RosterEntry.objects.all()}
    assert kept == set(draft.roster(1))


def test_it_refuses_by_policy_and_follows_a_change_of_mind(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    anna.write_policy({"min_count": {"person": 5}})
    with pytest.raises(PolicyRefused) as refused:
        anna.accept(draft, manifest)
    assert refused.value.code == "policy.min_count"
    assert Job.objects.get().state == JobState.REFUSED
    with pytest.raises(Conflict):
        manifest_open(digest=manifest.digest, signatures=anna.signatures(manifest))
    assert not RosterEntry.objects.exists()
    anna.write_policy({})
    anna.accept(draft, manifest)
    job = manifest_open(digest=manifest.digest, signatures=anna.signatures(manifest))
    assert job.state == JobState.OPEN


def test_it_refuses_a_manifest_changed_after_signing(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    changed = canonical(parse_json(manifest.raw) | {"flush_min": 9})
    with pytest.raises(BadSignature):
        manifest_accept(
            manifest=changed,
            coordinator_signature=draft.sign_manifest(manifest),
            roster=draft.roster(1),
        )
    assert not Job.objects.exists()


@pytest.mark.parametrize("change", [{"url": "http://evil.example"}, {"name": "Evil"}])
def test_it_refuses_other_addresses_and_names_than_its_own_file_s(
    anna: Anna, change: Any
) -> None:
    draft = anna.draft(colour_survey())
    keys = {terms.node: terms for terms in anna.manifest(draft).nodes}
    first, second, third = anna.entries
    others = (first, replace(second, **change), third)
    manifest = draft.manifest(others, keys)  # type: ignore[arg-type]  # same two fields
    with pytest.raises(PolicyRefused) as refused:
        anna.accept(draft, manifest)
    assert refused.value.code == "manifest.addresses"
    assert not RosterEntry.objects.exists()


def test_it_refuses_another_roster(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    with pytest.raises(MalformedMessage, match="roster"):
        manifest_accept(
            manifest=manifest.raw,
            coordinator_signature=draft.sign_manifest(manifest),
            roster=draft.roster(2),
        )


def test_it_refuses_a_survey_for_which_it_has_no_keys(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    keys = {one.node: anna.made_keys(draft, one) for one in OPERATORS}
    with pytest.raises(Conflict, match="keys"):
        anna.accept(draft, draft.manifest(anna.entries, keys))


@pytest.mark.parametrize("part", ["share_key", "issuer_key"])
def test_it_refuses_keys_that_are_not_its_own(anna: Anna, part: str) -> None:
    draft = anna.draft(colour_survey())
    keys: Any = {terms.node: terms for terms in anna.manifest(draft).nodes}
    other = anna.made_keys(draft, ANNA)
    keys["a"] = replace(keys["a"], share_key=other.share_key) if part == "share_key" else other
    with pytest.raises(Conflict) as refused:
        anna.accept(draft, draft.manifest(anna.entries, keys))
    assert refused.value.code == "manifest.keys"
    assert not RosterEntry.objects.exists()


def with_issuer_of_bram(anna: Anna, issuing: Issuer) -> tuple[Draft, Manifest]:
    draft = anna.draft(colour_survey())
    keys: Any = {terms.node: terms for terms in anna.manifest(draft).nodes}
    keys["b"] = anna.made_keys(draft, BRAM, issuing)
    return draft, draft.manifest(anna.entries, keys)


def test_it_signs_no_issuer_key_for_a_second_survey(anna: Anna) -> None:
    """A blind signer cannot tell for which of two surveys it signs."""
    issuing = fresh_issuer()
    first, second = (with_issuer_of_bram(anna, issuing) for _ in range(2))
    anna.accept(*first)
    anna.accept(*first)
    with pytest.raises(Conflict) as refused:
        anna.accept(*second)
    assert refused.value.code == "manifest.issuer_key_reused"
    assert Job.objects.get().digest == first[1].digest
    assert not RosterEntry.objects.filter(manifest=second[1].digest).exists()


def test_a_manifest_it_refused_binds_no_issuer_key(anna: Anna) -> None:
    issuing = fresh_issuer()
    anna.write_policy({"min_count": {"person": 5}})
    with pytest.raises(PolicyRefused):
        anna.accept(*with_issuer_of_bram(anna, issuing))
    anna.write_policy({})
    anna.accept(*with_issuer_of_bram(anna, issuing))


def test_it_signs_one_manifest_of_a_survey_only(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    anna.accept(draft, manifest)
    keys = {terms.node: terms for terms in manifest.nodes}
    draft.max_inconsistent = 7
    second = draft.manifest(anna.entries, keys)  # type: ignore[arg-type]  # same two fields
    with pytest.raises(Conflict, match="another manifest"):
        anna.accept(draft, second)


@pytest.mark.parametrize("was_refused", [False, True])
def test_it_signs_one_manifest_of_a_survey_also_when_two_come_at_once(
    anna: Anna, monkeypatch: pytest.MonkeyPatch, *, was_refused: bool
) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    keys = {terms.node: terms for terms in manifest.nodes}
    draft.max_inconsistent = 1
    second = draft.manifest(anna.entries, keys)  # type: ignore[arg-type]  # same two fields
    if was_refused:
        anna.write_policy({"min_count": {"person": 5}})
        with pytest.raises(PolicyRefused):
            anna.accept(draft, second)
        anna.write_policy({})
    store = manifests._roster_store

    def overtaken(digest: str, roster: Sequence[bytes]) -> None:
        # The first manifest comes after the second was checked and before it is stored.
        monkeypatch.setattr(manifests, "_roster_store", store)
        anna.accept(draft, manifest)
        store(digest, roster)

    monkeypatch.setattr(manifests, "_roster_store", overtaken)
    with pytest.raises(Conflict) as refused:
        anna.accept(draft, second)
    assert refused.value.code == "manifest.other"
    signed = Job.objects.exclude(state=JobState.REFUSED)
    assert [job.digest for job in signed] == [manifest.digest]
    kept = RosterEntry.objects.values_list("manifest", flat=True).distinct()
    assert list(kept) == [manifest.digest]


def test_it_opens_once_with_three_signatures(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    with pytest.raises(Missing):
        manifest_open(digest=manifest.digest, signatures=anna.signatures(manifest))
    anna.accept(draft, manifest)
    forged = anna.signatures(manifest) | {"c": anna.signatures(manifest)["b"]}
    with pytest.raises(BadSignature):
        manifest_open(digest=manifest.digest, signatures=forged)
    with pytest.raises(MalformedMessage):
        manifest_open(digest=manifest.digest, signatures={})
    job = manifest_open(digest=manifest.digest, signatures=anna.signatures(manifest))
    epoch = job.epoch
    again = manifest_open(digest=manifest.digest, signatures=anna.signatures(manifest))
    assert (again.state, again.epoch) == (JobState.OPEN, epoch)


def test_it_answers_both_calls_that_open_at_once(
    anna: Anna, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    anna.accept(draft, manifest)
    before = Job.objects.get()
    signatures = anna.signatures(manifest)
    first = manifest_open(digest=manifest.digest, signatures=signatures)
    # The second call read the row before the first wrote it.
    monkeypatch.setattr(manifests, "survey_get", lambda **_: before)
    second = manifest_open(digest=manifest.digest, signatures=signatures)
    assert before.state == JobState.PREPARED
    assert (first.state, second.state) == (JobState.OPEN, JobState.OPEN)
    assert second.epoch == first.epoch
