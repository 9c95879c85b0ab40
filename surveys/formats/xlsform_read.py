"""Read an XLSForm workbook into a survey, with a report of what could not come along.

pyxform reads the sheets, knows the aliases of headers and types, and judges whether the form
is one; what its rows mean here stands in ``xlsform_rows``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyxform import aliases
from pyxform.errors import PyXFormError
from pyxform.parsing.sheet_headers import dealias_and_group_headers
from pyxform.question import MultipleChoiceQuestion, Option
from pyxform.survey import Survey as XForm
from pyxform.xls2json import workbook_to_json
from pyxform.xls2json_backends import DefinitionData, get_xlsform

from mpcengine.protocol.canonical import JSON
from surveys.formats.assembly import Assembly
from surveys.formats.guards import check_zip, refuse
from surveys.formats.report import CHANGED, LEFT_OUT, Place, Report
from surveys.formats.texts import language_of, tidy
from surveys.formats.xlsform_row import OWN, Row
from surveys.formats.xlsform_rows import Walk

MOST_ROWS = 2000
MOST_COLUMNS = 200
_KNOWN_SETTINGS = {
    "title", "form_title", "id_string", "form_id", "default_language", "version", "style",
    "name", "sms_keyword", OWN,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheets:
    survey: Sequence[dict[str, JSON]]
    choices: Sequence[dict[str, JSON]]
    settings: dict[str, JSON]


@dataclass(slots=True)
class _Languages:
    """Find the tags of languages as a workbook names them; tell once of one that has none."""

    report: Report
    untagged: str
    named: dict[str, str | None] = field(default_factory=dict)

    def by_tag(self, given: JSON, sheet: str, header: str) -> dict[str, object]:
        """Return a cell, or the cells of ``label::…``, by language tag."""
        if not isinstance(given, Mapping):
            return {} if given is None else {self.untagged: given}
        found: dict[str, object] = {}
        for name, value in given.items():
            tag = self._tag(str(name), sheet, header)
            if tag is not None and not isinstance(value, Mapping):
                found[tag] = value
        return found

    def _tag(self, name: str, sheet: str, header: str) -> str | None:
        if name == "default":
            return self.untagged
        tag = language_of(name)
        if tag is None:
            place = Place(sheet=sheet, column=f"{header}::{name}")
            self.report.add(LEFT_OUT, "language", name, place, language=name)
        return tag


def read_xlsform(data: bytes, *, report: Report, language: str) -> dict[str, JSON]:
    """Return an .xlsx workbook's survey in normal form; raise MalformedInput.

    ``language``: that of texts whose column names none, where the settings name none either.
    """
    check_zip(data)
    sheets = _sheets(data)
    default = language_of(str(sheets.settings.get("default_language", "")))
    languages = _Languages(report, default or language)
    assembly = Assembly(report=report, language=languages.untagged)
    _settings(assembly, sheets.settings, languages)
    walk = Walk(assembly=assembly, lists=_lists(sheets.choices, languages))
    for place, cells in enumerate(sheets.survey, start=2):
        if cells:
            walk.take(_row(place, cells, languages))
    pairs = [tuple(pair.split("*")) for pair in _own(sheets.settings, "tables").split()]
    return assembly.finish(tables=[(pair[0], pair[1]) for pair in pairs if len(pair) == 2])


def _sheets(data: bytes) -> _Sheets:
    try:
        book = get_xlsform(data, file_type=".xlsx")
        _check_room(book)
        found = _grouped(book)
        workbook_to_json(get_xlsform(data, file_type=".xlsx"), warnings=[])
    except PyXFormError as error:
        sentence = " ".join(str(error).split())
        refuse("xlsform", f"The workbook is no XLSForm that can be read: {sentence}"[:600])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        # pyxform takes the shape of a workbook on trust.
        refuse("xlsform", "The workbook is no XLSForm that can be read.")
    return found


def _check_room(book: DefinitionData) -> None:
    for name in ("survey", "choices", "settings"):
        rows, headers = getattr(book, name) or [], getattr(book, f"{name}_header") or [{}]
        if len(rows) > MOST_ROWS or len(headers[0]) > MOST_COLUMNS:
            refuse(
                "too_many_rows",
                f"Sheet '{name}' has over {MOST_ROWS} rows or {MOST_COLUMNS} columns.",
                where=name,
            )


def _grouped(book: DefinitionData) -> _Sheets:
    """Return the three sheets with pyxform's names of columns; ``label::nl`` is nested."""
    survey = dealias_and_group_headers(
        sheet_name="survey",
        sheet_data=book.survey or [],
        sheet_header=book.survey_header or [],
        header_aliases=aliases.survey_header,
        header_columns=set(MultipleChoiceQuestion.get_slot_names()),
        headers_required={"type"},
    )
    choices = dealias_and_group_headers(
        sheet_name="choices",
        sheet_data=book.choices or [],
        sheet_header=book.choices_header or [],
        header_aliases=aliases.list_header,
        header_columns=set(Option.get_slot_names()),
    )
    settings = dealias_and_group_headers(
        sheet_name="settings",
        sheet_data=book.settings or [],
        sheet_header=book.settings_header or [],
        header_aliases=aliases.settings_header,
        header_columns=set(XForm.get_slot_names()),
    )
    return _Sheets(
        survey=survey.data, choices=choices.data, settings=dict((settings.data or ({},))[0])
    )


def _settings(assembly: Assembly, found: dict[str, JSON], languages: _Languages) -> None:
    place = Place(sheet="settings", row=2)
    own = found.get(OWN)
    given: dict[str, object] = (
        {languages.untagged: found["title"]} if found.get("title") else {}
    )
    if isinstance(own, Mapping) and own.get("title"):
        given = languages.by_tag(own["title"], "settings", f"{OWN}::title")
    assembly.title = assembly.text(given, "", place)
    if _own(found, "min_count").isdigit():
        assembly.head["min_count"] = max(1, min(int(_own(found, "min_count")), 1_000_000))
    if _own(found, "unit") in {"person", "organisation"}:
        assembly.head["unit"] = _own(found, "unit")
    for name in found:
        if name not in _KNOWN_SETTINGS:
            assembly.report.add(LEFT_OUT, "setting", name, place, name=name)
    if not assembly.title:
        assembly.report.add(CHANGED, "title", "", place)


def _own(settings: dict[str, JSON], name: str) -> str:
    found = settings.get(OWN)
    return str(found.get(name, "")) if isinstance(found, Mapping) else ""


def _lists(
    rows: Sequence[dict[str, JSON]], languages: _Languages
) -> dict[str, list[tuple[str, dict[str, object], int]]]:
    lists: dict[str, list[tuple[str, dict[str, object], int]]] = {}
    for place, cells in enumerate(rows, start=2):
        if cells.get("list name") or cells.get("list_name"):
            name = tidy(str(cells.get("list name") or cells.get("list_name")))
            label = languages.by_tag(cells.get("label"), "choices", "label")
            option = (tidy(str(cells.get("name", ""))), label, place)
            lists.setdefault(name, []).append(option)
    return lists


def _row(place: int, cells: dict[str, JSON], languages: _Languages) -> Row:
    own = cells.get(OWN)
    bind = cells.get("bind")
    return Row(
        number=place,
        type=tidy(str(cells.get("type", ""))),
        name=tidy(str(cells.get("name", ""))),
        label=languages.by_tag(cells.get("label"), "survey", "label"),
        hint=languages.by_tag(cells.get("hint"), "survey", "hint"),
        bind=bind if isinstance(bind, dict) else {},
        own={str(key): str(value) for key, value in own.items()}
        if isinstance(own, Mapping)
        else {},
        cells=cells,
    )
