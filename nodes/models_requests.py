"""What a node holds of a request: consents, contributions on their way, private outcomes.

Owners stand in the manifest by name, and that they take part is no secret from the nodes; what
is in their lists is sealed to this node, a share only. Source: docs/protocol.md §19.
"""

from typing import ClassVar

from django.db import models

from nodes.models_jobs import Job


class OwnerConsent(models.Model):
    """An owner's signed consent to a request, taken by this node or heard from a peer."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="consents")
    owner = models.PositiveSmallIntegerField()
    consent = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["job", "owner"], name="nodes_one_consent"),
        ]

    def __str__(self) -> str:
        return f"consent of owner {self.owner} in job {self.job_id}"


class Overflow(models.Model):
    """An owner's signed word that its list does not fit the buckets of a nonce."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="overflows")
    owner = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    signature = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["job", "owner", "number"], name="nodes_one_overflow"
            ),
        ]

    def __str__(self) -> str:
        return f"overflow of owner {self.owner} in job {self.job_id}"


class StoredContribution(models.Model):
    """The signed header of an owner's list for one nonce; its parts are ``ListPart``."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="contributions")
    owner = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    header = models.BinaryField()
    signature = models.BinaryField()
    is_complete = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["job", "owner", "number"], name="nodes_one_contribution"
            ),
        ]

    def __str__(self) -> str:
        return f"contribution of owner {self.owner} in job {self.job_id}"


class ListPart(models.Model):
    """This node's sealed part of one bucket of a list, as far as it came.

    ``received``: bytes; the chunks that make it up are ``ListChunk``.
    """

    contribution = models.ForeignKey(
        StoredContribution, on_delete=models.CASCADE, related_name="parts"
    )
    bucket = models.PositiveSmallIntegerField()
    received = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["contribution", "bucket"], name="nodes_one_list_part"
            ),
        ]

    def __str__(self) -> str:
        return f"bucket {self.bucket} of contribution {self.contribution_id}"


class ListChunk(models.Model):
    """A chunk of a sealed part, at most 4 MiB; erased with the request."""

    part = models.ForeignKey(ListPart, on_delete=models.CASCADE, related_name="chunks")
    offset = models.PositiveBigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["part", "offset"], name="nodes_one_chunk"),
        ]

    def __str__(self) -> str:
        return f"chunk at {self.offset} of part {self.part_id}"


class StoredContact(models.Model):
    """An owner's signed word on contact, the latest one, with this node's sealed part.

    ``job`` is the match; ``part`` is emptied once keys are given out, or will not be.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="contacts")
    owner = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    contact = models.BinaryField()
    signature = models.BinaryField()
    part = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["job", "owner"], name="nodes_one_contact"),
        ]

    def __str__(self) -> str:
        return f"contact of owner {self.owner} in job {self.job_id}"


class PrivateOutcome(models.Model):
    """What a released request tells one owner of one bucket: sealed to her, and signed.

    Of a contact job: the keys, in bucket 0.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="privates")
    owner = models.PositiveSmallIntegerField()
    bucket = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["job", "owner", "bucket"], name="nodes_one_private_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"private outcome of owner {self.owner} in job {self.job_id}"


class TakenBack(models.Model):
    """An owner's signed withdrawal or an approver's signed revocation, and what it did here."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="taken_back")
    kind = models.CharField(max_length=10)
    place = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    signature = models.BinaryField()
    effect = models.CharField(max_length=10)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["job", "kind", "place"], name="nodes_taken_back_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.place} in job {self.job_id}"


class AskedQuestion(models.Model):
    """That a requester asked something here, and whether this operator refused it.

    Kept for budgets and for the guard against asking again with one holder fewer. ``subject``:
    SHA-256 of the question without its texts; ``holders``: digests of the keys of the holders
    that were asked; ``used`` of those whose lists the outcome is of; ``withdrawn`` of those
    who withdrew afterwards.
    """

    digest = models.CharField(max_length=71, unique=True)
    requester_key = models.CharField(max_length=64, db_index=True)
    requester_name = models.CharField(max_length=200, db_index=True)
    subject = models.CharField(max_length=64)
    holders = models.JSONField(default=list)
    used = models.JSONField(default=list)
    withdrawn = models.JSONField(default=list)
    refused = models.CharField(max_length=100, blank=True)
    asked_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"question {self.pk}"
