"""Forward waiting parcels: when, in which order, and until all three nodes have them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpcengine import http_peer
from mpcengine.protocol.codec import pack_batch
from mpcengine.protocol.envelope import envelope_length
from mpcengine.protocol.layout import LARGEST_WIDTH
from mpcengine.protocol.manifest import Window
from mpcengine.protocol.orders import CLOSE
from mpcengine.protocol.outer import parcel_length
from relay.flush import LARGEST_BATCH, LARGEST_BODY, even_batches, largest_batch, survey_flush
from relay.models import RelayedSurvey, WaitingParcel
from relay.services import parcel_take
from tests.mpcengine.cast import Federation, Published
from tests.relay.parcels import parcel_for
from tests.relay.test_parcel_take import order, registered

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls_relay")]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_peer, "WAIT_SECONDS", 0.001)


def filled(federation: Federation, count: int, **terms: Any) -> tuple[Published, list[bytes]]:
    published = registered(federation, **terms)
    for node in federation.nodes:
        node.manifests[published.manifest.digest] = published.manifest
    sent = [parcel_for(federation, published.manifest) for _ in range(count)]
    for parcel in sent:
        parcel_take(parcel=parcel)
    return published, sent


def test_it_waits_until_flush_min_parcels_are_there(federation: Federation) -> None:
    published, sent = filled(federation, 9, flush_min=10)
    survey_flush(digest=published.manifest.digest)
    assert [node.parcels for node in federation.nodes] == [[], [], []]
    sent.append(parcel_for(federation, published.manifest))
    parcel_take(parcel=sent[-1])
    survey_flush(digest=published.manifest.digest)
    assert all(sorted(node.parcels) == sorted(sent) for node in federation.nodes)
    assert not WaitingParcel.objects.exists()
    survey = RelayedSurvey.objects.get()
    assert (survey.delivered, survey.waiting) == (10, 0)


def test_nobody_hides_behind_parcels_that_a_killed_worker_had_sent(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    published, sent = filled(federation, 10, flush_min=10)
    with monkeypatch.context() as killed:
        killed.setattr("relay.flush._mark", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            survey_flush(digest=published.manifest.digest)
    assert all(sorted(node.parcels) == sorted(sent) for node in federation.nodes)
    late = parcel_for(federation, published.manifest)
    parcel_take(parcel=late)
    survey_flush(digest=published.manifest.digest)
    assert all(late not in node.parcels for node in federation.nodes)
    assert WaitingParcel.objects.get().has_left is False


def test_it_forwards_everything_at_closing(federation: Federation) -> None:
    published, sent = filled(federation, 3, flush_min=10)
    order(published, CLOSE)
    survey_flush(digest=published.manifest.digest)
    assert all(sorted(node.parcels) == sorted(sent) for node in federation.nodes)


def test_it_forwards_everything_at_the_closing_time(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    window = Window(opens=now - timedelta(hours=1), closes=now + timedelta(hours=1))
    published, sent = filled(federation, 3, flush_min=10, issuing=window, answering=window)
    survey_flush(digest=published.manifest.digest)
    assert federation.nodes[0].parcels == []
    monkeypatch.setattr("relay.flush.timezone.now", lambda: window.closes)
    survey_flush(digest=published.manifest.digest)
    assert all(sorted(node.parcels) == sorted(sent) for node in federation.nodes)


def test_it_forwards_at_once_in_immediate_timing(federation: Federation) -> None:
    published, sent = filled(federation, 1, flush_min=10, timing="immediate")
    survey_flush(digest=published.manifest.digest)
    assert all(node.parcels == sent for node in federation.nodes)


def test_the_order_of_arrival_is_lost(federation: Federation) -> None:
    published, sent = filled(federation, 40, flush_min=10)
    survey_flush(digest=published.manifest.digest)
    orders = [tuple(node.parcels) for node in federation.nodes]
    assert tuple(sent) not in orders
    assert len(set(orders)) == 3
    # Were arrival kept even in part, early packages would come early: compare the halves.
    early = [sent.index(parcel) < 20 for parcel in orders[0][:20]]
    assert 2 <= sum(early) <= 18


def test_a_node_that_is_down_gets_its_parcels_when_it_is_back(
    federation: Federation,
) -> None:
    published, sent = filled(federation, 12, flush_min=10)
    federation.nodes[1].die()
    survey_flush(digest=published.manifest.digest)
    assert sorted(federation.nodes[0].parcels) == sorted(sent)
    assert set(WaitingParcel.objects.values_list("delivered", flat=True)) == {0b101}
    federation.nodes[1].start()
    survey_flush(digest=published.manifest.digest)
    assert sorted(federation.nodes[1].parcels) == sorted(sent)
    assert len(federation.nodes[0].parcels) == 12
    assert not WaitingParcel.objects.exists()


def test_new_parcels_do_not_leave_with_what_one_node_still_lacks(
    federation: Federation,
) -> None:
    published, sent = filled(federation, 12, flush_min=10)
    federation.nodes[1].die()
    survey_flush(digest=published.manifest.digest)
    late = parcel_for(federation, published.manifest)
    parcel_take(parcel=late)
    federation.nodes[1].start()
    survey_flush(digest=published.manifest.digest)
    assert sorted(federation.nodes[1].parcels) == sorted(sent)
    assert all(late not in node.parcels for node in federation.nodes)


@pytest.mark.parametrize("code", ["survey.closed", "signature.invalid"])
def test_a_parcel_that_a_node_refuses_for_ever_is_not_kept_for_it(
    federation: Federation, code: str
) -> None:
    published, _ = filled(federation, 12, flush_min=10)
    federation.nodes[2].refuses_parcels = code
    survey_flush(digest=published.manifest.digest)
    assert not WaitingParcel.objects.exists()
    assert len(federation.nodes[0].parcels) == 12


@pytest.mark.parametrize("code", ["survey.not_open", "manifest.unknown"])
def test_a_parcel_that_a_node_refuses_for_now_is_kept(
    federation: Federation, code: str
) -> None:
    published, sent = filled(federation, 12, flush_min=10)
    federation.nodes[2].refuses_parcels = code
    survey_flush(digest=published.manifest.digest)
    assert set(WaitingParcel.objects.values_list("delivered", flat=True)) == {0b011}
    federation.nodes[2].refuses_parcels = ""
    survey_flush(digest=published.manifest.digest)
    assert sorted(federation.nodes[2].parcels) == sorted(sent)


@pytest.mark.parametrize("status", [400, 404, 409, 413, 500, 503])
def test_a_refused_batch_keeps_its_parcels(federation: Federation, status: int) -> None:
    published, _ = filled(federation, 12, flush_min=10)
    federation.nodes[2].refusals["POST packages"] = (status, "survey.closed")
    survey_flush(digest=published.manifest.digest)
    assert set(WaitingParcel.objects.values_list("delivered", flat=True)) == {0b011}


def test_parcels_of_a_survey_that_was_given_up_are_deleted(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    published, _ = filled(federation, 12, flush_min=10, give_up_after_days=2)
    federation.nodes[2].die()
    end = published.manifest.answering.closes + timedelta(days=2)
    monkeypatch.setattr("relay.flush.timezone.now", lambda: end)
    survey_flush(digest=published.manifest.digest)
    assert WaitingParcel.objects.count() == 12
    monkeypatch.setattr("relay.flush.timezone.now", lambda: end + timedelta(seconds=1))
    survey_flush(digest=published.manifest.digest)
    assert not WaitingParcel.objects.exists()


@given(count=st.integers(0, 5000), largest=st.integers(1, 700))
def test_batches_are_few_and_even(count: int, largest: int) -> None:
    batches = even_batches(range(count), largest)
    sizes = [len(batch) for batch in batches]
    assert [key for batch in batches for key in batch] == list(range(count))
    assert len(batches) == -(-count // largest)
    assert not sizes or (max(sizes) <= largest and max(sizes) - min(sizes) <= 1)


def body_length(count: int, width: int) -> int:
    parcel = bytes(parcel_length(envelope_length(width)))
    return len(pack_batch([parcel] * count))


def test_a_batch_of_the_widest_survey_fits_into_what_a_node_reads(settings: Any) -> None:
    count = largest_batch(parcel_length(envelope_length(LARGEST_WIDTH)))
    assert (
        body_length(count, LARGEST_WIDTH)
        <= LARGEST_BODY
        < body_length(count + 1, LARGEST_WIDTH)
    )
    assert LARGEST_BODY <= settings.MAX_BODY_BYTES
    assert body_length(LARGEST_BATCH, LARGEST_WIDTH) > LARGEST_BODY


def test_a_batch_is_never_empty_and_never_more_than_five_hundred() -> None:
    assert largest_batch(parcel_length(envelope_length(1))) == LARGEST_BATCH
    assert largest_batch(LARGEST_BODY) == 1


def test_a_node_that_finds_a_batch_too_long_is_still_sent_the_next(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    published, _ = filled(federation, 12, flush_min=10)
    monkeypatch.setattr("relay.flush.LARGEST_BATCH", 4)
    federation.nodes[2].refusals["POST packages"] = (413, "body.length")
    survey_flush(digest=published.manifest.digest)
    assert federation.nodes[2].calls.count("POST packages") == 3
    assert set(WaitingParcel.objects.values_list("delivered", flat=True)) == {0b011}
