"""A coordinator writes a questionnaire on the pages: from nothing, from a file, and back."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from surveys.formats.registry import WRITERS
from surveys.models import Draft
from tests.accounts.cast import person
from tests.booth.page_surveys import every_kind
from tests.surveys.formats.sheets import SIZES, YES_NO, asked, workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def carol() -> User:
    return person()


@pytest.fixture
def browser(carol: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(carol)
    return client


def begin(browser: Client) -> Draft:
    assert browser.post("/drafts/new", {"languages": ["nl", "en"]}).status_code == 302
    return Draft.objects.get()


def fields(page: Any) -> dict[str, Any]:
    """Return what a browser would send of the question's form as it stands."""
    form = page.context["form"]
    found = {}
    for field in form:
        value = field.value()
        if value is True:
            found[field.html_name] = "on"
        elif value not in (None, False):
            found[field.html_name] = value
    return {**found, "number": page.context["draft"].number}


def add(browser: Client, draft: Draft, kind: str, **changes: Any) -> Draft:
    answer = browser.post(f"/drafts/{draft.pk}", {"kind": kind})
    page = browser.get(answer["location"])
    texts = {
        "title_nl": f"Vraag {kind}", "title_en": f"Question {kind}",
        "options_0_nl": "Ja", "options_1_nl": "Nee",
    }  # fmt: skip
    given = {**fields(page), **texts, **changes}
    saved = browser.post(answer["location"], given)
    assert saved.status_code == 302, saved.context["form"].errors
    draft.refresh_from_db()
    return draft


def test_it_writes_a_questionnaire_from_nothing(browser: Client) -> None:
    draft = begin(browser)
    page = browser.get(f"/drafts/{draft.pk}").content.decode()
    assert "Ready to open: 5 of 9" in page
    add(browser, draft, "single")
    add(
        browser, draft, "number",
        min="0", max="50", bins="0, 1, 10", rule=['["q1", "yes"]'],
        hint_en="Roughly", hint_nl="Ca.",
    )  # fmt: skip
    add(browser, draft, "matrix", rows_0_nl="Post", rows_0_en="Mail")
    terms = {
        "form": "head", "title_nl": "Proef", "title_en": "Try", "unit": "person",
        "min_count": "5", "number": draft.number,
    }  # fmt: skip
    assert browser.post(f"/drafts/{draft.pk}/settings", terms).status_code == 302
    plan = {
        "form": "plan", "expected": "200", "opens": "2030-01-01T09:00",
        "closes": "2030-02-01T09:00",
    }  # fmt: skip
    assert browser.post(f"/drafts/{draft.pk}/settings", plan).status_code == 302
    page = browser.get(f"/drafts/{draft.pk}").content.decode()
    assert "Ready to open: 9 of 9" in page
    assert "Asked only if “Question single” is “Yes”." in page
    exported = browser.get(f"/drafts/{draft.pk}/export/drempel").json()
    assert [one["id"] for one in exported["questions"]] == ["q1", "q2", "q3"]
    assert exported["questions"][1]["bins"] == [0, 1, 10]
    assert exported["questions"][1]["hint"] == {"en": "Roughly", "nl": "Ca."}
    assert exported["show_if"] == {"q2": {"var": "q1", "op": "=", "value": "yes"}}
    assert exported["questions"][2]["rows"] == [
        {"id": "post", "title": {"nl": "Post", "en": "Mail"}}
    ]


def test_it_tells_of_a_removed_answer_and_brings_a_question_back(browser: Client) -> None:
    draft = begin(browser)
    add(browser, draft, "single")
    add(browser, draft, "scale", rule=['["q1", "yes"]'])
    before = draft.number
    address = f"/drafts/{draft.pk}/question/q1"
    given = {**fields(browser.get(address)), "options_0_gone": "on", "options_2_nl": "Soms"}
    browser.post(address, given)
    page = browser.get(f"/drafts/{draft.pk}").content.decode()
    assert "Its rule names an answer of “q1” that was removed." in page
    browser.post(f"/drafts/{draft.pk}/act", {"question": "q1", "act": "delete"})
    page = browser.get(f"/drafts/{draft.pk}").content.decode()
    assert "Its rule looks at “q1”, which is no longer there." in page
    browser.post(f"/drafts/{draft.pk}/versions", {"number": before})
    draft.refresh_from_db()
    assert [one["id"] for one in draft.content["questions"]] == ["q1", "q2"]
    assert [one["id"] for one in draft.content["questions"][0]["options"]] == ["yes", "no"]


def test_it_moves_copies_and_refuses_what_was_changed_elsewhere(browser: Client) -> None:
    draft = begin(browser)
    add(browser, draft, "single")
    add(browser, draft, "text")
    act = f"/drafts/{draft.pk}/act"
    browser.post(act, {"question": "q2", "act": "up"})
    browser.post(act, {"question": "q1", "act": "copy"})
    draft.refresh_from_db()
    assert [one["id"] for one in draft.content["questions"]] == ["q2", "q1", "q1_2"]
    old = {"question": "q1", "act": "delete", "number": draft.number - 1}
    page = browser.post(act, old, follow=True).content.decode()
    assert "changed elsewhere" in page
    assert browser.post(act, {"question": "q1", "act": "explode"}).status_code == 404
    assert browser.post(act, {"question": "q9", "act": "up"}).status_code == 404


def test_it_imports_after_showing_the_report(browser: Client) -> None:
    book = workbook(
        survey=[
            asked("select_one yn", "a"),
            asked("geopoint", "where"),
            asked("select_one size", "b", relevant="${a} = '1'"),
        ],
        choices=[*YES_NO, *SIZES],
    )
    file = BytesIO(book)
    file.name = "form.xlsx"
    report = browser.post("/drafts/import", {"file": file, "language": "nl"})
    page = report.content.decode()
    assert "Left out: 1." in page
    assert "survey, row 3" in page
    assert "geopoint" in page
    assert not Draft.objects.exists()
    kept = browser.post("/drafts/keep", {"definition": report.context["packed"]})
    assert kept.status_code == 302
    draft = Draft.objects.get()
    assert draft.content["show_if"] == {"b": {"var": "a", "op": "=", "value": "o1"}}


@pytest.mark.parametrize("given", ["", "!", "e30=", "bnVsbA==", "WzFd"])
def test_it_keeps_nothing_that_is_no_survey(browser: Client, given: str) -> None:
    assert browser.post("/drafts/keep", {"definition": given}).status_code == 302
    assert not Draft.objects.exists()


def test_it_says_why_a_file_cannot_be_read(browser: Client) -> None:
    file = BytesIO(b"\x89PNG")
    file.name = "picture.png"
    page = browser.post("/drafts/import", {"file": file, "language": "nl"}).content.decode()
    assert (
        "The file is no XLSForm (.xlsx), LimeSurvey (.lss), SurveyJS or Drempel file." in page
    )


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_it_shows_rehearses_and_exports_every_kind(browser: Client, form: str) -> None:
    file = BytesIO(json.dumps(every_kind()).encode())
    file.name = "survey.json"
    report = browser.post("/drafts/import", {"file": file, "language": "nl"})
    browser.post("/drafts/keep", {"definition": report.context["packed"]})
    draft = Draft.objects.get()
    shown = browser.get(f"/drafts/{draft.pk}/preview?language=nl").content.decode()
    assert "Noem geen namen." in shown
    assert 'type="radio"' in shown
    assert "This is a preview." in shown
    page = browser.post(f"/drafts/{draft.pk}/rehearsal", {"respondents": "150"})
    said = page.content.decode()
    assert "every answer on this page is invented" in said
    assert 0 < page.context["hidden"] < page.context["cells"]
    for table in page.context["tables"]:
        for _key, count in table["cells"]:
            assert count is None or count >= draft.content["min_count"] or count == 0
    assert browser.get(f"/drafts/{draft.pk}/export/{form}").status_code == 200
    assert browser.get(f"/drafts/{draft.pk}/export/pdf").status_code == 404


def test_absent_and_not_yours_look_the_same(browser: Client) -> None:
    draft = begin(browser)
    other = Client()
    other.force_login(person("dana@drempel.example", organisation="Hospital"))
    for path in ("", "/settings", "/preview", "/rehearsal", "/versions", "/export/drempel"):
        theirs = other.get(f"/drafts/{draft.pk}{path}")
        none = other.get(f"/drafts/{'0' * 32}{path}")
        assert (theirs.status_code, none.status_code) == (404, 404)


def test_a_copy_is_a_draft_of_its_own(browser: Client) -> None:
    draft = begin(browser)
    add(browser, draft, "scale")
    browser.post(f"/drafts/{draft.pk}/copy")
    browser.post(f"/drafts/{draft.pk}/delete")
    copy = Draft.objects.get()
    assert copy.pk != draft.pk
    assert [one["kind"] for one in copy.content["questions"]] == ["scale"]
