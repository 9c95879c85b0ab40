"""Name the engine app: the portal's ledger of jobs."""

from django.apps import AppConfig


class MpcengineConfig(AppConfig):
    """Jobs proposed to three nodes, driven over HTTP, ended by a signed result."""

    name = "mpcengine"
    default_auto_field = "django.db.models.BigAutoField"
