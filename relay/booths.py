"""Keep what browsers load for a survey's booth as it was when the survey was registered.

Bodies are packed once, when they are stored. Installing another version changes nothing
for a survey that is under way: the manifest fixes its page and its program.
"""

from collections.abc import Mapping
from functools import lru_cache

from booth.files import booth_files
from booth.terms import booth_pages, is_own_booth, page_source
from mpcengine.protocol.boothpage import content_policy, first_language
from mpcengine.protocol.manifest import Manifest
from relay.models import BoothFile, BoothPage, RelayedSurvey
from relay.packed import pack


def booth_store(survey: RelayedSurvey, manifest: Manifest) -> bool:
    """Store page and program of a new survey; return False where they are not this version's.

    Such a survey has no page here: people answer it with another program. Run in the
    transaction that registers the survey.
    """
    if not is_own_booth(manifest):
        return False
    document = page_source(manifest)
    release, files = manifest.booth.release, manifest.booth.files
    if not BoothFile.objects.filter(release=release).exists():
        BoothFile.objects.bulk_create(_files(release), ignore_conflicts=True)
    pages = booth_pages(document)
    BoothPage.objects.bulk_create(_pages(survey, pages))
    survey.content_policy = content_policy(document, release, files)
    survey.first_language = first_language(document, tuple(pages))
    survey.save(update_fields=["content_policy", "first_language"])
    return True


# One release is all that a process ever packs.
_file_pack = lru_cache(maxsize=64)(pack)


def _files(release: str) -> list[BoothFile]:
    packed = {path: _file_pack(body) for path, body in booth_files().items()}
    return [
        BoothFile(release=release, path=path, packed=one.gzip, brotli=one.br)
        for path, one in packed.items()
    ]


def _pages(survey: RelayedSurvey, pages: Mapping[str, bytes]) -> list[BoothPage]:
    packed = {language: pack(body) for language, body in pages.items()}
    return [
        BoothPage(survey=survey, language=language, packed=one.gzip, brotli=one.br)
        for language, one in packed.items()
    ]
