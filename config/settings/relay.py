"""The relay: sealed packages on their way to the nodes. No accounts, no sessions."""

from config import env
from config.log import events_path, logging_settings
from config.settings.base import *
from config.settings.embedded import folder_broker, sqlite

SERVICE = env.relay_service()

ROLE = "relay"
EMBEDDED = SERVICE.embedded
DATA_DIR = str(SERVICE.data_dir)
FAULT_DIR = str(SERVICE.fault_dir or "")
SECRET_KEY = env.secret_text(SERVICE.secret_key_file)
SECRET_FILES = (
    str(SERVICE.secret_key_file),
    str(SERVICE.signing_key_file),
    str(SERVICE.portal_token_file),
)

INSTALLED_APPS = [*INSTALLED_APPS, "relay"]
ROOT_URLCONF = "config.urls_relay"

RELAY_SIGNING_KEY_FILE = str(SERVICE.signing_key_file)
NODES_FILE = str(SERVICE.nodes_file)
PORTAL_TOKEN_FILE = str(SERVICE.portal_token_file)

DATABASES = {"default": sqlite(SERVICE.data_dir / "relay.sqlite3")}
CELERY_BROKER_URL = "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = folder_broker(SERVICE.broker_dir)
LOGGING = logging_settings(SERVICE.log_file)
EVENTS_FILE = str(events_path(SERVICE))
