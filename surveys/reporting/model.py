"""What a report is made of: tables of shown numbers, in the reader's words.

``count`` is None where a number is hidden; there is no other trace of it. ``share`` is None
where the whole that it would be a part of is not itself shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

CHOICES = "choices"  # one of several: parts of a whole
SEVERAL = "several"  # any of several
ORDERED = "ordered"  # points of a scale, or bins
MATRIX = "matrix"  # rows of one-of-several with the same options
RANKING = "ranking"  # options by the place they were given
GROUPS = "groups"  # one question by another

# Keys that no id of a survey can be.
NO_ANSWER_KEY = "[null]"
NOT_ASKED_KEY = "[not_shown]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Hold one number, or that it is hidden."""

    key: tuple[str, ...]
    count: int | None
    share: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold a row: its words (``said`` where they are the asker's), its cells, its whole.

    ``short`` is for the narrow place below a column.
    """

    label: str
    said: bool
    short: str
    cells: tuple[Cell, ...]
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Hold a table; one without ``columns`` has one number a row."""

    id: str
    kind: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    total: int | None
    is_released: bool
    assurance: str

    def cells(self) -> Iterator[tuple[str, Cell]]:
        """Yield every cell with its full words."""
        for row in self.rows:
            for place, cell in enumerate(row.cells):
                yield (
                    (f"{row.label}, {self.columns[place]}" if self.columns else row.label),
                    cell,
                )

    @property
    def has_hidden(self) -> bool:
        """Tell whether anything is hidden."""
        return any(cell.count is None for _, cell in self.cells())


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """Hold mean and variance of a number; None where hidden."""

    question: str
    n: int | None
    mean: float | None
    mean_assurance: str
    variance: float | None
    variance_assurance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Hold the texts of a question, in no order; None where they are hidden."""

    question: str
    answers: tuple[str, ...] | None
    assurance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Hold what is said about one question, or about one question by another."""

    number: int | None
    title: str
    table: Table | None = None
    statistic: Statistic | None = None
    texts: Texts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Name a node that signed."""

    node: str
    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Hold a whole result in one reader's language."""

    language: str
    title: str
    introduction: str
    asked_by: str
    state: str
    reason: str | None
    accepted: int | None
    rejected: tuple[tuple[str, int], ...]
    min_count: int
    unit: str
    manifest: str
    root: str | None
    nodes: tuple[Node, ...]
    sections: tuple[Section, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Return every label of assurance that the report carries, each once."""
        found = [one.table.assurance for one in self.sections if one.table is not None]
        for one in self.sections:
            if one.statistic is not None:
                found += [one.statistic.mean_assurance, one.statistic.variance_assurance]
            if one.texts is not None:
                found.append(one.texts.assurance)
        return tuple(dict.fromkeys(found))
