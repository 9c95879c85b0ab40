"""Following a survey: where it stands, and closing it only by word and key."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from mpcengine.models import JobState, MpcJob
from mpcengine.protocol.strict import to_base64
from surveys.models import Survey, SurveyState
from tests.mpcengine.cast import order_of
from tests.surveys.steps import create, published

pytestmark = pytest.mark.django_db
WORDS = {
    JobState.PROPOSED: "waits for the nodes",
    JobState.AGREED: "signed by all",
    JobState.OPEN: "Nobody sees how many answered",
    JobState.CLOSING: "closing",
    JobState.RUNNING: "being computed",
    JobState.RELEASED: "Read the results",
    JobState.WITHHELD: "nothing released",
    JobState.REFUSED: "refused by a node",
    JobState.FAILED: "failed",
}


def browser() -> Client:
    found = Client(headers={"accept-language": "en"})
    found.force_login(User.objects.get())
    return found


def test_it_says_where_a_draft_stands_and_what_is_up_to_the_coordinator(
    carol: APIClient,
) -> None:
    survey = create(carol)
    page = browser().get("/").content.decode()
    assert "Up to you now" in page
    assert "Invite people, then prepare it for signing" in page
    assert "Step 1 of 6: draft" in browser().get(f"/surveys/{survey}").content.decode()
    assert browser().get(f"/surveys/{survey}/close").status_code == 302


@pytest.mark.usefixtures("federation")
def test_it_has_words_for_every_state_of_a_job(carol: APIClient) -> None:
    survey, _ = published(carol)
    for state in JobState:
        MpcJob.objects.update(state=state)
        page = browser().get(f"/surveys/{survey}")
        assert page.status_code == 200
        assert WORDS[state] in page.content.decode()


@pytest.mark.usefixtures("federation")
def test_it_closes_by_word_and_key_only(carol: APIClient) -> None:
    survey, manifest = published(carol)
    address = f"/surveys/{survey}/close"
    order, signature = order_of(manifest, "close")
    page = browser().get(address).content.decode()
    assert to_base64(order) in page
    good = {"word": "close", "signature": to_base64(signature)}
    for wrong in ({"word": "yes"}, {"signature": "x"}, {"signature": to_base64(bytes(64))}):
        answer = browser().post(address, {**good, **wrong})
        assert answer.status_code == 200
        assert 'class="sum"' in answer.content.decode()
        assert Survey.objects.get().state == SurveyState.PUBLISHED
    answer = browser().post(address, good)
    assert answer.headers["Location"] == f"/surveys/{survey}"
    assert Survey.objects.get().state == SurveyState.CLOSED
    assert "Step 4 of 6: closing" in browser().get(f"/surveys/{survey}").content.decode()
