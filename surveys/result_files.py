"""The files in which a result can be taken along, each made from the verified result."""

import json
from collections.abc import Callable

from django.http import HttpResponse

from surveys.reporting.csv_file import csv_bytes
from surveys.reporting.model import Report
from surveys.reporting.pdf_report import pdf_bytes
from surveys.reporting.spss_file import spss_bytes
from surveys.reporting.xlsx_file import xlsx_bytes
from surveys.verified import Verified

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAKERS: dict[str, tuple[str, Callable[[Report], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", csv_bytes),
    "xlsx": (XLSX, xlsx_bytes),
    "sps": ("text/plain; charset=utf-8", spss_bytes),
    "pdf": ("application/pdf", pdf_bytes),
}
KINDS = ("json", *MAKERS)


def file_answer(verified: Verified, kind: str, name: str) -> HttpResponse:
    """Return a file as a download; raise KeyError for a kind that is none of KINDS."""
    if kind == "json":
        text = json.dumps(verified.document, ensure_ascii=False, indent=1) + "\n"
        answer = HttpResponse(text.encode("utf-8"), content_type="application/json")
    else:
        content_type, make = MAKERS[kind]
        answer = HttpResponse(make(verified.report), content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="drempel-{name}.{kind}"'
    return answer
