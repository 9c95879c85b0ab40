"""Every shipped questionnaire is whole in both languages and publishes as it is."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.survey import check_limits, parse_survey
from surveys.drafting.content import content_of
from surveys.drafting.readiness import Plan, readiness
from surveys.models import Draft
from surveys.templates_shipped import template_read, templates_list
from tests.accounts.cast import person
from tests.surveys import steps

NAMES = [name for name, _survey in templates_list()]
DOMAINS = [
    "care-outage",
    "incident-experience",
    "nis2-readiness",
    "ransomware",
    "supplier-trust",
]
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_there_is_one_for_every_domain_of_the_mission() -> None:
    assert NAMES == DOMAINS


@pytest.mark.parametrize("name", NAMES)
def test_it_is_ready_but_for_people_and_period(name: str) -> None:
    definition = template_read(name)
    assert definition is not None
    assert definition["languages"] == ["nl", "en"]
    assert len(definition["questions"]) >= 10
    assert definition["show_if"]
    assert definition["tables"]
    plan = Plan(expected=300, opens=None, closes=None, now=NOW, looked_at=False)
    checks = readiness(content_of(definition), plan)
    assert [one.code for one in checks if not one.done] == ["period"]
    assert [found for one in checks for found in one.advice if found.code == "too_fine"] == []
    survey = parse_survey(definition)
    check_limits(survey, 10_000)
    assert build_layout(survey).width < 1000


@pytest.mark.django_db
def test_a_draft_begins_with_one() -> None:
    browser = Client()
    browser.force_login(person())
    assert browser.post("/drafts/template/ransomware").status_code == 302
    definition = template_read("ransomware")
    assert definition is not None
    assert Draft.objects.get().content["title"] == definition["title"]
    assert browser.post("/drafts/template/none").status_code == 404


@pytest.mark.usefixtures("federation")
@pytest.mark.parametrize("name", NAMES)
def test_it_publishes(carol: APIClient, name: str) -> None:
    definition: Any = template_read(name)
    survey = steps.create(carol, **definition)
    steps.invite(carol, survey, 40)
    manifest = steps.manifest_in(steps.prepare(carol, survey, steps.terms(survey)))
    assert steps.publish(carol, survey, manifest).status_code == 200
    assert manifest.survey.title == parse_survey(definition).title
