"""Name the accounts app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Organisations, people and the tokens their programs show."""

    name = "accounts"
    verbose_name = _("People")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear from allauth when a second factor changes."""
        from accounts.receivers import receivers_connect  # noqa: PLC0415 - needs the models

        receivers_connect()
