"""Read a list of e-mail addresses: pasted, a line each, or a file with a column of them."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Hold addresses to write to, each once, and how many lines were no use."""

    good: tuple[str, ...]
    twice: int
    wrong: tuple[int, ...]  # the numbers of their lines, never what stood there


def read_addresses(text: str) -> Addresses:
    """Return the addresses of a text: one a line, or the first one in a line of cells."""
    good: dict[str, None] = {}
    wrong: list[int] = []
    twice = 0
    for number, cells in _lines(text):
        found = next((cell for cell in cells if _is_address(cell)), None)
        if found is None:
            # A first line without an address is the header of a table.
            wrong += [] if number == 1 and len(cells) > 1 else [number]
        elif found.lower() in good:
            twice += 1
        else:
            good[found.lower()] = None
    return Addresses(good=tuple(good), twice=twice, wrong=tuple(wrong))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    mark = ";" if first.count(";") > first.count(",") else ","
    for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=mark), start=1):
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield number, stripped


def _is_address(cell: str) -> bool:
    try:
        validate_email(cell)
    except ValidationError:
        return False
    return True
