"""Change a draft: the shape of ``drempel-survey/1``, but it may still be incomplete.

Every function takes a content and returns a new one; none looks at a clock or a database.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import Value, one_hot_values
from mpcengine.protocol.survey import DEFAULT_MIN_COUNT
from mpcengine.protocol.survey_read import read_question
from surveys.formats.texts import make_id

Content = dict[str, JSON]
KINDS = ("single", "multiple", "number", "scale", "ranking", "matrix", "date", "text")
_ANSWERS = {"yes": {"nl": "Ja", "en": "Yes"}, "no": {"nl": "Nee", "en": "No"}}
_START: dict[str, Callable[[], dict[str, JSON]]] = {
    "single": lambda: {"options": _first_options()},
    "multiple": lambda: {"options": _first_options(), "min": 0, "max": 2},
    "number": lambda: {"min": 0, "max": 100, "bins": [0, 1, 5, 20]},
    "scale": lambda: {"min": 1, "max": 5},
    "ranking": lambda: {"options": _first_options()},
    "matrix": lambda: {"rows": [], "options": _first_options()},
    "date": lambda: {"min": "2026-01-01", "max": "2026-12-31", "bins": ["2026-01-01"]},
    "text": lambda: {"max_bytes": 280},
}


def new_content(languages: Sequence[str]) -> Content:
    """Return an empty draft in these languages."""
    return {
        "format": "drempel-survey/1",
        "title": {},
        "introduction": {},
        "languages": list(languages),
        "min_count": DEFAULT_MIN_COUNT,
        "unit": "person",
        "questions": [],
        "show_if": {},
        "tables": [],
    }


def content_of(definition: Content) -> Content:
    """Return a draft's content of a definition in normal form."""
    return {"introduction": {}, **deepcopy(definition)}


def definition_of(content: Content) -> Content:
    """Return what ``parse_survey`` reads: without empty texts and unused languages."""
    made = deepcopy(content)
    if not _filled(made["introduction"]):
        made.pop("introduction")
    else:
        made["introduction"] = _filled(made["introduction"])
    made["title"] = _filled(made["title"])
    used = list(made["title"]) + list(made.get("introduction", {}))
    for question in made["questions"]:
        used += _tidy_question(question)
    made["languages"] = [one for one in made["languages"] if one in used]
    return made


def place_of(content: Content, question_id: str) -> int:
    """Return where a question stands, from 0; raise KeyError for an unknown id."""
    for place, question in enumerate(content["questions"]):
        if question["id"] == question_id:
            return place
    raise KeyError(question_id)


def question_add(content: Content, kind: str) -> tuple[Content, str]:
    """Return the draft with a new question at its end, and the question's id."""
    made = deepcopy(content)
    ids = {one["id"] for one in made["questions"]}
    fresh = make_id(f"q{len(ids) + 1}", ids)
    question = {
        "id": fresh, "kind": kind, "title": {}, "required": kind != "text",
        "extremes": "hide", "nonresponse": "hide", **_START[kind](),
    }  # fmt: skip
    made["questions"].append(question)
    return made, fresh


def question_put(content: Content, question: dict[str, JSON], shown: JSON) -> Content:
    """Return the draft with a question's new text; ``shown`` is its condition or None."""
    made = deepcopy(content)
    made["questions"][place_of(made, question["id"])] = question
    made["show_if"].pop(question["id"], None)
    if shown is not None:
        made["show_if"][question["id"]] = shown
    return made


def question_move(content: Content, question_id: str, steps: int) -> Content:
    """Return the draft with a question moved by so many places, as far as there are any."""
    made = deepcopy(content)
    place = place_of(made, question_id)
    question = made["questions"].pop(place)
    made["questions"].insert(max(0, place + steps), question)
    return made


def question_duplicate(content: Content, question_id: str) -> tuple[Content, str]:
    """Return the draft with a copy after the question, and the copy's id."""
    made = deepcopy(content)
    place = place_of(made, question_id)
    copy = deepcopy(made["questions"][place])
    copy["id"] = make_id(question_id, {one["id"] for one in made["questions"]})
    made["questions"].insert(place + 1, copy)
    if question_id in made["show_if"]:
        made["show_if"][copy["id"]] = deepcopy(made["show_if"][question_id])
    return made, copy["id"]


def question_delete(content: Content, question_id: str) -> Content:
    """Return the draft without a question; rules that looked at it stay, and are told of."""
    made = deepcopy(content)
    made["questions"].pop(place_of(made, question_id))
    made["show_if"].pop(question_id, None)
    return made


def answers_before(content: Content, question_id: str) -> dict[str, tuple[Value, ...]]:
    """Return the one-hot tables before a question with their answers: what a rule may name."""
    found: dict[str, tuple[Value, ...]] = {}
    for question in content["questions"]:
        if question["id"] == question_id:
            break
        found |= answers_of(question, content["languages"])
    return found


def answers_of(
    question: dict[str, JSON], languages: Sequence[str]
) -> dict[str, tuple[Value, ...]]:
    """Return a question's one-hot tables with their answers; none while it is incomplete."""
    try:
        return one_hot_values(read_question(_readable(question), tuple(languages), ""))
    except (KeyError, TypeError, ValueError):
        return {}


def _readable(question: dict[str, JSON]) -> dict[str, JSON]:
    made = deepcopy(question)
    if made.get("bins") == []:
        made.pop("bins")
    return made


def _tidy_question(question: dict[str, JSON]) -> list[str]:
    used: list[str] = []
    for holder in (question, *question.get("options", ()), *question.get("rows", ())):
        holder["title"] = _filled(holder.get("title", {}))
        used += list(holder["title"])
        if not holder["title"]:
            holder.pop("title")
            used.append("en")
    hint = _filled(question.pop("hint", {}))
    if hint:
        question["hint"] = hint
        used += list(hint)
    if not question.get("bins", True):
        question.pop("bins")
    return used


def _filled(text: dict[str, JSON]) -> dict[str, JSON]:
    return {language: words for language, words in text.items() if words}


def _first_options() -> list[JSON]:
    return [{"id": key, "title": dict(title)} for key, title in _ANSWERS.items()]
