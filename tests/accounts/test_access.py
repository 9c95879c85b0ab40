"""Every address of the portal × who calls × whose thing it is, against the table access.csv.

The table says what each caller gets: ``page`` (200), ``away`` (led elsewhere), ``sign-in``
(led to signing in, or 401), ``no`` (403), ``none`` (404: absent and not yours look the same),
``bad`` (400: let in, and the empty body is refused), ``wrong`` (405: not by this method).
``bare`` is an operator without the second factor, where it is obligatory: led to set one up.
"""

import csv
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import ApiToken, Organisation, Role, User
from accounts.services import token_issue
from datarequests.desk import release
from datarequests.models import DataRequest
from mpcengine.protocol.request import parse_request
from surveys.drafts import draft_create
from surveys.models import Survey
from tests.accounts.cast import PASSWORD, person
from tests.datarequests.cast import DEFINITION

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("access.csv")
CALLERS = ("nobody", "coordinator", "other", "operator", "bare")
WORDS = {200: "page", 400: "bad", 401: "sign-in", 403: "no", 404: "none", 405: "wrong"}
Row = dict[str, str]
ASKED = {
    "format": "drempel-survey/1",
    "title": {"en": "One"},
    "questions": [{"id": "q", "kind": "scale", "min": 1, "max": 3, "title": {"en": "Q"}}],
}


def rows() -> list[Row]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def addresses(
    patterns: list[URLPattern | URLResolver] | None = None, before: str = ""
) -> Iterator[str]:
    """Yield every address of the portal as the table writes it."""
    for one in (
        get_resolver("config.urls_portal").url_patterns if patterns is None else patterns
    ):
        here = before + re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", str(one.pattern))
        here = re.sub(r"<\w+:(\w+)>", r"<\1>", here).replace("^", "").replace("$", "")
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, here)
        else:
            yield "/" + here


def test_the_table_has_every_address_and_no_other() -> None:
    listed = {row["address"] for row in rows()}
    assert set(addresses()) - listed == set(), "say in access.csv who may call these"
    assert listed - set(addresses()) == set()


class Things:
    """One of everything, Carol's unless said: what the places of an address stand for."""

    def __init__(self) -> None:
        self.people = {
            "coordinator": person("carol@drempel.example"),
            "other": person("dana@drempel.example", organisation="Hospital"),
            "operator": person(
                "olga@drempel.example", organisation="Portal", role=Role.OPERATOR
            ),
            "bare": person("oscar@drempel.example", organisation="Portal", role=Role.OPERATOR),
        }
        carol = self.people["coordinator"]
        self.survey = Survey.objects.create(
            organisation=carol.organisation, definition={"title": {"en": "One"}}
        )
        self.request = DataRequest.objects.create(
            organisation=carol.organisation,
            community=carol.organisation,
            author=carol,
            kind="match",
            definition=parse_request(DEFINITION).to_json(),
            list_size=64,
            version=1,
            state="submitted",
        )
        self.draft = draft_create(
            organisation_id=carol.organisation_id, languages=(), definition=ASKED
        )
        token_issue(user=carol, name="laptop")

    def address(self, written: str) -> str:
        """Return the address with Carol's things in its places."""
        token = ApiToken.objects.get()
        parts = {
            "survey_id": self.survey.pk,
            "draft_id": self.draft.pk,
            "template_id": "incident-experience",
            "format_id": "drempel",
            "question_id": "q",
            "request_id": self.request.pk,
            "step": "intake",
            "key_id": 1,
            "asked": release(),
            "module": "desk/keys.js",
            "token_id": token.pk,
            "token": "unknown",
            "name": "drempel/base.css",
            "language": "nl",
            "kind": "csv",
            "uidb36": "1",
            "key": "1-x",
            "provider_id": "absent",
            "pk": 1,
            "app_label": "accounts",
            "content_type_id": 1,
            "url": "nowhere",
            "object_id": self._object_of(written),
        }
        return re.sub(r"<(\w+)>", lambda found: str(parts[found[1]]), written)

    def _object_of(self, written: str) -> object:
        kinds = {"organisation": Organisation, "user": User, "apitoken": ApiToken}
        kind = next((kinds[name] for name in kinds if f"/{name}/" in written), None)
        return uuid.uuid4() if kind is None else kind._default_manager.order_by("pk")[0].pk

    def browser(self, caller: str, written: str) -> Client:
        """Return the browser of a caller; an operator in the admin has just signed in again."""
        browser = Client()
        if caller != "nobody":
            browser.force_login(self.people[caller])
        if caller in {"operator", "bare"} and written.startswith("/admin/"):
            browser.post("/account/again", {"password": PASSWORD})
        return browser


def word(browser: Client, method: str, address: str) -> str:
    """Return what a caller gets, as the table says it."""
    if method == "GET":
        answer = browser.get(address)
    elif address.startswith("/api/"):
        answer = browser.post(address, "{}", content_type="application/json")
    else:
        answer = browser.post(address)
    if answer.streaming:
        list(answer)  # a file is closed when it was read
    if answer.status_code not in {301, 302}:
        return WORDS.get(answer.status_code, str(answer.status_code))
    to_sign_in = answer.headers["Location"].startswith(("/account/sign-in", "/admin/login/"))
    return "sign-in" if to_sign_in else "away"


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['method']} {row['address']}")
def test_it_lets_in_exactly_whom_the_table_says(row: Row) -> None:
    found = {caller: answer(caller, row["method"], row["address"]) for caller in CALLERS}
    assert found == {caller: row[caller] for caller in CALLERS}


def answer(caller: str, method: str, written: str) -> str:
    """Return what a caller gets among things that nobody else has touched."""
    if caller == "bare":
        with override_settings(SECOND_FACTOR_REQUIRED=True):
            return answered(caller, method, written)
    return answered(caller, method, written)


def answered(caller: str, method: str, written: str) -> str:
    """Return the same, under the settings there are."""
    before = transaction.savepoint()
    things = Things()
    found = word(things.browser(caller, written), method, things.address(written))
    transaction.savepoint_rollback(before)
    return found
