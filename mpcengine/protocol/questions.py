"""The kinds of question a survey may hold, each a frozen value with its defaults filled in.

Source: docs/protocol.md §5. Nothing here validates: ``survey.parse_survey`` makes these values
and is the only place that does.
"""

from dataclasses import dataclass
from datetime import date

from mpcengine.protocol.canonical import JSON

SHOW = "show"
HIDE = "hide"
OPERATORS = ("=", "!=", "in")

Value = str | int
Text = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Hold an option or a matrix row: an id and its text in each language."""

    id: str
    title: Text

    def to_json(self) -> dict[str, JSON]:
        """Return the long form ``{id, title}``."""
        return {"id": self.id, "title": dict(self.title)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseQuestion:
    """Hold what every kind has; ``extremes`` and ``nonresponse`` are ``show`` or ``hide``.

    ``hint`` explains the question to who answers it; empty if there is none.
    """

    id: str
    title: Text
    hint: Text = ()
    required: bool
    extremes: str
    nonresponse: str

    @property
    def kind(self) -> str:
        """Return the kind's name in the format."""
        return KINDS[type(self)]

    def to_json(self) -> dict[str, JSON]:
        """Return the question in normal form, every default written out."""
        common: dict[str, JSON] = {
            "id": self.id,
            "kind": self.kind,
            "title": dict(self.title),
            "required": self.required,
            "extremes": self.extremes,
            "nonresponse": self.nonresponse,
        }
        hint: dict[str, JSON] = {"hint": dict(self.hint)} if self.hint else {}
        return {**common, **hint, **self.details()}

    def details(self) -> dict[str, JSON]:
        """Return the keys of this kind only."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleQuestion(BaseQuestion):
    """Ask for exactly one of the options."""

    options: tuple[Choice, ...]

    def details(self) -> dict[str, JSON]:
        """Return the options."""
        return {"options": [option.to_json() for option in self.options]}


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleQuestion(BaseQuestion):
    """Ask for ``minimum`` … ``maximum`` of the options; ticking none is "no answer"."""

    options: tuple[Choice, ...]
    minimum: int
    maximum: int

    @property
    def fewest(self) -> int:
        """Return the fewest ticks of somebody who answers: at least 1."""
        return max(self.minimum, 1)

    def details(self) -> dict[str, JSON]:
        """Return the options and how many may be ticked."""
        return {
            "options": [option.to_json() for option in self.options],
            "min": self.minimum,
            "max": self.maximum,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberQuestion(BaseQuestion):
    """Ask for a whole number; ``bins`` are lower bounds, the first equal to ``minimum``."""

    minimum: int
    maximum: int
    bins: tuple[int, ...] | None

    def details(self) -> dict[str, JSON]:
        """Return the range and, if given, the bins."""
        bounds: dict[str, JSON] = {"min": self.minimum, "max": self.maximum}
        return bounds if self.bins is None else {**bounds, "bins": list(self.bins)}

    @property
    def widths(self) -> tuple[int, ...]:
        """Return how many values each bin holds (one bin where none are given)."""
        lows = self.bins or (self.minimum,)
        ends = (*lows[1:], self.maximum + 1)
        return tuple(end - low for low, end in zip(lows, ends, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleQuestion(BaseQuestion):
    """Ask for a point of a scale from ``minimum`` to ``maximum``, in steps of 1."""

    minimum: int
    maximum: int

    def details(self) -> dict[str, JSON]:
        """Return the two ends."""
        return {"min": self.minimum, "max": self.maximum}


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingQuestion(BaseQuestion):
    """Ask to put all options in order, the first one at rank 1."""

    options: tuple[Choice, ...]

    def details(self) -> dict[str, JSON]:
        """Return the options."""
        return {"options": [option.to_json() for option in self.options]}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixQuestion(BaseQuestion):
    """Ask for one of the options in each row."""

    rows: tuple[Choice, ...]
    options: tuple[Choice, ...]

    def details(self) -> dict[str, JSON]:
        """Return rows and options."""
        return {
            "rows": [row.to_json() for row in self.rows],
            "options": [option.to_json() for option in self.options],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DateQuestion(BaseQuestion):
    """Ask for a day; bounds and bins (lower bounds) are ISO dates."""

    minimum: str
    maximum: str
    bins: tuple[str, ...] | None

    def details(self) -> dict[str, JSON]:
        """Return the range and, if given, the bins."""
        bounds: dict[str, JSON] = {"min": self.minimum, "max": self.maximum}
        return bounds if self.bins is None else {**bounds, "bins": list(self.bins)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextQuestion(BaseQuestion):
    """Ask for a free text of at most ``max_bytes`` bytes of UTF-8; an empty one is none."""

    max_bytes: int

    def details(self) -> dict[str, JSON]:
        """Return the longest answer in bytes."""
        return {"max_bytes": self.max_bytes}


Question = (
    SingleQuestion
    | MultipleQuestion
    | NumberQuestion
    | ScaleQuestion
    | RankingQuestion
    | MatrixQuestion
    | DateQuestion
    | TextQuestion
)

KINDS: dict[type, str] = {
    SingleQuestion: "single",
    MultipleQuestion: "multiple",
    NumberQuestion: "number",
    ScaleQuestion: "scale",
    RankingQuestion: "ranking",
    MatrixQuestion: "matrix",
    DateQuestion: "date",
    TextQuestion: "text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowIf:
    """Show ``question`` to those whose answer to the one-hot ``var`` is among ``values``.

    ``operator`` and ``values`` are as written; ``matches`` resolves ``!=`` against the cells.
    """

    question: str
    var: str
    operator: str
    values: tuple[Value, ...]

    def to_json(self) -> dict[str, JSON]:
        """Return the condition as the format has it."""
        value: JSON = list(self.values) if self.operator == "in" else self.values[0]
        return {"var": self.var, "op": self.operator, "value": value}

    def matches(self, cell: Value) -> bool:
        """Tell whether an answer in ``cell`` shows the question ("no answer" never does)."""
        return (cell in self.values) != (self.operator == "!=")


def one_hot_values(question: Question) -> dict[str, tuple[Value, ...]]:
    """Return, for each one-way table of a question, its id and its cells without [null].

    Empty for multiple, ranking, text, and for numbers and dates without bins.
    """
    if isinstance(question, SingleQuestion):
        return {question.id: tuple(option.id for option in question.options)}
    if isinstance(question, ScaleQuestion):
        return {question.id: tuple(range(question.minimum, question.maximum + 1))}
    if isinstance(question, MatrixQuestion):
        options = tuple(option.id for option in question.options)
        return {f"{question.id}.{row.id}": options for row in question.rows}
    if isinstance(question, NumberQuestion | DateQuestion) and question.bins is not None:
        return {question.id: question.bins}
    return {}


def parse_day(value: str) -> date | None:
    """Return the day written as YYYY-MM-DD, or None for every other text."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if day.isoformat() == value else None
