"""The WSGI entry; DJANGO_SETTINGS_MODULE chooses the role, DREMPEL_CONFIG the service."""

from django.core.wsgi import get_wsgi_application

# Web processes send nudges too, so the Celery application must exist before the first view.
from config.celery import app as celery_app
from config.starting import process_started

application = get_wsgi_application()
process_started("web")
__all__ = ["application", "celery_app"]
