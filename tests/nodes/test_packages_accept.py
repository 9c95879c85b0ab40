"""A package is stored once, verified, sealed, and with nothing that tells when it came."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import models

from mpcengine.protocol.codec import pack_batch
from mpcengine.protocol.messages import PeerMessage
from mpcengine.protocol.package import Package
from nodes.models import IssuerKey, JobState, RosterEntry, StoredPackage, SurveyJob
from nodes.phases import closes_at
from nodes.services import meeting
from nodes.services.answering_peers import PACKAGES
from nodes.services.intake import package_rows, packages_accept
from nodes.services.leases import StaleJob
from nodes.services.meeting import packages_fetch, packages_held
from tests.nodes.anna import Anna, give
from tests.nodes.publishing import colour_survey, package, ticket

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])


def codes(answer: object) -> list[str]:
    return [entry.code for entry in answer.refused]  # type: ignore[attr-defined]  # IntakeAnswer


def test_it_stores_a_package_once(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    one = anna.package(draft, manifest, 0, "red")
    first, second = give(one), give(one, one)
    assert first.accepted == second.accepted == (one.package_id,)
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
    assert codes(answer) == ["signature.invalid"]


def test_it_refuses_other_lengths_and_other_surveys(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    data = anna.package(draft, manifest, 0, "red").encode()
    foreign = data[:1] + bytes(32) + data[33:]
    answer = give(data[:-1], data + b"x", foreign, b"", b"\x01")
    assert answer.accepted == ()
    assert codes(answer) == [
        "codec.truncated",
        "codec.trailing",
        "manifest.unknown",
        "manifest.unknown",
        "manifest.unknown",
    ]


def test_it_takes_packages_after_the_order_only_in_strict_timing(anna: Anna) -> None:
    draft = anna.draft(colour_survey(), timing="strict")
    manifest, _ = anna.open(draft)
    one = anna.package(draft, manifest, 0, "red")
    assert codes(give(one)) == ["survey.not_open"]
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
    assert codes(answer) == ["package.revision_taken"] * 2
    corrections = [package(manifest, owned, {"colour": "blue"}, one) for one in range(1, 8)]
    assert codes(give(*corrections, *made)) == ["package.revision_taken"] * 2
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
        assert codes(packages_accept(packages=[one.encode()], now=moment)) == [said]
    # No worker runs here: the row says open all the time.
    assert SurveyJob.objects.get(pk=job.pk).state == JobState.OPEN
    assert packages_accept(packages=[one.encode()], now=opens).accepted == (one.package_id,)
    late = packages_accept(packages=[one.encode(), other.encode()], now=ends)
    assert late.accepted == (one.package_id,)
    assert codes(late) == ["survey.closed"]
    in_time = packages_accept(packages=[other.encode()], now=ends - second)
    assert in_time.accepted == (other.package_id,)


def test_it_takes_nothing_new_after_closing(anna: Anna) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    held, late = (anna.package(draft, manifest, place, "red") for place in (0, 1))
    give(held)
    anna.order(draft, manifest, "close")
    answer = give(held, late)
    assert answer.accepted == (held.package_id,)
    assert codes(answer) == ["survey.closed"]
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
                SurveyJob.objects.filter(pk=job.pk).update(epoch=job.epoch + 1)
            return brought

        monkeypatch.setattr(meeting, "_ask", ask)
        packages_fetch(job, manifest, {"b": [one.package_id]}, lambda: None)

    with pytest.raises(StaleJob):
        fetch(moves=True)
    assert packages_held(job) == set()
    job.refresh_from_db()
    fetch(moves=False)
    assert packages_held(job) == {one.package_id}
