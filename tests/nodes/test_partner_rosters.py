"""A node signs lists of partners whom its operator confirmed, and none that is near another."""

from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from django.utils import timezone

from mpcengine.protocol.errors import MalformedMessage, PolicyRefused
from mpcengine.protocol.signing import generate_p256_key
from nodes.models import Job, JobState, LedgerRoster, RosterEntry
from nodes.services.manifests import manifest_accept, manifest_open
from nodes.services.rosters import roster_enter, rosters_forget
from nodes.tasks import old_sweep
from problems import Conflict, Unavailable
from tests.nodes.anna import Anna
from tests.nodes.publishing import Draft, colour_survey

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])

Keys = list[EllipticCurvePrivateKey]
PARTNERS: Keys = [generate_p256_key() for _ in range(30)]


def survey_of(anna: Anna, partners: Keys, min_count: int = 10) -> Draft:
    return anna.draft(colour_survey(min_count=min_count), partners=partners)


def refusal(anna: Anna, draft: Draft) -> str:
    """Return the code with which Anna refuses to sign, or nothing if she signs."""
    try:
        anna.accept(draft, anna.manifest(draft))
    except PolicyRefused as refused:
        return refused.code
    return ""


def test_nine_puppets_and_a_victim_are_refused_at_signing(anna: Anna) -> None:
    """A6: the victim is confirmed, Carol's puppets are not; min_count would let it pass.

    Fails when ``check_confirmed`` is taken out of ``rosters.roster_check``.
    """
    victim, puppets = PARTNERS[0], [generate_p256_key() for _ in range(9)]
    anna.confirm(PARTNERS)
    draft = survey_of(anna, [victim, *puppets], min_count=10)
    manifest = anna.manifest(draft)
    with pytest.raises(PolicyRefused) as refused:
        anna.accept(draft, manifest)
    assert refused.value.code == "policy.roster_unconfirmed"
    job = Job.objects.get()
    assert (job.state, job.reason) == (JobState.REFUSED, "policy.roster_unconfirmed")
    assert "not confirmed 9 of" in job.sentence
    assert not RosterEntry.objects.exists()
    assert not LedgerRoster.objects.exists()
    with pytest.raises(Conflict):
        manifest_open(digest=manifest.digest, signatures=anna.signatures(manifest))


def test_it_follows_an_operator_who_confirms_them_later(anna: Anna) -> None:
    draft = survey_of(anna, PARTNERS[:10])
    manifest = anna.manifest(draft)
    for confirmed in ([], PARTNERS[:9]):
        anna.confirm(confirmed)
        with pytest.raises(PolicyRefused) as refused:
            anna.accept(draft, manifest)
        assert refused.value.code == "policy.roster_unconfirmed"
    anna.confirm(PARTNERS[:10])
    anna.accept(draft, manifest)


def test_it_confirms_nobody_without_a_file(anna: Anna) -> None:
    assert refusal(anna, survey_of(anna, PARTNERS[:10])) == "policy.roster_unconfirmed"
    anna.confirm(PARTNERS)
    anna.write_policy({"partners_file": "others.json"})
    assert refusal(anna, survey_of(anna, PARTNERS[:10])) == "policy.roster_unconfirmed"
    anna.write_policy({"rosters": ["code"]})
    assert refusal(anna, survey_of(anna, PARTNERS[:10])) == "policy.roster_kind"


def test_it_asks_callers_to_come_back_while_its_own_file_is_broken(anna: Anna) -> None:
    (anna.folder / "partners.json").write_text("{}")
    draft = survey_of(anna, PARTNERS[:10])
    with pytest.raises(Unavailable):
        anna.accept(draft, anna.manifest(draft))
    assert not Job.objects.exists()


def test_it_lets_nobody_change_a_roster_after_it_signed(anna: Anna) -> None:
    """A6. Fails when ``_check_roster`` is called for unknown manifests only."""
    anna.confirm(PARTNERS)
    draft = survey_of(anna, PARTNERS[:10])
    manifest = anna.manifest(draft)
    anna.accept(draft, manifest)
    before = set(RosterEntry.objects.values_list("entry", flat=True))
    longer = survey_of(anna, PARTNERS[:11]).roster(1)
    other = survey_of(anna, PARTNERS[1:11]).roster(1)
    for changed in (longer, other, draft.roster(1)[1:]):
        with pytest.raises(MalformedMessage) as refused:
            manifest_accept(
                manifest=manifest.raw,
                coordinator_signature=draft.sign_manifest(manifest),
                roster=changed,
            )
        assert refused.value.code == "roster.root"
    assert set(RosterEntry.objects.values_list("entry", flat=True)) == before


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (PARTNERS[:12], ""),
        (PARTNERS[:11], "policy.roster_near"),
        (PARTNERS[:13], "policy.roster_near"),
        (PARTNERS[1:13], "policy.roster_near"),
        (PARTNERS[2:13], "policy.roster_near"),
        (PARTNERS[2:14], ""),
        (PARTNERS[:16], ""),
        (PARTNERS[:8], ""),
        (PARTNERS[12:24], ""),
    ],
    ids=["0", "-1", "+1", "-1+1", "-2+1", "-2+2", "+4", "-4", "all"],
)
def test_it_refuses_a_list_near_one_it_has_opened(anna: Anna, second: Keys, code: str) -> None:
    """A3 with min_count 4: by 0, and by 4 or more, is allowed.

    Fails when ``_check_ledger`` is taken out of ``rosters.roster_check``.
    """
    anna.confirm(PARTNERS)
    anna.open(survey_of(anna, PARTNERS[:12], min_count=4))
    assert refusal(anna, survey_of(anna, second, min_count=4)) == code


@pytest.mark.parametrize(("first", "second"), [(6, 3), (3, 6)])
def test_it_goes_by_the_larger_min_count(anna: Anna, first: int, second: int) -> None:
    anna.confirm(PARTNERS)
    anna.open(survey_of(anna, PARTNERS[:12], min_count=first))
    near, far = PARTNERS[:17], PARTNERS[:18]
    assert refusal(anna, survey_of(anna, near, min_count=second)) == "policy.roster_near"
    assert refusal(anna, survey_of(anna, far, min_count=second)) == ""


def test_it_counts_only_surveys_that_opened(anna: Anna) -> None:
    """Another node may have refused it: the corrected list must not be refused for that."""
    anna.confirm(PARTNERS)
    draft = survey_of(anna, PARTNERS[:12], min_count=4)
    anna.accept(draft, anna.manifest(draft))
    assert not LedgerRoster.objects.exists()
    assert refusal(anna, survey_of(anna, PARTNERS[:11], min_count=4)) == ""


def test_of_two_near_lists_that_were_signed_only_one_opens(anna: Anna) -> None:
    """Fails when ``_roster_enter`` is taken out of ``manifest_open``."""
    anna.confirm(PARTNERS)
    drafts = [survey_of(anna, PARTNERS[:n], min_count=4) for n in (12, 11)]
    manifests = [anna.manifest(draft) for draft in drafts]
    for draft, manifest in zip(drafts, manifests, strict=True):
        anna.accept(draft, manifest)
    first, second = manifests
    for _ in range(2):
        manifest_open(digest=first.digest, signatures=anna.signatures(first))
    with pytest.raises(PolicyRefused) as refused:
        manifest_open(digest=second.digest, signatures=anna.signatures(second))
    assert refused.value.code == "policy.roster_near"
    assert LedgerRoster.objects.get().manifest == first.digest
    states = {job.digest: job.state for job in Job.objects.all()}
    assert states == {first.digest: JobState.OPEN, second.digest: JobState.REFUSED}
    assert not RosterEntry.objects.filter(manifest=second.digest).exists()


def test_it_opens_a_survey_whose_list_it_entered_before_it_died(anna: Anna) -> None:
    anna.confirm(PARTNERS)
    draft = survey_of(anna, PARTNERS[:12], min_count=4)
    manifest = anna.manifest(draft)
    anna.accept(draft, manifest)
    roster_enter(manifest)
    job = manifest_open(digest=manifest.digest, signatures=anna.signatures(manifest))
    assert job.state == JobState.OPEN
    assert LedgerRoster.objects.count() == 1


def test_it_forgets_a_list_a_year_after_its_survey_closed(anna: Anna) -> None:
    anna.confirm(PARTNERS)
    manifest, _ = anna.open(survey_of(anna, PARTNERS[:12], min_count=4))
    row = LedgerRoster.objects.get()
    closed = manifest.answering.closes.date()
    assert (row.closes_on, row.size) == (closed, 12)
    rosters_forget(today=closed + timedelta(days=365))
    assert LedgerRoster.objects.exists()
    rosters_forget(today=closed + timedelta(days=366))
    assert not LedgerRoster.objects.exists()


@pytest.mark.parametrize(("days", "code"), [(365, "policy.roster_near"), (366, "")])
def test_it_compares_with_lists_of_the_last_year(anna: Anna, days: int, code: str) -> None:
    anna.confirm(PARTNERS)
    anna.open(survey_of(anna, PARTNERS[:12], min_count=4))
    LedgerRoster.objects.update(closes_on=today() - timedelta(days=days))
    assert refusal(anna, survey_of(anna, PARTNERS[:11], min_count=4)) == code


def test_a_worker_looks_for_old_lists_once_a_day(
    anna: Anna, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: dict[str, Any] = {}
    monkeypatch.setattr("nodes.tasks._swept", swept)
    anna.confirm(PARTNERS)
    anna.open(survey_of(anna, PARTNERS[:12], min_count=4))
    LedgerRoster.objects.update(closes_on=today() - timedelta(days=400))
    old_sweep()
    assert not LedgerRoster.objects.exists()
    assert swept == {"old": today()}


def today() -> date:
    return timezone.now().date()
