"""What respondents do wrong is a number an hour, never a line."""

import time

import pytest
from rest_framework.test import APIClient

from mpcengine.protocol.roster import node_code, parse_code
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from problems import Conflict, Forbidden
from relay.services import LARGEST_PARCEL, parcel_take, survey_register
from security_events import counters, refusal_count
from security_events.emitting import UnknownEventError
from tests.events.conftest import Events
from tests.mpcengine.cast import Federation, publish
from tests.nodes.anna import Anna, give, wrapped
from tests.nodes.publishing import Draft, colour_survey
from tests.relay.parcels import parcel_for

SIZE, FORMAT, REPLAY = (f"submit.rejected.{one}" for one in ("size", "format", "replay"))


@pytest.fixture(autouse=True)
def at_zero() -> None:
    counters._begin_anew()


def anna_code(draft: Draft) -> bytes:
    """Return the code for node a of the person whose package came first."""
    return node_code(parse_code(draft.codes[0]), draft.survey_id, 1)


def counted(events: Events) -> dict[str, int | str]:
    """Return what is told when the hour is over."""
    counters.counts_tell(now=time.time() + 3600)
    return {
        one["event.code"]: one.get("drempel.count", f"<{one.get('drempel.count_below')}")
        for one in events()
    }


def test_it_tells_nothing_before_the_hour_is_over(events: Events) -> None:
    refusal_count("package.length", 12)
    counters.counts_tell(now=time.time() // 3600 * 3600 + 3599)
    assert events() == []
    assert counted(events) == {SIZE: 12}
    (one,) = events()
    assert one["event.kind"] == "metric"
    assert "ocsf.class_uid" not in one
    assert one["drempel.hour"].endswith("Z")
    counters.counts_tell(now=time.time() + 7200)
    assert len(events()) == 1


def test_it_tells_a_small_count_as_small_only(events: Events) -> None:
    for _ in range(9):
        refusal_count("package.signature")
    refusal_count("package.revision_taken", 10)
    assert counted(events) == {FORMAT: "<10", REPLAY: 10}


def test_what_is_nobodys_doing_is_not_counted(events: Events) -> None:
    for code in ("survey.closed", "survey.not_open", "manifest.unknown", "survey.unknown"):
        refusal_count(code, 20)
    assert counted(events) == {}


def test_only_counts_are_counted() -> None:
    for code in ("survey.closed", "submit.rejected.rate", "submit.rejected.mood"):
        with pytest.raises(UnknownEventError):
            counters.count(code)


@pytest.mark.django_db
@pytest.mark.urls("config.urls_relay")
def test_the_relay_counts_what_it_refuses(federation: Federation, events: Events) -> None:
    published = publish(federation)
    survey_register(signed_manifest=published.signed.to_json())
    parcel = parcel_for(federation, published.manifest)
    parcel_take(parcel=parcel)

    def send(body: bytes) -> int:
        octets = "application/octet-stream"
        return APIClient().post("/api/v1/packages", body, content_type=octets).status_code

    assert send(parcel[:-1]) == 400
    assert send(bytes(LARGEST_PARCEL + 1)) == 413
    assert send(b"\2" + parcel[1:]) == 400
    assert send(bytes(40)) == 404
    told = counted(events)
    assert {code for code in told if code.startswith("submit")} == {SIZE, FORMAT}


@pytest.mark.django_db(databases=["default", "issuing"])
def test_a_node_counts_what_it_refuses(anna: Anna, events: Events) -> None:
    draft = anna.draft(colour_survey(), invited=2)
    manifest, _ = anna.open(draft)
    package = anna.package(draft, manifest, 0, "red")
    for _ in range(2):
        give(package)
    before = dict(counters._counts.by_hour)
    assert before == {}
    give(wrapped(manifest, package)[:-1])
    code, key = anna_code(draft), point_bytes(generate_p256_key())
    with pytest.raises(Conflict):
        anna.token(manifest.node("a"), manifest, code, key)
    with pytest.raises(Forbidden):
        anna.token(manifest.node("a"), manifest, bytes(32), key)
    told = counted(events)
    assert {code for code in told if code.startswith("submit")} == {SIZE, FORMAT, REPLAY}
