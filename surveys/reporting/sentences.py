"""Say a table in words: one sentence by rule, and everything that is shown, as one text."""

from collections.abc import Iterator

from surveys.reporting import model
from surveys.reporting.words import Words


def headline(table: model.Table, words: Words) -> str:
    """Return one sentence by rule: the largest shown numbers of a one-way table."""
    shown = [
        (label, cell)
        for label, cell in table.cells()
        if cell.count is not None and cell.key != (model.NOT_ASKED_KEY,)
    ]
    if not shown:
        return words.say("nothing shown")
    if table.columns:
        return ""
    most = max(cell.count or 0 for _, cell in shown)
    first = [label for label, cell in shown if cell.count == most]
    label = ", ".join(first)
    said = {"count": words.count(most), "label": label}
    if table.total is None:
        return words.say("most alone", **said)
    return words.say("most", total=words.count(table.total), **said)


def said_number(cell: model.Cell, words: Words, *, as_share: bool = False) -> str:
    """Return a cell's number as people read it, or the word for hidden."""
    if cell.count is None:
        return words.say("hidden")
    if as_share:
        return "–" if cell.share is None else words.share(cell.share)
    return words.count(cell.count)


def in_words(table: model.Table, words: Words, *, as_share: bool = False) -> str:
    """Return every shown number with its words, and the words of all that is hidden."""
    return " ".join(_parts(table, words, as_share=as_share))


def _parts(table: model.Table, words: Words, *, as_share: bool) -> Iterator[str]:
    shown = [
        f"{label}: {said_number(cell, words, as_share=as_share)}"
        for label, cell in table.cells()
        if cell.count is not None
    ]
    hidden = [label for label, cell in table.cells() if cell.count is None]
    if shown:
        yield "; ".join(shown) + "."
    if hidden:
        yield words.say("hidden list", labels="; ".join(hidden))
    else:
        yield words.say("nothing hidden")


def statistic_said(statistic: model.Statistic, words: Words) -> list[tuple[str, str]]:
    """Return sentences about mean and spread, each with its label of assurance."""
    if statistic.mean is None or statistic.n is None:
        return [(words.say("statistic hidden"), statistic.mean_assurance)]
    mean = words.say("mean", mean=words.decimal(statistic.mean), n=words.count(statistic.n))
    said = [(mean, statistic.mean_assurance)]
    if statistic.variance is not None:
        spread = words.decimal(max(statistic.variance, 0.0) ** 0.5)
        said.append((words.say("deviation", deviation=spread), statistic.variance_assurance))
    return said
