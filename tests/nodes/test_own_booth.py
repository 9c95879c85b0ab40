"""A node signs no manifest whose page or program for respondents is not its own version's."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from booth.terms import booth_of
from mpcengine.protocol.boothpage import Booth, integrity, release_of
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.signing import LABEL_MANIFEST, verify
from nodes.models import Job, JobState, RosterEntry
from tests.nodes.anna import Anna
from tests.nodes.publishing import Draft, colour_survey
from tests.people import ANNA

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])

FOREIGN = integrity(b"answers, told to somebody")
Change = Callable[[Booth], Booth]


def other_page(booth: Booth) -> Booth:
    return replace(booth, pages={**booth.pages, "en": FOREIGN})


def one_page_less(booth: Booth) -> Booth:
    return replace(booth, pages={"en": booth.pages["en"]})


def one_page_more(booth: Booth) -> Booth:
    return replace(booth, pages={**booth.pages, "de": FOREIGN})


def other_file(booth: Booth) -> Booth:
    files = {**booth.files, "style/base.css": FOREIGN}
    return replace(booth, files=files, release=release_of(files))


def one_file_more(booth: Booth) -> Booth:
    files = {**booth.files, "booth/spy.js": FOREIGN}
    return replace(booth, files=files, release=release_of(files))


CHANGES = [other_page, one_page_less, one_page_more, other_file, one_file_more]


def propose(anna: Anna, change: Change) -> tuple[Draft, Manifest]:
    """Return a survey whose portal names another booth than its own."""

    def booth(document: Mapping[str, JSON]) -> Booth:
        return change(booth_of(document))

    draft = anna.draft(colour_survey())
    draft.booth = booth
    return draft, anna.manifest(draft)


@pytest.mark.parametrize("change", CHANGES)
def test_it_refuses_another_page_or_program(anna: Anna, change: Change) -> None:
    draft, manifest = propose(anna, change)
    with pytest.raises(PolicyRefused) as refused:
        anna.accept(draft, manifest)
    assert refused.value.code == "policy.booth"
    row = Job.objects.get()
    assert (row.state, row.reason) == (JobState.REFUSED, "policy.booth")
    assert not RosterEntry.objects.exists()


def test_it_refuses_the_page_of_another_question(anna: Anna) -> None:
    """The portal shows one question and counts another."""

    def booth(document: Mapping[str, JSON]) -> Booth:
        survey = document["survey"]
        (question,) = survey["questions"]
        asked = {**question, "title": {"en": "Which do you NOT like?"}}
        return booth_of({**document, "survey": {**survey, "questions": [asked]}})

    draft = anna.draft(colour_survey())
    draft.booth = booth
    manifest = anna.manifest(draft)
    with pytest.raises(PolicyRefused) as refused:
        anna.accept(draft, manifest)
    assert refused.value.code == "policy.booth"


@pytest.mark.parametrize("change", CHANGES)
def test_an_operator_may_let_the_portal_choose(anna: Anna, change: Change) -> None:
    anna.write_policy({"booth": "any"})
    draft, manifest = propose(anna, change)
    verify(ANNA.public_key, LABEL_MANIFEST, manifest.raw, anna.accept(draft, manifest))


def test_it_takes_its_own_when_the_policy_says_so_in_words(anna: Anna) -> None:
    anna.write_policy({"booth": "own"})
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    verify(ANNA.public_key, LABEL_MANIFEST, manifest.raw, anna.accept(draft, manifest))
