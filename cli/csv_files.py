"""Write a result's tables and texts as CSV files: one a table; hidden cells are empty."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from cli.errors import BadInput, CliError
from cli.files import write_whole
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.request_statement import VALUE_NAMES

# What a spreadsheet would take for a formula, or for something to leave out before one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(folder: Path, document: dict[str, JSON]) -> list[Path]:
    """Write ``<table>.csv`` (a two-way table as ``a+b.csv``), statistics and texts.

    These are ``_statistics.csv`` and ``_texts-<question>.csv``; of a request ``match.csv`` or
    ``compare.csv``, and ``_per_indicator.csv``. Returns the paths. A withheld
    result has no table and gives no file. Raises BadInput if the folder cannot be used.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} of --csv is a file; name a folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise CliError(f"The folder {folder} of --csv cannot be made.") from None
    written = _survey(folder, document)
    for kind in VALUE_NAMES:
        if kind in document:
            written += _request(folder, kind, document[kind])
    return written


def _survey(folder: Path, document: dict[str, JSON]) -> list[Path]:
    written = []
    for table in document.get("tables", []):
        path = folder / f"{table['id'].replace('*', '+')}.csv"
        write_whole(path, _table(table))
        written.append(path)
    if document.get("statistics"):
        # The leading underscore keeps it apart: ids begin with a letter.
        path = folder / "_statistics.csv"
        write_whole(path, _statistics(document["statistics"]))
        written.append(path)
    for texts in document.get("texts", []):
        if texts["answers"] is not None:
            path = folder / f"_texts-{texts['question']}.csv"
            write_whole(path, _csv(["text"], ([_guarded(one)] for one in texts["answers"])))
            written.append(path)
    return written


def _request(folder: Path, kind: str, section: JSON) -> list[Path]:
    path = folder / f"{kind}.csv"
    rows = (
        [name, _text(section[name]["count"]), section[name]["status"]]
        for name in VALUE_NAMES[kind]
    )
    write_whole(path, _csv(["name", "count", "status"], rows))
    if "per_indicator" not in section:
        return [path]
    indicators = folder / "_per_indicator.csv"
    values = (
        [_guarded(row["value"]), str(row["organisations"]), row["status"]]
        for row in section["per_indicator"]
    )
    write_whole(indicators, _csv(["value", "organisations", "status"], values))
    return [path, indicators]


def _table(table: JSON) -> bytes:
    width = max(len(cell["key"]) for cell in table["cells"])
    heads = table["questions"] if len(table["questions"]) == width else ["option", "rank"]
    rows = (
        [*_key(cell["key"], width), _text(cell["count"]), cell["status"]]
        for cell in table["cells"]
    )
    return _csv([*heads, "count", "status"], rows)


def _key(key: Sequence[JSON], width: int) -> list[str]:
    return [_text(part) for part in key] + [""] * (width - len(key))


def _statistics(rows: Iterable[JSON]) -> bytes:
    heads = ["question", "n", "mean", "variance", "status"]
    return _csv(
        heads,
        (
            [
                row["question"],
                _text(row["n"]),
                _text(row["mean"]["value"]),
                _text(row["variance"]["value"]),
                row["status"],
            ]
            for row in rows
        ),
    )


def _csv(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _text(value: JSON) -> str:
    return "" if value is None else str(value)


def _guarded(text: str) -> str:
    """Return a respondent's text with an apostrophe before what might run as a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
