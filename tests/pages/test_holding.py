"""A holder answers in the browser: from the invitation mail to her own hits, at real nodes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import Role
from accounts.people import invitation_make
from cli.embedded.federation import Federation, Options, running
from cli.embedded.templates import templates_ready
from datarequests import terms
from datarequests.models import OrganisationKey
from tests.accounts.cast import PASSWORD, code_of, person
from tests.datarequests.holding_day import nodes_known, publish
from tests.pages.conftest import Open, Watched

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
MOST_STEPS = 8
ROWS = 2_000


@pytest.fixture(scope="module")
def federation() -> Iterator[Federation]:
    """Return three nodes that allow small numbers."""
    templates_ready()
    with running(Options(is_test=True)) as found:
        yield found


class Steps:
    """Count what a person does, page by page."""

    def __init__(self, watched: Watched) -> None:
        self.watched, self.page = watched, watched.page
        self.done: list[str] = []
        # Nodes are elsewhere by design; the page's policy names them, and nobody else.
        self.watched.faults = _NoForeign()

    def step(self, name: str) -> None:
        self.done.append(name)


class _NoForeign(list[str]):
    def append(self, fault: str) -> None:
        if not fault.startswith("foreign http://127.0.0.1:"):
            super().append(fault)


def table(folder: Path, *, hits: int) -> Path:
    """Return a CSV of 2,000 lines, of which so many were asked for, and some are broken."""
    lines = ["when;dst ip;host"]
    for row in range(ROWS):
        address = f"192.0.2.{row + 1}" if row < hits else f"10.{row >> 8}.{row & 255}.7"
        lines.append(f"2026-11-02;{address};" if row % 100 != 99 else "2026-11-02;n/a;")
    path = folder / "traffic.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def arrive(steps: Steps) -> None:
    """Go from the mail to keys in the browser."""
    user = person("hugo@drempel.example", organisation="Waterland", role=Role.CONSENT_OFFICER)
    page = steps.page
    steps.watched.go(f"/account/invitation/{invitation_make(user=user)}")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state("networkidle")
    steps.step("choose a password")
    if steps.watched.place() == "/account/sign-in":
        steps.watched.sign_in(user.email)
        steps.step("sign in")
    steps.watched.go("/account/second-factor/app")
    if page.locator("[name=password]").count():
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_load_state("networkidle")
    secret = page.locator(".secret").inner_text()
    page.locator("[name=code]").fill(code_of(secret))
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")
    steps.step("second factor")
    steps.watched.go("/holding")
    page.locator("#keys-make").click()
    page.locator("#keys-there").wait_for()
    steps.step("make keys")


def test_from_the_mail_to_the_hits(
    window: Open, federation: Federation, tmp_path: Path
) -> None:
    nodes_known(federation)
    steps = Steps(window())
    page = steps.page
    arrive(steps)
    day = publish(federation, tmp_path, OrganisationKey.objects.get())
    asked = [f"192.0.2.{n}" for n in range(1, 31)]
    asking = day.ask("".join(f"ipv4,{one}\n" for one in asked))
    others = [day.connector(owner, "ipv4,192.0.2.1\nipv4,192.0.2.2\n") for owner in (2, 3)]
    for one in others:
        one.go()
    answer(steps, table(tmp_path, hits=5))
    # The page has consented last; the nonce comes, and it hands in by itself.
    page.locator("#sent").wait_for(timeout=60_000)
    asking.join(60)
    while not all(one.outcomes for one in others):
        for one in others:
            one.go()
    page.locator("#hits-table").wait_for(timeout=60_000)
    found = page.locator("#hits-rows tr").all_inner_texts()
    assert [row.split()[0] for row in found] == [f"192.0.2.{n}" for n in range(1, 6)]
    assert page.locator("#value-organisations").inner_text() == "3"
    assert page.locator("#value-indicators").inner_text() == "5"
    document = others[0].outcomes[0].result
    assert document["match"]["organisations"]["count"] == 3
    assert document["match"]["indicators"]["count"] == 5
    hits = others[0].outcomes[0].hits
    assert hits is not None
    assert hits.items == ("192.0.2.1", "192.0.2.2")
    assert len(steps.done) <= MOST_STEPS, steps.done
    saved(steps)


def test_declining_survives_a_closed_tab_and_looks_like_an_answer(
    window: Open, federation: Federation, tmp_path: Path
) -> None:
    nodes_known(federation)
    steps = Steps(window(language="nl"))
    arrive(steps)
    day = publish(federation, tmp_path, OrganisationKey.objects.get())
    asking = day.ask("".join(f"ipv4,192.0.2.{n}\n" for n in range(1, 31)))
    others = [day.connector(owner, "ipv4,192.0.2.1\n") for owner in (2, 3)]
    steps.watched.go("/holding")
    steps.page.locator("tbody a").click()
    steps.page.locator("#checked").wait_for()
    steps.page.locator("#decline").click()
    steps.page.locator("#agree").click()
    steps.page.locator("#send-wait").wait_for()
    path = steps.watched.place()
    # The tab is gone before there is a nonce; another one goes on by itself.
    steps.page.close()
    for one in others:
        one.go()
    steps.watched.page = steps.page = steps.watched.context.new_page()
    steps.watched.go(path)
    steps.page.locator("#sent").wait_for(timeout=60_000)
    asking.join(60)
    while not all(one.outcomes for one in others):
        for one in others:
            one.go()
    steps.page.locator("#hits-padding").wait_for(timeout=60_000)
    assert steps.page.locator("#history li").count() == 4
    # Two organisations are fewer than the question shows; nobody is told which two.
    assert others[0].outcomes[0].result["match"]["organisations"]["status"] == "suppressed"
    assert others[0].outcomes[0].result["accepted"] == 3


def test_a_page_that_says_something_else_is_not_answered(
    window: Open, federation: Federation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes_known(federation)
    steps = Steps(window())
    arrive(steps)
    day = publish(federation, tmp_path, OrganisationKey.objects.get())

    real = terms.terms_compared
    lie = {"requester": "Somebody else"}
    monkeypatch.setattr(terms, "terms_compared", lambda signed: {**real(signed), **lie})
    steps.watched.go(f"/holding/{day.request.pk}")
    steps.page.locator("#fault").wait_for()
    assert steps.page.locator("#fault-code").inner_text() == "page.differs"
    assert steps.page.locator("#decide").is_hidden()


def answer(steps: Steps, path: Path) -> None:
    """Answer from the inbox with a file."""
    page = steps.page
    steps.watched.go("/holding")
    page.locator("tbody a").click()
    page.locator("#checked").wait_for()
    steps.step("read the question")
    page.locator("#take").click()
    page.locator("#file").set_input_files(path)
    steps.step("choose the list")
    page.locator("#columns select").nth(1).wait_for()
    assert page.locator("#columns select").nth(1).input_value() == "ipv4"
    page.locator("#read").click()
    page.locator("#agree").wait_for()
    assert page.locator("#usable").inner_text() == "1,980"
    assert page.locator("#left-count").inner_text() == "20"
    steps.step("look at the columns")
    page.locator("#agree").click()
    steps.step("sign and send")


def saved(steps: Steps) -> None:
    """The hits can be kept as a file, and the history says what was done."""
    with steps.page.expect_download() as download:
        steps.page.locator("#hits-save").click()
    document = json.loads(Path(download.value.path()).read_text())
    assert document["format"] == "drempel-hits/1"
    assert document["lines"] == [2, 3, 4, 5, 6]
    assert steps.page.locator("#history li").count() == 4
