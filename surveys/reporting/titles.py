"""Find the words for what a result calls by id: questions, options, bins, places."""

from datetime import date, timedelta

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import (
    Choice,
    DateQuestion,
    MatrixQuestion,
    MultipleQuestion,
    NumberQuestion,
    RankingQuestion,
    SingleQuestion,
    Text,
    TextQuestion,
)
from mpcengine.protocol.survey import Survey
from surveys.reporting.words import Words

NOT_SHOWN = "not_shown"
_DAY = timedelta(days=1)


class Titles:
    """Say the ids of one survey in one language; missing texts come in the survey's first."""

    def __init__(self, survey: Survey, words: Words) -> None:
        self.survey, self.words = survey, words

    def text(self, text: Text) -> str:
        """Return a text in the reader's language, else in the first that it has."""
        found = dict(text)
        order = (self.words.language, *self.survey.languages)
        return next((found[one] for one in order if one in found), "")

    def table(self, table_id: str) -> str:
        """Return the words of a one-way table: a question, or one row of a matrix."""
        question_id, _, row_id = table_id.partition(".")
        question = self.survey.question(question_id)
        title = self.text(question.title)
        if isinstance(question, MatrixQuestion) and row_id:
            return f"{title}: {self._choice(question.rows, row_id)}"
        return title

    def row(self, table_id: str) -> str:
        """Return the words of a matrix's row."""
        question_id, _, row_id = table_id.partition(".")
        question = self.survey.question(question_id)
        if not isinstance(question, MatrixQuestion):
            return self.table(table_id)
        return self._choice(question.rows, row_id)

    def value(self, table_id: str, value: JSON) -> tuple[str, bool]:
        """Return what a key says, and whether these are the asker's own words."""
        question = self.survey.question(table_id.partition(".")[0])
        if value is None:
            ticks = isinstance(question, MultipleQuestion)
            return self.words.say("none ticked" if ticks else "no answer"), False
        if value == NOT_SHOWN:
            return self.words.say("not asked"), False
        if isinstance(question, TextQuestion):
            return self.words.say("wrote"), False
        if isinstance(question, NumberQuestion | DateQuestion):
            return self._bin(question, value), False
        kinds = (SingleQuestion, MultipleQuestion, RankingQuestion, MatrixQuestion)
        if isinstance(question, kinds):
            return self._choice(question.options, value), True
        return str(value), True

    def short(self, table_id: str, value: JSON) -> str:
        """Return the same in a few characters, for the place below a column."""
        if value is None:
            return self.words.say("none")
        question = self.survey.question(table_id.partition(".")[0])
        if isinstance(question, NumberQuestion) and value != NOT_SHOWN:
            lows = question.bins or (question.minimum,)
            last = value + question.widths[lows.index(value)] - 1
            return str(value) if last == value else f"{value}–{last}"
        return self.value(table_id, value)[0]

    def _bin(self, question: NumberQuestion | DateQuestion, low: JSON) -> str:
        bins = list(question.bins or (question.minimum,))
        place = bins.index(low)
        if place + 1 == len(bins):
            high = question.maximum
        elif isinstance(question, NumberQuestion):
            high = int(bins[place + 1]) - 1
        else:
            high = (date.fromisoformat(str(bins[place + 1])) - _DAY).isoformat()
        first, last = self._bound(low), self._bound(high)
        return first if low == high else self.words.say("from to", low=first, high=last)

    def _bound(self, value: JSON) -> str:
        return self.words.count(value) if isinstance(value, int) else self.words.day(str(value))

    def _choice(self, choices: tuple[Choice, ...], wanted: JSON) -> str:
        found = next((choice for choice in choices if choice.id == wanted), None)
        return str(wanted) if found is None else self.text(found.title)
