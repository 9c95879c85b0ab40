"""The row that is the queue: one job a manifest, or a part of one."""

from typing import ClassVar

from django.db import models

DIGEST_LENGTH = 71


class JobKind(models.TextChoices):
    """What a job is about; ``services/flows.py`` says what each kind does in each state."""

    SURVEY = "survey"
    MATCH = "match"
    COMPARE = "compare"
    PART = "part"  # one bucket of one pair of lists of a match or compare job
    CONTACT = "contact"  # who may get in touch after a released match


class JobState(models.TextChoices):
    """Where a job stands at this node (docs/protocol.md §10 to §13, §19)."""

    PREPARED = "prepared"  # this node has signed the manifest; the other signatures are awaited
    REFUSED = "refused"  # this operator's policy says no
    OPEN = "open"  # three nodes have signed; tokens and packages are taken in their time
    CLOSING = "closing"  # intake has ended; the nodes agree on the batch
    FROZEN = "frozen"  # three equal roots; the draw seed is fixed; envelopes are opened
    CHECKED = "checked"  # three equal verdicts: who is counted is settled
    COMPUTING = "computing"  # parties run, then a round's pattern is opened
    FIXED = "fixed"  # what is released is settled; its shares are stored, then opened
    RELEASED = "released"  # the statement is signed
    WITHHELD = "withheld"  # ended without a number, for the reason given; also signed
    ERASED = "erased"  # share key, packages and shares are gone; lists and statement stay


class Job(models.Model):
    """One manifest at this node, or a part of one; the row is the queue (services/leases.py).

    ``survey_id``: the id for which the manifest's keys were made, a survey's or a request's.
    A part is driven like any other job under a digest and an id of its own; it has a
    ``parent``, its number ``part`` there, no keys and no manifest. So has the contact that
    follows a match, which ends by itself; it began at ``opened_at``.
    ``coin_seed``: this node's seed of ``coin_round``, or its part of that nonce of a request,
    erased with the job; ``coin``: the transcript of the one coin under which reports were
    checked.
    """

    digest = models.CharField(max_length=DIGEST_LENGTH, unique=True)
    kind = models.CharField(
        max_length=12, choices=JobKind.choices, default=JobKind.SURVEY, db_default="survey"
    )
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, related_name="parts"
    )
    part = models.PositiveIntegerField(default=0, db_default=0)
    survey_id = models.CharField(max_length=32, db_index=True)
    manifest = models.BinaryField()
    coordinator_signature = models.BinaryField()
    requester_signature = models.BinaryField(default=b"")
    approvals = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    signatures = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=JobState.choices)
    reason = models.CharField(max_length=100, blank=True)
    sentence = models.CharField(max_length=400, blank=True)
    is_answering = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True)
    epoch = models.PositiveBigIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, db_index=True)
    round = models.PositiveSmallIntegerField(default=1)
    attempt = models.PositiveIntegerField(default=0)
    list_salt = models.BinaryField(default=b"")
    draw_seed = models.BinaryField(default=b"")
    coin_round = models.PositiveSmallIntegerField(default=1)
    coin_seed = models.BinaryField(default=b"")
    coin = models.BinaryField(default=b"")
    opened_at = models.DateTimeField(null=True)
    statement = models.BinaryField(default=b"")
    statement_signature = models.BinaryField(default=b"")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # A survey's share key opens envelopes of one manifest only.
            models.UniqueConstraint(
                fields=["survey_id"],
                condition=~models.Q(state="refused"),
                name="nodes_one_manifest_of_a_survey",
            ),
            models.UniqueConstraint(
                fields=["parent", "kind", "part"], name="nodes_one_part_of_a_number"
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"

    @property
    def whole(self) -> "Job":
        """Return the job with which this one ends: a part's request, else itself."""
        is_part = self.kind == JobKind.PART and self.parent is not None
        return self.parent if is_part and self.parent is not None else self
