"""The portal: people, surveys, the ledger of jobs. No node table, no node key."""

from config import env
from config.log import events_path, logging_settings
from config.settings.base import *
from config.settings.embedded import folder_broker, sqlite

SERVICE = env.portal_service()

ROLE = "portal"
EMBEDDED = SERVICE.embedded
DATA_DIR = str(SERVICE.data_dir)
FAULT_DIR = str(SERVICE.fault_dir or "")
SECRET_KEY = env.secret_text(SERVICE.secret_key_file)
SECRET_FILES = (str(SERVICE.secret_key_file), str(SERVICE.relay_token_file))

INSTALLED_APPS = [*INSTALLED_APPS, "accounts", "surveys", "mpcengine"]
AUTH_USER_MODEL = "accounts.User"
ROOT_URLCONF = "config.urls_portal"

NODES_FILE = str(SERVICE.nodes_file)
RELAY_URL = SERVICE.relay_url
RELAY_TOKEN_FILE = str(SERVICE.relay_token_file)

DATABASES = {"default": sqlite(SERVICE.data_dir / "portal.sqlite3")}
CELERY_BROKER_URL = "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = folder_broker(SERVICE.broker_dir)
LOGGING = logging_settings(SERVICE.log_file)
EVENTS_FILE = str(events_path(SERVICE))
