"""Name the relay app."""

from django.apps import AppConfig


class RelayConfig(AppConfig):
    """Takes parcels and forwards them in shuffled groups, without times."""

    name = "relay"
    default_auto_field = "django.db.models.BigAutoField"
