"""Pages for everybody: what they promise, who may see them, and no inline style or script."""

import re

import pytest
from django.test import Client, override_settings

from accounts.models import Role
from tests.accounts.cast import person
from tests.pages.catalogue import ROOT

pytestmark = pytest.mark.django_db
# A map of imports can stand nowhere else than in the page; its hash is in the policy.
INLINE = re.compile(
    r"\sstyle=|<style|<script(?![^>]*(\ssrc=|\stype=.importmap.))|\son[a-z]+=|javascript:",
    re.IGNORECASE,
)


def test_it_has_no_inline_style_or_script_in_any_template() -> None:
    pages = [one for one in (ROOT / "templates").rglob("*.html") if "/mail/" not in str(one)]
    assert [str(one) for one in pages if INLINE.search(one.read_text("utf-8"))] == []
    assert INLINE.search('<p style="x">')
    assert INLINE.search("<script>") is not None
    assert INLINE.search('<script type="module" src="x.js">') is None


def test_it_names_a_security_contact_only_where_there_is_one() -> None:
    assert Client().get("/.well-known/security.txt").status_code == 404
    with override_settings(SECURITY_CONTACT="mailto:cert@drempel.example"):
        answer = Client().get("/.well-known/security.txt")
        page = Client().get("/about/security").content.decode()
    text = answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert re.search(r"^Contact: mailto:cert@drempel\.example$", text, re.M)
    assert re.search(r"^Expires: \d{4}-\d\d-\d\dT00:00:00Z$", text, re.M)
    assert "cert@drempel.example" in page


@override_settings(EMBEDDED=False)
def test_it_shows_components_to_operators_only_where_it_is_no_trial() -> None:
    operator, carol = Client(), Client()
    operator.force_login(person("olga@drempel.example", role=Role.OPERATOR))
    carol.force_login(person())
    found = [one.get("/about/components").status_code for one in (operator, carol, Client())]
    assert found == [200, 404, 404]


@override_settings(SECOND_FACTOR_REQUIRED=True)
def test_it_opens_what_is_for_everybody_before_the_second_factor() -> None:
    browser = Client()
    browser.force_login(person())
    assert browser.get("/").status_code == 302
    assert browser.get("/about/who-sees-what").status_code == 200
