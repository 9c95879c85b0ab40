"""Say what each row of an XLSForm's survey sheet means: groups, grids, notes, conditions."""

from dataclasses import dataclass, field

from pyxform import aliases

from mpcengine.protocol.canonical import JSON
from surveys.formats.assembly import Assembly, Condition, Text
from surveys.formats.logic import Node, Unreadable, parse_condition
from surveys.formats.report import CAME, CHANGED, LEFT_OUT, Place
from surveys.formats.texts import make_id
from surveys.formats.xlsform_kinds import Made, make_question
from surveys.formats.xlsform_row import Row

GRID = "table-list"
_BEGIN = {"begin group": "group", "begin repeat": "repeat", "begin loop": "repeat"}
_END = {"end group": "group", "end repeat": "repeat", "end loop": "repeat"}
_SELECT_ONE = "select one"
_BIND_LOST = {
    "calculate": "calculation",
    "readonly": "readonly",
    "jr:constraintMsg": "constraint_message",
    "jr:requiredMsg": "required_message",
    "jr:noAppErrorString": "noapperrorstring",
}
_CELLS_LOST = ("default", "guidance_hint", "media", "trigger", "query", "sms_field")


@dataclass(slots=True, kw_only=True)
class _Group:
    row: Row
    conditions: list[Condition]
    grid: bool
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Walk:
    """Take rows in order; what stands in a repeat is left out whole."""

    assembly: Assembly
    lists: dict[str, list[tuple[str, dict[str, object], int]]]
    _groups: list[_Group] = field(default_factory=list)
    _repeats: int = 0

    def take(self, row: Row) -> None:
        """Take one row of the sheet."""
        word = " ".join(row.type.replace("_", " ").lower().split())
        if self._repeats or _BEGIN.get(word) == "repeat":
            self._repeat(row, word)
        elif word in _BEGIN:
            self._open(row)
        elif word in _END:
            self._close()
        elif self._groups and self._groups[-1].grid:
            self._groups[-1].rows.append(row)
        elif word == "note":
            self._note(row)
        else:
            self._ask(row)

    def _repeat(self, row: Row, word: str) -> None:
        self._repeats += (word in _BEGIN) - (word in _END)
        if word not in _END:
            self.assembly.report.add(LEFT_OUT, "repeat", row.name, row.place)

    def _open(self, row: Row) -> None:
        if self._groups and self._groups[-1].grid:
            self._spill(self._groups[-1])
        conditions = [*self._around(), *self._conditions(row)]
        is_grid = GRID in row.looks or "field-list" in row.looks
        if not is_grid:
            self._heading(row)
        self._groups.append(_Group(row=row, conditions=conditions, grid=is_grid))

    def _close(self) -> None:
        if not self._groups:
            return
        group = self._groups[-1]
        if group.grid and not self._matrix(group):
            self._spill(group)
        self._groups.pop()

    def _spill(self, group: _Group) -> None:
        """Ask what was kept for a grid one by one."""
        group.grid = False
        self._heading(group.row)
        rows, group.rows = group.rows, []
        for row in rows:
            self.take(row)

    def _heading(self, row: Row) -> None:
        if row.label:
            self.assembly.report.add(CHANGED, "no_page", row.name, row.place)

    def _note(self, row: Row) -> None:
        text = self.assembly.text(row.label, row.name, row.place)
        code = "hint" if self.assembly.questions else "introduction"
        sort = CHANGED if self.assembly.questions else CAME
        self.assembly.report.add(sort, code, row.name, row.place)
        if row.bound("relevant"):
            self._lost(row, "relevant")
        self.assembly.before_next(text)

    def _ask(self, row: Row) -> None:
        made = make_question(row, self.assembly, self.lists)
        if made is None:
            kind = row.type.split()[0] if row.type else ""
            self.assembly.report.add(LEFT_OUT, "kind", row.name, row.place, kind=kind or "–")
            return
        self._add(row, made, conditions=[*self._around(), *self._conditions(row)])

    def _add(self, row: Row, made: Made, *, conditions: list[Condition]) -> None:
        self._columns(row)
        texts = self.assembly
        question = {
            "id": texts.new_id(row.name, row.place),
            "kind": made.kind,
            "required": self._required(row),
            **_shown(row),
            **made.details,
        }
        texts.add(
            question,
            name=row.name,
            place=row.place,
            title=texts.text(row.label, row.name, row.place),
            hint=texts.text(row.hint, row.name, row.place),
            renamed_values=made.renamed,
            conditions=conditions,
        )

    def _matrix(self, group: _Group) -> bool:
        """Add a group that is a grid as one question; tell whether it was one."""
        rows = group.rows
        head = None
        if GRID not in group.row.looks:
            if len(rows) < 2 or "label" not in rows[0].looks:
                return False
            head, rows = rows[0], rows[1:]
        alike = {row.select for row in rows}
        if len(alike) != 1 or next(iter(alike))[::2] != (_SELECT_ONE, ""):
            return False
        list_name = next(iter(alike))[1]
        if any(row.bound("relevant") for row in rows) or list_name not in self.lists:
            return False
        if head is not None and head.select[1] != list_name:
            return False
        self._grid_add(group, head, rows, list_name)
        return True

    def _grid_add(
        self, group: _Group, head: Row | None, rows: list[Row], list_name: str
    ) -> None:
        texts, row = self.assembly, group.row
        name = row.name or rows[0].name
        options, renamed = texts.choices(_titled(texts, self.lists[list_name]), name, row.place)
        required = {self._required(one) for one in rows}
        if len(required) == 2:
            texts.report.add(CHANGED, "required_in_part", name, row.place)
        lines, made = self._lines(name, rows)
        question = {
            "id": texts.new_id(name, row.place),
            "kind": "matrix",
            "required": required == {True},
            **_shown(row),
            "rows": lines,
            "options": options,
        }
        label: Text = texts.text(row.label or (head.label if head else {}), name, row.place)
        texts.add(
            question,
            name=name,
            place=row.place,
            title=label,
            hint=texts.text(row.hint, name, row.place),
            renamed_values=renamed,
            rows=made,
            conditions=group.conditions,
        )

    def _lines(self, name: str, rows: list[Row]) -> tuple[list[JSON], dict[str, str]]:
        texts = self.assembly
        made: dict[str, str] = {}
        lines: list[JSON] = []
        for one in rows:
            self._columns(one, grid=True)
            short = one.name.removeprefix(f"{name}.")
            made[one.name] = make_id(short, set(made.values()), "r")
            if made[one.name] != short:
                place = one.place
                texts.report.add(CHANGED, "id", one.name, place, old=short, new=made[one.name])
            title = texts.text(one.label, one.name, one.place) or {
                texts.language: one.name or made[one.name]
            }
            lines.append({"id": made[one.name], "title": title})
        return lines, made

    def _around(self) -> list[Condition]:
        return list(self._groups[-1].conditions) if self._groups else []

    def _conditions(self, row: Row) -> list[Condition]:
        text = row.bound("relevant")
        if not text:
            return []
        place = Place(sheet="survey", row=row.number, column="relevant")
        return [Condition(node=_node(text), place=place)]

    def _required(self, row: Row) -> bool:
        text = row.bound("required")
        known = aliases.yes_no.get(text)
        if text and known is None:
            self._lost(row, "required")
        return bool(known)

    def _columns(self, row: Row, *, grid: bool = False) -> None:
        """Note the cells of a row that have no meaning here."""
        for name, column in _BIND_LOST.items():
            if row.bind.get(name):
                self._lost(row, column)
        for name in _CELLS_LOST:
            if row.cells.get(name):
                self._lost(row, name)
        if row.cells.get("choice_filter"):
            self.assembly.report.add(CHANGED, "choices_not_filtered", row.name, row.place)
        if row.looks and not grid:
            place = Place(sheet="survey", row=row.number, column="appearance")
            self.assembly.report.add(LEFT_OUT, "appearance", row.name, place)
        if grid and row.bound("constraint"):
            self._lost(row, "constraint")

    def _lost(self, row: Row, column: str) -> None:
        place = Place(sheet="survey", row=row.number, column=column)
        self.assembly.report.add(LEFT_OUT, "column", row.name, place, column=column)


def _titled(
    texts: Assembly, options: list[tuple[str, dict[str, object], int]]
) -> list[tuple[str, Text]]:
    return [
        (name, texts.text(label, name, Place(sheet="choices", row=place)))
        for name, label, place in options
    ]


def _shown(row: Row) -> dict[str, JSON]:
    return {
        key: row.own[key]
        for key in ("extremes", "nonresponse")
        if row.own.get(key) in {"show", "hide"}
    }


def _node(text: str) -> Node | None:
    try:
        return parse_condition(text)
    except Unreadable:
        return None
