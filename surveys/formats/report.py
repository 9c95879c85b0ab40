"""Tell what an import brought along, changed, and left out, and where in the file each stood.

A finding carries a code and values, no sentence: the portal says it in the reader's language.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

CAME, CHANGED, LEFT_OUT = "came", "changed", "left_out"

# Every code of a finding, with the names of the values that its sentence may use.
CODES: dict[str, tuple[str, ...]] = {
    "question": ("kind",),
    "introduction": (),
    "hint": (),
    "id": ("old", "new"),
    "option_ids": ("old", "new"),
    "decimals": (),
    "bounds": ("low", "high"),
    "bins": ("bins",),
    "text_size": ("bytes",),
    "other_added": (),
    "choices_not_filtered": (),
    "required_in_part": (),
    "condition_without_answer": (),
    "words_mention_answers": (),
    "markup": (),
    "no_page": (),
    "kind": ("kind",),
    "repeat": (),
    "column": ("column",),
    "condition": (),
    "condition_never": (),
    "constraint": (),
    "too_many_options": ("most",),
    "too_few_options": (),
    "too_many_rows": ("most",),
    "too_many_questions": ("most",),
    "language": ("language",),
    "missing_list": ("list",),
    "title": (),
    "appearance": (),
    "setting": ("name",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Name a place in a file: a sheet or section, a row from 1, a column, each if known."""

    sheet: str = ""
    row: int | None = None
    column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Hold one line of a report: what happened to which part of the file."""

    sort: str
    code: str
    subject: str
    place: Place
    values: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Report:
    """Collect findings in the order of the file."""

    findings: list[Finding] = field(default_factory=list)

    def add(self, sort: str, code: str, subject: str, place: Place, **values: object) -> None:
        """Note one finding; raise KeyError for a code or value that no sentence knows."""
        if set(values) != set(CODES[code]):
            raise KeyError(code)
        told = tuple((name, str(value)) for name, value in values.items())
        finding = Finding(sort=sort, code=code, subject=subject, place=place, values=told)
        if finding not in self.findings:
            self.findings.append(finding)

    def of(self, sort: str) -> Iterator[Finding]:
        """Yield the findings of one sort."""
        return (one for one in self.findings if one.sort == sort)
