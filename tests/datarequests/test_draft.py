"""A question is drafted, changed and submitted by its organisation's requesters alone."""

import pytest
from django.test import override_settings

from datarequests.models import DataRequest, RegisterEntry, SignedObject
from datarequests.services.signing import is_whole
from tests.datarequests.cast import DEFINITION, carol, rosa, submitted

pytestmark = pytest.mark.django_db
DRAFT = {"definition": DEFINITION, "list_size": 64}


def test_it_keeps_a_question_in_its_normal_form() -> None:
    asker = rosa()
    made = asker.post("requests", DRAFT)
    assert made["state"] == "draft"
    assert made["definition"]["identifier"] == ["ipv4"]
    assert asker.get(f"requests/{made['id']}") == made
    changed = asker.call("put", f"requests/{made['id']}", DRAFT | {"list_size": 128})
    assert changed[1]["list_size"] == 128


def test_it_refuses_what_is_no_question_and_who_asks_nothing() -> None:
    asker = rosa()
    bad = {"definition": DEFINITION | {"kind": "count"}, "list_size": 64}
    assert asker.call("post", "requests", bad)[1]["code"] == "request.reserved"
    assert asker.call("post", "requests", DRAFT | {"list_size": 65})[0] == 400
    status, answer = carol().call("post", "requests", DRAFT)
    assert (status, answer["code"]) == (403, "role.missing")
    assert not DataRequest.objects.exists()


def test_it_submits_what_its_requester_signed_and_enters_it_in_the_register() -> None:
    asker, coordinator = rosa(), carol()
    asker.register()
    number = submitted(asker)
    assert asker.get(f"requests/{number}")["state"] == "submitted"
    assert coordinator.get("requests")["results"][0]["id"] == number
    row = DataRequest.objects.get()
    assert is_whole(row)
    entry = asker.get("register")["results"][0]
    assert (entry["asker"], entry["state"]) == ("Hospital", "submitted")
    asker.post(f"requests/{number}/withdrawal", {})
    assert asker.get("register")["results"][0]["state"] == "withdrawn"


def test_it_refuses_a_signature_under_another_question() -> None:
    asker = rosa()
    asker.register()
    first = asker.post("requests", DRAFT)["id"]
    second = asker.post("requests", DRAFT)["id"]
    signature = asker.sign(asker.get(f"requests/{first}/submission?key={asker.key}"))
    given = {"key": asker.key, "signature": signature}
    status, answer = asker.call("post", f"requests/{second}/submission", given)
    assert (status, answer["code"]) == (403, "signature.invalid")
    assert not RegisterEntry.objects.exists()


def test_it_keeps_what_was_signed_for_ever() -> None:
    asker = rosa()
    asker.register()
    submitted(asker)
    one = SignedObject.objects.get()
    one.signature = b"\x00" * 64
    with pytest.raises(TypeError):
        one.save()
    with pytest.raises(TypeError):
        one.delete()
    row = DataRequest.objects.get()
    SignedObject.objects.filter(pk=one.pk).update(number=2)
    assert not is_whole(row)


@override_settings(REQUEST_BUDGETS={1: 1})
def test_it_stops_an_organisation_that_has_asked_enough() -> None:
    asker = rosa()
    asker.register()
    submitted(asker)
    second = asker.post("requests", DRAFT)["id"]
    signature = asker.sign(asker.get(f"requests/{second}/submission?key={asker.key}"))
    given = {"key": asker.key, "signature": signature}
    status, answer = asker.call("post", f"requests/{second}/submission", given)
    assert (status, answer["code"]) == (409, "request.budget")


def test_it_shows_another_organisation_nothing() -> None:
    asker, coordinator = rosa(), carol()
    made = asker.post("requests", DRAFT)
    assert coordinator.call("get", f"requests/{made['id']}")[0] == 404
    assert coordinator.get("requests")["count"] == 0


def test_it_filters_and_sorts() -> None:
    asker = rosa()
    asker.register()
    submitted(asker)
    draft = asker.post("requests", DRAFT)["id"]
    assert [one["id"] for one in asker.get("requests?state=draft")["results"]] == [draft]
    assert asker.get("requests?sort=created")["results"][-1]["id"] == draft
    assert asker.call("get", "requests?sort=title")[0] == 400
