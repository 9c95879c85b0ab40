"""Take one parcel against a signed promise, and see nothing of what is in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from mpcengine.protocol.manifest import Window
from mpcengine.protocol.outer import parcel_hash
from mpcengine.protocol.receipt import verify_promise
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.strict import parse_base64, to_base64
from problems import Unavailable
from relay.intake import WAITING_PER_INVITED, Arrival, _commit
from relay.models import RelayedSurvey, WaitingParcel
from relay.services import survey_register
from tests.mpcengine.cast import CAROL, Federation, Published, order_of, publish
from tests.relay.parcels import package_for, parcel_for, rubbish_for, wrapped

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls_relay")]


def portal() -> APIClient:
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION="Token the-portal-token")
    return caller


def registered(federation: Federation, **terms: Any) -> Published:
    published = publish(federation, **terms)
    survey_register(signed_manifest=published.signed.to_json())
    return published


def send(body: bytes) -> Any:
    return APIClient().post(
        "/api/v1/packages", data=body, content_type="application/octet-stream"
    )


def order(published: Published, kind: str) -> Any:
    body, signature = order_of(published.manifest, kind)
    value = {"order": to_base64(body), "signature": to_base64(signature)}
    return APIClient().post("/api/v1/orders", value, format="json")


def strict_windows(published_answering: timedelta) -> dict[str, Any]:
    now = datetime.now(UTC).replace(microsecond=0)
    turn = now + published_answering
    return {
        "timing": "strict",
        "issuing": Window(opens=now - timedelta(hours=2), closes=turn),
        "answering": Window(opens=turn, closes=turn + timedelta(hours=2)),
    }


def test_it_stores_the_parcel_and_promises_for_exactly_these_bytes(
    federation: Federation,
) -> None:
    published = registered(federation)
    parcel = parcel_for(federation, published.manifest)
    answer = send(parcel)
    assert answer.status_code == 201
    assert answer.json()["parcel"] == parcel_hash(parcel).hex()
    promise = parse_base64(answer.json()["promise"])
    assert promise is not None
    verify_promise(
        public_bytes(federation.relay.key), published.manifest.digest, parcel, promise
    )
    row = WaitingParcel.objects.get()
    assert (bytes(row.parcel), row.delivered) == (parcel, 0)
    assert RelayedSurvey.objects.get().waiting == 1


def test_taking_it_again_gives_the_same_promise_and_no_second_row(
    federation: Federation,
) -> None:
    published = registered(federation)
    parcel = parcel_for(federation, published.manifest)
    assert send(parcel).json() == send(parcel).json()
    assert WaitingParcel.objects.count() == RelayedSurvey.objects.get().waiting == 1


def test_of_those_that_arrive_together_every_one_is_stored_once(
    federation: Federation,
) -> None:
    published = registered(federation)
    twice, other = (parcel_for(federation, published.manifest) for _ in range(2))
    digest = published.manifest.digest
    arrivals = [Arrival(survey=digest, parcel=parcel) for parcel in (twice, twice, other)]
    _commit(arrivals)
    assert [arrival.error for arrival in arrivals] == [None] * 3
    assert WaitingParcel.objects.count() == RelayedSurvey.objects.get().waiting == 2


def test_it_keeps_no_time_no_order_no_sender_and_nothing_of_the_package(
    federation: Federation,
) -> None:
    """Fails where a parcel holds its package as it is (``seal_parcel``)."""
    names = {field.name for field in WaitingParcel._meta.get_fields()}
    assert names == {"id", "survey", "delivered", "has_left", "parcel_hash", "parcel"}
    published = registered(federation)
    packages = [package_for(federation, published.manifest) for _ in range(20)]
    sent = [wrapped(published.manifest, package) for package in packages]
    for parcel in sent:
        send(parcel)
    rows = WaitingParcel.objects.order_by("pk").values_list("parcel_hash", "parcel")
    assert [bytes(name) for name, _ in rows] != [parcel_hash(parcel) for parcel in sent]
    stored = b"".join(bytes(part) for row in rows for part in row)
    for package in packages:
        for part in (bytes.fromhex(package.package_id), package.one_time_key, *package.tokens):
            assert part[:16] not in stored


def test_it_refuses_a_parcel_that_is_one_byte_off(federation: Federation) -> None:
    published = registered(federation)
    parcel = parcel_for(federation, published.manifest)
    assert send(b"").status_code == 400
    for wrong in (parcel + b"\0", parcel[:-1], parcel[:40], parcel[:20]):
        answer = send(wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "parcel.length")
    answer = send(b"\2" + parcel[1:])
    assert (answer.status_code, answer.json()["code"]) == (400, "parcel.version")
    assert not WaitingParcel.objects.exists()


def test_it_refuses_a_survey_it_does_not_know(federation: Federation) -> None:
    published = publish(federation, flush_min=29)
    answer = send(parcel_for(federation, published.manifest))
    assert (answer.status_code, answer.json()["code"]) == (404, "survey.unknown")


def test_it_tells_of_rubbish_nothing_else_than_of_an_answer(federation: Federation) -> None:
    published = registered(federation)
    answer = send(rubbish_for(published.manifest))
    assert answer.status_code == 201
    real = send(parcel_for(federation, published.manifest))
    assert answer.json().keys() == real.json().keys()


def test_what_waits_is_bounded_and_what_waits_already_is_still_promised(
    federation: Federation,
) -> None:
    """Fails where ``relay.intake._insert`` gives room without an end."""
    published = registered(federation, size=30)
    RelayedSurvey.objects.update(waiting=30 * WAITING_PER_INVITED - 2)
    first, second, third = (rubbish_for(published.manifest) for _ in range(3))
    assert [send(parcel).status_code for parcel in (first, second)] == [201, 201]
    answer = send(third)
    assert (answer.status_code, answer.json()["code"]) == (503, "relay.full")
    assert send(first).status_code == 201
    assert WaitingParcel.objects.count() == 2
    RelayedSurvey.objects.update(waiting=30 * WAITING_PER_INVITED - 1)
    digest = published.manifest.digest
    arrivals = [Arrival(survey=digest, parcel=rubbish_for(published.manifest)) for _ in "abc"]
    _commit(arrivals)
    assert [isinstance(one.error, Unavailable) for one in arrivals] == [False, True, True]
    assert RelayedSurvey.objects.get().waiting == 30 * WAITING_PER_INVITED


def test_strict_timing_takes_parcels_only_after_the_order(federation: Federation) -> None:
    published = registered(federation, **strict_windows(timedelta(hours=1)))
    body = parcel_for(federation, published.manifest)
    answer = send(body)
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.not_open")
    assert order(published, "open-answering").json()["state"] == "open"
    assert send(body).status_code == 201


def test_strict_timing_takes_parcels_at_the_manifests_time(federation: Federation) -> None:
    published = registered(federation, **strict_windows(-timedelta(hours=1)))
    assert send(parcel_for(federation, published.manifest)).status_code == 201


@pytest.mark.parametrize("timing", ["normal", "immediate"])
def test_nothing_is_taken_before_the_opening_time(federation: Federation, timing: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    later = Window(opens=now + timedelta(minutes=9), closes=now + timedelta(hours=2))
    published = registered(federation, timing=timing, issuing=later, answering=later)
    answer = send(parcel_for(federation, published.manifest))
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.not_open")


def test_nothing_is_taken_after_the_close_order(federation: Federation) -> None:
    published = registered(federation)
    assert order(published, "close").json()["state"] == "closed"
    answer = send(parcel_for(federation, published.manifest))
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.closed")
    assert not WaitingParcel.objects.exists()


def test_nothing_is_taken_after_the_closing_time(federation: Federation) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    past = Window(opens=now - timedelta(hours=2), closes=now - timedelta(seconds=1))
    published = registered(federation, issuing=past, answering=past)
    answer = send(parcel_for(federation, published.manifest))
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.closed")


def test_an_order_that_carol_did_not_sign_changes_nothing(federation: Federation) -> None:
    published = registered(federation)
    body, _ = order_of(published.manifest, "close")
    value = {"order": to_base64(body), "signature": to_base64(CAROL.sign(body))}
    answer = APIClient().post("/api/v1/orders", value, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "signature.invalid")
    assert RelayedSurvey.objects.get().is_closed is False


def test_the_same_order_again_changes_nothing(federation: Federation) -> None:
    published = registered(federation)
    assert order(published, "close").json() == order(published, "close").json()


def test_it_tells_nobody_how_many_came(federation: Federation) -> None:
    published = registered(federation)
    path = f"/api/v1/surveys/{published.manifest.digest}"
    before = APIClient().get(path).json()
    send(parcel_for(federation, published.manifest))
    assert APIClient().get(path).json() == before == {"state": "open", "drained": False}
    order(published, "close")
    assert APIClient().get(path).json() == {"state": "closed", "drained": False}
    WaitingParcel.objects.all().delete()
    assert APIClient().get(path).json() == {"state": "closed", "drained": True}
    assert APIClient().get("/api/v1/surveys/sha256:00").status_code == 404
    assert APIClient().get("/api/v1/health").json()["status"] == "ok"
