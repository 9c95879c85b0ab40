"""Write a result as plain tables of at most 80 columns; what is hidden has no size, no bar."""

import textwrap
from collections.abc import Sequence

from cli.phrases import reason_text
from cli.titles import Titles, printable_text
from mpcengine.protocol.canonical import JSON

WIDTH = 80
NARROWEST = 32
NUMBER = 9
LONGEST_LABEL = 40
LONGEST_BAR = 24
WIDEST_ROW_LABEL = 28


class Renderer:
    """Write one result for one reader; ``bar`` is the character bars are made of."""

    def __init__(self, titles: Titles, bar: str = "█", width: int = WIDTH) -> None:
        self.titles = titles
        self.words = titles.words
        self.bar = bar
        self.width = min(WIDTH, max(width, NARROWEST))

    def result(self, document: JSON) -> list[str]:
        """Return the lines of a whole result."""
        lines = [*self._wrapped(self.titles.text(self.titles.survey.title)), ""]
        if document["state"] == "withheld":
            reason = reason_text(str(document["reason"]), self.titles.language)
            lines += self._wrapped(self.words["withheld"].format(reason=reason))
        else:
            lines += self._numbers(document)
        nodes = [row["node"] for row in document["proof"]["nodes"]]
        phrase = self.words["signed" if len(nodes) == 3 else "signed_by"]
        return [*lines, "", *self._wrapped(phrase.format(nodes=", ".join(nodes)))]

    def _numbers(self, document: JSON) -> list[str]:
        k = self.titles.survey.min_count
        has_any = document["tables"] or document["texts"]
        rule = self.words["rule" if has_any else "no_table"].format(k=k)
        lines = self._wrapped(f"{self.words['counted'].format(n=document['accepted'])} {rule}")
        for row in document["rejected"]:
            reason = reason_text(row["reason"], self.titles.language)
            lines += self._wrapped(self.words["rejected"].format(n=row["count"], reason=reason))
        statistics = {row["question"]: row for row in document["statistics"]}
        for table in document["tables"]:
            lines += ["", *self._table(table)]
            if table["id"] in statistics:
                lines += self._statistic(statistics[table["id"]])
        for texts in document["texts"]:
            lines += ["", *self._texts(texts)]
        if not document["tables"] and not document["texts"]:
            return lines
        return [*lines, "", *self._labels(document)]

    def _table(self, table: JSON) -> list[str]:
        ids: list[str] = table["questions"]
        title = " × ".join(self.titles.table(one) for one in ids)
        lines = self._wrapped(title)
        lines.append(("─" if self.bar == "█" else "-") * self.width)
        if table["status"] == "withheld":
            hidden = f"{self.words['hidden']}: {self.words['withheld_table']}"
            return [*lines, *self._wrapped(hidden, "  ")]
        if len(ids) == 2:
            return lines + self._grid(ids[0], table["cells"], self._heads(ids[1], table))
        if any(len(cell["key"]) == 2 for cell in table["cells"]):
            return lines + self._ranking(table)
        return lines + self._list(table)

    def _texts(self, texts: JSON) -> list[str]:
        """Return one question's texts, each a paragraph, or that they are hidden."""
        title = self.titles.table(texts["question"])
        lines = [*self._wrapped(title), ("─" if self.bar == "█" else "-") * self.width]
        if texts["answers"] is None:
            hidden = f"{self.words['hidden']}: {self.words['withheld_texts']}"
            return [*lines, *self._wrapped(hidden, "  ")]
        lines += self._wrapped(self.words["texts"].format(n=len(texts["answers"])), "  ")
        for text in texts["answers"]:
            shown = printable_text(" ".join(text.split())) or self.words["unreadable"]
            lines += textwrap.wrap(
                shown, self.width, initial_indent="  - ", subsequent_indent="    "
            )
        return lines

    def _list(self, table: JSON) -> list[str]:
        labels = [self.titles.value(table["id"], cell["key"][0]) for cell in table["cells"]]
        width = min(max(map(len, labels)), LONGEST_LABEL, self.width - NUMBER - 4)
        room = self.width - width - NUMBER - 6
        most = max((cell["count"] or 0 for cell in table["cells"]), default=0)
        lines: list[str] = []
        for label, cell in zip(labels, table["cells"], strict=True):
            parts = textwrap.wrap(label, width) or [""]
            lines += [f"  {part}" for part in parts[:-1]]
            shown = f"  {parts[-1]:<{width}}  {self._count(cell['count']):>{NUMBER}}"
            lines.append(f"{shown}  {self._bar(cell['count'], most, room)}".rstrip())
        return lines

    def _heads(self, table_id: str, table: JSON) -> dict[JSON, str]:
        columns = [cell["key"][1] for cell in table["cells"]]
        return {column: self.titles.value(table_id, column) for column in columns}

    def _ranking(self, table: JSON) -> list[str]:
        cells = [cell for cell in table["cells"] if len(cell["key"]) == 2]
        ranks = [cell["key"][1] for cell in cells]
        heads = {rank: self.words["rank"].format(n=rank) for rank in ranks}
        lines = self._grid(table["id"], cells, heads)
        for cell in table["cells"]:
            if len(cell["key"]) == 1:
                label = self.titles.value(table["id"], cell["key"][0])
                lines += self._wrapped(f"{label}: {self._count(cell['count'])}", "  ")
        return lines

    def _grid(self, row_table: str, cells: Sequence[JSON], heads: dict[JSON, str]) -> list[str]:
        """Return rows × columns, or a list of pairs where the columns do not fit."""
        rows = {cell["key"][0]: self.titles.value(row_table, cell["key"][0]) for cell in cells}
        counts = {tuple(cell["key"]): self._count(cell["count"]) for cell in cells}
        hidden = len(self.words["hidden"])
        wide = min(max(map(len, rows.values())), WIDEST_ROW_LABEL)
        each = (self.width - 2 - wide) // len(heads) - 2
        if each < hidden:
            return _pair_list(rows, heads, counts, self.width)
        each = min(each, max(*map(len, heads.values()), hidden))
        lines = [_row(part, wide, each) for part in _stacked(list(heads.values()), each)]
        for row, label in rows.items():
            parts = textwrap.wrap(label, wide) or [""]
            lines += [f"  {part}" for part in parts[:-1]]
            numbers = [counts[row, column] for column in heads]
            lines.append(_row((parts[-1], *numbers), wide, each))
        return lines

    def _statistic(self, row: JSON) -> list[str]:
        if row["status"] != "released":
            return [f"  {self.words['statistic_hidden']}"]
        variance = row["variance"]["value"]
        shown = self.words["hidden"] if variance is None else self._decimal(variance)
        phrase = self.words["statistic"]
        mean = self._decimal(row["mean"]["value"])
        said = phrase.format(mean=mean, n=row["n"], variance=shown)
        return self._wrapped(said, "  ")

    def _labels(self, document: JSON) -> list[str]:
        """Say what is known of the numbers, once for each way of knowing it."""
        counts = sorted({table["assurance"] for table in document["tables"]})
        others = sorted({row["variance"]["assurance"] for row in document["statistics"]})
        name = "label_counts" if others else "label_all"
        lines = []
        for label in counts:
            lines += self._wrapped(f"{self.words[name]}: {self.words[label]}")
        for label in others:
            lines += self._wrapped(f"{self.words['label_some']}: {self.words[label]}")
        for label in sorted({row["assurance"] for row in document["texts"]}):
            lines += self._wrapped(f"{self.words['label_texts']}: {self.words[label]}")
        return lines

    def _count(self, count: int | None) -> str:
        return self.words["hidden"] if count is None else str(count)

    def _bar(self, count: int | None, most: int, room: int) -> str:
        if count is None:
            why = f"({self.words['why']})"
            return why if len(why) <= room else ""
        longest = max(0, min(LONGEST_BAR, room))
        return self.bar * round(longest * count / most) if most else ""

    def _decimal(self, value: float) -> str:
        text = f"{value:.2f}"
        return text.replace(".", ",") if self.titles.language == "nl" else text

    def _wrapped(self, text: str, indent: str = "") -> list[str]:
        return textwrap.wrap(
            text, self.width, initial_indent=indent, subsequent_indent=indent
        ) or [""]


def _pair_list(
    rows: dict[JSON, str],
    heads: dict[JSON, str],
    counts: dict[tuple[JSON, ...], str],
    width: int,
) -> list[str]:
    lines = []
    for row, label in rows.items():
        for column, head in heads.items():
            pair = textwrap.shorten(f"{label} × {head}", width - NUMBER - 6, placeholder=" …")
            number = counts[row, column]
            lines.append(f"  {pair:<{width - NUMBER - 4}}  {number:>{NUMBER}}")
    return lines


def _row(parts: Sequence[str], wide: int, each: int) -> str:
    first, *others = parts
    return (f"  {first:<{wide}}" + "".join(f"  {other:>{each}}" for other in others)).rstrip()


def _stacked(heads: Sequence[str], each: int) -> list[tuple[str, ...]]:
    """Return the header's lines: heads wrapped to a column's width, ending on one line."""
    wrapped = [textwrap.wrap(head, each) or [""] for head in heads]
    tall = max(map(len, wrapped))
    full = [[""] * (tall - len(parts)) + parts for parts in wrapped]
    return [("", *line) for line in zip(*full, strict=True)]
