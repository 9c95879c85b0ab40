"""A coordinator's way in a browser: written, invited, signed with a key file, published."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from playwright.sync_api import expect

from accounts.models import User
from mpcengine.protocol.strict import format_time
from surveys.drafts import draft_create, draft_plan
from surveys.models import Draft, Survey, SurveyState
from surveys.templates_shipped import template_read
from tests.accounts.cast import person
from tests.mpcengine.cast import CAROL
from tests.mpcengine.conftest import federation
from tests.pages.conftest import Open
from tests.pages.test_accessible import Inspector

__all__ = ["federation"]
pytestmark = pytest.mark.django_db(transaction=True)


def ready(carol: User) -> Draft:
    definition = template_read("care-outage")
    made = draft_create(
        organisation_id=carol.organisation_id, languages=(), definition=definition
    )
    now = datetime.now(UTC).replace(microsecond=0)
    plan = {
        "expected": 200,
        "opens": format_time(now - timedelta(hours=1)),
        "closes": format_time(now + timedelta(days=7)),
    }
    return draft_plan(draft=made, plan=plan)


@pytest.mark.usefixtures("federation")
def test_it_signs_with_a_key_file_and_publishes(window: Open, tmp_path: Path) -> None:
    carol, browser = person(), window(language="en", width=1280)
    draft = ready(carol)
    key = tmp_path / "carol.pem"
    plain = NoEncryption()
    key.write_bytes(CAROL.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, plain))
    browser.sign_in(carol.email)
    browser.go(f"/drafts/{draft.pk}")
    browser.press("Make it a survey")
    survey = Survey.objects.get()
    browser.go(f"/surveys/{survey.pk}/people")
    browser.page.locator("[name=count]").fill("12")
    browser.press("Make letters")
    assert browser.page.locator("svg.qr").count() == 12
    browser.go(f"/surveys/{survey.pk}/sign")
    browser.page.locator("input[type=file]").set_input_files(str(key))
    browser.page.get_by_role("button", name="Sign and publish").click()
    browser.page.get_by_role("heading", name="How it stands").wait_for()
    survey.refresh_from_db()
    assert survey.state == SurveyState.PUBLISHED
    browser.page.locator("input[type=file]").set_input_files(str(key))
    browser.page.get_by_role("button", name="Close now").click()
    expect(browser.page.get_by_text("Step 4 of 4: Closed")).to_be_visible(timeout=20_000)
    survey.refresh_from_db()
    assert survey.state == SurveyState.CLOSED


@pytest.mark.parametrize(("language", "width"), [("nl", 320), ("en", 1280)])
def test_its_pages_are_accessible(
    window: Open, tmp_path: Path, language: str, width: int
) -> None:
    carol, browser = person(), window(language=language, width=width)
    draft = ready(carol)
    inspector = Inspector(browser, width, tmp_path)
    browser.sign_in(carol.email)
    inspector.visit("drafts/new", "drafts/import", f"drafts/{draft.pk}")
    for path in ("settings", "preview", "rehearsal", "versions", "delete"):
        inspector.visit(f"drafts/{draft.pk}/{path}")
    for question in ("kind", "systems", "hours", "effect"):
        inspector.visit(f"drafts/{draft.pk}/question/{question}")
    browser.go(f"/drafts/{draft.pk}/rehearsal")
    browser.page.locator("main form button").click()
    inspector.look("rehearsed")
    browser.go(f"/drafts/{draft.pk}")
    browser.page.locator("#ready form button").click()
    browser.page.wait_for_load_state("networkidle")
    inspector.look("survey")
    survey = Survey.objects.get()
    inspector.visit(f"surveys/{survey.pk}/people", f"surveys/{survey.pk}/remind")
    browser.go(f"/surveys/{survey.pk}/people")
    browser.page.locator("[name=count]").fill("2")
    browser.page.locator("main form button").first.click()
    inspector.look("letters")
    assert inspector.found == {}
