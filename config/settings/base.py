"""What the portal, the relay and a node share. Each role's module adds what only it has.

Settings are read once, here; apps read them from ``django.conf.settings`` when they run, never
at import. No sessions, no CSRF, no templates: every interface is JSON over HTTP with explicit
permissions, and a view that names none is refused to everybody.
"""

from typing import Any

DEBUG = False
EMBEDDED = False
FAULT_DIR = ""
SECRET_FILES: tuple[str, ...] = ()
BEHIND_PROXY = False
LISTEN_HOST = "127.0.0.1"
TLS_CERTIFICATE_FILE = ""
TLS_KEY_FILE = ""

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
INSTALLED_APPS = ["config.apps.HouseConfig", "rest_framework", "drf_spectacular"]
MIDDLEWARE = [
    "config.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.BodyLimit",
]
# What a browser may do with an answer (config/middleware.py). HSTS is sent over TLS only.
DATA_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
)
PAGE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

# A node takes 500 packages at once, and its peers as many sealed ones. Every other body is
# small, unless a view says how long its bodies may be (``largest_body``).
MAX_BODY_BYTES = 64 * 1024 * 1024
SMALL_BODY_BYTES = 64 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES

# Seconds. A worker renews its lease between calls, not during one. What is left of a lease that
# needs no renewal yet must outlast the longest call to another service (drempel.E008), or a
# slow peer alone could pass the job to a second worker.
RECONCILE_SECONDS = 2.0
LEASE_SECONDS = 90
LEASE_RENEW_SECONDS = 10
LONGEST_CALL_SECONDS = 60
# How long the portal waits at closing for the relay to hand over what it promised to deliver.
RELAY_DRAIN_SECONDS = 600
# How long a node's own intake stays open after the manifest's closing time, for the same.
CLOSING_GRACE_SECONDS = 900

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["config.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "problems.exception_handler",
    # Nobody is signed in unless a token says so; Django's anonymous user needs tables.
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Drempel",
    "DESCRIPTION": "docs/protocol.md says what the bytes mean.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_INCLUDE_SCHEMA": False,
}

# The row is the queue and Celery only wakes its driver: a message holds an id, may come twice
# or never, and its loss costs a reconciler's round.
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "drempel"
