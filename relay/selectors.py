"""Look at what the relay holds, without changing it."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from mpcengine.protocol.canonical import parse_json
from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.signedmanifest import parse_signed_manifest
from problems import Missing
from relay.models import RelayedSurvey, WaitingParcel

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


def signed_manifest_get(*, survey_id: str) -> str:
    """Return the signed manifest of a survey as JSON text; raise Missing if there is none."""
    row = RelayedSurvey.objects.filter(survey_id=survey_id).first()
    if row is None:
        raise Missing("survey.unknown", "This relay does not know the survey.")
    return row.signed_manifest


def has_waiting(*, digest: str) -> bool:
    """Tell whether any parcel of a survey has not reached all three nodes."""
    return WaitingParcel.objects.filter(survey_id=digest).exists()


def surveys_waiting() -> list[str]:
    """Return the digests of surveys with parcels that not all three nodes have."""
    rows = WaitingParcel.objects.order_by().values_list("survey_id", flat=True)
    return list(rows.distinct())
