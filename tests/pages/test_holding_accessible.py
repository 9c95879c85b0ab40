"""A holder's pages in both languages, narrow and wide, every part shown: axe, and fit."""

import pytest

from accounts.models import Role
from tests.accounts.cast import person
from tests.datarequests.holding_day import key_row, own_keys, request_row
from tests.pages.conftest import Open
from tests.pages.test_accessible import Inspector, pictures
from tests.vectors.request_cast import request_manifest

pytestmark = pytest.mark.django_db(transaction=True)
# What the program shows one after the other, filled as it fills it.
SHOW_ALL = """() => {
  document.querySelectorAll("main [hidden]:not(ul):not(div:has(> template))")
    .forEach((part) => { part.hidden = false; });
  document.querySelectorAll("main details").forEach((part) => { part.open = true; });
  const line = (id) => {
    const row = document.createElement("tr");
    row.innerText = "";
    for (const kind of ["th", "td", "td"].slice(0, document.getElementById(id)
        .closest("table").querySelectorAll("thead th").length)) {
      const cell = document.createElement(kind);
      cell.textContent = "login.waterland.example";
      if (kind === "th") cell.setAttribute("scope", "row");
      row.append(cell);
    }
    document.getElementById(id).append(row);
  };
  ["left-rows", "samples-rows", "hits-rows"].forEach(line);
}"""


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_is_accessible(window: Open, language: str, width: int) -> None:
    user = person("hugo@drempel.example", organisation="Waterland", role=Role.CONSENT_OFFICER)
    request = request_row(request_manifest(), key_row(user, own_keys()))
    browser = window(language=language, width=width)
    inspector = Inspector(browser, width, pictures(language, width))
    browser.sign_in(user.email)
    inspector.visit("holding")
    browser.page.locator("#keys-make").click()
    browser.page.locator("#keys-there").wait_for()
    inspector.look("holding-keys")
    browser.go(f"/holding/{request.pk}")
    # No node answers here: the page says so, and what to do.
    browser.page.locator("#fault").wait_for()
    inspector.look("holding-question")
    browser.page.evaluate(SHOW_ALL)
    inspector.look("holding-whole")
    assert inspector.found == {}


def test_it_works_by_keyboard_alone(window: Open) -> None:
    user = person("hugo@drempel.example", organisation="Waterland", role=Role.CONSENT_OFFICER)
    browser = window()
    browser.sign_in(user.email)
    browser.go("/holding")
    page = browser.page
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "keys-make":
            break
    page.keyboard.press("Enter")
    page.locator("#keys-there").wait_for()
    assert page.locator("#keys-none").is_hidden()
