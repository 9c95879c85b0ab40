"""A coordinator invites by letter and mail; codes and addresses stay nowhere."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client, override_settings

from accounts.models import User
from mpcengine.protocol.roster import node_code, parse_code, roster_entry
from mpcengine.protocol.strict import format_time
from surveys.drafts import draft_create, draft_plan
from surveys.models import Draft, EntryList, Survey
from surveys.templates_shipped import template_read
from tests.accounts.cast import person

pytestmark = pytest.mark.django_db
CODE = re.compile(r"#([0-9A-Za-z-]{20,})")


@pytest.fixture
def carol() -> User:
    return person()


@pytest.fixture
def browser(carol: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(carol)
    return client


@pytest.fixture
def draft(carol: User) -> Draft:
    definition = template_read("care-outage")
    made = draft_create(
        organisation_id=carol.organisation_id, languages=(), definition=definition
    )
    now = datetime.now(UTC).replace(microsecond=0)
    plan = {
        "expected": 200,
        "opens": format_time(now),
        "closes": format_time(now + timedelta(days=7)),
    }
    return draft_plan(draft=made, plan=plan)


@pytest.fixture
def survey(browser: Client, draft: Draft) -> Survey:
    answer = browser.post(f"/drafts/{draft.pk}/final")
    assert answer["location"].startswith("/surveys/")
    return Survey.objects.get()


def stored() -> str:
    """Return everything the database holds, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [row[0] for row in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 -- our own tables' names
            rows += cursor.fetchall()
    return str(rows)


def test_a_draft_that_is_not_ready_makes_no_survey(browser: Client, draft: Draft) -> None:
    draft_plan(draft=draft, plan={"closes": None})
    assert browser.post(f"/drafts/{draft.pk}/final")["location"] == f"/drafts/{draft.pk}"
    assert not Survey.objects.exists()


@pytest.mark.files
def test_letters_carry_codes_that_the_nodes_will_know_and_nothing_keeps_them(
    browser: Client, survey: Survey
) -> None:
    answer = browser.post(f"/surveys/{survey.pk}/people", {"form": "letters", "count": 12})
    page = answer.content.decode()
    codes = CODE.findall(page)
    assert len(set(codes)) == 12
    assert page.count('<svg class="qr"') == 12
    assert "style=" not in page
    assert answer["Cache-Control"] == "no-store"
    known = {one.node: one.entries for one in EntryList.objects.all()}
    for code in codes:
        first = roster_entry(node_code(parse_code(code), survey.pk, 1)).hex()
        assert first in known["a"]
        assert code not in stored()
    survey.refresh_from_db()
    assert survey.invited == 12


@pytest.mark.files
@override_settings(MAIL_IS_SENT=True, RELAY_URL="https://relay.example")
def test_mail_goes_out_once_each_in_both_languages_and_nothing_keeps_addresses(
    browser: Client, survey: Survey
) -> None:
    pasted = "name;mail\nA;ann@hospital.example\nB;ben@hospital.example\nC;ANN@hospital.example"
    given = {"form": "mail", "mail-pasted": pasted}
    said = browser.post(f"/surveys/{survey.pk}/people", given, follow=True).content.decode()
    assert "Sent 2 of 2; 1 stood twice." in said
    assert [message.to for message in mail.outbox] == [
        ["ann@hospital.example"],
        ["ben@hospital.example"],
    ]
    codes = set()
    for message in mail.outbox:
        assert message.subject == "Uitnodiging: Uitval in de zorg"
        assert "Your link:" in message.body
        assert "Uw link:" in message.body
        found = set(CODE.findall(str(message.body)))
        assert len(found) == 1
        codes |= found
    assert len(codes) == 2
    held = stored()
    assert "hospital.example" not in held
    assert not any(code in held for code in codes)


@override_settings(MAIL_IS_SENT=True)
def test_a_reminder_is_the_same_for_everybody_and_carries_no_code(
    browser: Client, survey: Survey
) -> None:
    given = {"pasted": "ann@hospital.example\nben@hospital.example"}
    assert browser.post(f"/surveys/{survey.pk}/remind", given).status_code == 302
    first, second = mail.outbox
    assert (first.subject, first.body) == (second.subject, second.body)
    assert "#" not in first.body


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "Give 1 to 500 addresses at a time."),
        ("ann@hospital.example\nnot an address", "No address on line 2."),
    ],
)
def test_a_list_that_cannot_be_used_invites_nobody(
    browser: Client, survey: Survey, pasted: str, said: str
) -> None:
    with override_settings(MAIL_IS_SENT=True):
        given = {"form": "mail", "mail-pasted": pasted}
        page = browser.post(f"/surveys/{survey.pk}/people", given).content.decode()
    assert said in page
    survey.refresh_from_db()
    assert (survey.invited, mail.outbox) == (0, [])


def test_when_no_mail_goes_out_nobody_is_invited(browser: Client, survey: Survey) -> None:
    away = "tests.surveys.away.AwayBackend"
    with override_settings(MAIL_IS_SENT=True, EMAIL_BACKEND=away):
        given = {"form": "mail", "mail-pasted": "ann@hospital.example"}
        page = browser.post(f"/surveys/{survey.pk}/people", given, follow=True)
    assert "No message could be sent" in page.content.decode()
    survey.refresh_from_db()
    assert survey.invited == 0
    assert json.dumps(survey.definition)
