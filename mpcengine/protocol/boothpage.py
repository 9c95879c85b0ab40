"""Name the booth of a survey: its program's files, its pages, and what they may reach.

Source: docs/protocol.md §20. A booth is the page and the program in which a respondent answers.
The manifest fixes both by hash; what a browser may load and reach follows from the manifest, so
that everybody can compute the headers that must be served.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mpcengine.protocol.canonical import JSON, canonical
from mpcengine.protocol.strict import Fields

RELEASE_BYTES = 16
MOST_FILES = 200
MOST_PAGES = 40
ENTRY_FILE = "booth/app.js"
PATH = re.compile(r"([a-z0-9][a-z0-9_-]{0,40}/){0,4}[a-z0-9][a-z0-9_-]{0,40}\.(js|css)")
LANGUAGE = re.compile(r"[a-z]{2,3}")
INTEGRITY = re.compile(r"sha384-[A-Za-z0-9+/]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Booth:
    """Hold a manifest's section ``booth``: release, integrity of each file and of each page.

    ``files`` are keyed by path, ``pages`` by language; a value is ``sha384-`` and the base64 of
    the bytes' SHA-384, as browsers check it.
    """

    release: str
    files: Mapping[str, str]
    pages: Mapping[str, str]

    def to_json(self) -> dict[str, JSON]:
        """Return the section as the manifest has it."""
        return {"release": self.release, "files": dict(self.files), "pages": dict(self.pages)}


def integrity(data: bytes) -> str:
    """Return ``sha384-…``, the name of these bytes in integrity checks of a browser."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode("ascii")


def release_of(files: Mapping[str, str]) -> str:
    """Return the release of a files table: the first 32 digits of its SHA-256."""
    return hashlib.sha256(canonical(dict(files))).hexdigest()[: 2 * RELEASE_BYTES]


def parse_booth(section: Fields) -> Booth:
    """Read the section ``booth`` of a manifest; raise MalformedMessage.

    Its Fields have the keys release, files and pages. That the pages are those of a booth, only
    who has that booth can tell.
    """
    files = _hashes(section, "files", PATH, MOST_FILES)
    release = section.hexadecimal("release", RELEASE_BYTES)
    if release != release_of(files):
        raise section.refuse("release", "does not follow from the files", code="booth.release")
    return Booth(
        release=release, files=files, pages=_hashes(section, "pages", LANGUAGE, MOST_PAGES)
    )


def _hashes(section: Fields, key: str, form: re.Pattern[str], most: int) -> dict[str, str]:
    value = section.raw(key)
    if not isinstance(value, dict) or not 1 <= len(value) <= most:
        raise section.refuse(key, f"must be an object of 1 to {most} entries")
    for name, digest in value.items():
        if form.fullmatch(name) is None:
            raise section.refuse(key, "has a name that is not allowed there")
        if not isinstance(digest, str) or INTEGRITY.fullmatch(digest) is None:
            raise section.refuse(key, "must have values of 'sha384-' and 64 base64 digits")
    return dict(value)


def page_path(survey_id: str, language: str | None = None) -> str:
    """Return the path at the relay of a survey's page, in its first language or in this one."""
    return f"/answer/{survey_id}" + ("" if language is None else f"/{language}")


def file_path(release: str, path: str) -> str:
    """Return the path at the relay of one file of a release."""
    return f"/booth/{release}/{path}"


def import_map(release: str, files: Mapping[str, str]) -> str:
    """Return the text of a page's import map: the integrity of every module, by its address."""
    modules = {
        file_path(release, path): digest
        for path, digest in files.items()
        if path.endswith(".js")
    }
    return canonical({"integrity": modules}).decode("ascii")


def content_policy(document: Mapping[str, JSON], release: str, files: Mapping[str, str]) -> str:
    """Return the Content-Security-Policy of every page of this manifest.

    ``document``: the manifest's JSON; only its relay's and nodes' addresses are read. Scripts
    come from this release's folder, calls go to the relay and the three nodes, nothing else.
    """
    folder = f"{origin(document['relay']['url'])}{file_path(release, '')}"
    hashed = hashlib.sha256(import_map(release, files).encode("ascii")).digest()
    nodes = " ".join(origin(node["url"]) for node in document["nodes"])
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {folder} 'sha256-{base64.b64encode(hashed).decode('ascii')}'",
            f"style-src {folder}",
            "img-src 'self'",
            f"connect-src 'self' {nodes}",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def first_language(document: Mapping[str, JSON], languages: tuple[str, ...]) -> str:
    """Return the language of a survey's page that names none: the first the survey has.

    Of ``languages``, in which pages exist; where the survey has none of them, English or their
    first. The manifest's order of languages is the alphabet's.
    """
    for language in document["survey"]["title"]:
        if language in languages:
            return str(language)
    return "en" if "en" in languages else languages[0]


def origin(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
