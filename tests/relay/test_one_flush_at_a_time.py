"""One process at a time flushes a survey: a second would send a new parcel nearly alone."""

import json
import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mpcengine import http_peer
from relay import flush
from relay.leases import flush_keep, flush_take, flushes_clear, flushes_give_up
from relay.models import RelayedSurvey, WaitingParcel
from tests.mpcengine.cast import Federation
from tests.relay.parcels import parcel_for
from tests.relay.relay_process import RelayProcess
from tests.relay.test_ending import silent_at
from tests.relay.test_relay_process import opened
from tests.relay.test_survey_flush import filled

HOUR = 3600.0


def row() -> RelayedSurvey:
    return RelayedSurvey.objects.get()


def flushing(relay: RelayProcess, digest: str) -> "subprocess.Popen[bytes]":
    """Start a process that flushes a survey once."""
    code = (
        "import django; django.setup(); from relay.flush import survey_flush;"
        f" survey_flush(digest={json.dumps(digest)})"
    )
    return relay._run(["-c", code])


def test_a_second_process_sends_nothing_while_a_group_is_on_its_way(
    relay: RelayProcess, federation: Federation
) -> None:
    relay.start_web()
    published = opened(relay, flush_min=10)
    sent = [parcel_for(federation, published.manifest) for _ in range(10)]
    with silent_at(relay) as called:
        for body in sent:
            assert relay.call("POST", "packages", body)[0] == 201
        flushing(relay, published.manifest.digest)
        assert called.wait(30), relay.log
        late = parcel_for(federation, published.manifest)
        assert relay.call("POST", "packages", late)[0] == 201
        second = flushing(relay, published.manifest.digest)
        assert second.wait(30) == 0, (relay.folder / "output").read_text()
        assert all(late not in node.parcels for node in federation.nodes)
        assert relay.waiting() == 11


@pytest.mark.django_db
@pytest.mark.urls("config.urls_relay")
class TestLease:
    """What the row says while a flush runs, after it, and to whoever comes meanwhile."""

    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http_peer, "WAIT_SECONDS", 0.001)

    def test_no_time_stays_after_a_flush(
        self, federation: Federation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        published, _ = filled(federation, 12, flush_min=10)
        held: list[str] = []
        forward = flush._forward

        def looked_at(*arguments: Any) -> None:
            held.append(row().flush_owner)
            until = row().flush_until
            assert until is not None
            assert until > timezone.now() + timedelta(seconds=flush.BATCH_SECONDS)
            forward(*arguments)

        monkeypatch.setattr(flush, "_forward", looked_at)
        flush.survey_flush(digest=published.manifest.digest)
        assert held == [flush.OWNER]
        assert (row().flush_owner, row().flush_until) == ("", None)

    def test_a_flush_that_fails_puts_its_lease_down(
        self, federation: Federation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        published, _ = filled(federation, 12, flush_min=10)
        monkeypatch.setattr(flush, "_forward", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            flush.survey_flush(digest=published.manifest.digest)
        assert (row().flush_owner, row().flush_until) == ("", None)

    def test_whoever_lost_the_lease_sends_no_further_batch(
        self, federation: Federation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        published, _ = filled(federation, 12, flush_min=10)
        monkeypatch.setattr(flush, "LARGEST_BATCH", 4)
        forward = flush._forward

        def robbed(*arguments: Any) -> None:
            forward(*arguments)
            RelayedSurvey.objects.update(flush_owner="another")

        monkeypatch.setattr(flush, "_forward", robbed)
        flush.survey_flush(digest=published.manifest.digest)
        assert len(federation.nodes[0].parcels) == 4
        assert WaitingParcel.objects.count() == 8
        assert row().flush_owner == "another"

    def test_it_is_taken_by_one_and_by_another_when_it_ran_out(
        self, federation: Federation
    ) -> None:
        digest = filled(federation, 1)[0].manifest.digest
        assert flush_take(digest=digest, owner="first", seconds=HOUR)
        assert flush_take(digest=digest, owner="first", seconds=HOUR)
        assert not flush_take(digest=digest, owner="second", seconds=HOUR)
        assert not flush_keep(digest=digest, owner="second", seconds=HOUR)
        assert flush_keep(digest=digest, owner="first", seconds=-1)
        assert flush_take(digest=digest, owner="second", seconds=HOUR)
        flushes_give_up("first")
        assert row().flush_owner == "second"
        flushes_clear()
        assert flush_take(digest=digest, owner="first", seconds=HOUR)
