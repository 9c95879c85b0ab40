"""The page as bytes: the same for everybody, safe against its words, whole in two languages."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from booth import moments
from booth.catalogue import LANGUAGES, words_of
from booth.files import files_table
from booth.questions import PART_WEIGHT, parts_of
from booth.render import page_render
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.survey import parse_survey
from tests.booth.page_surveys import EVIL, document_of, every_kind, evil

MOST_WORDS = 20


class Reading(HTMLParser):
    """Note every element, and the text of each that says which words of the survey it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: dict[str, list[str]] = {}
        self.open: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.append((tag, found))
        if found.get("data-t"):
            self.said.setdefault(str(found["data-t"]), []).append("")
        if tag not in {"br", "input", "link", "meta"}:
            self.open.append((tag, found.get("data-t")))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, path in self.open:
            if path:
                self.said[path][-1] += data


def page_of(survey: JSON, language: str = "nl") -> str:
    return page_render(document_of(survey), files_table(), language).decode()


def read(page: str) -> Reading:
    reading = Reading()
    reading.feed(page)
    assert reading.open == []
    return reading


def texts_of(survey: JSON) -> Iterator[tuple[str, dict[str, str]]]:
    yield "title", survey["title"]
    yield "introduction", survey["introduction"]
    for place, question in enumerate(survey["questions"]):
        yield f"questions.{place}.title", question["title"]
        if "hint" in question:
            yield f"questions.{place}.hint", question["hint"]
        for key in ("rows", "options"):
            for at, choice in enumerate(question.get(key, ())):
                yield f"questions.{place}.{key}.{at}.title", choice["title"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_every_word_of_the_survey_and_no_other(language: str) -> None:
    survey = parse_survey(every_kind()).to_json()
    said = read(page_of(every_kind(), language)).said
    wanted = {path: text.get(language, text.get("en")) for path, text in texts_of(survey)}
    assert {path: set(found) for path, found in said.items()} == {
        path: {text} for path, text in wanted.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_the_same_every_time_and_wholly_in_its_language(language: str) -> None:
    page = page_of(every_kind(), language)
    assert page == page_of(every_kind(), language)
    assert f'<html lang="{language}">' in page
    assert re.search(r"\{[a-z_]+\}", re.sub(r"<script.*?</script>", "", page)) is None


def test_it_marks_words_in_another_language() -> None:
    tags = read(page_of(every_kind(), "nl")).tags
    others = [found["data-t"] for _, found in tags if "data-t" in found and "lang" in found]
    assert others
    assert all("questions.12." in str(path) for path in others)


def test_it_lets_no_word_of_the_survey_out_of_its_place() -> None:
    reading = read(page_of(evil()))
    assert {text for found in reading.said.values() for text in found} == {EVIL}
    scripts = [found for tag, found in reading.tags if tag == "script"]
    assert all({"type"} < set(found) or "src" not in found for found in scripts)
    assert [found["type"] for found in scripts if "src" not in found] == [
        "importmap",
        "application/json",
    ]


def test_it_has_no_style_and_no_handler_of_its_own() -> None:
    for tag, found in read(page_of(every_kind())).tags:
        assert tag != "style"
        assert not {name for name in found if name == "style" or name.startswith("on")}


def test_every_id_stands_once_and_every_reference_leads_somewhere() -> None:
    tags = read(page_of(every_kind())).tags
    ids = [str(found["id"]) for _, found in tags if "id" in found]
    assert len(ids) == len(set(ids))
    for _, found in tags:
        for name in ("for", "aria-describedby", "aria-labelledby"):
            assert set((found.get(name) or "").split()) <= set(ids)


def test_a_question_starts_after_the_part_that_decides_whether_it_is_asked() -> None:
    survey = parse_survey(every_kind()).to_json()
    parts = parts_of(survey)
    assert [place for part in parts for place in part] == list(range(len(survey["questions"])))
    part_of = {
        survey["questions"][place]["id"]: at for at, part in enumerate(parts) for place in part
    }
    assert part_of["watch"] < part_of["hours"]
    assert all(len(part) <= PART_WEIGHT for part in parts)


def test_the_two_languages_have_the_same_sentences() -> None:
    dutch, english = (words_of(language) for language in LANGUAGES)
    for one, other in ((dutch.page, english.page), (dutch.script, english.script)):
        assert shape(one) == shape(other)


def shape(sentences: Any) -> dict[str, object]:
    """Return which names each sentence fills in, and which have two forms."""
    return {
        key: (
            isinstance(sentence, dict),
            frozenset(re.findall(r"\{(\w+)\}", json.dumps(sentence))),
        )
        for key, sentence in sentences.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_sentences_are_short_and_plain(language: str) -> None:
    words = words_of(language)
    for sentence in forms({**words.page, **words.script}):
        assert "MPC" not in sentence
        for part in re.split(r"[.?!:](?:\s|$)", sentence):
            assert len(part.split()) <= MOST_WORDS, part


def forms(sentences: dict[str, Any]) -> Iterator[str]:
    for sentence in sentences.values():
        yield from (sentence.values() if isinstance(sentence, dict) else [sentence])


@pytest.mark.parametrize(
    ("written", "dutch", "english"),
    [
        (
            "2026-03-29T00:59:59Z",
            "zondag 29 maart 2026, 01.59 uur",
            "Sunday 29 March 2026, 01:59",
        ),
        (
            "2026-03-29T01:00:00Z",
            "zondag 29 maart 2026, 03.00 uur",
            "Sunday 29 March 2026, 03:00",
        ),
        (
            "2026-10-25T00:59:59Z",
            "zondag 25 oktober 2026, 02.59",
            "Sunday 25 October 2026, 02:59",
        ),
        (
            "2026-10-25T01:00:00Z",
            "zondag 25 oktober 2026, 02.00",
            "Sunday 25 October 2026, 02:00",
        ),
        (
            "2026-12-31T23:30:00Z",
            "vrijdag 1 januari 2027, 00.30",
            "Friday 1 January 2027, 00:30",
        ),
    ],
)
def test_it_says_a_moment_in_dutch_time(written: str, dutch: str, english: str) -> None:
    assert moments.moment("nl", written).startswith(dutch)
    assert moments.moment("en", written).startswith(english)
