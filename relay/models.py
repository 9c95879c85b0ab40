"""What the relay holds: signed manifests, orders, and parcels until three nodes have them.

A parcel shows its survey and nothing else: neither a package's id nor a key nor a token. No
table keeps a time (``flush_until`` is null unless a flush runs), and a parcel's primary key is
a random number: on SQLite it is the place of the row in the file, so the order of arrival is
not kept either.
"""

import secrets
from typing import ClassVar

from django.db import models


def new_parcel_key() -> int:
    """Return a random 62-bit number, which hides the order of arrival."""
    return secrets.randbits(62)


new_package_key = new_parcel_key  # its name in the first migration


class RelayedSurvey(models.Model):
    """A manifest signed by its coordinator and three nodes, and where its intake stands.

    ``content_policy`` and ``first_language`` are those of its pages.
    ``waiting`` is how many parcels of it this relay holds, ``delivered`` how many have gone.
    """

    digest = models.CharField(primary_key=True, max_length=71)
    survey_id = models.CharField(max_length=32, unique=True)
    signed_manifest = models.TextField()
    is_answering = models.BooleanField(default=False)
    is_closed = models.BooleanField(default=False)
    waiting = models.PositiveBigIntegerField(default=0)
    delivered = models.PositiveBigIntegerField(default=0)
    flush_owner = models.CharField(max_length=32, default="", blank=True)
    flush_until = models.DateTimeField(null=True, blank=True)
    # Empty where the survey names another booth than this version's: it has no page here.
    content_policy = models.TextField(default="", blank=True)
    first_language = models.CharField(max_length=3, default="", blank=True)

    def __str__(self) -> str:
        return self.digest


class RelayedOrder(models.Model):
    """A coordinator-signed order, as it was received."""

    survey = models.ForeignKey(RelayedSurvey, on_delete=models.CASCADE, related_name="orders")
    kind = models.CharField(max_length=20)
    order = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["survey", "kind"], name="relay_one_order_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"


class WaitingParcel(models.Model):
    """A parcel that not all three nodes have yet; bit 2^(index-1) marks a delivery.

    ``has_left`` is set before it is first sent: it hides nobody who comes later.
    """

    id = models.BigAutoField(primary_key=True, default=new_parcel_key)
    survey = models.ForeignKey(
        RelayedSurvey, on_delete=models.CASCADE, related_name="parcels", db_index=False
    )
    parcel_hash = models.BinaryField()
    delivered = models.PositiveSmallIntegerField(default=0)
    has_left = models.BooleanField(default=False)
    parcel = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["survey", "parcel_hash"], name="a_parcel_waits_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["survey", "has_left"], name="relay_parcels_by_leaving"),
        ]

    def __str__(self) -> str:
        return f"parcel {self.pk}"


class BoothFile(models.Model):
    """One file of a release of the booth's program, as it is sent: ``packed`` in gzip."""

    release = models.CharField(max_length=32)
    path = models.CharField(max_length=250)
    packed = models.BinaryField()
    brotli = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["release", "path"], name="relay_one_file_of_a_path"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release}/{self.path}"


class BoothPage(models.Model):
    """A survey's page in one language, as it is sent: ``packed`` in gzip."""

    survey = models.ForeignKey(RelayedSurvey, on_delete=models.CASCADE, related_name="pages")
    language = models.CharField(max_length=3)
    packed = models.BinaryField()
    brotli = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["survey", "language"], name="relay_one_page_of_a_language"
            ),
        ]

    def __str__(self) -> str:
        return f"page {self.pk}"
