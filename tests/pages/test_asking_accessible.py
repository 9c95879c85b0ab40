"""The pages of questions in both languages, narrow and wide: axe, fit, keys by keyboard."""

import pytest

from datarequests.models import DataRequest
from tests.datarequests.cast import carol, holder, rosa, submitted
from tests.datarequests.holding_day import key_row, own_keys, request_row
from tests.pages.conftest import Open
from tests.pages.test_accessible import Inspector, pictures
from tests.vectors.request_cast import request_manifest

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("language", "width"), [("nl", 320), ("en", 1280)])
def test_it_is_accessible(window: Open, language: str, width: int) -> None:
    asker, coordinator, bank = rosa(), carol(), holder()
    for one in (asker, bank):
        one.register()
    number = submitted(asker)
    signed = request_row(request_manifest(), key_row(bank.user, own_keys()))
    browser = window(language=language, width=width)
    inspector = Inspector(browser, width, pictures(language, width))
    browser.sign_in(asker.user.email)
    browser.go("/questions/new")
    browser.page.locator("main form button[type=submit]").click()
    inspector.look("question-form-wrong")
    for path in ("questions", f"questions/{number}", f"questions/{number}/history", "register"):
        inspector.visit(path)
    browser.context.clear_cookies()
    coordinator.post(f"requests/{number}/intake", {})
    browser.sign_in(coordinator.user.email)
    for path in (f"questions/{number}/prepare", f"questions/{signed.pk}"):
        inspector.visit(path)
    assert inspector.found == {}


def test_it_makes_a_key_by_keyboard_and_gives_back_with_a_reason(window: Open) -> None:
    asker, coordinator = rosa(), carol()
    asker.register()
    number = submitted(asker)
    browser = window()
    browser.sign_in(coordinator.user.email)
    browser.go("/questions")
    page = browser.page
    page.locator("[data-make-key]").press("Enter")
    page.locator("[data-there=yes]").wait_for()
    browser.go(f"/questions/{number}")
    page.locator("summary", has_text="Give it back").press("Enter")
    page.locator("#reason-return").fill("Say what for.")
    page.locator("#reason-return").press("Enter")
    page.get_by_text("Say what for.").wait_for()
    row = DataRequest.objects.get(pk=number)
    assert (row.state, row.reason) == ("returned", "Say what for.")


def test_it_says_why_a_step_does_not_fit(window: Open) -> None:
    asker, coordinator = rosa(), carol()
    asker.register()
    number = submitted(asker)
    browser = window()
    browser.sign_in(coordinator.user.email)
    browser.go(f"/questions/{number}")
    coordinator.post(f"requests/{number}/intake", {})
    browser.press("Take it in")
    assert "intake" in browser.page.locator("main").inner_text()
    assert DataRequest.objects.get(pk=number).state == "intake"
