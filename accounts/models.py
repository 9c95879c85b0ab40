"""Organisations, people, invitations, and the hashed tokens with which programs sign in."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

LANGUAGES = [("nl", "Nederlands"), ("en", "English")]
SESSION_SALT = "drempel.sessions"


class Organisation(models.Model):
    """An organisation; surveys and people belong to exactly one.

    ``coordinated_by`` names the organisation whose community it is a member of; an organisation
    without one is a community's own coordinator. Communities of one portal are kept apart.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    coordinated_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        limit_choices_to={"coordinated_by": None},
        related_name="members",
        verbose_name=_("coordinated by"),
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name

    @property
    def community(self) -> uuid.UUID:
        """Return the id of the organisation that coordinates this one; its own if none does."""
        return self.coordinated_by_id or self.id


class Role(models.TextChoices):
    """What a person may do in the name of an organisation."""

    COORDINATOR = "coordinator", _("coordinator")  # surveys and requests of its community
    REQUESTER = "requester", _("requester")  # asks, in the name of the organisation
    APPROVER = "approver", _("approver")  # signs or refuses what others ask
    STEWARD = "steward", _("data steward")  # prepares the lists of a holder
    CONSENT_OFFICER = "consent_officer", _("consent officer")  # signs a holder's consents
    AUDITOR = "auditor", _("auditor")  # reads what was signed and decided; changes nothing
    OPERATOR = "operator", _("operator")  # organisations and people; no survey


class UserManager(BaseUserManager["User"]):
    """Find people by their address, however it is written."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the address in lower case: one person, one row."""
        return (email or "").strip().lower()


class User(AbstractBaseUser):
    """A person, known by an e-mail address.

    ``session_generation`` goes up by one to end all of a person's sessions at once: it is a
    part of what every session is compared with, at every request.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="people",
        verbose_name=_("organisation"),
    )
    role = models.CharField(
        _("role"), max_length=20, choices=Role.choices, default=Role.COORDINATOR
    )
    further_roles = models.JSONField(_("further roles"), default=list, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES, blank=True)
    session_generation = models.PositiveIntegerField(default=0, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.email

    @property
    def roles(self) -> frozenset[str]:
        """Return all roles of a person; an operator has no other."""
        if self.role == Role.OPERATOR:
            return frozenset({Role.OPERATOR.value})
        return frozenset({str(self.role), *self.further_roles}) - {Role.OPERATOR.value}

    @property
    def is_staff(self) -> bool:
        """Tell whether the admin is for this person."""
        return self.role == Role.OPERATOR

    def has_perm(self, _permission: str, _subject: object = None) -> bool:
        """Tell whether the admin lets this person do anything: operators only."""
        return self.is_active and self.is_staff

    def has_module_perms(self, _app_label: str) -> bool:
        """Tell whether the admin shows this person anything: operators only."""
        return self.is_active and self.is_staff

    def get_session_auth_hash(self) -> str:
        """Return what every session of this person must show.

        A new password, another role or organisation, a disabled account or a new generation
        ends them all.
        """
        further = "".join(f"+{role}" for role in sorted(self.further_roles))
        may = f"{self.role}{further}|{self.organisation_id}|{self.is_active}"
        shown = f"{self.password}|{may}|{self.session_generation}"
        return salted_hmac(SESSION_SALT, shown, algorithm="sha256").hexdigest()

    def get_session_auth_fallback_hash(self) -> list[str]:
        """Return nothing: an old secret key ends sessions."""
        return []


class ApiToken(models.Model):
    """The SHA-256 of a token of 256 random bits; the token itself is shown once."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"token {self.pk}"


class Invitation(models.Model):
    """One link with which a person sets a password: the SHA-256 of its 256 random bits."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="invitation")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class KeptAnswer(models.Model):
    """What a write was answered with, kept under the caller's Idempotency-Key."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="kept_answers")
    key = models.CharField(max_length=100)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(null=True)  # null: it held a secret and was shown once
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key"),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"
