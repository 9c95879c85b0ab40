"""A survey's way from draft to closing, and what is held for it on that way.

A code is never stored, nor is the answer that shows it: the nodes' entries are made from it
before. The entry lists are held only until they are handed to the job. No share, no answer and
no node key has a column here.
"""

import secrets
from typing import ClassVar

from django.db import models


def new_survey_id() -> str:
    """Return 16 random bytes as hex: the id fixed before the roster (docs/protocol.md §8)."""
    return secrets.token_hex(16)


class SurveyState(models.TextChoices):
    """Where a survey stands at the portal; the job's own state is the ledger's."""

    DRAFT = "draft"  # invitations may be added
    PREPARED = "prepared"  # the manifest is built and waits for the coordinator's signature
    PUBLISHED = "published"  # signed; the ledger's job has been proposed to the nodes
    CLOSED = "closed"  # the coordinator's signed order to close has been taken


class Survey(models.Model):
    """One questionnaire in its normal form, owned by an organisation."""

    id = models.CharField(
        primary_key=True, max_length=32, default=new_survey_id, editable=False
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        max_length=12, choices=SurveyState.choices, default=SurveyState.DRAFT
    )
    definition = models.JSONField()
    invited = models.PositiveIntegerField(default=0)
    prepare_digest = models.CharField(max_length=64, blank=True)
    manifest = models.BinaryField(null=True)
    manifest_digest = models.CharField(max_length=71, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "id"]

    def __str__(self) -> str:
        return f"survey {self.id}"


class InvitedPartner(models.Model):
    """A partner who may answer a survey with a key of its own, in place of a code.

    Kept with the survey: the coordinator sees whom it asks. A key answers for one name.
    """

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="partners")
    name = models.CharField(max_length=200)
    key = models.BinaryField(max_length=65)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["survey", "key"], name="a_partner_once"),
        ]

    def __str__(self) -> str:
        return f"partner {self.pk}"


class EntryList(models.Model):
    """One node's sorted list of roster entries, until it is handed to the job.

    Sorted, so that no place in one list says anything about a place in another.
    """

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="entry_lists")
    node = models.CharField(max_length=1)
    entries = models.JSONField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["survey", "node"], name="one_list_per_node"),
        ]

    def __str__(self) -> str:
        return f"entry list {self.pk}"


class Draft(models.Model):
    """A questionnaire that is being written; it may still be incomplete.

    ``plan`` holds what is decided beside the questions: ``expected`` (how many will be
    invited), ``opens`` and ``closes`` (RFC 3339), ``looked_at`` (identifying questions were).
    """

    id = models.CharField(
        primary_key=True, max_length=32, default=new_survey_id, editable=False
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    content = models.JSONField()
    plan = models.JSONField(default=dict)
    number = models.PositiveIntegerField(default=1)  # of the version that ``content`` is
    survey = models.ForeignKey(Survey, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-updated_at", "id"]

    def __str__(self) -> str:
        return f"draft {self.pk}"


class DraftVersion(models.Model):
    """What a draft held before, so that every change can be undone.

    ``change`` is the code of what made this version; who made it is not kept.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    change = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["draft", "number"], name="one_version_per_number"),
        ]

    def __str__(self) -> str:
        return f"version {self.pk}"


class PublicResult(models.Model):
    """That a survey's result may be read by everybody. No time: there is no need for one."""

    survey = models.OneToOneField(
        Survey, on_delete=models.CASCADE, related_name="public_result"
    )

    def __str__(self) -> str:
        return f"public result {self.pk}"
