"""Render a survey's page from its manifest: the same bytes for everybody, nothing from outside.

What it returns depends on its arguments and on files of this room only.
"""

from collections.abc import Mapping
from html import escape

from mpcengine.protocol.boothpage import (
    ENTRY_FILE,
    file_path,
    import_map,
    page_path,
    release_of,
)
from mpcengine.protocol.canonical import JSON

LANGUAGES = ("nl", "en")
_CLOSED = {
    "nl": "Versturen kan pas als het programma van deze pagina is gestart.",
    "en": "Sending is off until the program of this page has started.",
}


def page_render(document: Mapping[str, JSON], files: Mapping[str, str], language: str) -> bytes:
    """Return the HTML of a survey's page.

    ``document``: the manifest's JSON without its section ``booth``. ``files``: the integrity of
    each file of the booth, by path. ``language``: one of LANGUAGES.
    """
    release = release_of(files)
    styles = "".join(
        f'<link rel="stylesheet" href="{file_path(release, path)}" integrity="{digest}">\n'
        for path, digest in files.items()
        if path.endswith(".css")
    )
    survey = document["survey"]
    questions = "".join(
        f"<li>{escape(_text(question['title'], language))}</li>\n"
        for question in survey["questions"]
    )
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(_text(survey['title'], language))}</title>\n{styles}"
        f'<script type="importmap">{import_map(release, files)}</script>\n'
        f"{_entry(release, files)}</head>\n<body>\n<main>\n"
        f"<h1>{escape(_text(survey['title'], language))}</h1>\n"
        f"<p>{escape(document['coordinator']['name'])}</p>\n<ol>\n{questions}</ol>\n"
        f"<p>{_CLOSED[language]}</p>\n{_languages(document, language)}"
        "</main>\n</body>\n</html>\n"
    ).encode()


def _entry(release: str, files: Mapping[str, str]) -> str:
    if ENTRY_FILE not in files:
        return ""
    address = file_path(release, ENTRY_FILE)
    return f'<script type="module" src="{address}" integrity="{files[ENTRY_FILE]}"></script>\n'


def _languages(document: Mapping[str, JSON], language: str) -> str:
    links = "".join(
        f'<a lang="{other}" href="{page_path(document["survey_id"], other)}">{other}</a>\n'
        for other in LANGUAGES
        if other != language
    )
    return f"<p>{links}</p>\n"


def _text(texts: Mapping[str, str], language: str) -> str:
    """Return a text in this language, or in the first that the manifest gives."""
    return texts.get(language) or next(iter(texts.values()))
