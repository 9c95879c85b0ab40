"""Serve pages and program of the booth: to everybody the same bytes, and GET changes nothing.

No cookie is read or set, nothing of the caller is kept, and the code of an invitation, which
stands after ``#``, never comes here.
"""

from django.http import HttpRequest, HttpResponse
from django.views import View

from booth.files import MEDIA_TYPES
from problems import Missing
from relay.packed import packed_response
from relay.selectors import booth_file_get, booth_page_get

PAGE_TYPE = "text/html; charset=utf-8"
# A file's address names its release, so what it answers never changes.
FOR_EVER = "public, max-age=31536000, immutable"
UNKNOWN_PAGE = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    "<title>No such survey</title>\n</head>\n<body>\n<main>\n<h1>No such survey</h1>\n"
    "<p>There is no survey at this address. Check whether the whole link was copied.</p>\n"
    '<div lang="nl"><h2>Deze vragenlijst is er niet</h2>\n'
    "<p>Op dit adres staat geen vragenlijst. Kijk of u de hele link hebt.</p></div>\n"
    "</main>\n</body>\n</html>\n"
)


class ReadOnlyView(View):
    """Answer GET and HEAD only."""

    http_method_names = ["get", "head"]  # noqa: RUF012 - Django's own name, never changed


class NoIconView(ReadOnlyView):
    """What browsers ask for by themselves: there is none, and that is no error."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Return nothing, for a day."""
        return HttpResponse(status=204, headers={"Cache-Control": "public, max-age=86400"})


class BoothPageView(ReadOnlyView):
    """The page of a survey, in its first language or in the one that the address names."""

    def get(
        self, request: HttpRequest, survey_id: str, language: str | None = None
    ) -> HttpResponse:
        """Return the page, or a page that says there is none."""
        try:
            found = booth_page_get(survey_id=survey_id, language=language)
        except Missing:
            return HttpResponse(UNKNOWN_PAGE, status=404, content_type=PAGE_TYPE)
        is_known = request.headers.get("If-None-Match") == found.tag
        response = (
            HttpResponse(status=304)
            if is_known
            else packed_response(request.headers, found.packed, PAGE_TYPE)
        )
        # Kept by the browser and asked for again: the program looks at the same page once more.
        response.headers["Cache-Control"] = "no-cache"
        response.headers["ETag"] = found.tag
        response.headers["Content-Security-Policy"] = found.content_policy
        response.headers["Content-Language"] = found.language
        return response


class BoothFileView(ReadOnlyView):
    """One file of a release."""

    def get(self, request: HttpRequest, release: str, path: str) -> HttpResponse:
        """Return the file; answer 404 for every other path."""
        try:
            packed = booth_file_get(release=release, path=path)
        except Missing as unknown:
            return HttpResponse(unknown.sentence, status=404, content_type="text/plain")
        media_type = MEDIA_TYPES["." + path.rpartition(".")[2]]
        response = packed_response(request.headers, packed, media_type)
        response.headers["Cache-Control"] = FOR_EVER
        return response
