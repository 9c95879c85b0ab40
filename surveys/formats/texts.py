"""Read other programs' names and texts: languages by their name, ids, words without markup."""

import re
from collections.abc import Container
from html.parser import HTMLParser

LONGEST_TEXT = 10_000
_CODE = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\)\s*$")
_TAG = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$")
# Words of three letters that name a language in full are no tags.
_NAMES = {
    "arabic": "ar", "العربية": "ar", "czech": "cs", "danish": "da", "dansk": "da",
    "deutsch": "de", "german": "de", "english": "en", "engels": "en", "spanish": "es",
    "español": "es", "finnish": "fi", "suomi": "fi", "french": "fr", "français": "fr",
    "frans": "fr", "frysk": "fy", "frisian": "fy", "italian": "it", "italiano": "it",
    "dutch": "nl", "nederlands": "nl", "norwegian": "no", "norsk": "no", "papiamentu": "pap",
    "polish": "pl", "polski": "pl", "portuguese": "pt", "português": "pt", "duits": "de",
    "russian": "ru", "swedish": "sv", "svenska": "sv", "turkish": "tr", "türkçe": "tr",
    "ukrainian": "uk", "українська": "uk",
}  # fmt: skip
NAMES_WRITTEN = {
    "nl": "Nederlands", "en": "English", "de": "Deutsch", "fr": "Français", "fy": "Frysk",
    "es": "Español", "pl": "Polski", "tr": "Türkçe", "uk": "Українська", "ar": "العربية",
}  # fmt: skip
_BLOCKS = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "table"}
_SPACES = re.compile(r"[ \t\f\v\u00a0]+")
_LINES = re.compile(r"\s*\n\s*")
_MARKUP = re.compile(r"<[A-Za-z/!][^<>]*>|&[A-Za-z]{2,8};|&#\d+;")
_NOT_ID = re.compile(r"[^A-Za-z0-9_-]+")


def language_of(name: str) -> str | None:
    """Return the tag of a language written as ``nl``, ``Nederlands (nl)`` or ``Dutch``."""
    found = _CODE.search(name)
    if found:
        return _tag(found[1])
    known = _NAMES.get(name.strip().lower())
    if known:
        return known
    return _tag(name.strip()) if _TAG.match(name.strip()) else None


def language_named(tag: str) -> str:
    """Return a language as XLSForm writes it: ``Nederlands (nl)``."""
    return f"{NAMES_WRITTEN.get(tag, tag)} ({tag})"


def plain(text: object) -> tuple[str, bool]:
    """Return a text without markup, spaces tidied, and whether it had markup."""
    said = str(text)
    marked = bool(_MARKUP.search(said))
    if marked:
        reader = _Words()
        reader.feed(said)
        reader.close()
        said = "".join(reader.parts)
    return tidy(said), marked


def tidy(text: str) -> str:
    """Return a text with runs of spaces as one, at most 10,000 characters long."""
    kept = "".join(one for one in text if one in "\n\t" or one.isprintable() or one == "\u00a0")
    return _LINES.sub("\n", _SPACES.sub(" ", kept)).strip()[:LONGEST_TEXT]


def make_id(name: object, taken: Container[str], prefix: str = "q") -> str:
    """Return an id as close to ``name`` as docs/protocol.md §5 allows, and not taken."""
    found = _NOT_ID.sub("_", str(name).strip()).strip("_") or prefix
    if not found[0].isascii() or not found[0].isalpha():
        found = f"{prefix}{found}" if found[0].isdigit() else f"{prefix}_{found.lstrip('-')}"
    found = found[:63]
    if found == "not_shown":
        found = "not_shown_"
    made, count = found, 2
    while made in taken:
        made = f"{found[: 63 - len(str(count)) - 1]}_{count}"
        count += 1
    return made


def _tag(text: str) -> str:
    first, *more = text.split("-")
    return "-".join([first.lower(), *more])


class _Words(HTMLParser):
    """Keep the words of a piece of HTML, a line a block; drop scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"} and self._silent > 0
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
