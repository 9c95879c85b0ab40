"""Read a survey's result for people: verified first, each time, or not at all."""

from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.result import verify_result
from mpcengine.selectors import nodes_file_read
from security_events import emit
from surveys.models import Survey
from surveys.reporting.model import Report
from surveys.reporting.reading import read_report
from surveys.selectors import survey_result_get


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Hold a result that has just been verified, and its report in one language."""

    document: JSON
    report: Report


class DoubtfulResult(Exception):
    """A stored result does not verify; ``code`` says what is off."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def verified_result(survey: Survey, *, language: str) -> Verified:
    """Return the result with its report, under the keys of the portal's nodes file.

    Raises Missing while there is none, DoubtfulResult where it does not verify: then nobody
    is to see a number of it, and the operator's security team hears of it.
    """
    document = survey_result_get(survey)
    doubt = _doubt(document, survey.manifest_digest)
    if doubt is not None:
        _tell(survey, doubt)
        raise DoubtfulResult(doubt)
    return Verified(document=document, report=read_report(document, language))


def _doubt(document: JSON, digest: str) -> str | None:
    """Return the code of what is off, or None where everything holds."""
    try:
        found = verify_result(document, nodes_file_read())
    except ProtocolError as error:
        return error.code
    return None if found.manifest == digest else "result.manifest"


def _tell(survey: Survey, code: str) -> None:
    emit(
        "survey.result_doubtful",
        outcome="failure",
        survey=survey.pk,
        manifest=survey.manifest_digest,
        reason=code,
    )
