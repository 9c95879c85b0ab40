"""Render a survey's page from its manifest: the same bytes for everybody, nothing from outside.

What it returns depends on its arguments and on files of this room only. Without a script the
page can be read and printed; the screens that only the script shows are in it, hidden.
"""

from collections.abc import Mapping

from booth.catalogue import LANGUAGES
from booth.form import form_write
from booth.markup import Markup, element, markup, raw_block
from booth.pieces import button
from booth.reading import reading_write
from booth.said import Reader
from booth.screens import waiting_write
from booth.sending import sending_write
from mpcengine.protocol.boothpage import (
    ENTRY_FILE,
    file_path,
    import_map,
    page_path,
    release_of,
)
from mpcengine.protocol.canonical import JSON, canonical

__all__ = ["LANGUAGES", "page_render"]


def page_render(document: Mapping[str, JSON], files: Mapping[str, str], language: str) -> bytes:
    """Return the HTML of a survey's page.

    ``document``: the manifest's JSON without its section ``booth``. ``files``: the integrity of
    each file of the booth, by path. ``language``: one of LANGUAGES.
    """
    reader = Reader(document, language)
    release = release_of(files)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width,initial-scale=1"),
        element("meta", name="robots", content="noindex"),
        element("title", f"{reader.plain(reader.survey['title'])} – Drempel"),
        _styles(release, files),
        raw_block("script", import_map(release, files), type="importmap"),
        _program(release, files),
    )
    main = element(
        "main",
        reading_write(reader),
        form_write(reader),
        waiting_write(reader),
        sending_write(reader),
        id="main",
        tabindex="-1",
    )
    body = element("body", _top(reader), main, _foot(reader), _script_words(reader))
    page = element("html", head, body, lang=language)
    return f"<!doctype html>\n{page}\n".encode()


def _styles(release: str, files: Mapping[str, str]) -> list[Markup]:
    return [
        element(
            "link",
            rel="stylesheet",
            href=file_path(release, path),
            integrity=files[path],
        )
        for path in files
        if path.endswith(".css")
    ]


def _program(release: str, files: Mapping[str, str]) -> Markup:
    """Return the entry module and hints for the others; the import map guards all."""
    modules = [path for path in files if path.endswith(".js") and path != ENTRY_FILE]
    hints = [
        # Without its own integrity a browser loads it and throws it away.
        element(
            "link",
            rel="modulepreload",
            href=file_path(release, path),
            integrity=files[path],
        )
        for path in modules
    ]
    if ENTRY_FILE not in files:
        return markup(hints)
    entry = element(
        "script",
        type="module",
        src=file_path(release, ENTRY_FILE),
        integrity=files[ENTRY_FILE],
    )
    return markup(hints, entry)


def _top(reader: Reader) -> Markup:
    words = reader.words
    other = next(language for language in LANGUAGES if language != reader.language)
    switch = element(
        "a",
        words("other_language"),
        class_="lang",
        id="switch",
        href=page_path(reader.document["survey_id"], other),
        lang=other,
        hreflang=other,
    )
    brand = element("span", "Drempel", class_="brand")
    return markup(
        element("a", words("skip"), class_="skip vh", href="#main"),
        element("header", brand, switch, class_="top"),
    )


def _foot(reader: Reader) -> Markup:
    words = reader.words
    name = reader.document["coordinator"]["name"]
    links = [
        element("a", words(f"foot_{place}"), href=f"#{place}", data_go="read")
        for place in ("who", "how")
    ]
    check = button("tocheck", words("foot_check"), "link", hidden=True, data_go="check")
    help_ = element("span", words("foot_help", name=name))
    return element("footer", help_, links, check, class_="foot")


def _script_words(reader: Reader) -> Markup:
    sentences = canonical(dict(reader.words.script)).decode()
    return raw_block("script", sentences, type="application/json", id="words")
