"""Name the accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Organisations, people and the tokens their programs show."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
