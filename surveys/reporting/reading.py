"""Read a verified result into a report in one language.

Source of the format: docs/protocol.md §14.1. The caller has verified the document
(``protocol.result.verify_result``); what is read here is what three nodes signed.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import (
    MatrixQuestion,
    MultipleQuestion,
    Question,
    RankingQuestion,
    SingleQuestion,
    TextQuestion,
)
from mpcengine.protocol.signedmanifest import parse_signed_manifest, verify_signed_manifest
from surveys.reporting import model
from surveys.reporting.titles import NOT_SHOWN, Titles
from surveys.reporting.words import Words


def read_report(document: JSON, language: str) -> model.Report:
    """Return the report of a verified ``drempel-result/1`` of a survey.

    Raises BadSignature or MalformedMessage if the manifest in it does not hold.
    """
    manifest = verify_signed_manifest(parse_signed_manifest(document["proof"]["manifest"]))
    titles = Titles(manifest.survey, Words(language))
    names = {node.node: node.name for node in manifest.nodes}
    nodes = [
        model.Node(node=row["node"], name=names[row["node"]], key=row["key"])
        for row in document["proof"]["nodes"]
    ]
    return model.Report(
        language=titles.words.language,
        title=titles.text(manifest.survey.title),
        introduction=titles.text(manifest.survey.introduction),
        asked_by=manifest.coordinator.name,
        state=document["state"],
        reason=None if document["reason"] is None else titles.words.reason(document["reason"]),
        accepted=document["accepted"],
        rejected=tuple(
            (titles.words.reason(row["reason"]), row["count"]) for row in document["rejected"]
        ),
        min_count=manifest.survey.min_count,
        unit=manifest.survey.unit,
        manifest=manifest.digest,
        root=document["proof"]["root"],
        nodes=tuple(nodes),
        sections=tuple(_Reader(document, titles).sections()),
    )


class _Reader:
    def __init__(self, document: JSON, titles: Titles) -> None:
        self.titles = titles
        self.accepted: int | None = document["accepted"]
        self.tables = {table["id"]: table for table in document.get("tables", [])}
        self.statistics = {row["question"]: row for row in document.get("statistics", [])}
        self.texts = {row["question"]: row for row in document.get("texts", [])}

    def sections(self) -> Iterator[model.Section]:
        if self.accepted is None:
            return
        for number, question in enumerate(self.titles.survey.questions, start=1):
            section = self._section(number, question)
            if section.table or section.statistic or section.texts:
                yield section
        for left, right in self.titles.survey.tables:
            yield self._by_groups(f"{left}*{right}", left, right)

    def _section(self, number: int, question: Question) -> model.Section:
        return model.Section(
            number=number,
            title=self.titles.text(question.title),
            table=self._table(question),
            statistic=self._statistic(question.id),
            texts=self._texts(question.id),
        )

    def _table(self, question: Question) -> model.Table | None:
        if isinstance(question, MatrixQuestion):
            return self._matrix(question)
        found = self.tables.get(question.id)
        if found is None:
            return None
        if isinstance(question, RankingQuestion):
            return self._ranking(question, found)
        whole = _asked(found, self.accepted)
        kind = model.ORDERED
        if isinstance(question, SingleQuestion | TextQuestion):
            kind = model.CHOICES
        elif isinstance(question, MultipleQuestion):
            kind = model.SEVERAL
        rows = [self._row(question.id, cell, whole) for cell in found["cells"]]
        return _table(found, kind, self.titles.text(question.title), rows, total=whole)

    def _row(self, table_id: str, cell: JSON, whole: int | None) -> model.Row:
        value = cell["key"][-1]
        label, said = self.titles.value(table_id, value)
        short = self.titles.short(table_id, value)
        # Who was not asked is no part of those who were.
        of = None if value == NOT_SHOWN else whole
        return model.Row(label=label, said=said, short=short, cells=(_cell(cell, of),))

    def _matrix(self, question: MatrixQuestion) -> model.Table | None:
        found = [
            (row, self.tables[f"{question.id}.{row.id}"])
            for row in question.rows
            if f"{question.id}.{row.id}" in self.tables
        ]
        if not found:
            return None
        first = found[0][1]
        keys = [cell["key"][0] for cell in first["cells"] if cell["key"][0] != NOT_SHOWN]
        rows = []
        for row, table in found:
            whole = _asked(table, self.accepted)
            cells = [
                _cell(one, whole, row.id) for one in table["cells"] if one["key"][0] in keys
            ]
            label = self.titles.text(row.title)
            rows.append(_row(label, cells, said=True, total=whole))
        columns = [self.titles.value(first["id"], key)[0] for key in keys]
        title = self.titles.text(question.title)
        is_released = any(table["status"] == "released" for _, table in found)
        return model.Table(
            id=question.id,
            kind=model.MATRIX,
            title=title,
            columns=tuple(columns),
            rows=tuple(rows),
            total=_asked(first, self.accepted),
            is_released=is_released,
            assurance=first["assurance"],
        )

    def _ranking(self, question: RankingQuestion, found: JSON) -> model.Table:
        whole = _asked(found, self.accepted)
        places = range(1, len(question.options) + 1)
        by_key = {tuple(cell["key"]): cell for cell in found["cells"]}
        rows = [
            _row(
                self.titles.text(option.title),
                [_cell(by_key[option.id, place], whole) for place in places],
                said=True,
                total=None,
            )
            for option in question.options
        ]
        columns = [self.titles.words.say("rank", n=place) for place in places]
        title = self.titles.text(question.title)
        return _table(found, model.RANKING, title, rows, total=whole, columns=columns)

    def _by_groups(self, table_id: str, left: str, right: str) -> model.Section:
        found = self.tables[table_id]
        wholes = {cell["key"][0]: cell["count"] for cell in self.tables[left]["cells"]}
        groups = list(dict.fromkeys(cell["key"][0] for cell in found["cells"]))
        answers = list(dict.fromkeys(cell["key"][1] for cell in found["cells"]))
        by_key = {tuple(cell["key"]): cell for cell in found["cells"]}
        rows = []
        for group in groups:
            label, said = self.titles.value(left, group)
            whole = wholes.get(group)
            cells = [_cell(by_key[group, answer], whole) for answer in answers]
            rows.append(_row(label, cells, said=said, total=whole))
        title = f"{self.titles.table(left)} × {self.titles.table(right)}"
        columns = [self.titles.value(right, answer)[0] for answer in answers]
        table = _table(found, model.GROUPS, title, rows, total=self.accepted, columns=columns)
        return model.Section(number=None, title=title, table=table)

    def _statistic(self, question_id: str) -> model.Statistic | None:
        row = self.statistics.get(question_id)
        if row is None:
            return None
        return model.Statistic(
            question=question_id,
            n=row["n"],
            mean=row["mean"]["value"],
            mean_assurance=row["mean"]["assurance"],
            variance=row["variance"]["value"],
            variance_assurance=row["variance"]["assurance"],
        )

    def _texts(self, question_id: str) -> model.Texts | None:
        row = self.texts.get(question_id)
        if row is None:
            return None
        answers = None if row["answers"] is None else tuple(row["answers"])
        return model.Texts(question=question_id, answers=answers, assurance=row["assurance"])


def _table(
    found: JSON,
    kind: str,
    title: str,
    rows: Sequence[model.Row],
    *,
    total: int | None,
    columns: Sequence[str] = (),
) -> model.Table:
    return model.Table(
        id=found["id"],
        kind=kind,
        title=title,
        columns=tuple(columns),
        rows=tuple(rows),
        total=total,
        is_released=found["status"] == "released",
        assurance=found["assurance"],
    )


def _row(
    label: str, cells: Sequence[model.Cell], *, said: bool, total: int | None
) -> model.Row:
    return model.Row(label=label, short=label, said=said, cells=tuple(cells), total=total)


def _asked(table: JSON, accepted: int | None) -> int | None:
    """Return how many were asked, where that is itself shown; else None."""
    not_shown = [cell["count"] for cell in table["cells"] if cell["key"] == [NOT_SHOWN]]
    if not not_shown:
        return accepted
    if accepted is None or not_shown[0] is None:
        return None
    return int(accepted - not_shown[0])


def _cell(cell: JSON, whole: int | None, row_id: str = "") -> model.Cell:
    names = {None: model.NO_ANSWER_KEY, NOT_SHOWN: model.NOT_ASKED_KEY}
    key = tuple(names.get(part, str(part)) for part in cell["key"])
    count = cell["count"]
    has_share = count is not None and bool(whole)
    return model.Cell(
        key=(row_id, *key) if row_id else key,
        count=count,
        share=Fraction(count, whole) if has_share else None,
    )
