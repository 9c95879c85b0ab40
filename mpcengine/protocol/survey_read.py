"""Turn a survey's questions, already of the right shape, into values with defaults filled in.

Source: docs/protocol.md §5.
"""

from collections.abc import Callable, Iterator
from typing import TypedDict

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.questions import (
    HIDE,
    Choice,
    DateQuestion,
    MatrixQuestion,
    MultipleQuestion,
    NumberQuestion,
    Question,
    RankingQuestion,
    ScaleQuestion,
    SingleQuestion,
    Text,
    TextQuestion,
)

SHORTHAND_LANGUAGE = "en"


class Common(TypedDict):
    """Hold the keys that every kind of question has."""

    id: str
    title: Text
    hint: Text
    required: bool
    extremes: str
    nonresponse: str


def read_languages(obj: JSON) -> tuple[str, ...]:
    """Return the survey's languages: as given, else in order of first appearance.

    Raises MalformedInput ``survey.languages`` if a list is given and is not exactly the
    languages used.
    """
    used = tuple(dict.fromkeys(_languages_used(obj)))
    if "languages" not in obj:
        return used
    given = tuple(obj["languages"])
    if len(set(given)) != len(given) or set(given) != set(used):
        raise MalformedInput(
            "survey.languages",
            "languages must name each language of the survey's texts once, and no other.",
            where="languages",
        )
    return given


def read_text(obj: JSON, languages: tuple[str, ...]) -> Text:
    """Return a text's languages in the survey's order."""
    return tuple((language, obj[language]) for language in languages if language in obj)


def read_question(obj: JSON, languages: tuple[str, ...], where: str) -> Question:
    """Return one question; raise MalformedInput if its own keys contradict each other."""
    common = Common(
        id=obj["id"],
        title=read_text(obj.get("title", {SHORTHAND_LANGUAGE: obj["id"]}), languages),
        hint=read_text(obj.get("hint", {}), languages),
        required=obj.get("required", False),
        extremes=obj.get("extremes", HIDE),
        nonresponse=obj.get("nonresponse", HIDE),
    )
    return _READERS[obj["kind"]](obj, common, languages, where)


def _languages_used(obj: JSON) -> Iterator[str]:
    yield from obj["title"]
    yield from obj.get("introduction", {})
    for question in obj["questions"]:
        yield from question.get("title", {SHORTHAND_LANGUAGE: ""})
        yield from question.get("hint", {})
        for choice in (*question.get("rows", ()), *question.get("options", ())):
            shorthand = isinstance(choice, str) or "title" not in choice
            yield from (SHORTHAND_LANGUAGE,) if shorthand else choice["title"]


def _choices(obj: JSON, key: str, languages: tuple[str, ...], where: str) -> tuple[Choice, ...]:
    choices = tuple(_choice(item, languages) for item in obj[key])
    seen: set[str] = set()
    for place, choice in enumerate(choices):
        path = f"{where}.{key}[{place}]"
        if choice.id in seen:
            raise MalformedInput(
                "survey.duplicate_id",
                f"{path} repeats an id of this list; give each its own.",
                where=path,
            )
        if choice.id == "not_shown":
            raise MalformedInput(
                "survey.reserved_id",
                f"{path} must not be 'not_shown', which results use; choose another id.",
                where=path,
            )
        seen.add(choice.id)
    return choices


def _choice(obj: JSON, languages: tuple[str, ...]) -> Choice:
    choice = {"id": obj} if isinstance(obj, str) else obj
    title = choice.get("title", {SHORTHAND_LANGUAGE: choice["id"]})
    return Choice(id=choice["id"], title=read_text(title, languages))


def _single(obj: JSON, common: Common, languages: tuple[str, ...], where: str) -> Question:
    return SingleQuestion(**common, options=_choices(obj, "options", languages, where))


def _multiple(obj: JSON, common: Common, languages: tuple[str, ...], where: str) -> Question:
    return MultipleQuestion(
        **common,
        options=_choices(obj, "options", languages, where),
        minimum=obj.get("min", 0),
        maximum=obj.get("max", len(obj["options"])),
    )


def _number(obj: JSON, common: Common, _languages: tuple[str, ...], _where: str) -> Question:
    bins = tuple(obj["bins"]) if "bins" in obj else None
    return NumberQuestion(**common, minimum=obj["min"], maximum=obj["max"], bins=bins)


def _scale(obj: JSON, common: Common, _languages: tuple[str, ...], _where: str) -> Question:
    return ScaleQuestion(**common, minimum=obj["min"], maximum=obj["max"])


def _ranking(obj: JSON, common: Common, languages: tuple[str, ...], where: str) -> Question:
    return RankingQuestion(**common, options=_choices(obj, "options", languages, where))


def _matrix(obj: JSON, common: Common, languages: tuple[str, ...], where: str) -> Question:
    return MatrixQuestion(
        **common,
        rows=_choices(obj, "rows", languages, where),
        options=_choices(obj, "options", languages, where),
    )


def _date(obj: JSON, common: Common, _languages: tuple[str, ...], _where: str) -> Question:
    bins = tuple(obj["bins"]) if "bins" in obj else None
    return DateQuestion(**common, minimum=obj["min"], maximum=obj["max"], bins=bins)


def _text(obj: JSON, common: Common, _languages: tuple[str, ...], _where: str) -> Question:
    return TextQuestion(**common, max_bytes=obj["max_bytes"])


_READERS: dict[str, Callable[[JSON, Common, tuple[str, ...], str], Question]] = {
    "single": _single,
    "multiple": _multiple,
    "number": _number,
    "scale": _scale,
    "ranking": _ranking,
    "matrix": _matrix,
    "date": _date,
    "text": _text,
}
