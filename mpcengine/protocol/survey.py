"""Read a survey definition, refuse what breaks a rule, and write its one normal form.

Source: docs/protocol.md §5. The rules that look at several questions are in survey_rules.
"""

from dataclasses import dataclass
from functools import cache

from jsonschema.protocols import Validator

from mpcengine.protocol.canonical import JSON, canonical
from mpcengine.protocol.errors import MalformedInput, MalformedMessage
from mpcengine.protocol.layout_parts import text_words
from mpcengine.protocol.questions import (
    NumberQuestion,
    Question,
    ShowIf,
    Text,
    TextQuestion,
)
from mpcengine.protocol.schemas_check import check_shape, compile_schema
from mpcengine.protocol.schemas_survey import SURVEY_FORMAT, SURVEY_SCHEMA
from mpcengine.protocol.survey_read import read_languages, read_question, read_text
from mpcengine.protocol.survey_rules import (
    check_questions,
    check_tables,
    read_show_if,
)

DEFAULT_MIN_COUNT = 10
SUM_BITS = 60
SQUARES_BITS = 58
# Words of texts that all invited have together: eight bytes each in a node's statement.
MOST_TEXT_WORDS = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Hold a survey in normal form: every default filled in, every option written out.

    ``languages`` orders the languages; a reader whose language a text lacks gets the first of
    these that the text has. ``show_if`` stands in the order of the questions it shows.
    ``tables`` holds pairs of one-way table ids (question ids, or ``grid.row``).
    """

    title: Text
    introduction: Text
    languages: tuple[str, ...]
    min_count: int
    unit: str
    questions: tuple[Question, ...]
    show_if: tuple[ShowIf, ...]
    tables: tuple[tuple[str, str], ...]

    def question(self, question_id: str) -> Question:
        """Return the question with this id; raise KeyError if there is none."""
        for question in self.questions:
            if question.id == question_id:
                return question
        raise KeyError(question_id)

    def condition(self, question_id: str) -> ShowIf | None:
        """Return when a question is shown, or None if everybody is asked."""
        return next((c for c in self.show_if if c.question == question_id), None)

    def to_json(self) -> dict[str, JSON]:
        """Return the normal form; ``parse_survey(survey.to_json()) == survey``."""
        introduction: dict[str, JSON] = (
            {"introduction": dict(self.introduction)} if self.introduction else {}
        )
        return {
            "format": SURVEY_FORMAT,
            "title": dict(self.title),
            **introduction,
            "languages": list(self.languages),
            "min_count": self.min_count,
            "unit": self.unit,
            "questions": [question.to_json() for question in self.questions],
            "show_if": {c.question: c.to_json() for c in self.show_if},
            "tables": [{"questions": list(pair)} for pair in self.tables],
        }


def parse_survey(obj: JSON) -> Survey:
    """Read ``drempel-survey/1`` and return it in normal form.

    Raises MalformedInput with a stable ``code``, the path in ``where`` and one sentence: for
    an unknown version or key, a wrong shape, and every broken rule of docs/protocol.md §5.
    """
    _check_version(obj)
    check_shape(_validator(), obj, area="survey")
    _check_characters(obj)
    languages = read_languages(obj)
    questions = tuple(
        read_question(question, languages, f"questions[{place}]")
        for place, question in enumerate(obj["questions"])
    )
    check_questions(questions)
    show_if = read_show_if(questions, obj.get("show_if", {}))
    tables = tuple((row["questions"][0], row["questions"][1]) for row in obj.get("tables", []))
    check_tables(questions, show_if, tables)
    return Survey(
        title=read_text(obj["title"], languages),
        introduction=read_text(obj.get("introduction", {}), languages),
        languages=languages,
        min_count=obj.get("min_count", DEFAULT_MIN_COUNT),
        unit=obj.get("unit", "person"),
        questions=questions,
        show_if=show_if,
        tables=tables,
    )


def check_limits(survey: Survey, invited: int) -> None:
    """Return nothing if this survey can be published to ``invited`` respondents.

    Sums must stay below 2^60 and, for numbers with at least two bins, sums of squares below
    2^58 (docs/protocol.md §5); all texts together have at most 2^20 words. Raises
    MalformedInput ``survey.invited``, ``survey.range`` or ``survey.texts_too_long``.
    """
    if invited < 1:
        raise MalformedInput("survey.invited", "At least one respondent must be invited.")
    texts = [question for question in survey.questions if isinstance(question, TextQuestion)]
    if invited * sum(text_words(text.max_bytes) for text in texts) > MOST_TEXT_WORDS:
        raise MalformedInput(
            "survey.texts_too_long",
            f"questions ask {invited} respondents for more text than one release can hold; "
            "ask for shorter texts.",
            where="questions",
        )
    for place, question in enumerate(survey.questions):
        if isinstance(question, NumberQuestion):
            _check_range(question, invited, f"questions[{place}].max")


def _check_range(question: NumberQuestion, invited: int, where: str) -> None:
    span = question.maximum - question.minimum
    fits = invited * span < 1 << SUM_BITS
    if question.bins is not None and len(question.bins) > 1:
        fits = fits and invited * span * span < 1 << SQUARES_BITS
    if not fits:
        raise MalformedInput(
            "survey.range",
            f"{where} is too far from min to add up the answers of {invited} respondents; "
            "narrow the range or ask in a larger unit.",
            where=where,
        )


def _check_version(obj: JSON) -> None:
    if isinstance(obj, dict) and obj.get("format", SURVEY_FORMAT) != SURVEY_FORMAT:
        raise MalformedInput(
            "survey.version",
            f"format must be '{SURVEY_FORMAT}'; other formats and versions are not read.",
            where="format",
        )


def _check_characters(obj: JSON) -> None:
    try:
        canonical(obj)
    except MalformedMessage:
        raise MalformedInput(
            "survey.value",
            "The survey holds a character or number that JSON cannot carry; remove it.",
        ) from None


@cache
def _validator() -> Validator:
    return compile_schema(SURVEY_SCHEMA)
