"""Name the house itself as an app, so that its system checks are registered."""

from django.apps import AppConfig


class HouseConfig(AppConfig):
    """Registers the checks of the configuration; has no tables."""

    name = "config"
    label = "house"
    verbose_name = "Drempel's configuration"

    def ready(self) -> None:
        """Register the checks."""
        # Registered by import, once apps are there.
        from config import (  # noqa: PLC0415
            checks,  # noqa: F401
            checks_events,  # noqa: F401
            checks_services,  # noqa: F401
            checks_sign_in,  # noqa: F401
            checks_transport,  # noqa: F401
        )
