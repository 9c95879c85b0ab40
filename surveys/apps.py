"""Name the surveys app."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    """Questionnaires, invitations, the manifest to sign, and results."""

    name = "surveys"
    default_auto_field = "django.db.models.BigAutoField"
