"""What a node guesses from the order in which people took tokens and parcels came (attack A4).

The worst case: everybody answers in the order of the tokens, and the node knows both orders.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from mpcengine import http_peer
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.orders import CLOSE, OPEN_ANSWERING
from relay.flush import survey_flush
from relay.services import parcel_take
from tests.mpcengine.cast import Federation
from tests.relay.parcels import rubbish_for
from tests.relay.test_parcel_take import order, registered, strict_windows

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls_relay")]
GROUP, GROUPS = 25, 40


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_peer, "WAIT_SECONDS", 0.001)


def arriving(manifest: Manifest, count: int) -> Iterator[bytes]:
    """Take parcels one after another; what is in them the relay cannot see."""
    for _ in range(count):
        parcel = rubbish_for(manifest)
        parcel_take(parcel=parcel)
        yield parcel


def best_guesses(federation: Federation, sent: list[bytes]) -> int:
    """Return how many a node gets right that takes the k-th parcel for the k-th token's."""
    return max(
        sum(came == took for came, took in zip(node.parcels, sent, strict=True))
        for node in federation.nodes
    )


def test_a_linker_is_right_for_one_in_a_group_and_no_more(federation: Federation) -> None:
    """A thousand people, groups of 25: 40 right guesses are chance, 85 are not (10^-9)."""
    published = registered(federation, flush_min=GROUP)
    sent = []
    for parcel in arriving(published.manifest, GROUP * GROUPS):
        sent.append(parcel)
        survey_flush(digest=published.manifest.digest)
    assert [len(node.parcels) for node in federation.nodes] == [len(sent)] * 3
    for start in range(0, len(sent), GROUP):
        group = set(sent[start : start + GROUP])
        assert all(
            set(node.parcels[start : start + GROUP]) == group for node in federation.nodes
        )
    assert 1 < best_guesses(federation, sent) <= 85


def test_in_strict_timing_a_linker_is_right_for_one_of_all(federation: Federation) -> None:
    """All tokens were taken before; two hundred wait until the end: 12 right are no chance."""
    published = registered(federation, flush_min=GROUP, **strict_windows(timedelta(hours=1)))
    order(published, OPEN_ANSWERING)
    sent = list(arriving(published.manifest, 200))
    order(published, CLOSE)
    survey_flush(digest=published.manifest.digest)
    assert best_guesses(federation, sent) <= 12
