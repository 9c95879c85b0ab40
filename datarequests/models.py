"""A data request's way from draft to its end, and what people signed on that way.

No share, no list, no consent, no hit and no private key has a column here: holders deal with
the nodes. Keys are public halves, registered by the people who hold the other half.
"""

import secrets
from typing import Any, ClassVar

from django.db import models

from datarequests.states import RequestState


def new_request_id() -> str:
    """Return 16 random bytes as hex: the id that the nodes' keys are made for (§19.5)."""
    return secrets.token_hex(16)


class KeyRole(models.TextChoices):
    """For what an organisation's key signs."""

    REQUESTER = "requester"  # what is asked, and the manifest; a match's first list is its
    COORDINATOR = "coordinator"  # the manifest, and orders
    APPROVER = "approver"  # approvals and their revocations
    HOLDER = "holder"  # consents and lists; to the nodes only


class OrganisationKey(models.Model):
    """The public half of a key that a person of an organisation holds.

    ``sign_key``: Ed25519, 32 bytes; ``seal_key``: a P-256 point, 65 bytes, of those to whom
    private outcomes are sealed. A revoked key stays, for what was signed with it.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=KeyRole.choices)
    name = models.CharField(max_length=100)
    sign_key = models.BinaryField(max_length=32, unique=True)
    seal_key = models.BinaryField(max_length=65, null=True)
    signature = models.BinaryField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"key {self.pk}"


class DataRequest(models.Model):
    """One question in its normal form, of one organisation, within one community."""

    id = models.CharField(
        primary_key=True, max_length=32, default=new_request_id, editable=False
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    community = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    definition = models.JSONField()
    list_size = models.PositiveIntegerField()
    state = models.CharField(
        max_length=12, choices=RequestState.choices, default=RequestState.DRAFT, db_index=True
    )
    version = models.PositiveSmallIntegerField(default=0)
    reason_code = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "id"]

    def __str__(self) -> str:
        return f"request {self.id}"


class RequestVersion(models.Model):
    """What was submitted once; the manifest is built over it. A change is a new version."""

    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    submission = models.BinaryField()
    submission_digest = models.CharField(max_length=71)
    key = models.ForeignKey(OrganisationKey, on_delete=models.PROTECT, related_name="+")
    manifest = models.BinaryField(null=True)
    manifest_digest = models.CharField(max_length=71, blank=True, db_index=True)
    needed = models.PositiveSmallIntegerField(default=0)
    consenting_closes = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["request", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "number"], name="a_version_once"),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of request {self.request_id}"


class ApproverSeat(models.Model):
    """A person who is asked to approve a version, with the key that the manifest names."""

    version = models.ForeignKey(RequestVersion, on_delete=models.PROTECT, related_name="seats")
    place = models.PositiveSmallIntegerField()
    key = models.ForeignKey(OrganisationKey, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=8, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["place"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "place"], name="an_approver_a_place"),
        ]

    def __str__(self) -> str:
        return f"approver {self.place} of version {self.version_id}"


class Invitation(models.Model):
    """A holder organisation in a version's manifest: its number there, and its key.

    Whether it takes part is between its people and the nodes.
    """

    version = models.ForeignKey(
        RequestVersion, on_delete=models.PROTECT, related_name="invitations"
    )
    owner = models.PositiveSmallIntegerField()
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    key = models.ForeignKey(OrganisationKey, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["owner"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "owner"], name="an_owner_a_place"),
            models.UniqueConstraint(
                fields=["version", "organisation"], name="an_organisation_once"
            ),
        ]

    def __str__(self) -> str:
        return f"owner {self.owner} of version {self.version_id}"


class SignedKind(models.TextChoices):
    """What people sign on a request's way (docs/protocol.md §19)."""

    SUBMISSION = "submission"
    REQUESTER = "requester"  # the manifest, by who asks
    COORDINATOR = "coordinator"  # the manifest, by who runs the request
    APPROVAL = "approval"
    REVOCATION = "revocation"
    ORDER = "order"


class SignedObject(models.Model):
    """Something a person signed: its bytes, signature and key; written once, never changed.

    ``previous`` is the SHA-256 of the object before it in the request (``signed_hash``), so
    that a row that is taken out is missed.
    """

    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="signed")
    number = models.PositiveIntegerField()
    version = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=SignedKind.choices)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    key = models.BinaryField(max_length=32)
    body = models.BinaryField()
    signature = models.BinaryField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["request", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "number"], name="a_signed_object_once"),
        ]

    def __str__(self) -> str:
        return f"signed object {self.number} of request {self.request_id}"

    def save(self, **kwargs: Any) -> None:
        """Write a new row; raise TypeError for one that is written."""
        if not self._state.adding:
            raise TypeError("A signed object is never changed.")
        super().save(**kwargs)

    def delete(self, *_args: object, **_kwargs: object) -> tuple[int, dict[str, int]]:
        """Raise TypeError: what was signed stays."""
        raise TypeError("A signed object is never deleted.")


class RegisterEntry(models.Model):
    """A question in the public register: title, purpose, asker, kind; it never leaves it."""

    request = models.OneToOneField(
        DataRequest, on_delete=models.PROTECT, related_name="register_entry"
    )
    title = models.JSONField()
    purpose = models.JSONField()
    asker = models.CharField(max_length=200)
    kind = models.CharField(max_length=12)
    submitted_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-submitted_at", "-id"]

    def __str__(self) -> str:
        return f"register entry {self.pk}"


class Webhook(models.Model):
    """An address of an organisation that is told of states; the secret is sealed."""

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="+"
    )
    url = models.URLField(max_length=300)
    secret = models.TextField()
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"webhook {self.pk}"


class WebhookDelivery(models.Model):
    """One event on its way to one address; ids and states only."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.CharField(max_length=36)
    payload = models.JSONField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"delivery {self.pk}"
