"""Name the node app."""

from django.apps import AppConfig


class NodesConfig(AppConfig):
    """Issues tokens, keeps sealed packages, freezes, computes and signs; for one operator."""

    name = "nodes"
    default_auto_field = "django.db.models.BigAutoField"
