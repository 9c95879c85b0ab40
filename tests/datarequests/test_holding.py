"""Holders see what their organisation is invited to, with its signed terms, and nobody else."""

import json
import re
from html import unescape

import pytest
from django.test import Client

from accounts.models import Role, User
from datarequests.models import DataRequest
from datarequests.states import SHOWN_TO_HOLDERS, RequestState
from tests.accounts.cast import person, sign_in
from tests.datarequests.holding_day import key_row, own_keys, request_row
from tests.vectors.request_cast import request_manifest

pytestmark = pytest.mark.django_db


def hugo(**more: object) -> User:
    given = {"organisation": "Waterland", "role": Role.CONSENT_OFFICER, **more}
    return person("hugo@drempel.example", **given)  # type: ignore[arg-type]


def asked(user: User) -> DataRequest:
    return request_row(request_manifest(), key_row(user, own_keys()))


def page_of(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_inbox_lists_what_is_asked() -> None:
    user = hugo()
    browser = sign_in(user)
    assert "There are no questions." in page_of(browser, "/holding")
    request = asked(user)
    shown = page_of(browser, "/holding")
    assert f'href="/holding/{request.pk}"' in shown
    assert "Seen these addresses?" in shown
    assert request_manifest().digest in shown


@pytest.mark.parametrize("state", RequestState.values)
def test_a_question_is_shown_from_its_approval_on(state: str) -> None:
    user = hugo()
    request = asked(user)
    DataRequest.objects.filter(pk=request.pk).update(state=state)
    status = sign_in(user).get(f"/holding/{request.pk}").status_code
    assert status == (200 if RequestState(state) in SHOWN_TO_HOLDERS else 404)


def test_absent_and_not_yours_look_the_same() -> None:
    request = asked(hugo())
    stranger = person("ida@drempel.example", organisation="Bergland", role=Role.CONSENT_OFFICER)
    browser = sign_in(stranger)
    other, none = browser.get(f"/holding/{request.pk}"), browser.get("/holding/" + "0" * 32)
    assert (other.status_code, none.status_code) == (404, 404)

    def bare(content: bytes) -> str:
        return re.sub(r'value="[^"]*"', "", content.decode())

    assert bare(other.content) == bare(none.content)


def test_only_who_works_for_a_holder_has_these_pages() -> None:
    request = asked(hugo())
    browser = sign_in(person("rosa@drempel.example", role=Role.REQUESTER))
    for path in ("/holding", f"/holding/{request.pk}"):
        assert browser.get(path).status_code == 403


def test_the_page_says_what_was_signed() -> None:
    user = hugo()
    request = asked(user)
    shown = page_of(sign_in(user), f"/holding/{request.pk}")
    said = re.search(r'data-said="([^"]*)"', shown)
    assert said is not None
    terms = json.loads(unescape(said[1]))
    manifest = request_manifest()
    due = dict(manifest.request.to_json())
    del due["format"]
    assert terms["request"] == due
    assert terms["owners"] == [one.name for one in manifest.owners]
    for word in ("if at least 3 have", "IPv4 addresses", "at most 128 different values"):
        assert word in shown
    assert "They could recognise the values of your list" in shown


def test_nothing_of_an_answer_can_be_sent_to_the_portal() -> None:
    user = hugo()
    request = asked(user)
    browser = sign_in(user)
    shown = page_of(browser, f"/holding/{request.pk}")
    # The only form on it chooses a language; fields for a list have no name to be sent by.
    assert re.findall(r'<form[^>]*action="([^"]*)"', shown) == ["/account/language"]
    fields = re.findall(r"<(?:input|textarea|select)[^>]*>", shown)
    names = [re.search(r'name="([^"]+)"', field) for field in fields]
    assert {name[1] for name in names if name} == {"csrfmiddlewaretoken", "next"}
    assert browser.post(f"/holding/{request.pk}", {"list": "x"}).status_code == 405
