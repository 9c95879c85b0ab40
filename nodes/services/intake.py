"""Take packages: verify, store, commit, and only then say so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

import faults
from mpcengine.protocol.canonical import digest_from_bytes
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.package import Package, verify_package
from nodes.models import JobState, StoredPackage, SurveyJob
from nodes.phases import is_answering, takes_packages
from nodes.selectors import manifest_of
from security_events import refusal_count

# Another package of the same one-time key and revision came first.
REVISION_TAKEN = "package.revision_taken"
_DIGEST_PLACE = slice(1, 33)
_ROWS_AT_ONCE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Name a package that is not taken, by id where it has one, and the code of the cause."""

    package: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeAnswer:
    """Say which packages this node holds now and which it will not take."""

    accepted: tuple[str, ...]
    refused: tuple[Refused, ...]


def packages_accept(*, packages: Sequence[bytes], now: datetime) -> IntakeAnswer:
    """Verify and store a batch of packages of any surveys; one transaction for each survey.

    What is named as accepted is committed. A package held already is accepted again, also
    after closing; its bytes never change. Of one one-time key and revision the first package
    is taken and no other. Source: docs/protocol.md §8.
    """
    accepted: list[str] = []
    refused: list[Refused] = []
    for digest, group in _by_survey(packages):
        job = None if digest is None else SurveyJob.objects.filter(digest=digest).first()
        if job is None:
            refused += [Refused(package="", code="manifest.unknown") for _ in group]
            continue
        manifest = manifest_of(job)
        good: list[Package] = []
        for data in group:
            _sort(data, manifest, good, refused)
        taken, code = _store(job, manifest, good, now)
        accepted += taken
        missing = {package.package_id for package in good} - set(taken)
        refused += [Refused(package=name, code=code) for name in sorted(missing)]
    for one in refused:
        refusal_count(one.code)
    return IntakeAnswer(accepted=tuple(accepted), refused=tuple(refused))


def package_read(data: bytes, manifest: Manifest) -> Package:
    """Decode and verify a package; raise MalformedMessage or BadSignature."""
    package = Package.decode(data, manifest.envelope_length)
    verify_package(manifest, package)
    return package


def package_rows(
    job: SurveyJob, packages: Sequence[Package], *, is_own: bool
) -> list[StoredPackage]:
    """Return unsaved rows for verified packages."""
    return [
        StoredPackage(
            job=job,
            package_id=package.package_id,
            one_time_key=package.one_time_key,
            revision=package.revision,
            sealed=package.encode(),
            is_own=is_own,
        )
        for package in packages
    ]


def refusal_code(job: SurveyJob, manifest: Manifest, now: datetime) -> str:
    """Return why packages are not taken now."""
    if job.state in {JobState.PREPARED, JobState.REFUSED} or (
        job.state == JobState.OPEN and not is_answering(job, manifest, now)
    ):
        return "survey.not_open"
    return "survey.closed"


def _by_survey(packages: Sequence[bytes]) -> Iterator[tuple[str | None, list[bytes]]]:
    groups: dict[bytes, list[bytes]] = {}
    for data in packages:
        groups.setdefault(data[_DIGEST_PLACE], []).append(data)
    for raw, group in groups.items():
        yield (digest_from_bytes(raw) if len(raw) == 32 else None), group


def _sort(data: bytes, manifest: Manifest, good: list[Package], refused: list[Refused]) -> None:
    package_id = ""
    try:
        package = Package.decode(data, manifest.envelope_length)
        package_id = package.package_id
        verify_package(manifest, package)
    except ProtocolError as error:
        refused.append(Refused(package=package_id, code=error.code))
        return
    good.append(package)


def _store(
    job: SurveyJob, manifest: Manifest, good: Sequence[Package], now: datetime
) -> tuple[list[str], str]:
    """Store what is new if intake is open.

    Return the ids that this node holds afterwards, and the code of why it holds no others.
    """
    ids = [package.package_id for package in good]
    rows = package_rows(job, good, is_own=True)
    faults.point("nodes.package.before_write")
    with transaction.atomic():
        # The row lock keeps closing from passing between this check and the commit.
        current = SurveyJob.objects.select_for_update().get(pk=job.pk)
        code = refusal_code(current, manifest, now)
        if takes_packages(current, manifest, now):
            StoredPackage.objects.bulk_create(
                rows, batch_size=_ROWS_AT_ONCE, ignore_conflicts=True
            )
            code = REVISION_TAKEN
        held = StoredPackage.objects.filter(job=job, package_id__in=ids)
        taken = list(held.values_list("package_id", flat=True))
        faults.point("nodes.package.after_write")
    faults.point("nodes.package.after_commit")
    return taken, code
