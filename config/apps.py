"""Name the house itself as an app, so that its system checks are registered."""

from django.apps import AppConfig


class HouseConfig(AppConfig):
    """Registers the checks of the configuration; has no tables."""

    name = "config"
    label = "house"
    verbose_name = "Drempel's configuration"

    def ready(self) -> None:
        """Register the checks."""
        from config import checks, checks_services, checks_sign_in  # noqa: F401, PLC0415 - registered by import, once apps are there
