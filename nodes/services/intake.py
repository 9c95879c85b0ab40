"""Take parcels: open, verify, store, commit, and only then confirm with a signature.

What is answered never names a package: who brings parcels, the relay above all, must not learn
which package was in one (docs/protocol.md §8.5).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from django.db import transaction

import faults
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.outer import open_parcel, parcel_hash, parcel_manifest
from mpcengine.protocol.package import Package, verify_package
from mpcengine.protocol.receipt import confirmation_body
from mpcengine.protocol.signing import LABEL_CONFIRMATION
from nodes.keystore import node_index, node_sign, outer_key_unwrap
from nodes.models import Job, JobKind, JobState, StoredPackage, SurveyKeys
from nodes.phases import is_answering, takes_packages
from nodes.selectors import manifest_of
from security_events import refusal_count

TAKEN, LATER, NEVER = "taken", "later", "never"
# Another package of the same one-time key and revision came first.
REVISION_TAKEN = "package.revision_taken"
UNKNOWN, NOT_OPEN, CLOSED = "manifest.unknown", "survey.not_open", "survey.closed"
# This node has not heard of the survey or of its opening yet; all else is for ever.
_LATER_CODES = frozenset({UNKNOWN, NOT_OPEN})
_ROWS_AT_ONCE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Say what became of the parcel in one place of a batch.

    Taken: this node holds its package, and ``confirmation`` is its signature for the parcel.
    Otherwise ``code`` says why not.
    """

    state: str
    code: str = ""
    confirmation: bytes = b""


def parcels_accept(*, parcels: Sequence[bytes], now: datetime) -> tuple[Place, ...]:
    """Open, verify and store a batch of parcels of any surveys; one transaction for each.

    Returns what became of each, in order. What is called taken is committed. A package held
    already is taken again, also after closing and in whatever parcel; its bytes never change.
    Of one one-time key and revision the first package is taken and no other. Source:
    docs/protocol.md §8.3 to §8.5.
    """
    answers: dict[int, Place] = {}
    for digest, places in _by_survey(parcels):
        job = None if digest is None else _survey(digest)
        group = {place: parcels[place] for place in places}
        if job is None:
            answers |= dict.fromkeys(group, _refused(UNKNOWN))
        else:
            answers |= _take(job, group, now)
    for one in answers.values():
        if one.code:
            refusal_count(one.code)
    return tuple(answers[place] for place in range(len(parcels)))


def package_read(data: bytes, manifest: Manifest) -> Package:
    """Decode and verify a package; raise MalformedMessage or BadSignature."""
    package = Package.decode(data, manifest.envelope_length)
    verify_package(manifest, package)
    return package


def package_rows(job: Job, packages: Sequence[Package], *, is_own: bool) -> list[StoredPackage]:
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


def refusal_code(job: Job, manifest: Manifest, now: datetime) -> str:
    """Return why packages are not taken now."""
    if job.state in {JobState.PREPARED, JobState.REFUSED} or (
        job.state == JobState.OPEN and not is_answering(job, manifest, now)
    ):
        return NOT_OPEN
    return CLOSED


def _by_survey(parcels: Sequence[bytes]) -> Iterator[tuple[str | None, list[int]]]:
    groups: dict[str | None, list[int]] = {}
    for place, parcel in enumerate(parcels):
        groups.setdefault(parcel_manifest(parcel), []).append(place)
    yield from groups.items()


def _survey(digest: str) -> Job | None:
    return Job.objects.filter(digest=digest, kind=JobKind.SURVEY).first()


def _take(job: Job, group: dict[int, bytes], now: datetime) -> dict[int, Place]:
    """Answer for the parcels of one survey, by their places."""
    manifest = manifest_of(job)
    outer = _outer_key(job)
    # Nothing of a survey that has not opened, or is erased, is held: no need to look inside.
    if outer is None:
        return dict.fromkeys(group, _refused(CLOSED))
    if refusal_code(job, manifest, now) == NOT_OPEN:
        return dict.fromkeys(group, _refused(NOT_OPEN))
    answers: dict[int, Place] = {}
    good: dict[int, Package] = {}
    for place, parcel in group.items():
        try:
            content = open_parcel(outer, manifest, index=node_index(), parcel=parcel)
            good[place] = package_read(content, manifest)
        except ProtocolError as error:
            answers[place] = _refused(error.code)
    held, code = _store(job, manifest, list(good.values()), now)
    for place, package in good.items():
        is_held = package.package_id in held
        answers[place] = _confirmed(manifest, group[place]) if is_held else _refused(code)
    return answers


def _outer_key(job: Job) -> EllipticCurvePrivateKey | None:
    """Return what opens this survey's parcels, or None once it is destroyed."""
    wrapped = SurveyKeys.objects.values_list("outer_wrapped", flat=True).get(pk=job.survey_id)
    return outer_key_unwrap(bytes(wrapped), job.survey_id) if wrapped else None


def _refused(code: str) -> Place:
    return Place(state=LATER if code in _LATER_CODES else NEVER, code=code)


def _confirmed(manifest: Manifest, parcel: bytes) -> Place:
    body = confirmation_body(manifest.digest, node_index(), parcel_hash(parcel))
    return Place(state=TAKEN, confirmation=node_sign(LABEL_CONFIRMATION, body))


def _store(
    job: Job, manifest: Manifest, good: Sequence[Package], now: datetime
) -> tuple[set[str], str]:
    """Store what is new if intake is open.

    Return the ids that this node holds afterwards, and the code of why it holds no others.
    """
    ids = [package.package_id for package in good]
    rows = package_rows(job, good, is_own=True)
    faults.point("nodes.package.before_write")
    with transaction.atomic():
        # The row lock keeps closing from passing between this check and the commit.
        current = Job.objects.select_for_update().get(pk=job.pk)
        code = refusal_code(current, manifest, now)
        if takes_packages(current, manifest, now):
            StoredPackage.objects.bulk_create(
                rows, batch_size=_ROWS_AT_ONCE, ignore_conflicts=True
            )
            code = REVISION_TAKEN
        held = StoredPackage.objects.filter(job=job, package_id__in=ids)
        taken = set(held.values_list("package_id", flat=True))
        faults.point("nodes.package.after_write")
    faults.point("nodes.package.after_commit")
    return taken, code
