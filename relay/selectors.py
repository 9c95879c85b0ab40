"""Look at what the relay holds, without changing it."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import F

from mpcengine.protocol.canonical import JSON, canonical, parse_json
from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.signedmanifest import parse_signed_manifest
from mpcengine.protocol.strict import parse_base64
from problems import Missing
from relay.models import BoothFile, BoothPage, RelayedSurvey, WaitingParcel
from relay.packed import Packed, pack

ALL_DELIVERED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Where a survey's intake stands at one moment."""

    is_open: bool
    is_closed: bool


@lru_cache(maxsize=64)
def manifest_of(digest: str) -> Manifest:
    """Return the parsed manifest of a registered survey; raise Missing if there is none.

    A manifest never changes, so it is parsed once per process.
    """
    row = RelayedSurvey.objects.filter(digest=digest).values_list("signed_manifest").first()
    if row is None:
        raise Missing("survey.unknown", "This relay does not know the survey.")
    signed = parse_signed_manifest(parse_json(row[0].encode()))
    return parse_manifest(signed.manifest)


def intake_of(survey: RelayedSurvey, *, now: datetime) -> Intake:
    """Say whether parcels are taken now, by order or by the manifest's times."""
    manifest = manifest_of(survey.digest)
    is_closed = survey.is_closed or now >= manifest.answering.closes
    has_begun = survey.is_answering or now >= manifest.answering.opens
    return Intake(is_open=has_begun and not is_closed, is_closed=is_closed)


def survey_get(*, digest: str) -> RelayedSurvey:
    """Return a registered survey; raise Missing if there is none."""
    row = RelayedSurvey.objects.filter(digest=digest).first()
    if row is None:
        raise Missing("survey.unknown", "This relay does not know the survey.")
    return row


def signed_manifest_packed(*, survey_id: str, is_text: bool = False) -> Packed:
    """Return a survey's signed manifest as JSON, packed; raise Missing if there is none.

    ``is_text``: the manifest stands in it as text, not as base64, which packs to half of it.
    """
    rows = RelayedSurvey.objects.filter(survey_id=survey_id).values_list("digest")
    found = rows.first()
    if found is None:
        raise Missing("survey.unknown", "This relay does not know the survey.")
    return _text_packed(found[0]) if is_text else _packed(found[0])


@lru_cache(maxsize=64)
def _packed(digest: str) -> Packed:
    # It never changes, so it is packed once per process.
    return pack(survey_get(digest=digest).signed_manifest.encode())


@lru_cache(maxsize=64)
def _text_packed(digest: str) -> Packed:
    document: dict[str, JSON] = parse_json(survey_get(digest=digest).signed_manifest.encode())
    manifest = parse_base64(document["manifest"]) or b""
    return pack(canonical({**document, "manifest": manifest.decode()}))


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedPage:
    """A page of a survey, its language and tag, and what it may load and reach.

    ``tag`` depends on the page's bytes only, so it tells nothing about who has it.
    """

    packed: Packed
    language: str
    content_policy: str
    tag: str


def booth_page_get(*, survey_id: str, language: str | None) -> PackedPage:
    """Return a survey's page in a language, or in its first; raise Missing if there is none."""
    rows = BoothPage.objects.select_related("survey").filter(survey__survey_id=survey_id)
    if language is None:
        row = rows.filter(language=F("survey__first_language")).first()
    else:
        row = rows.filter(language=language).first()
    if row is None:
        raise Missing("booth.unknown", "This relay has no such page.")
    return PackedPage(
        packed=Packed(gzip=bytes(row.packed), br=bytes(row.brotli)),
        language=row.language,
        content_policy=row.survey.content_policy,
        tag=f'"{manifest_of(row.survey_id).booth.pages[row.language]}"',
    )


def booth_file_get(*, release: str, path: str) -> Packed:
    """Return one file of a release, packed; raise Missing if there is none."""
    row = BoothFile.objects.filter(release=release, path=path).first()
    if row is None:
        raise Missing("booth.unknown", "This relay has no such file.")
    return Packed(gzip=bytes(row.packed), br=bytes(row.brotli))


def has_waiting(*, digest: str) -> bool:
    """Tell whether any parcel of a survey has not reached all three nodes."""
    return WaitingParcel.objects.filter(survey_id=digest).exists()


def surveys_waiting() -> list[str]:
    """Return the digests of surveys with parcels that not all three nodes have."""
    rows = WaitingParcel.objects.order_by().values_list("survey_id", flat=True)
    return list(rows.distinct())
