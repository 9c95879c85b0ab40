"""Name the datarequests app."""

from django.apps import AppConfig


class DataRequestsConfig(AppConfig):
    """Questions to holders of lists: drafted, approved, consented to elsewhere, answered."""

    name = "datarequests"
    default_auto_field = "django.db.models.BigAutoField"
