"""What a survey releases: every released cell is exactly one slot of a record.

Source: docs/protocol.md §6 (slots) and §12 (rules that use these tables).
"""

from dataclasses import dataclass

Key = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Name the cells of an earlier one-way table whose sum is a follow-up's population."""

    table: str
    cells: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWayTable:
    """Describe the table of a one-hot question; ``keys[i]`` counts slot ``slots[i]``."""

    id: str
    question: str
    keys: tuple[Key, ...]
    slots: tuple[int, ...]
    null_cell: int | None
    condition: Condition | None
    extremes_show: bool
    nonresponse_show: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleTable:
    """Describe a multiple-choice table; ``null_slot`` is 1 for a record without an answer.

    ``minimum`` is the fewest ticks of somebody who answers, so at least 1.
    """

    id: str
    question: str
    keys: tuple[Key, ...]
    slots: tuple[int, ...]
    null_slot: int | None
    minimum: int
    maximum: int
    condition: Condition | None
    extremes_show: bool
    nonresponse_show: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingTable:
    """Describe a ranking as ``size`` × ``size`` cells, row-major: option × rank (from 1)."""

    id: str
    question: str
    size: int
    keys: tuple[Key, ...]
    slots: tuple[int, ...]
    null_slot: int | None
    condition: Condition | None
    extremes_show: bool
    nonresponse_show: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoWayTable:
    """Describe a declared cross-table of two one-way tables, row-major: left × right."""

    id: str
    left: str
    right: str
    rows: int
    columns: int
    keys: tuple[Key, ...]
    slots: tuple[int, ...]
    extremes_show: bool
    nonresponse_show: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """Describe a number's mean and variance; y = value - minimum = sum of weight · bit."""

    question: str
    table: str
    minimum: int
    maximum: int
    weights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextItem:
    """Describe a text question; ``slot`` is 1 for those who answered it.

    ``has_table``: its own one-way table, ``[answered]`` and ``[null]``, decides whether its
    texts are opened; a required question has none, and its population decides (rule 7).
    """

    question: str
    slot: int
    words: int
    max_bytes: int
    has_table: bool
    condition: Condition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlan:
    """Hold every table of a survey; ``width`` is the number of slots of a record.

    ``one_way`` stands in questionnaire order, so a condition's table precedes its users.
    """

    width: int
    one_way: tuple[OneWayTable, ...]
    multiple: tuple[MultipleTable, ...]
    ranking: tuple[RankingTable, ...]
    two_way: tuple[TwoWayTable, ...]
    statistics: tuple[Statistic, ...]
    texts: tuple[TextItem, ...] = ()
