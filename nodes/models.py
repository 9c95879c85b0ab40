"""What a node holds, in two databases that have no relation to each other.

``issuing``: who may answer (IssuerKey, RosterEntry, LedgerRoster). ``default``: the rest.
No column ties a time to a package, a code or a one-time key; primary keys of rows that arrive
one by one are random numbers, so that on SQLite, where the key is the place in the file, the
order of arrival is not kept either. This module is the door to the tables of jobs
(``models_jobs``), of requests (``models_requests``) and of what is kept of them
(``models_retained``), too.
"""

import secrets
from typing import ClassVar

from django.db import models

from nodes.models_jobs import DIGEST_LENGTH, Job, JobKind, JobState
from nodes.models_requests import (
    ListChunk,
    ListPart,
    Overflow,
    OwnerConsent,
    PrivateOutcome,
    StoredContact,
    StoredContribution,
)
from nodes.models_retained import RetainedChunk, RetainedSet

__all__ = [
    "CoordinatorOrder",
    "Incident",
    "IssuerKey",
    "Job",
    "JobKind",
    "JobList",
    "JobOutput",
    "JobState",
    "LedgerRoster",
    "ListChunk",
    "ListPart",
    "Overflow",
    "OwnerConsent",
    "PrivateOutcome",
    "RetainedChunk",
    "RetainedSet",
    "RosterEntry",
    "SeenIssuerKey",
    "SeenList",
    "StageMessage",
    "StoredContact",
    "StoredContribution",
    "StoredPackage",
    "SurveyKeys",
]


def new_random_key() -> int:
    """Return a random 62-bit number, which hides the order of arrival."""
    return secrets.randbits(62)


class IssuerKey(models.Model):
    """This node's key that signs the tokens of one survey (database ``issuing``).

    ``wrapped`` is emptied when the last token has been issued. ``proof`` was signed with the
    key as it was made.
    """

    survey_id = models.CharField(primary_key=True, max_length=32)
    public = models.BinaryField()
    wrapped = models.BinaryField()
    proof = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"issuer key of {self.survey_id}"


class RosterEntry(models.Model):
    """One person or organisation that may answer once (database ``issuing``).

    ``spent_by`` is a hash of the blinded message the token was issued for, or NULL; nothing in
    a package can be told from it. ``request``: the signed request of a partner that was
    granted, as evidence until closing; empty where a code was spent.
    """

    id = models.BigAutoField(primary_key=True, default=new_random_key)
    manifest = models.CharField(max_length=DIGEST_LENGTH)
    entry = models.BinaryField(max_length=32)
    spent_by = models.BinaryField(max_length=32, null=True)
    request = models.BinaryField(default=b"")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["manifest", "entry"], name="nodes_one_roster_entry"
            ),
        ]

    def __str__(self) -> str:
        return f"roster entry {self.pk}"


class LedgerRoster(models.Model):
    """The partners invited to a survey that this node has opened (database ``issuing``).

    A survey among nearly the same partners would give away the few by whom they differ.
    ``entries``: 32 bytes each, ascending. Forgotten a year after ``closes_on``.
    """

    manifest = models.CharField(primary_key=True, max_length=DIGEST_LENGTH)
    min_count = models.PositiveIntegerField()
    closes_on = models.DateField()
    size = models.PositiveIntegerField()
    entries = models.BinaryField()

    def __str__(self) -> str:
        return f"roster of {self.manifest}"


class SeenIssuerKey(models.Model):
    """An issuer key of any of the three nodes in a manifest this node has signed.

    A key that served two surveys would let somebody invited to one answer the other.
    """

    fingerprint = models.BinaryField(primary_key=True, max_length=32)
    survey_id = models.CharField(max_length=32)

    def __str__(self) -> str:
        return f"an issuer key of {self.survey_id}"


class SurveyKeys(models.Model):
    """The share key and the outer key of one survey, made on the coordinator's word.

    ``wrapped``, the share key, opens with the worker's wrapping key only. ``outer_wrapped``
    opens under the identity key: web processes take packages out of parcels. Both are emptied
    when the survey ends.
    """

    survey_id = models.CharField(primary_key=True, max_length=32)
    coordinator = models.BinaryField()
    public = models.BinaryField()
    wrapped = models.BinaryField()
    outer_public = models.BinaryField(default=b"")
    outer_wrapped = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"keys of {self.survey_id}"


class CoordinatorOrder(models.Model):
    """A coordinator-signed order as it was taken: evidence for why intake opened or closed."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="orders")
    kind = models.CharField(max_length=20)
    order = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["job", "kind"], name="nodes_one_order_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"


class StoredPackage(models.Model):
    """A verified package, sealed; erased with the survey.

    ``is_own``: taken by this node's own intake before it closed, not fetched from a peer. The
    intake takes one package of a one-time key and revision; a peer may have taken another.
    """

    id = models.BigAutoField(primary_key=True, default=new_random_key)
    job = models.ForeignKey(
        Job, on_delete=models.CASCADE, related_name="packages", db_index=False
    )
    package_id = models.CharField(max_length=64)
    one_time_key = models.BinaryField()
    revision = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()
    is_own = models.BooleanField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["job", "package_id"], name="nodes_a_package_once"),
            models.UniqueConstraint(
                fields=["job", "one_time_key", "revision"],
                condition=models.Q(is_own=True),
                name="nodes_a_revision_once",
            ),
        ]

    def __str__(self) -> str:
        return f"package {self.pk}"


class StageMessage(models.Model):
    """What a node said at a stage, own or a peer's: stored before it is sent, never changed."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="messages")
    stage = models.CharField(max_length=24)
    sender = models.CharField(max_length=1)
    body = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["job", "stage", "sender"], name="nodes_said_once_at_a_stage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} of node {self.sender} in job {self.job_id}"


class JobList(models.Model):
    """A list of package ids the job settled (32 bytes an id, ascending); outlives erasing."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="lists")
    name = models.CharField(max_length=12)
    ids = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["job", "name"], name="nodes_one_list_of_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} list of job {self.job_id}"


class SeenList(models.Model):
    """The list of seen packages that this node publishes, padded and signed; outlives erasing.

    ``keys``: how many of its ids are packages, each of another one-time key; never told.
    """

    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True)
    ids = models.BinaryField()
    signature = models.BinaryField()
    keys = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"seen list of job {self.job_id}"


class JobOutput(models.Model):
    """Shares a party gave back (little-endian u64 words); secret, erased with the survey."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="outputs")
    round = models.PositiveSmallIntegerField()
    attempt = models.PositiveIntegerField()
    name = models.CharField(max_length=24)
    words = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["job", "round", "attempt", "name"], name="nodes_one_output_of_a_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of job {self.job_id}, round {self.round}"


class Incident(models.Model):
    """Something an operator should look at. No time: it may name a package."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, null=True, related_name="incidents")
    code = models.CharField(max_length=60)
    detail = models.CharField(max_length=400)
    ends_job = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"incident {self.code}"
