"""The portal's ledger: the nodes it may talk to, their jobs, orders and signed results.

The row is the queue: a driver takes a job by a lease and moves it by compare-and-set on
(state, epoch); see ``mpcengine.services``.
"""

from typing import ClassVar

from django.db import models


class NodeRecord(models.Model):
    """A node of the nodes file: the only addresses the portal ever calls."""

    node = models.CharField(primary_key=True, max_length=1)
    index = models.PositiveSmallIntegerField(unique=True)
    name = models.CharField(max_length=200)
    url = models.URLField(max_length=300)
    identity_key = models.BinaryField()

    class Meta:
        ordering: ClassVar[list[str]] = ["index"]

    def __str__(self) -> str:
        return f"node {self.node}"


class JobState(models.TextChoices):
    """Where a job stands, as far as the portal knows."""

    PROPOSED = "proposed"  # the signed manifest goes to three nodes for their signatures
    AGREED = "agreed"  # three signatures are here; they go to the nodes and the relay
    OPEN = "open"  # codes and packages are taken; orders are forwarded
    CLOSING = "closing"  # the close order, or the closing time, reaches relay and nodes
    RUNNING = "running"  # the nodes freeze, compute and sign; the portal asks now and then
    RELEASED = "released"  # three statements agree and the result is stored
    WITHHELD = "withheld"  # the nodes end without a number; the reason is theirs
    REFUSED = "refused"  # a node's own rules refuse the manifest
    FAILED = "failed"  # what the nodes said cannot be made into a result


TERMINAL_STATES = (
    JobState.RELEASED,
    JobState.WITHHELD,
    JobState.REFUSED,
    JobState.FAILED,
)


class JobKind(models.TextChoices):
    """What a job is about."""

    SURVEY = "survey"
    REQUEST = "request"  # a question about lists, which the relay has no part in


class MpcJob(models.Model):
    """One manifest on its way through three nodes; its digest is its name.

    ``requester_signature`` and ``approvals`` belong to requests.
    """

    kind = models.CharField(max_length=8, choices=JobKind.choices, default=JobKind.SURVEY)
    manifest_digest = models.CharField(max_length=71, unique=True)
    manifest = models.BinaryField()
    coordinator_signature = models.BinaryField()
    requester_signature = models.BinaryField(default=b"")
    approvals = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=JobState.choices, default=JobState.PROPOSED)
    reason_code = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    closes_at = models.DateTimeField()
    close_taken_at = models.DateTimeField(null=True)
    epoch = models.PositiveBigIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    misses = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"job {self.pk}"


class JobNode(models.Model):
    """What one node has taken, said and signed for a job."""

    job = models.ForeignKey(MpcJob, on_delete=models.CASCADE, related_name="nodes")
    node = models.CharField(max_length=1)
    index = models.PositiveSmallIntegerField()
    url = models.URLField(max_length=300)
    roster = models.JSONField(null=True)
    signature = models.BinaryField(null=True)
    has_signatures = models.BooleanField(default=False)
    last_state = models.CharField(max_length=32, blank=True)
    statement = models.BinaryField(null=True)
    statement_signature = models.BinaryField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["index"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["job", "node"], name="one_row_per_job_and_node"),
        ]

    def __str__(self) -> str:
        return f"job {self.job_id} at node {self.node}"


class OrderKind(models.TextChoices):
    """What a coordinator may order (docs/protocol.md §9)."""

    OPEN_ANSWERING = "open-answering"  # strict timing: tokens end, packages begin
    CLOSE = "close"  # no more packages or lists; the nodes go on
    CLOSE_CONSENTS = "close-consents"  # of a request: who takes part is settled


class JobOrder(models.Model):
    """A coordinator-signed order, forwarded unchanged to relay and nodes."""

    job = models.ForeignKey(MpcJob, on_delete=models.CASCADE, related_name="orders")
    kind = models.CharField(max_length=20, choices=OrderKind.choices)
    order = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["job", "kind"], name="one_order_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"


class OrderDelivery(models.Model):
    """That one receiver ("a", "b", "c" or "relay") has taken an order."""

    order = models.ForeignKey(JobOrder, on_delete=models.CASCADE, related_name="deliveries")
    receiver = models.CharField(max_length=5)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "receiver"], name="an_order_arrives_once"),
        ]

    def __str__(self) -> str:
        return f"order {self.order_id} at {self.receiver}"


class SignedResult(models.Model):
    """A result that was assembled from three statements and verified before it is shown."""

    job = models.OneToOneField(MpcJob, on_delete=models.CASCADE, related_name="signed_result")
    document = models.JSONField()

    def __str__(self) -> str:
        return f"result of job {self.job_id}"
