"""Take one sealed package against a signed promise."""

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from mpcengine.protocol.manifest import Window
from mpcengine.protocol.package import Package
from mpcengine.protocol.receipt import verify_promise
from mpcengine.protocol.signing import generate_p256_key, public_bytes
from mpcengine.protocol.strict import parse_base64, to_base64
from problems import Conflict
from relay.intake import Arrival, _commit
from relay.models import RelayedSurvey, WaitingPackage
from relay.services import survey_register
from tests.mpcengine.cast import CAROL, Federation, Published, order_of, publish
from tests.relay.packages import package_for

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


def test_it_stores_the_package_and_promises_for_exactly_these_bytes(
    federation: Federation,
) -> None:
    published = registered(federation)
    package = package_for(federation, published.manifest)
    answer = send(package.encode())
    assert answer.status_code == 201
    assert answer.json()["package"] == package.package_id
    promise = parse_base64(answer.json()["promise"])
    assert promise is not None
    verify_promise(
        public_bytes(federation.relay.key),
        published.manifest.digest,
        package.encode(),
        promise,
    )
    row = WaitingPackage.objects.get()
    assert (bytes(row.sealed), row.delivered) == (package.encode(), 0)


def test_taking_it_again_gives_the_same_promise_and_no_second_row(
    federation: Federation,
) -> None:
    published = registered(federation)
    body = package_for(federation, published.manifest).encode()
    assert send(body).json() == send(body).json()
    assert WaitingPackage.objects.count() == 1


def test_it_takes_one_package_of_a_key_and_revision(federation: Federation) -> None:
    published = registered(federation)
    private = generate_p256_key()

    def made(revision: int) -> bytes:
        return package_for(
            federation, published.manifest, private=private, revision=revision
        ).encode()

    first, second = made(0), made(0)
    assert send(first).status_code == 201
    answer = send(second)
    assert (answer.status_code, answer.json()["code"]) == (409, "package.revision_taken")
    assert send(first).status_code == 201
    assert [send(made(revision)).status_code for revision in range(1, 8)] == [201] * 7
    assert WaitingPackage.objects.count() == 8
    assert bytes(WaitingPackage.objects.get(revision=0).sealed) == first


def test_of_two_that_arrive_together_one_is_stored_and_one_is_told(
    federation: Federation,
) -> None:
    published = registered(federation)
    private = generate_p256_key()
    arrivals = [
        Arrival(
            survey=published.manifest.digest,
            package=package_for(federation, published.manifest, private=key),
        )
        for key in (private, private, None)
    ]
    _commit(arrivals)
    assert [isinstance(arrival.error, Conflict) for arrival in arrivals] == [False, True, False]
    assert [arrival.error for arrival in arrivals[::2]] == [None, None]
    assert WaitingPackage.objects.count() == 2


def test_it_keeps_no_time_no_order_and_no_sender(federation: Federation) -> None:
    names = {field.name for field in WaitingPackage._meta.get_fields()}
    head = {"package_id", "one_time_key", "revision"}
    assert names == {"id", "survey", "delivered", "has_left", "sealed"} | head
    published = registered(federation)
    sent = [package_for(federation, published.manifest) for _ in range(20)]
    for package in sent:
        send(package.encode())
    stored = list(WaitingPackage.objects.order_by("pk").values_list("package_id", flat=True))
    assert stored != [package.package_id for package in sent]


def test_it_refuses_a_package_that_is_one_byte_off(federation: Federation) -> None:
    published = registered(federation)
    body = package_for(federation, published.manifest).encode()
    for wrong in (body + b"\0", body[:-1], b"", body[:20]):
        answer = send(wrong)
        assert answer.status_code == 400
    assert not WaitingPackage.objects.exists()


def test_it_refuses_every_flipped_part(federation: Federation) -> None:
    published = registered(federation)
    body = package_for(federation, published.manifest).encode()
    # version, digest, one-time key, revision, each token, each envelope, signature
    length = published.manifest.envelope_length
    places = list(itertools.accumulate([0, 1, 32, 65, 1, 64, 64, 64, length, length, length]))
    for place in places:
        wrong = bytearray(body)
        wrong[place] ^= 1
        assert send(bytes(wrong)).status_code in {400, 403, 404}
    assert not WaitingPackage.objects.exists()


def test_it_refuses_tokens_of_another_federation(federation: Federation) -> None:
    published = registered(federation)
    stranger = Federation(federation.folder)
    package = package_for(federation, published.manifest, signed_by=stranger)
    stranger.stop()
    answer = send(package.encode())
    assert (answer.status_code, answer.json()["code"]) == (403, "signature.invalid")


def test_it_refuses_a_survey_it_does_not_know(federation: Federation) -> None:
    published = publish(federation, flush_min=29)
    answer = send(package_for(federation, published.manifest).encode())
    assert (answer.status_code, answer.json()["code"]) == (404, "survey.unknown")


def test_a_refusal_repeats_nothing_that_was_sent(federation: Federation) -> None:
    published = registered(federation)
    package = package_for(federation, published.manifest)
    wrong = dataclasses.replace(package, revision=1).encode()
    text = send(wrong).content.decode()
    assert package.package_id not in text
    assert Package.decode(wrong, published.manifest.envelope_length).package_id not in text


def test_strict_timing_takes_packages_only_after_the_order(federation: Federation) -> None:
    published = registered(federation, **strict_windows(timedelta(hours=1)))
    body = package_for(federation, published.manifest).encode()
    answer = send(body)
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.not_open")
    assert order(published, "open-answering").json()["state"] == "open"
    assert send(body).status_code == 201


def test_strict_timing_takes_packages_at_the_manifests_time(federation: Federation) -> None:
    published = registered(federation, **strict_windows(-timedelta(hours=1)))
    assert send(package_for(federation, published.manifest).encode()).status_code == 201


@pytest.mark.parametrize("timing", ["normal", "immediate"])
def test_nothing_is_taken_before_the_opening_time(federation: Federation, timing: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    later = Window(opens=now + timedelta(minutes=9), closes=now + timedelta(hours=2))
    published = registered(federation, timing=timing, issuing=later, answering=later)
    answer = send(package_for(federation, published.manifest).encode())
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.not_open")


def test_nothing_is_taken_after_the_close_order(federation: Federation) -> None:
    published = registered(federation)
    assert order(published, "close").json()["state"] == "closed"
    answer = send(package_for(federation, published.manifest).encode())
    assert (answer.status_code, answer.json()["code"]) == (409, "survey.closed")
    assert not WaitingPackage.objects.exists()


def test_nothing_is_taken_after_the_closing_time(federation: Federation) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    past = Window(opens=now - timedelta(hours=2), closes=now - timedelta(seconds=1))
    published = registered(federation, issuing=past, answering=past)
    answer = send(package_for(federation, published.manifest).encode())
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
    send(package_for(federation, published.manifest).encode())
    assert APIClient().get(path).json() == before == {"state": "open", "drained": False}
    order(published, "close")
    assert APIClient().get(path).json() == {"state": "closed", "drained": False}
    WaitingPackage.objects.all().delete()
    assert APIClient().get(path).json() == {"state": "closed", "drained": True}
    assert APIClient().get("/api/v1/surveys/sha256:00").status_code == 404
    assert APIClient().get("/api/v1/health").json()["status"] == "ok"
