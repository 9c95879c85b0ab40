"""What a node keeps of the lists that requesters have asked with: its own shares, sealed.

Kept beside the jobs, not with them: an operator who removes a request removes its outcome, and
a question that is near it must still be noticed. Source: docs/protocol.md §19.15.
"""

from typing import ClassVar

from django.db import models

from nodes.models_jobs import DIGEST_LENGTH


class RetainedSet(models.Model):
    """A requester's list of a match whose outcome this node has said.

    ``key``: the key of its chunks, sealed to the node's wrapping key: only a worker opens it.
    ``words``: the capacity of each of its ``buckets``. ``retained_at`` is when the outcome was
    said; a year and a day later the row is erased.
    """

    request = models.CharField(max_length=DIGEST_LENGTH, unique=True)
    requester = models.BinaryField(db_index=True)
    federation = models.CharField(max_length=64)
    canonicalisers = models.JSONField(default=dict)
    min_count = models.PositiveIntegerField()
    words = models.PositiveIntegerField()
    buckets = models.PositiveSmallIntegerField()
    key = models.BinaryField()
    retained_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"retained set {self.pk}"


class RetainedChunk(models.Model):
    """A sealed piece of both components of a bucket, true size included; at most 4 MiB."""

    retained = models.ForeignKey(RetainedSet, on_delete=models.CASCADE, related_name="chunks")
    bucket = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["retained", "bucket", "number"], name="nodes_one_retained_chunk"
            ),
        ]

    def __str__(self) -> str:
        return f"chunk {self.number} of bucket {self.bucket} of set {self.retained_id}"
