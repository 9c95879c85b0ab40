"""Find the texts that people read for the ids in a result: questions, options, bins, ranks."""

from collections.abc import Sequence
from datetime import date, timedelta

from cli.phrases import PHRASES
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import (
    Choice,
    DateQuestion,
    MatrixQuestion,
    MultipleQuestion,
    NumberQuestion,
    Question,
    RankingQuestion,
    SingleQuestion,
    Text,
    TextQuestion,
)
from mpcengine.protocol.survey import Survey

_DAY = timedelta(days=1)


def printable_text(text: str) -> str:
    """Return a text without characters that a terminal could obey."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


class Titles:
    """The texts of one survey in one language, fit for a terminal."""

    def __init__(self, survey: Survey, language: str) -> None:
        self.survey = survey
        self.language = language
        self.words = PHRASES[language]

    def text(self, text: Text) -> str:
        """Return a text in the reader's language, else in the survey's first that it has.

        Characters that a terminal could obey are replaced: titles are somebody else's.
        """
        found = dict(text)
        order = (self.language, *self.survey.languages)
        return printable_text(next((found[one] for one in order if one in found), ""))

    def table(self, table_id: str) -> str:
        """Return the title of a one-way table: a question, or a row of a matrix."""
        question_id, _, row_id = table_id.partition(".")
        question = self.survey.question(question_id)
        title = self.text(question.title)
        if isinstance(question, MatrixQuestion) and row_id:
            return f"{title}: {self._choice(question.rows, row_id)}"
        return title

    def value(self, table_id: str, value: JSON) -> str:
        """Return what a cell's key says: an option, a bin's range, or a special answer."""
        if value is None:
            return self.words["null"]
        if value == "not_shown":
            return self.words["not_shown"]
        question = self.survey.question(table_id.partition(".")[0])
        if isinstance(question, TextQuestion):
            return self.words["answered"]
        if isinstance(question, NumberQuestion | DateQuestion):
            return _bin(question, value)
        return self._option(question, value)

    def _option(self, question: Question, value: JSON) -> str:
        kinds = (SingleQuestion, MultipleQuestion, RankingQuestion, MatrixQuestion)
        if isinstance(question, kinds):
            return self._choice(question.options, value)
        return str(value)

    def _choice(self, choices: Sequence[Choice], wanted: JSON) -> str:
        found = next((choice for choice in choices if choice.id == wanted), None)
        return str(wanted) if found is None else self.text(found.title)


def _bin(question: NumberQuestion | DateQuestion, low: JSON) -> str:
    """Return ``5 – 19``, or ``5`` for a bin of one value."""
    bins = list(question.bins or (question.minimum,))
    place = bins.index(low)
    if place + 1 == len(bins):
        high = question.maximum
    elif isinstance(question, NumberQuestion):
        high = int(bins[place + 1]) - 1
    else:
        high = (date.fromisoformat(str(bins[place + 1])) - _DAY).isoformat()
    return str(low) if low == high else f"{low} – {high}"
