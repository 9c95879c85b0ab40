"""A booth that is not as it was signed lets nobody answer, and says so where it still can.

What else tells of it, from outside: ``test_watching.py``.
"""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from cli.embedded.federation import Federation
from tests.booth.conftest import ONE_QUESTION, Open
from tests.booth.lies import Answer, Lie, lied_to
from tests.booth.survey import OpenSurvey, publish
from tests.booth.window import Window

POLICY = "content-security-policy"
INTEGRITY = re.compile(r' integrity="[^"]*"')
SPY = "document.documentElement.dataset.spied = 'yes';\n"
FOREIGN = "https://elsewhere.example"
Start = Callable[[Lie], Window]


@pytest.fixture(scope="module")
def survey(federation: Federation) -> OpenSurvey:
    return publish(federation, ONE_QUESTION)


@pytest.fixture
def start(survey: OpenSurvey, window: Open) -> Start:
    """Return what opens the invitation in a browser that is lied to."""

    def open_it(lie: Lie) -> Window:
        one = window(survey)
        lied_to(one.context, lie)
        one.page.goto(survey.link())
        return one

    return open_it


def is_silent(one: Window) -> bool:
    """Tell whether the page has sent nothing."""
    return all(asked.startswith("GET ") for asked in one.requests)


def check_stopped(one: Window, code: str) -> None:
    """Fail unless the booth says that it must not be used, and cannot be."""
    told = one.page.locator("#main")
    expect(told).to_contain_text("Stop: do not answer here")
    expect(told).to_contain_text(code)
    expect(one.page.locator("#go")).to_have_count(0)
    expect(one.page.locator("#form")).to_have_count(0)
    assert is_silent(one)


def check_idle(one: Window) -> None:
    """Fail unless the page stayed as it is without a program."""
    one.page.wait_for_load_state("networkidle")
    assert one.page.locator("#go:enabled").count() == 0
    assert is_silent(one)


def nothing(_answer: Answer) -> None:
    """Hand everything on as it is."""


def test_where_nothing_is_changed_people_can_begin(start: Start) -> None:
    one = start(nothing)
    expect(one.page.locator("#go")).to_be_enabled()
    assert is_silent(one)


@pytest.mark.parametrize("module", ["booth/app.js", "booth/session.js", "protocol/hpke.js"])
def test_a_changed_module_does_not_run(start: Start, module: str) -> None:
    def lie(answer: Answer) -> None:
        answer.body = (SPY if answer.path.endswith(module) else "") + answer.body

    one = start(lie)
    check_idle(one)
    assert one.page.locator("[data-spied]").count() == 0
    one.forgive("integrity")


def test_without_integrity_the_changed_module_would_run(start: Start) -> None:
    """What the tests above would miss if a browser did not check."""

    def lie(answer: Answer) -> None:
        if answer.kind == "document":
            answer.body = INTEGRITY.sub("", answer.body).replace("importmap", "text/plain", 1)
        if answer.path.endswith("booth/session.js"):
            answer.body = SPY + answer.body

    one = start(lie)
    expect(one.page.locator("[data-spied]")).to_have_count(1)


def test_a_changed_style_is_not_used(start: Start) -> None:
    def lie(answer: Answer) -> None:
        if answer.path.endswith("booth.css"):
            answer.body += "\nh1 { display: none; }\n"

    one = start(lie)
    one.page.wait_for_load_state("networkidle")
    expect(one.page.locator("h1").first).to_be_visible()
    one.forgive("integrity")


def manifest_changed(change: Callable[[dict[str, str]], None]) -> Lie:
    def lie(answer: Answer) -> None:
        if "/api/v1/manifests/" in answer.path:
            document = json.loads(answer.body)
            change(document)
            answer.body = json.dumps(document)

    return lie


def other_question(document: dict[str, str]) -> None:
    changed = document["manifest"].replace("Which do you pick?", "Which do you hate?")
    assert changed != document["manifest"]
    document["manifest"] = changed


def other_coordinator(document: dict[str, str]) -> None:
    document["coordinator_signature"] = document["signatures"]["a"]  # type: ignore[index]


def other_node(document: dict[str, str]) -> None:
    signatures: dict[str, str] = document["signatures"]  # type: ignore[assignment]
    signatures["c"] = signatures["b"]


@pytest.mark.parametrize("change", [other_question, other_coordinator, other_node])
def test_a_changed_manifest_stops_the_booth(
    start: Start, change: Callable[[dict[str, str]], None]
) -> None:
    check_stopped(start(manifest_changed(change)), "signature.invalid")


def test_the_manifest_of_another_survey_stops_the_booth(
    start: Start, federation: Federation
) -> None:
    other = publish(federation, ONE_QUESTION)
    found = federation.relay.get(f"manifests/{other.manifest.survey_id}/text")

    def lie(answer: Answer) -> None:
        if "/api/v1/manifests/" in answer.path:
            answer.body = json.dumps(found)

    check_stopped(start(lie), "booth.survey")


@pytest.mark.parametrize(
    "old",
    ["Which do you pick?", "Whatever you like.", "Red", "One question", "Only to try it."],
)
def test_another_text_stops_the_booth_even_if_the_page_is_right_when_it_looks_again(
    start: Start, old: str
) -> None:
    def lie(answer: Answer) -> None:
        if answer.kind == "document":
            assert old in answer.body
            answer.body = answer.body.replace(f">{old}<", f">{old} not<")

    check_stopped(start(lie), "booth.text")


@pytest.mark.parametrize("old", ["Which do you pick?", "</main>"])
def test_another_page_stops_the_booth(start: Start, old: str) -> None:
    def lie(answer: Answer) -> None:
        if answer.path.startswith("/answer/"):
            answer.body = answer.body.replace(old, f"Or else. {old}")

    check_stopped(start(lie), "booth.page")


def with_foreign_host(policy: str) -> str:
    return policy.replace("connect-src 'self'", f"connect-src 'self' {FOREIGN}")


def with_foreign_scripts(policy: str) -> str:
    return policy.replace("script-src", f"script-src {FOREIGN}")


def with_anything_from_anywhere(policy: str) -> str:
    return policy.replace("img-src 'self'", "img-src *")


def with_scripts_in_the_page(policy: str) -> str:
    return policy.replace("script-src", "script-src 'unsafe-inline'")


def with_forms(policy: str) -> str:
    return policy.replace("form-action 'none'", f"form-action {FOREIGN}")


def without_default(policy: str) -> str:
    return policy.replace("default-src 'none'; ", "")


def without_trusted_types(policy: str) -> str:
    return policy.replace("; require-trusted-types-for 'script'; trusted-types 'none'", "")


@pytest.mark.parametrize(
    "change",
    [
        with_foreign_host,
        with_foreign_scripts,
        with_anything_from_anywhere,
        with_scripts_in_the_page,
        with_forms,
        without_default,
        without_trusted_types,
    ],
)
def test_another_policy_stops_the_booth(start: Start, change: Callable[[str], str]) -> None:
    def lie(answer: Answer) -> None:
        if answer.path.startswith("/answer/"):
            changed = change(answer.headers[POLICY])
            assert changed != answer.headers[POLICY]
            answer.headers[POLICY] = changed

    check_stopped(start(lie), "booth.policy")


def test_a_page_without_a_policy_stops_the_booth(start: Start) -> None:
    def lie(answer: Answer) -> None:
        answer.headers.pop(POLICY, None)

    check_stopped(start(lie), "booth.policy")
