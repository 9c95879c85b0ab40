"""Find out what a file is, read it, and write a survey in every format that can hold it."""

from collections.abc import Callable
from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON
from surveys.formats.guards import check_size, parse_json, refuse
from surveys.formats.limesurvey_read import read_limesurvey
from surveys.formats.own import read_own, write_own
from surveys.formats.report import Report
from surveys.formats.surveyjs_read import is_surveyjs, read_surveyjs
from surveys.formats.surveyjs_write import write_surveyjs
from surveys.formats.xlsform_read import read_xlsform
from surveys.formats.xlsform_write import write_xlsform

_READERS: dict[str, Callable[..., dict[str, JSON]]] = {
    "xlsform": read_xlsform,
    "limesurvey": read_limesurvey,
    "surveyjs": read_surveyjs,
    "drempel": read_own,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Hold how a format is written: by what, with which ending and type."""

    write: Callable[[JSON], bytes]
    ending: str
    media_type: str


WRITERS = {
    "drempel": Written(write=write_own, ending="survey.json", media_type="application/json"),
    "xlsform": Written(
        write=write_xlsform,
        ending="xlsx",
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "surveyjs": Written(
        write=write_surveyjs, ending="surveyjs.json", media_type="application/json"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Hold a file's survey in normal form, which format it had, and the report."""

    definition: dict[str, JSON]
    format: str
    report: Report


def read_survey(data: bytes, *, language: str) -> Imported:
    """Read a survey from a file of any known format, told by its content, not its name.

    ``language``: that of texts which name none. Raises MalformedInput with one sentence.
    """
    check_size(data)
    name = _format_of(data)
    report = Report()
    definition = _READERS[name](data, report=report, language=language)
    return Imported(definition=definition, format=name, report=report)


def _format_of(data: bytes) -> str:
    if data.startswith(b"PK\x03\x04"):
        return "xlsform"
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<":
        return "limesurvey"
    if start not in {b"{", b"["}:
        refuse(
            "unknown_format",
            "The file is no XLSForm (.xlsx), LimeSurvey (.lss), SurveyJS or Drempel file.",
        )
    return "surveyjs" if is_surveyjs(parse_json(data)) else "drempel"
