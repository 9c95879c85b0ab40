"""A package is stored once, verified, sealed, and with nothing that tells when it came."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import models

from mpcengine.protocol.codec import pack_batch
from mpcengine.protocol.messages import PeerMessage
from mpcengine.protocol.outer import HEAD_BYTES, WRAP_BYTES, parcel_hash
from mpcengine.protocol.package import Package
from mpcengine.protocol.receipt import verify_confirmation
from nodes.models import (
    IssuerKey,
    Job,
    JobState,
    RosterEntry,
    StoredPackage,
    SurveyKeys,
)
from nodes.phases import closes_at
from nodes.reasons import Reason
from nodes.services import meeting
from nodes.services.answering_peers import PACKAGES
from nodes.services.intake import package_rows
from nodes.services.leases import StaleJob
from nodes.services.meeting import packages_fetch, packages_held
from nodes.services.statements import job_erase, job_withhold
from tests.nodes.anna import Anna, give, wrapped
from tests.nodes.publishing import colour_survey, package, ticket
from tests.people import ANNA

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


def test_it_stores_a_package_once(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    one = anna.package(draft, manifest, 0, "red")
    first, second = give(one), give(one, one)
    assert first.accepted == (one.package_id,)
    assert second.accepted == (one.package_id,) * 2
    row = StoredPackage.objects.get()
    assert bytes(row.sealed) == one.encode()
    assert (row.revision, bytes(row.one_time_key), row.is_own) == (0, one.one_time_key, True)


def spoiled(one: Package, name: str) -> Package:
    if name == "signature":
        return replace(one, signature=bytes(64))
    if name == "token":
        return replace(one, tokens=(one.tokens[0], one.tokens[0], one.tokens[2]))
    if name == "revision":
        return replace(one, revision=3)
    first, second, third = one.envelopes
    return replace(one, envelopes=(second, first, third))


@pytest.mark.parametrize("name", ["signature", "token", "revision", "envelopes"])
def test_it_refuses_a_package_that_its_key_did_not_sign(anna: Anna, name: str) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    one, other = (anna.package(draft, manifest, place, "red") for place in (0, 1))
    answer = give(spoiled(one, name), other)
    assert answer.accepted == (other.package_id,)
    assert answer.codes == ["signature.invalid"]


def test_it_confirms_what_it_holds_and_names_no_package(anna: Anna) -> None:
    """Fails where an answer carries the package's id: whoever brings parcels would learn it."""
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    one, other = (anna.package(draft, manifest, place, "red") for place in (0, 1))
    answer = give(one, spoiled(other, "token"), one)
    assert [place.state for place in answer.places] == ["taken", "never", "taken"]
    for place, parcel in zip(answer.places[::2], answer.parcels[::2], strict=True):
        content = parcel_hash(parcel)
        verify_confirmation(ANNA.public_key, manifest.digest, 1, content, place.confirmation)
    said = repr(answer.places)
    for sent in (one, other):
        for part in (bytes.fromhex(sent.package_id), sent.one_time_key[1:]):
            assert part.hex() not in said
            assert repr(part)[2:-1] not in said


def test_it_refuses_what_is_no_parcel_of_its_surveys(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    package = anna.package(draft, manifest, 0, "red")
    data = wrapped(manifest, package)
    foreign = data[:1] + bytes(32) + data[33:]
    rubbish = data[:33] + os.urandom(len(data) - 33)
    naked = package.encode()
    given = give(
        data[:-1], data + b"x", foreign, b"", b"\x01", b"\x02" + data[1:], rubbish, naked
    )
    assert given.codes == [
        "parcel.length",
        "parcel.length",
        "manifest.unknown",
        "manifest.unknown",
        "manifest.unknown",
        "parcel.version",
        "parcel.open",
        "parcel.length",
    ]
    states = [place.state for place in given.places]
    assert states == ["never", "never", "later", "later", "later", "never", "never", "never"]
    assert not StoredPackage.objects.exists()


def test_it_refuses_a_parcel_moved_to_another_survey_or_with_a_changed_wrap(anna: Anna) -> None:
    """Fails where the head of a parcel is not bound (``open_parcel``: the associated data)."""
    draft, elsewhere = (anna.draft(colour_survey()) for _ in range(2))
    manifest, _ = anna.open(draft)
    one = anna.package(draft, manifest, 0, "red")
    other, _ = anna.open(elsewhere)
    parcel = wrapped(manifest, one)
    moved = parcel[:1] + bytes.fromhex(other.digest.removeprefix("sha256:")) + parcel[33:]
    again = wrapped(other, one)
    # Anna's own wrap is the first: she does not open what was made for Chris only.
    third = HEAD_BYTES - 1
    changed = parcel[:third] + bytes([parcel[third] ^ 1]) + parcel[third + 1 :]
    assert give(moved, changed, again).codes == [
        "parcel.open",
        "parcel.open",
        "package.manifest",
    ]
    assert not StoredPackage.objects.exists()
    assert give(parcel).codes == []


def test_one_parcel_for_two_packages_is_at_most_one_answer(anna: Anna) -> None:
    """Whoever wraps another content key for Anna is refused by her, and by nobody else."""
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    package = anna.package(draft, manifest, 0, "red")
    good, alien = wrapped(manifest, package), wrapped(manifest, package)
    mixed = good[:33] + alien[33 : 33 + WRAP_BYTES] + good[33 + WRAP_BYTES :]
    assert give(mixed).codes == ["parcel.open"]
    # Two parcels, one key and revision: the one that came first, whatever the parcels.
    twice = give(good, alien)
    assert twice.accepted == ()
    assert [place.state for place in twice.places] == ["taken", "taken"]
    assert StoredPackage.objects.count() == 1


def test_it_opens_nothing_once_the_survey_is_erased(anna: Anna) -> None:
    """Fails where ``statements._destroy`` leaves the outer key."""
    draft = anna.draft(colour_survey())
    manifest, job = anna.open(draft)
    held = anna.package(draft, manifest, 0, "red")
    parcel = wrapped(manifest, held)
    assert give(parcel).codes == []
    wrapped_key = bytes(SurveyKeys.objects.get(pk=draft.survey_id).outer_wrapped)
    anna.order(draft, manifest, "close")
    assert give(parcel).codes == []
    job.refresh_from_db()
    job_withhold(job, Reason.TOO_FEW, "1 package")
    job_erase(job)
    assert bytes(SurveyKeys.objects.get(pk=draft.survey_id).outer_wrapped) == b""
    assert len(wrapped_key) > 40
    assert give(parcel).codes == ["survey.closed"]


def test_it_takes_packages_after_the_order_only_in_strict_timing(anna: Anna) -> None:
    draft = anna.draft(colour_survey(), timing="strict")
    manifest, _ = anna.open(draft)
    one = anna.package(draft, manifest, 0, "red")
    assert give(one).codes == ["survey.not_open"]
    anna.order(draft, manifest, "open-answering")
    assert give(one).accepted == (one.package_id,)


def test_it_takes_one_package_of_a_key_and_revision(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, job = anna.open(draft)
    owned = ticket(
        draft,
        manifest,
        draft.codes[0],
        lambda terms, code, point: anna.token(terms, manifest, code, point),
    )
    made = [package(manifest, owned, {"colour": "red"}) for _ in range(3)]
    first, *others = made
    assert give(first).accepted == (first.package_id,)
    answer = give(*others, first)
    assert answer.accepted == (first.package_id,)
    assert answer.codes == ["package.revision_taken"] * 2
    corrections = [package(manifest, owned, {"colour": "blue"}, one) for one in range(1, 8)]
    assert give(*corrections, *made).codes == ["package.revision_taken"] * 2
    assert StoredPackage.objects.count() == 8
    # What a peer took first is stored beside it once the nodes agree on the batch.
    fetched = package_rows(job, others, is_own=False)
    StoredPackage.objects.bulk_create(fetched, ignore_conflicts=True)
    assert packages_held(job) == {one.package_id for one in (*made, *corrections)}


@pytest.mark.parametrize("timing", ["strict", "normal", "immediate"])
def test_it_takes_packages_from_the_opening_to_its_own_closing_whoever_sleeps(
    anna: Anna, timing: str
) -> None:
    draft = anna.draft(colour_survey(), timing=timing)
    manifest, job = anna.open(draft)
    one, other = (anna.package(draft, manifest, place, "red") for place in (0, 1))
    opens, ends = manifest.answering.opens, closes_at(manifest)
    second = timedelta(seconds=1)
    for moment, said in ((opens - second, "survey.not_open"), (ends, "survey.closed")):
        assert give(one, at=moment).codes == [said]
    # No worker runs here: the row says open all the time.
    assert Job.objects.get(pk=job.pk).state == JobState.OPEN
    assert give(one, at=opens).accepted == (one.package_id,)
    late = give(one, other, at=ends)
    assert late.accepted == (one.package_id,)
    assert late.codes == ["survey.closed"]
    in_time = give(other, at=ends - second)
    assert in_time.accepted == (other.package_id,)


def test_it_takes_nothing_new_after_closing(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    held, late = (anna.package(draft, manifest, place, "red") for place in (0, 1))
    give(held)
    anna.order(draft, manifest, "close")
    answer = give(held, late)
    assert answer.accepted == (held.package_id,)
    assert answer.codes == ["survey.closed"]
    assert StoredPackage.objects.count() == 1


def test_it_ties_no_time_and_no_order_of_arrival_to_a_package(anna: Anna) -> None:
    for model in (StoredPackage, RosterEntry, IssuerKey):
        fields = model._meta.get_fields()
        assert not any(isinstance(one, models.DateField | models.TimeField) for one in fields)
    draft = anna.draft(colour_survey(), invited=12)
    manifest, _ = anna.open(draft)
    arrived = [anna.package(draft, manifest, place, "red") for place in range(12)]
    for one in arrived:
        give(one)
    by_key = StoredPackage.objects.order_by("pk").values_list("package_id", flat=True)
    assert list(by_key) != [one.package_id for one in arrived]


def test_a_driver_that_comes_late_stores_no_fetched_package(
    anna: Anna, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = anna.draft(colour_survey())
    manifest, job = anna.open(draft)
    one = anna.package(draft, manifest, 0, "red")
    brought = PeerMessage(
        sender="b",
        receiver="a",
        label=PACKAGES,
        job=job.digest,
        epoch=PACKAGES,
        nonce=bytes(16),
        body=pack_batch([one.encode()]),
    )

    def fetch(*, moves: bool) -> None:
        def ask(*_: object) -> PeerMessage:
            if moves:  # as when the lease ended during the call, and another worker erased
                Job.objects.filter(pk=job.pk).update(epoch=job.epoch + 1)
            return brought

        monkeypatch.setattr(meeting, "_ask", ask)
        packages_fetch(job, manifest, {"b": [one.package_id]}, lambda: None)

    with pytest.raises(StaleJob):
        fetch(moves=True)
    assert packages_held(job) == set()
    job.refresh_from_db()
    fetch(moves=False)
    assert packages_held(job) == {one.package_id}
