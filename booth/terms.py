"""Make the section ``booth`` of a manifest, and compare one with this version's."""

from collections.abc import Mapping

from booth.files import booth_release, files_table
from booth.render import LANGUAGES, page_render
from mpcengine.protocol.boothpage import Booth, integrity
from mpcengine.protocol.canonical import JSON, parse_canonical
from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.manifest import Manifest


def booth_pages(document: Mapping[str, JSON]) -> dict[str, bytes]:
    """Return the pages of a manifest by language; ``document`` lacks its section ``booth``."""
    return {language: page_render(document, files_table(), language) for language in LANGUAGES}


def booth_of(document: Mapping[str, JSON]) -> Booth:
    """Return the section ``booth`` that a manifest lacks, of our files and pages."""
    pages = booth_pages(document)
    return Booth(
        release=booth_release(),
        files=dict(files_table()),
        pages={language: integrity(page) for language, page in pages.items()},
    )


def page_source(manifest: Manifest) -> dict[str, JSON]:
    """Return the JSON of a manifest without its section ``booth``: what pages are made from."""
    document: dict[str, JSON] = parse_canonical(manifest.raw)
    del document["booth"]
    return document


def is_own_booth(manifest: Manifest) -> bool:
    """Tell whether a manifest names page and program of this version."""
    return booth_of(page_source(manifest)) == manifest.booth


def check_own_booth(manifest: Manifest) -> None:
    """Raise PolicyRefused unless a manifest names exactly page and program of this version.

    Respondents trust what the manifest names; a portal could name a program that tells it
    answers, or a page that asks another question.
    """
    if not is_own_booth(manifest):
        raise PolicyRefused(
            "policy.booth",
            "The manifest names another page or program for respondents than this node's "
            "version ships; bring portal and nodes to the same version.",
        )
